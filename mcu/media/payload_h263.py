"""H.263 in RTP as of RFC 2190 (modes A, B, C) and RFC 4629, both ways.

Rules:
1. Of RFC 2190's headers only the bit counts are used in receiving: what else they say is in the picture too.
2. A keyframe is a picture that its header calls intra coded. After a loss nothing else is admitted.
3. In sending, packets begin where groups of blocks do (mode A). A group that is too large goes on at a macroblock
   (mode B).
"""

from __future__ import annotations

import abc
from bisect import bisect_right
from collections.abc import Container, Sequence
from itertools import pairwise

from mcu._native import h263
from mcu.errors import ProtocolError
from mcu.media.bit_joining import BitRun, bit_run, cut, join
from mcu.media.fragments import AssembledFrame, Fragment
from mcu.media.h263_picture import CODING_AT, EXTENDED, begins_picture, group_starts, is_intra

MODE_SIZES = {0: 4, 1: 4, 2: 8, 3: 12}  # octets of the header by F and P (RFC 2190 section 5): A, A, B, C
MODE_B = 0x80
_Place = tuple[int, int, int, int, int]  # QUANT, GOBN, MBA, HMV1, VMV1 (section 5.2)
PICTURE, REDUNDANT = 0x04, 0x02  # P and V of RFC 4629 section 5.1
PLUS_HEADER = 2


class _Format(abc.ABC):
    """What both payload formats share."""

    codec = "H263"

    def __init__(self) -> None:
        self.needs_keyframe = True

    def inspect(self, payload: bytes) -> Fragment:
        run = self._run(payload)
        begins = run.skip == 0 and begins_picture(run.data) and _looks_intra(run.data)
        return Fragment(payload=payload, resumes=begins, begins_keyframe=begins)

    def assemble(self, fragments: Sequence[Fragment], *, contiguous: bool) -> AssembledFrame | None:
        picture = join([self._run(fragment.payload) for fragment in fragments])
        if not begins_picture(picture):
            self.needs_keyframe = True  # the beginning is lost
            return None
        keyframe = is_intra(picture)
        if not keyframe:
            self.needs_keyframe = self.needs_keyframe or not contiguous
            if self.needs_keyframe:
                return None
        self.needs_keyframe = False
        return AssembledFrame(picture, keyframe)

    @abc.abstractmethod
    def _run(self, payload: bytes) -> BitRun:
        """The bits in one payload. Raises ProtocolError."""


class H263Format(_Format):
    """Depacketiser of one stream of RFC 2190 (a `PayloadFormat`)."""

    def _run(self, payload: bytes) -> BitRun:
        size = MODE_SIZES[payload[0] >> 6] if payload else 0
        if len(payload) <= size:
            raise ProtocolError("H263: payload cut short")
        return bit_run(payload[size:], payload[0] >> 3 & 7, payload[0] & 7)


class H263PlusFormat(_Format):
    """Depacketiser of one stream of RFC 4629 (a `PayloadFormat`)."""

    def _run(self, payload: bytes) -> BitRun:
        if len(payload) < PLUS_HEADER:
            raise ProtocolError("H263: payload cut short")
        begin = PLUS_HEADER + bool(payload[0] & REDUNDANT) + ((payload[0] & 1) << 5 | payload[1] >> 3)
        data = payload[begin:]
        return bit_run(b"\0\0" + data if payload[0] & PICTURE else data, 0, 0)


def _looks_intra(data: bytes) -> bool:
    try:
        return is_intra(data)
    except ProtocolError:
        return False


def packetize(picture: bytes, max_payload: int) -> list[bytes]:
    """Payloads of one picture as of RFC 2190, each at most `max_payload` bytes unless it has options or is broken: a
    group that cannot be read is not cut. Raises ProtocolError for what is no H.263 of a standard size."""
    source, flags = _source(picture)
    groups: dict[int, _Place | None] = {8 * at: None for at in group_starts(picture)}
    size = max_payload - MODE_SIZES[2]
    starts = [*groups, 8 * len(picture)]
    large = any(end - begin > 8 * size for begin, end in pairwise(starts))
    marks = {bit: (quant, gobn, mba, h, v) for bit, quant, gobn, mba, h, v in h263.places(picture)} if large else {}
    order = sorted(groups | marks)
    payloads, begin = [], 0
    while begin < 8 * len(picture):
        end = _last_cut(order, groups, begin, 8 * (begin // 8 + size), 8 * len(picture))
        run = cut(picture, begin, end)
        payloads.append(_header(run, source, flags, marks.get(begin)) + run.data)
        begin = end
    return payloads


def packetize_plus(picture: bytes, max_payload: int) -> list[bytes]:
    """Payloads of one picture as of RFC 4629, each at most `max_payload` bytes."""
    groups = dict.fromkeys(group_starts(picture))
    order = sorted(groups)
    payloads, begin = [], 0
    while begin < len(picture):
        most = begin + max_payload - PLUS_HEADER
        end = _last_cut(order, groups, begin, most, len(picture))
        end = min(end, most)  # a group may be cut anywhere (section 6.2)
        if begin in groups:
            payloads.append(bytes((PICTURE, 0)) + picture[begin + 2 : end])
        else:
            payloads.append(bytes((0, 0)) + picture[begin:end])
        begin = end
    return payloads


def _last_cut(order: Sequence[int], groups: Container[int], begin: int, most: int, end: int) -> int:
    """Where to end a packet that begins at `begin` and should end at `most`: with the picture, with a group, or at
    whatever mark there is. The next mark where there is none in between."""
    if end <= most:
        return end
    inside = order[bisect_right(order, begin) : bisect_right(order, most)]
    if not inside:
        following = bisect_right(order, begin)
        return order[following] if following < len(order) else end
    return next((mark for mark in reversed(inside) if mark in groups), inside[-1])


def _source(picture: bytes) -> tuple[int, int]:
    """SRC, and I, U, S and A in four bits, of the picture header."""
    if not begins_picture(picture) or len(picture) < 6:
        raise ProtocolError("H263: no picture header")
    window = int.from_bytes(picture[:6], "big")
    source = window >> 48 - CODING_AT & 7
    if source in (0, EXTENDED):
        raise ProtocolError("H263: not of a standard size")
    return source, window >> 48 - CODING_AT - 4 & 15


def _header(run: BitRun, source: int, flags: int, place: _Place | None) -> bytes:
    ends = run.skip << 3 | run.spare
    if place is None:
        return bytes((ends, source << 5 | flags << 1, 0, 0))
    quant, gobn, mba, horizontal, vertical = place
    head = (MODE_B | ends) << 24 | source << 21 | quant << 16 | gobn << 11 | mba << 2
    vectors = flags << 28 | (horizontal & 127) << 21 | (vertical & 127) << 14
    return head.to_bytes(4, "big") + vectors.to_bytes(4, "big")
