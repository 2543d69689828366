"""Legs that only try the line: somebody about to join learns whether media gets through, how fast, and what is lost.

Rules:
1. They are in no bridge: nothing that comes is decoded, nothing is mixed or encoded. What is sent is one and the same
   packet of silence in each tick, so that the browser can count; what arrives is counted by the reports that every
   leg gets.
2. Few at once, and none lives longer than LIFE_SECONDS.
"""

from __future__ import annotations

from mcu._native import packets
from mcu.errors import RefusedError
from mcu.media.types import EncodedFrame, StreamKind, VideoProfile
from mcu.webrtc.endpoint import Endpoint
from mcu.webrtc.leg import WebRtcLeg

MAX_CHECKS = 16  # at once; one is a DTLS handshake and about 100 small packets a second: 50 ms of CPU in all
LIFE_SECONDS = 10.0  # a check is over in three; one over a slow TCP connection in six
SILENCE = b"\xf8\xff\xfe"  # 20 ms of Opus: a CELT frame that says nothing (RFC 6716 section 3.1)
SAMPLES = 960  # of 20 ms at 48 kHz
NOTHING = VideoProfile("VP8", 16, 16, 1, 1)  # no picture is ever sent


class LineChecks:
    """The checks of one MP, and the handler of their legs."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._legs: dict[WebRtcLeg, float] = {}  # and when each is over, monotonic seconds
        self.begun = 0
        self.connected = 0
        self.refused = 0

    def __len__(self) -> int:
        return len(self._legs)

    def begin(self, leg_id: str, offer: str, now: float) -> str:
        """The SDP answer for a browser that checks its line. Raises RefusedError."""
        if len(self._legs) >= MAX_CHECKS:
            self.refused += 1
            raise RefusedError("busy", f"{MAX_CHECKS} checks")
        leg = self._endpoint.create_leg(leg_id, offer=offer, direction="both", handler=self, video=NOTHING)
        self._legs[leg] = now + LIFE_SECONDS
        self.begun += 1
        return leg.answer

    def tick(self, index: int, now: float) -> None:
        """Send silence to all that are connected, and end what has lasted long enough. Every 20 ms."""
        if not self._legs:
            return
        for leg in [leg for leg, end in self._legs.items() if now >= end]:
            leg.close("check-over")
        streams = [leg.sent[StreamKind.AUDIO] for leg in self._legs if leg.connected and StreamKind.AUDIO in leg.sent]
        if streams:
            packets.send([SILENCE], timestamp=index * SAMPLES, streams=streams, now=now, marker_last=False)

    def close(self) -> None:
        for leg in list(self._legs):
            leg.close("server-stopping")

    # --- LegHandler -----------------------------------------------------------------------------------

    def leg_connected(self, leg: WebRtcLeg) -> None:
        self.connected += 1

    def leg_state(self, leg: WebRtcLeg, state: str) -> None:
        """Nobody waits for its return."""

    def leg_closed(self, leg: WebRtcLeg, reason: str) -> None:
        self._legs.pop(leg, None)

    def frame_received(self, leg: WebRtcLeg, kind: StreamKind, frame: EncodedFrame) -> None:
        """Its packets have been counted, which is all that they are for."""

    def keyframe_requested(self, leg: WebRtcLeg, kind: StreamKind) -> None:
        """No picture is sent."""
