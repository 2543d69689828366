"""A leg without a network: what is sent on it is kept, and its voice is whatever the test gives."""

from __future__ import annotations

import math

import numpy as np

from mcu._native.packets import SendStream, SrtpTransport, parse_rtp
from mcu._native.rtp_packet import RtpPacket
from mcu.media.audio_receiver import SILENCE, AudioReceiverCounters
from mcu.media.types import SHARED_SCREEN, AudioBlock, AudioProfile, StreamKind, VideoProfile

AUDIO_TYPE, VIDEO_TYPE, CONTENT_TYPE = 111, 96, 98  # browsers use one for both pictures


class FakeVoice:
    """Stands for AudioReceiver: gives `blocks` one after the other, then silence."""

    def __init__(self) -> None:
        self.blocks: list[AudioBlock] = []
        self.pulled = 0
        self.skipped = 0
        self.asked: list[float] = []  # the times for which something was wanted
        self.counters = AudioReceiverCounters()

    def preview(self, now: float) -> float:
        self.asked.append(now)
        if not self.blocks:
            return SILENCE
        return float(20 * np.log10(max(float(np.sqrt(np.mean(self.blocks[0] ** 2))), 1e-6)))

    def pull(self, now: float) -> AudioBlock | None:
        self.pulled += 1
        self.asked.append(now)
        return self.blocks.pop(0) if self.blocks else None

    def skip(self, now: float) -> None:
        self.skipped += 1
        self.asked.append(now)
        if self.blocks:
            self.blocks.pop(0)


class FakeLeg:
    """A mcu.processor.leg.Leg."""

    def __init__(self, leg_id: str, video: VideoProfile | None = None, *, takes_content: bool = False) -> None:
        self.id = leg_id
        self.connected = True
        self.scales = True
        self.last_received = math.inf
        self.audio_profile = AudioProfile()
        self.video_profile = video
        self.content_profile = SHARED_SCREEN if takes_content else None
        self.audio = FakeVoice()
        self.loss = 0.0
        self.rtp_counters: dict[str, int] = {}
        self.keyframes_asked: list[StreamKind] = []
        self.closed_for = ""
        self.carries = math.inf  # bit/s of pictures
        self.limits: dict[StreamKind, float] = {}  # bit/s of each kind
        self.probed: list[float] = []  # bit/s
        self.packets: list[RtpPacket] = []
        self._transport = SrtpTransport("", b"", b"")
        self._transport.select_stream(self._keep)
        self.sent = {StreamKind.AUDIO: self._stream(1, AUDIO_TYPE, 48_000)}
        if video is not None:
            self.sent[StreamKind.MAIN] = self._stream(2, VIDEO_TYPE, 90_000)
        if takes_content:
            self.sent[StreamKind.CONTENT] = self._stream(3, CONTENT_TYPE, 90_000)

    def video(self, kind: StreamKind) -> None:
        return None

    def reception(self, kind: StreamKind) -> None:
        return None

    def request_keyframe(self, kind: StreamKind) -> None:
        self.keyframes_asked.append(kind)

    repaired = 0.0

    def budget(self, now: float, least: float = 0.0) -> float:
        return self.carries

    def limit(self, kind: StreamKind) -> float:
        return self.limits.get(kind, math.inf)

    def probe(self, bitrate: float, now: float) -> None:
        self.probed.append(bitrate)

    def close(self, reason: str) -> None:
        self.closed_for = reason

    def received(self, payload_type: int) -> list[RtpPacket]:
        """What the peer got of one stream."""
        return [packet for packet in self.packets if packet.payload_type == payload_type]

    def _stream(self, ssrc: int, payload_type: int, clock_rate: int) -> SendStream:
        return SendStream(self._transport, ssrc=ssrc, payload_type=payload_type, clock_rate=clock_rate)

    def _keep(self, data: bytes) -> bool:
        self.packets.append(parse_rtp(data))
        return True
