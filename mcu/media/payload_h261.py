"""H.261 in RTP (RFC 4587), both ways.

Rules:
1. The bits of a picture's packets are joined as their headers say; where a macroblock begins is only of interest to
   those who decode parts of pictures, which nobody does here.
2. A picture is a keyframe when each of its macroblocks is there and intra coded: the picture header does not say so.
3. There are senders that never send one and refresh pictures bit by bit (H.261 clause 3.4). One complete picture in
   REFRESHED passes as a keyframe, and one in PATIENCE while a keyframe is needed.
4. A packet ends where a group of blocks does, as that is what a decoder can go on from after a loss; only groups that
   do not fit are cut at a macroblock.
"""

from __future__ import annotations

from collections.abc import Sequence

from mcu._native import h261
from mcu.errors import ProtocolError
from mcu.media.bit_joining import BitRun, bit_run, cut, join
from mcu.media.fragments import AssembledFrame, Fragment

HEADER = 4  # octets (section 4.1)
PICTURE_START = 0x00010  # PSC, 20 bits (H.261 clause 4.2.1.1)
REFRESHED = 132  # pictures: every macroblock that is coded was intra coded once in as many (H.261 clause 3.4)
PATIENCE = 30  # pictures: one to two seconds
VECTORS_USED = 1  # V: motion vectors may be used in this stream


class H261Format:
    """Depacketiser of one stream (a `PayloadFormat`)."""

    codec = "H261"

    def __init__(self) -> None:
        self.needs_keyframe = True
        self._since = 0  # complete pictures since the last keyframe

    def inspect(self, payload: bytes) -> Fragment:
        run = _run(payload)
        begins = _window(run) >> 12 == PICTURE_START and h261.begins_intra(join([run]))
        return Fragment(payload=payload, resumes=begins, begins_keyframe=begins)

    def assemble(self, fragments: Sequence[Fragment], *, contiguous: bool) -> AssembledFrame | None:
        runs = [_run(fragment.payload) for fragment in fragments]
        if _window(runs[0]) >> 12 != PICTURE_START:
            self.needs_keyframe = True  # the beginning is lost
            return None
        picture = join(runs)
        self._since += 1
        keyframe = h261.is_intra(picture)
        if not keyframe and (self.needs_keyframe or not contiguous):
            self.needs_keyframe = self._since <= PATIENCE
            if self.needs_keyframe:
                return None
            keyframe = True
        if keyframe or self._since > REFRESHED:
            self._since, keyframe = 0, True
        self.needs_keyframe = False
        return AssembledFrame(picture, keyframe)


def packetize(picture: bytes, max_payload: int) -> list[bytes]:
    """Payloads of one picture, each at most `max_payload` bytes. Raises ValueError for what is no H.261."""
    pieces = h261.pieces(picture, max_payload - HEADER)
    if not pieces:
        raise ValueError("not a picture of H.261")
    payloads = []
    for begin, end, gobn, mbap, quant, horizontal, vertical in pieces:
        run = cut(picture, begin, end)
        head = run.skip << 29 | run.spare << 26 | VECTORS_USED << 24
        head |= gobn << 20 | mbap << 15 | quant << 10 | (horizontal & 31) << 5 | vertical & 31
        payloads.append(head.to_bytes(HEADER, "big") + run.data)
    return payloads


def _run(payload: bytes) -> BitRun:
    if len(payload) <= HEADER:
        raise ProtocolError("H261: payload cut short")
    return bit_run(payload[HEADER:], payload[0] >> 5, payload[0] >> 2 & 7)


def _window(run: BitRun) -> int:
    """The first 32 bits."""
    return int.from_bytes(run.data[:5].ljust(5, b"\xff"), "big") >> 8 - run.skip & 0xFFFFFFFF
