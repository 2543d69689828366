"""Thirty participants on loopback who send through real endpoints, legs and sessions: what receive_path.py measures."""

from __future__ import annotations

import contextlib
import random
import select
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mcu._native import packets
from mcu.media import rtcp, transport_feedback
from mcu.media.audio_codecs import AudioEncoder
from mcu.media.payload_vp8 import packetize
from mcu.media.types import AudioProfile, EncodedFrame, StreamKind, VideoProfile
from mcu.webrtc import stun
from mcu.webrtc.dtls import SrtpKeys
from mcu.webrtc.endpoint import Endpoint
from mcu.webrtc.leg import WebRtcLeg
from mcu.webrtc.stun import Attribute, MessageClass

PARTICIPANTS, LISTENED_TO = 30, 3
GCM = "AEAD_AES_128_GCM"
OFFER = (Path(__file__).parents[1] / "webrtc/offers/chromium.sdp").read_text()
EXTENSIONS = {
    packets.AUDIO_LEVEL: 1,
    packets.ABSOLUTE_SEND_TIME: 2,
    packets.TRANSPORT_SEQUENCE: 3,
    packets.MID: 4,
}
PROFILE = VideoProfile("VP8", 1280, 720, 25, 1_200_000)
CAMERA_FPS, CAMERA_BYTES = 15, 1_900  # 320x180 at some 230 kbit/s: two packets, and three now and then
COMPOSITE = [bytes(1_000)] * 6  # a delta frame of 1.2 Mbit/s at 25 fps
FEEDBACK_SECONDS, FEEDBACK_PACKETS = 0.0667, 13
START = 1_000.0  # monotonic seconds


class Handler:
    """The owner of the legs; a decoder would begin where `frame_received` is called."""

    def __init__(self) -> None:
        self.frames = 0

    def leg_connected(self, leg: WebRtcLeg) -> None: ...
    def leg_state(self, leg: WebRtcLeg, state: str) -> None: ...
    def leg_closed(self, leg: WebRtcLeg, reason: str) -> None: ...
    def keyframe_requested(self, leg: WebRtcLeg, kind: StreamKind) -> None: ...

    def frame_received(self, leg: WebRtcLeg, kind: StreamKind, frame: EncodedFrame) -> None:
        self.frames += 1


@dataclass(slots=True)
class Client:
    """One participant's socket and keys."""

    udp: socket.socket
    media: packets.MediaSocket
    transport: packets.SrtpTransport
    audio: packets.SendStream
    video: packets.SendStream
    chance: random.Random
    frames: int = 0
    sound_time: int = 0
    feedback: int = 0

    def speech(self, now: float, voices: list[bytes]) -> int:
        self.sound_time += 960
        payload = voices[self.sound_time // 960 % len(voices)]
        return packets.send([payload], timestamp=self.sound_time, streams=[self.audio], now=now, marker_last=False,
                            audio_level=self.chance.randrange(30, 60), voice=True)  # fmt: skip

    def video_frame(self, now: float) -> int:
        size = CAMERA_BYTES * (5 if self.frames == 0 else 1) + self.chance.randrange(-500, 500)
        head = b"\x10\x02\x00\x9d\x01\x2a" if self.frames == 0 else b"\x11\x02\x00"
        payloads = packetize(head + self.chance.randbytes(size), 1_100, picture_id=self.frames & 0x7FFF)
        self.frames += 1
        return packets.send(payloads, timestamp=self.frames * 6_000, streams=[self.video], now=now)

    def feedback_on_sent(self, now: float) -> int:
        ticks = tuple(int(now * 4_000) + index * self.chance.randrange(0, 8) for index in range(FEEDBACK_PACKETS))
        base = self.feedback * FEEDBACK_PACKETS & 0xFFFF
        data = transport_feedback.encode(transport_feedback.Arrivals(base, ticks, self.feedback & 0xFF))
        self.feedback += 1
        return self.transport.send_rtcp(rtcp.TransportFeedback(self.audio.ssrc, 1, data).serialize())

    def report(self, now: float) -> int:
        reports = [
            rtcp.SenderReport(stream.ssrc, int(now * 2**32), stream.last_timestamp, stream.packets, stream.octets)
            for stream in (self.audio, self.video)
        ]
        name = rtcp.SourceDescription(((self.audio.ssrc, "somebody"),))
        return self.transport.send_rtcp(rtcp.serialize((*reports, name)))


@dataclass
class Meeting:
    """Endpoint and clients, and the simulated time."""

    endpoint: Endpoint
    clients: list[Client]
    legs: list[WebRtcLeg]
    now: float = START
    voices: list[bytes] = field(default_factory=list)
    clock: Callable[[], float] = lambda: START

    def __post_init__(self) -> None:
        self.clock = lambda: self.now

    def drain(self) -> None:
        for client in self.clients:
            while len(client.media.receive(self.now)) == packets.BATCH:
                pass


async def meet(resources: contextlib.AsyncExitStack) -> Meeting:
    """Everybody connected, with keys as DTLS would have given them."""
    meeting = Meeting(endpoint=Endpoint(clock=lambda: meeting.clock()), clients=[], legs=[])
    endpoint = meeting.endpoint
    await endpoint.start("127.0.0.1", 0)
    resources.push_async_callback(endpoint.close)
    handler = Handler()
    for number in range(PARTICIPANTS):
        leg = endpoint.create_leg(str(number), offer=OFFER, direction="both", handler=handler, video=PROFILE)
        udp = resources.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        media, server = packets.MediaSocket(udp.fileno()), packets.Path("127.0.0.1", endpoint.port)
        chance = random.Random(number)
        check = stun.build(
            MessageClass.REQUEST,
            chance.randbytes(12),
            [(Attribute.USERNAME, f"{leg.ice.local.ufrag}:x".encode()), (Attribute.USE_CANDIDATE, b"")],
            password=leg.ice.local.password,
        )
        media.send(check, server)
        wait_for(endpoint)
        endpoint._read()
        ours, theirs = chance.randbytes(28), chance.randbytes(28)
        leg.secured(SrtpKeys(GCM, receive_key=theirs, send_key=ours))
        transport = packets.SrtpTransport(GCM, ours, theirs)
        transport.set_extensions(EXTENSIONS, EXTENSIONS)
        transport.select(media, server)
        audio = packets.SendStream(transport, ssrc=2 * number + 1, payload_type=111, clock_rate=48_000, mid="0")
        video = packets.SendStream(transport, ssrc=2 * number + 2, payload_type=96, clock_rate=90_000, mid="1")
        meeting.clients.append(Client(udp, media, transport, audio, video, chance))
        meeting.legs.append(leg)
        assert leg.connected
    encoder = AudioEncoder(AudioProfile())
    noise = np.random.default_rng(1)
    meeting.voices = [
        encoder.encode(noise.normal(0, 0.1, 960).astype(np.float32)) for _ in range(50)
    ]  # as large as speech gets
    meeting.drain()
    return meeting


def wait_for(endpoint: Endpoint) -> None:
    assert select.select([endpoint._udp], [], [], 5)[0]


Event = tuple[float, int, str]
