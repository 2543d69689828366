"""What a logical channel carries and where to, as call control and the media side both understand it.

Directions are the server's: a channel is received or sent.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from mcu.h323.address import Address
from mcu.media.types import StreamKind


class Direction(enum.StrEnum):
    RECEIVED = "received"
    SENT = "sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFormat:
    """One way of coding, with the numbers that were agreed on.

    `width`, `height` and `fps` are the most that may be sent or will be received; 0 for sound. `packet_ms` is what one
    packet of sound holds at most.
    """

    codec: str  # "PCMU", "PCMA", "G722", "G729", "H261", "H263", "H264"
    payload_type: int
    clock_rate: int
    bitrate: int = 0  # bit/s, the most; 0 where the codec has one rate
    packet_ms: int = 20
    width: int = 0
    height: int = 0
    fps: int = 0
    h264_profile: str = ""  # "constrained-baseline", "main" or "high"
    packetization_mode: int = 0  # RFC 6184
    h263_plus: bool = False  # RFC 4629 instead of RFC 2190
    parameters: Mapping[str, str] = field(default_factory=dict)  # others, as in the codec's fmtp
    ciphered: bool = False  # AES-128 in CBC mode (H.235.6), under the key of its channel


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalMedia:
    """Where this server receives one kind of stream."""

    rtp: Address
    rtcp: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One open logical channel.

    `rtp` is where to send, None for a received channel; `rtcp` is where the peer wants reports. `key` is the key of
    H.235.6 (AES-128 in CBC mode), b"" for none.
    """

    direction: Direction
    kind: StreamKind
    media: MediaFormat
    rtp: Address | None = None
    rtcp: Address | None = None
    key: bytes = field(default=b"", repr=False)
