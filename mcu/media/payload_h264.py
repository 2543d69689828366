"""H.264 in RTP (RFC 6184): packetization modes 0 and 1, both ways.

Rules:
1. Received frames become Annex B access units, with SPS and PPS in front of every IDR picture: when they came in other
   packets or in the SDP (`sprop-parameter-sets`), the newest ones are put there.
2. A picture after a loss is admitted only when it is an IDR picture: the format has no other mark to trust. Where its
   SPS belongs in front and is not there, one such picture is refused, as it may be of another size; then the sender
   is taken for one that sends its SPS only once.
3. Interleaved types (STAP-B, MTAP, FU-B) belong to mode 2, which is never negotiated: they are errors.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence

from mcu.errors import ProtocolError
from mcu.media.fragments import AssembledFrame, Fragment
from mcu.media.h264_nal import (
    AUD,
    FU_A,
    IDR,
    PPS,
    SEI,
    SLICE,
    SPS,
    STAP_A,
    ParameterSets,
    begins_picture,
    join_annex_b,
    nal_type,
    split_annex_b,
)

PICTURE_TYPES = frozenset(range(SLICE, IDR + 1))  # slices, data partitions, IDR slices
FU_START, FU_END = 0x80, 0x40  # S and E of the FU header (section 5.8)
FU_HEADERS = 2  # bytes: FU indicator and FU header
NRI_MASK = 0x60
FORBIDDEN = 0x80


class H264Format:
    """Depacketiser of one stream (a `PayloadFormat`)."""

    codec = "H264"

    def __init__(self, sprop_parameter_sets: str = "") -> None:
        self.needs_keyframe = True
        self._sets = ParameterSets()
        self._sets_in_band = False  # IDR pictures have their SPS in front: one without has lost it
        for encoded in sprop_parameter_sets.split(","):
            self._keep_from_sdp(encoded)

    def inspect(self, payload: bytes) -> Fragment:
        units = list(_units(payload))
        kind = units[0][0] & 0x1F
        begins_idr = kind == IDR and begins_picture(units[0])
        return Fragment(
            payload=payload,
            resumes=kind in (AUD, SPS) or (begins_idr and not self._sets_in_band),
            begins_keyframe=begins_idr or kind == SPS,
            picture=any(nal_type(unit) in PICTURE_TYPES for unit in units),
        )

    def assemble(self, fragments: Sequence[Fragment], *, contiguous: bool) -> AssembledFrame | None:
        nals = depacketize([fragment.payload for fragment in fragments])
        kinds = {nal_type(nal) for nal in nals}
        for nal in nals:
            self._sets.keep(nal)
        if IDR in kinds and (SPS in kinds or contiguous):
            self._sets_in_band = SPS in kinds
        if not contiguous and not fragments[0].resumes and not (IDR in kinds and self._begins(fragments[0].payload)):
            self.needs_keyframe = True  # what came before in this picture is unknown
            return None
        if not kinds & PICTURE_TYPES:
            return None  # parameter sets or SEI on their own
        if IDR not in kinds:
            if not contiguous:
                self.needs_keyframe = True
            return None if self.needs_keyframe else AssembledFrame(join_annex_b(nals), keyframe=False)
        if not self._sets.complete:
            self.needs_keyframe = True
            return None
        self.needs_keyframe = False
        if SPS not in kinds:
            nals = [*self._sets.nals(), *nals]
        return AssembledFrame(join_annex_b(nals), keyframe=True)

    def _begins(self, payload: bytes) -> bool:
        """Whether an IDR picture behind a loss may be whole, though it does not begin with its SPS."""
        first = next(_units(payload))
        if nal_type(first) not in (PPS, SEI) and not begins_picture(first):
            return False
        lacking, self._sets_in_band = self._sets_in_band, False
        return not lacking

    def _keep_from_sdp(self, encoded: str) -> None:
        try:
            nal = base64.b64decode(encoded)
            if nal:
                self._sets.keep(nal)
        except (binascii.Error, ValueError, ProtocolError):
            return  # nothing lost: such a stream must then carry its sets itself


def depacketize(payloads: Sequence[bytes]) -> list[bytes]:
    """NAL units of a frame's payloads in order. Raises ProtocolError."""
    nals: list[bytes] = []
    fragments: list[bytes] = []
    for payload in payloads:
        kind = payload[0] & 0x1F if payload else 0
        if kind == FU_A:
            fragments = _continue_unit(payload, fragments)
            if payload[1] & FU_END:
                nals.append(b"".join(fragments))
                fragments = []
            continue
        if fragments:
            raise ProtocolError("H264: fragmented NAL unit without its end")
        nals.extend(_units(payload))
    if fragments:
        raise ProtocolError("H264: fragmented NAL unit without its end")
    return nals


