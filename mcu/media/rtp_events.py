"""What an RTP session tells its driver."""

from __future__ import annotations

from dataclasses import dataclass

from mcu.media.types import EncodedFrame, StreamKind


@dataclass(frozen=True, slots=True)
class FrameReceived:
    """A picture that can be decoded: all its packets and all pictures it refers to are there."""

    kind: StreamKind
    frame: EncodedFrame


@dataclass(frozen=True, slots=True)
class KeyframeRequested:
    """The peer asked for a keyframe of a sent stream (PLI or FIR)."""

    kind: StreamKind


@dataclass(frozen=True, slots=True)
class StreamEnded:
    """The peer said BYE for a received stream; it may come back."""

    kind: StreamKind


@dataclass(frozen=True, slots=True)
class BitrateLimited:
    """The peer wants no more than this in all of these streams together (REMB)."""

    bitrate: int  # bit/s
    ssrcs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KeyframeNeeded:
    """A received stream needs a keyframe and no RTCP message for that was negotiated: ask by signaling."""

    kind: StreamKind


Event = FrameReceived | KeyframeRequested | StreamEnded | BitrateLimited | KeyframeNeeded
