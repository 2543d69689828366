"""An owner of legs that sends everybody's media back to them: the smallest thing that uses all of a leg."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from mcu._native import packets
from mcu._native.rtp_packet import RtpPacket
from mcu.media import received_streams
from mcu.media.payloads import packetize
from mcu.media.types import EncodedFrame, StreamKind, VideoProfile
from mcu.webrtc.endpoint import Endpoint
from mcu.webrtc.leg import WebRtcLeg

PROFILE = VideoProfile("VP8", 1280, 720, 25, 1_200_000)


class EchoAudio:
    """Stands where the jitter buffer is; each packet goes back as it came."""

    def __init__(self, codecs: object) -> None:
        self.leg: WebRtcLeg | None = None
        self.received = 0

    def receive(self, packet: RtpPacket, now: float) -> None:
        self.received += 1
        if self.leg is not None and packet.payload and StreamKind.AUDIO in self.leg.sent:
            stream = self.leg.sent[StreamKind.AUDIO]
            packets.send([packet.payload], timestamp=packet.timestamp, streams=[stream], now=now, marker_last=False)


class Echo:
    """The LegHandler."""

    def __init__(self) -> None:
        self.events: list[tuple[str, ...]] = []
        self.frames: dict[StreamKind, int] = {}
        self.closed: asyncio.Queue[str] = asyncio.Queue()
        self.connected = asyncio.Event()

    def leg_connected(self, leg: WebRtcLeg) -> None:
        self.events.append(("connected",))
        if isinstance(leg.session.audio, EchoAudio):
            leg.session.audio.leg = leg
        self.connected.set()

    def leg_state(self, leg: WebRtcLeg, state: str) -> None:
        self.events.append(("state", state))

    def leg_closed(self, leg: WebRtcLeg, reason: str) -> None:
        if isinstance(leg.session.audio, EchoAudio):
            leg.session.audio.leg = None
        self.events.append(("closed", reason))
        self.closed.put_nowait(reason)

    def frame_received(self, leg: WebRtcLeg, kind: StreamKind, frame: EncodedFrame) -> None:
        self.frames[kind] = self.frames.get(kind, 0) + 1
        profile = leg.video_profile
        if kind is StreamKind.MAIN and profile is not None:
            payloads = packetize(frame, profile, packets.MAX_PAYLOAD)
            streams = [leg.sent[StreamKind.MAIN]]
            packets.send(payloads, timestamp=frame.timestamp, streams=streams, now=time.monotonic())

    def keyframe_requested(self, leg: WebRtcLeg, kind: StreamKind) -> None:
        self.events.append(("keyframe", kind))
        leg.request_keyframe(kind)


@asynccontextmanager
async def endpoint(host: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Endpoint]:
    """A started endpoint whose legs' sound comes back unchanged."""
    monkeypatch.setattr(received_streams, "AudioReceiver", EchoAudio)
    server = Endpoint()
    await server.start(host, 0)
    try:
        yield server
    finally:
        await server.close()