def _continue_unit(payload: bytes, fragments: list[bytes]) -> list[bytes]:
    if len(payload) <= FU_HEADERS:
        raise ProtocolError("H264: FU-A cut short")
    if payload[1] & FU_START:
        if fragments:
            raise ProtocolError("H264: fragmented NAL unit without its end")
        return [bytes((payload[0] & (FORBIDDEN | NRI_MASK) | payload[1] & 0x1F,)), payload[FU_HEADERS:]]
    if not fragments:
        raise ProtocolError("H264: fragmented NAL unit without its start")
    fragments.append(payload[FU_HEADERS:])
    return fragments


def _units(payload: bytes) -> Iterator[bytes]:
    """NAL units in one payload; of a fragment only its first one, as header and beginning. Raises ProtocolError."""
    if not payload or payload[0] & FORBIDDEN:
        raise ProtocolError("H264: empty payload or forbidden bit")
    kind = payload[0] & 0x1F
    if SLICE <= kind < STAP_A:
        yield payload
    elif kind == STAP_A:
        yield from _aggregated(payload)
    elif kind == FU_A and len(payload) > FU_HEADERS:
        first = payload[FU_HEADERS : FU_HEADERS + 1] if payload[1] & FU_START else b"\0"
        yield bytes((payload[1] & 0x1F or SLICE,)) + first
    else:
        raise ProtocolError(f"H264: payload type {kind} not of packetization mode 0 or 1")


def _aggregated(payload: bytes) -> Iterator[bytes]:
    position = 1
    if len(payload) < 4:
        raise ProtocolError("H264: STAP-A cut short")
    while position < len(payload):
        size = int.from_bytes(payload[position : position + 2], "big")
        unit = payload[position + 2 : position + 2 + size]
        if not unit or len(unit) != size:
            raise ProtocolError("H264: STAP-A cut short")
        if not SLICE <= unit[0] & 0x1F < STAP_A:
            raise ProtocolError("H264: STAP-A holds what is no NAL unit")
        yield unit
        position += 2 + size


def packetize(frame: bytes, max_payload: int, *, packetization_mode: int) -> list[bytes]:
    """Payloads of one Annex B access unit.

    Mode 1: small NAL units together in STAP-A, large ones in FU-A of nearly equal size. Mode 0: one NAL unit each; the
    encoder keeps slices below `max_payload`, and a unit above it goes out whole because nothing else is allowed.
    """
    nals = split_annex_b(frame)
    if packetization_mode == 0:
        return nals
    payloads: list[bytes] = []
    together: list[bytes] = []
    size = 1
    for nal in nals:
        if together and size + 2 + len(nal) > max_payload:
            payloads.append(_aggregate(together))
            together, size = [], 1
        if len(nal) > max_payload:
            payloads.extend(_fragment(nal, max_payload))
        else:
            together.append(nal)
            size += 2 + len(nal)
    if together:
        payloads.append(_aggregate(together))
    return payloads


def _aggregate(nals: Sequence[bytes]) -> bytes:
    if len(nals) == 1:
        return nals[0]
    head = max(nal[0] & NRI_MASK for nal in nals) | STAP_A
    return bytes((head,)) + b"".join([len(nal).to_bytes(2, "big") + nal for nal in nals])


def _fragment(nal: bytes, max_payload: int) -> Iterator[bytes]:
    body = nal[1:]
    count = -(-len(body) // (max_payload - FU_HEADERS))
    indicator = nal[0] & NRI_MASK | FU_A
    for index in range(count):
        flags = (FU_START if index == 0 else 0) | (FU_END if index == count - 1 else 0)
        chunk = body[len(body) * index // count : len(body) * (index + 1) // count]
        yield bytes((indicator, flags | nal[0] & 0x1F)) + chunk
