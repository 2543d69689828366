"""VP8 in RTP (RFC 7741): payload descriptor and packetisation.

A received payload is inspected once, when it arrives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mcu.errors import ProtocolError
from mcu.media.fragments import AssembledFrame, Fragment, picture_fragment

EXTENDED, NON_REFERENCE, START = 0x80, 0x20, 0x10  # X, N, S of the first octet (section 4.2)
HAS_PICTURE_ID, HAS_TL0PICIDX, HAS_TID, HAS_KEYIDX = 0x80, 0x40, 0x20, 0x10  # I, L, T, K
LONG_PICTURE_ID = 0x80  # M
LAYER_SYNC = 0x20  # Y
INTER_FRAME = 0x01  # P, inverse key frame flag of the payload header (section 4.3)
PICTURE_ID_MASK = 0x7FFF
ALL_UPPER_LAYERS = frozenset((1, 2, 3))  # TID has two bits


@dataclass  # not frozen, as that would double the cost of a thing made for every packet
class Descriptor:
    """The payload descriptor; -1 stands for an absent field."""

    size: int  # bytes before the VP8 payload
    starts_frame: bool  # S=1 and PID=0: the first packet of a frame
    keyframe: bool  # only meaningful with starts_frame
    non_reference: bool  # N: no other frame needs this one
    picture_id: int = -1
    tl0_index: int = -1  # TL0PICIDX, running number of base-layer frames
    layer: int = -1  # TID
    layer_sync: bool = False  # Y: depends on the base layer only
    key_index: int = -1  # KEYIDX


def parse_descriptor(payload: bytes) -> Descriptor:
    """The descriptor at the head of an RTP payload, in every form of section 4.2. Raises ProtocolError."""
    try:
        return _parse_descriptor(payload)
    except IndexError as error:
        raise ProtocolError("VP8: descriptor cut short") from error


def _parse_descriptor(payload: bytes) -> Descriptor:
    first = payload[0]
    position = 1
    picture_id = tl0_index = layer = key_index = -1
    layer_sync = False
    if first & EXTENDED:
        extension = payload[1]
        position = 2
        if extension & HAS_PICTURE_ID:
            picture_id = payload[position]
            position += 1
            if picture_id & LONG_PICTURE_ID:
                picture_id = (picture_id & 0x7F) << 8 | payload[position]
                position += 1
        if extension & HAS_TL0PICIDX:
            tl0_index = payload[position]
            position += 1
        if extension & (HAS_TID | HAS_KEYIDX):
            octet = payload[position]
            position += 1
            if extension & HAS_TID:
                layer = octet >> 6
                layer_sync = bool(octet & LAYER_SYNC)
            if extension & HAS_KEYIDX:
                key_index = octet & 0x1F
    header = payload[position]  # a descriptor without payload is an error
    starts = first & (START | 0x07) == START
    keyframe = starts and not header & INTER_FRAME
    non_reference = bool(first & NON_REFERENCE)
    descriptor = Descriptor.__new__(Descriptor)  # past the constructor: one is made of every packet
    descriptor.size, descriptor.starts_frame, descriptor.keyframe = position, starts, keyframe
    descriptor.non_reference, descriptor.picture_id, descriptor.tl0_index = non_reference, picture_id, tl0_index
    descriptor.layer, descriptor.layer_sync, descriptor.key_index = layer, layer_sync, key_index
    return descriptor


def packetize(frame: bytes, max_payload: int, *, picture_id: int = -1) -> list[bytes]:
    """One frame's payloads, at most `max_payload` bytes each, sizes differing by at most one (section 4.4).

    Picture ids are sent in 15 bits and must rise by one from frame to frame: libwebrtc takes each delta frame to
    refer to the picture id before its own. -1 leaves them out.
    """
    extension = _extension(picture_id)
    first = EXTENDED if extension else 0
    room = max_payload - 1 - len(extension)
    count = -(-len(frame) // room)
    payloads = []
    for index in range(count):
        head = first | (START if index == 0 else 0)
        chunk = frame[len(frame) * index // count : len(frame) * (index + 1) // count]
        payloads.append(bytes((head,)) + extension + chunk)
    return payloads


def _extension(picture_id: int) -> bytes:
    """The octets of X and I (section 4.2); empty when there is nothing to say."""
    if picture_id < 0:
        return b""
    return bytes((HAS_PICTURE_ID, LONG_PICTURE_ID | picture_id >> 8 & 0x7F, picture_id & 0xFF))


class Vp8Format:
    """Depacketiser of one stream (a `PayloadFormat`): also knows what each frame refers to.

    Without temporal layers a lost frame breaks the chain until the next key frame, unless picture ids show that no
    frame is gone (lost padding). With layers (TL0PICIDX and TID present) a base-layer frame needs only the
    base-layer frame before it, an upper one needs all lower layers unbroken, or the base alone if Y is set.
    """

    codec = "VP8"

    def __init__(self) -> None:
        self.needs_keyframe = True  # nothing but a key frame can be decoded
        self._picture_id = -1  # of the newest frame that was admitted
        self._tl0_index = -1  # of the newest base-layer frame that was admitted
        self._unbroken: frozenset[int] = frozenset()  # layers above the base that lack nothing

    def inspect(self, payload: bytes) -> Fragment:
        descriptor = parse_descriptor(payload)
        resumes = descriptor.starts_frame and self._can_follow_gap(descriptor)
        return picture_fragment(payload, resumes, descriptor.keyframe, descriptor)

    def assemble(self, fragments: Sequence[Fragment], *, contiguous: bool) -> AssembledFrame | None:
        first = fragments[0].vp8
        assert first is not None
        if not first.starts_frame or not self._admits(first, contiguous or self._is_successor(first)):
            return None
        self._picture_id = first.picture_id
        return AssembledFrame(_picture(fragments), first.keyframe)

    def _can_follow_gap(self, descriptor: Descriptor) -> bool:
        return descriptor.keyframe or (
            not self.needs_keyframe
            and (self._is_successor(descriptor) or (descriptor.layer == 0 and self._is_next_base(descriptor)))
        )

    def _is_successor(self, descriptor: Descriptor) -> bool:
        mask = PICTURE_ID_MASK if descriptor.picture_id > 0x7F or self._picture_id > 0x7F else 0x7F
        return min(descriptor.picture_id, self._picture_id) >= 0 and (
            descriptor.picture_id in ((self._picture_id + 1) & mask, (self._picture_id + 1) & PICTURE_ID_MASK)
        )

    def _is_next_base(self, descriptor: Descriptor) -> bool:
        return self._tl0_index >= 0 and descriptor.tl0_index == (self._tl0_index + 1) & 0xFF

    def _admits(self, descriptor: Descriptor, contiguous: bool) -> bool:
        if descriptor.keyframe:
            self.needs_keyframe = False
            self._unbroken = ALL_UPPER_LAYERS
            self._tl0_index = descriptor.tl0_index
            return True
        if self.needs_keyframe:
            return False
        if descriptor.tl0_index < 0 or descriptor.layer < 0:
            self.needs_keyframe = not contiguous
            return contiguous
        if not contiguous:
            self._unbroken = frozenset()
        if descriptor.layer == 0:
            self.needs_keyframe = not self._is_next_base(descriptor)
            self._tl0_index = descriptor.tl0_index
            return not self.needs_keyframe
        needed = frozenset() if descriptor.layer_sync else frozenset(range(1, descriptor.layer + 1))
        if descriptor.tl0_index != self._tl0_index or not needed <= self._unbroken:
            return False
        self._unbroken |= {descriptor.layer}
        return True


def _picture(fragments: Sequence[Fragment]) -> bytes:
    """What the packets of a frame carry, without their descriptors."""
    parts = []
    for fragment in fragments:
        descriptor = fragment.vp8
        if descriptor is not None:
            parts.append(fragment.payload[descriptor.size :])
    return parts[0] if len(parts) == 1 else b"".join(parts)
