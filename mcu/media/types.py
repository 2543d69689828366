"""The values that travel between receive path, mixers and send path.

Pictures are I420 planes that nobody writes to once they are published; audio blocks are mono float32 in
[-1, 1] at 48 kHz, `BLOCK_SAMPLES` long.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 48_000  # Hz, the one rate inside the mixer (Opus's own)
BLOCK_SECONDS = 0.020  # one audio tick
BLOCK_SAMPLES = 960  # SAMPLE_RATE * BLOCK_SECONDS
VIDEO_CLOCK_RATE = 90_000  # Hz, RFC 3551 section 5
CIF_ASPECT = 12 / 11  # of samples: 352 × 288 of them are 4:3

Plane = NDArray[np.uint8]
AudioBlock = NDArray[np.float32]  # shape (BLOCK_SAMPLES,)


class StreamKind(enum.StrEnum):
    """The fixed set of streams a leg can carry in each direction."""

    AUDIO = "audio"
    MAIN = "main"
    CONTENT = "content"


@dataclass(slots=True)  # not frozen, as with EncodedFrame; nobody changes one
class Picture:
    """One decoded I420 picture. y is (height, width); u and v are (ceil(height/2), ceil(width/2)); rows may be strided.

    `rotation` is the clockwise turn in degrees (0, 90, 180, 270) to apply before showing it (3GPP TS 26.114, CVO).
    `owner` keeps the memory behind the planes alive.
    `aspect` is the width of a sample over its height, as they are stored.
    """

    y: Plane
    u: Plane
    v: Plane
    rotation: int = 0
    owner: object = None
    aspect: float = 1.0

    @property
    def width(self) -> int:
        return int(self.y.shape[1])

    @property
    def height(self) -> int:
        return int(self.y.shape[0])


@dataclass(slots=True)  # not frozen, as that would triple the cost of a thing made for every frame; nobody changes one
class EncodedFrame:
    """One coded picture: VP8 frame, H.264 access unit in Annex B form, H.261 or H.263 picture from its start code."""

    codec: str  # "VP8", "H264", "H261" or "H263"
    data: bytes
    timestamp: int  # RTP, 90 kHz, modulo 2**32
    keyframe: bool
    rotation: int = 0
    arrived: float = 0.0  # monotonic seconds at which the frame was complete
    picture_id: int = -1  # VP8, 15 bits: rises by one with every frame of an encoder; -1 for none


@dataclass(frozen=True, slots=True)
class VideoProfile:
    """An encoding profile. Legs with equal profiles share one encoder and one packetisation."""

    codec: str  # "VP8", "H264", "H261", "H263" (packets of RFC 2190) or "H263-1998" (of RFC 4629)
    width: int
    height: int
    fps: int
    bitrate: int  # bits per second
    h264_profile: str = ""  # "", "constrained-baseline" or "high"
    packetization_mode: int = 1  # RFC 6184; 0 means single NAL units no larger than one packet
    h264_level: int = 0  # that the stream says, 31 for level 3.1, 9 for 1b; 0 for the one that fits

    @property
    def aspect(self) -> float:
        """The width of a sample over its height: H.261 and H.263 have the shape of television's (H.261 clause 3.1)."""
        return CIF_ASPECT if self.codec.startswith("H26") and self.codec != "H264" else 1.0


SHARED_SCREEN = VideoProfile("VP8", 1920, 1200, 10, 1_500_000)
"""The most that a shared screen is sent as by itself: its own size or, where it is larger, what fits; ten pictures a
second, as pages are turned and scrolled and words are read; and bit/s while much changes. With the composite the
rate is what a leg's line is first taken to carry."""


@dataclass(frozen=True, slots=True)
class AudioProfile:
    """How a listener hears: Opus at 48 kHz, PCMU/PCMA at 8 kHz or G722 at 16 kHz, in 20 ms packets."""

    codec: str = "opus"  # "opus", "PCMU", "PCMA", "G722"
    bitrate: int = 32_000  # of Opus; the others have 64 kbit/s


@dataclass(frozen=True, slots=True)
class CodecParameters:
    """One negotiated payload type (RFC 8866 rtpmap, fmtp and rtcp-fb in one value)."""

    name: str  # "opus", "PCMU", "PCMA", "G722", "G729", "VP8", "H264", "H261", "H263", "H263-1998", "rtx"
    payload_type: int
    clock_rate: int
    channels: int = 1
    parameters: Mapping[str, str] = field(default_factory=dict)  # fmtp, keys in lower case
    feedback: frozenset[str] = frozenset()  # "nack", "nack pli", "ccm fir", "goog-remb", "transport-cc"
