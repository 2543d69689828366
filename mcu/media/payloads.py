"""Which payload format belongs to which codec."""

from __future__ import annotations

from mcu.media.types import EncodedFrame, VideoProfile


def packetize(frame: EncodedFrame, profile: VideoProfile, max_payload: int) -> list[bytes]:
    """RTP payloads for one frame, each at most `max_payload` bytes; the last one carries the marker."""
    raise NotImplementedError
