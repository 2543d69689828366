"""What the receive path needs to know of a payload, whatever the codec, and the door to a codec's payload format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from mcu.media.payload_vp8 import Descriptor


@dataclass  # not frozen, as that would double the cost of a thing made for every packet
class Fragment:
    """One packet's part of a frame, as its payload format sees it."""

    payload: bytes
    resumes: bool  # a frame begins here that may be decodable though packets before it are missing
    begins_keyframe: bool  # as far as this packet alone can tell
    picture: bool = True  # has coded picture data, not only headers
    vp8: Descriptor | None = None


@dataclass
class AssembledFrame:
    """A frame as a decoder takes it."""

    data: bytes
    keyframe: bool


def picture_fragment(payload: bytes, resumes: bool, begins_keyframe: bool, vp8: Descriptor) -> Fragment:
    """A Fragment with picture data, past its constructor: one is made of every packet."""
    fragment = Fragment.__new__(Fragment)
    fragment.payload, fragment.resumes, fragment.begins_keyframe = payload, resumes, begins_keyframe
    fragment.picture, fragment.vp8 = True, vp8
    return fragment


class PayloadFormat(Protocol):
    """Depacketiser of one stream."""

    @property
    def codec(self) -> str: ...
    @property
    def needs_keyframe(self) -> bool:
        """True while nothing but a keyframe can be decoded."""

    def inspect(self, payload: bytes) -> Fragment:
        """Look at one payload. Raises ProtocolError."""

    def assemble(self, fragments: Sequence[Fragment], *, contiguous: bool) -> AssembledFrame | None:
        """The frame of all `fragments`; None if there is none to decode. Raises ProtocolError.

        `contiguous`: no packet is missing between this frame and the one assembled before.
        """
