"""A call through a bad line on fake time: the real sessions, jitter buffers, encoders of sound and pacers of both ends.

Left out are the picture's codec (frames are of random bytes behind true VP8 headers, and a session lets none out whose
reference is missing), DTLS, and everything that a busy machine can disturb. Two calls with equal seeds are equal.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from mcu._native.packets import (
    ABSOLUTE_SEND_TIME,
    AUDIO_LEVEL,
    MID,
    TRANSPORT_SEQUENCE,
    Rtcp,
    SendStream,
    SrtpTransport,
    send,
)
from mcu._native.rtp_packet import RtpPacket
from mcu.bench.network.figures import longest
from mcu.media.audio_codecs import AudioEncoder
from mcu.media.pacer import Pacer, Slice
from mcu.media.payloads import packetize
from mcu.media.receiver_line import ReceiverLine
from mcu.media.rtp_events import FrameReceived, KeyframeRequested
from mcu.media.rtp_session import RtpSession
from mcu.media.types import (
    BLOCK_SAMPLES,
    BLOCK_SECONDS,
    AudioProfile,
    CodecParameters,
    EncodedFrame,
    StreamKind,
    VideoProfile,
)
from mcu.processor.picture_encoders import MAX_PAYLOAD, keyframe_pause
from mcu.processor.sound_encoders import SoundEncoders
from mcu.synthetic.network.impairment import Line
from mcu.synthetic.network.weather import Weather
from mcu.webrtc.leg import START_BITRATE
from tests.support.speech import QUIET, gapless_speech

STEP = 0.001  # seconds
HEADERS = 42  # bytes of Ethernet, IPv4 and UDP around a datagram, which a line counts too
EXTENSIONS = {AUDIO_LEVEL: 1, ABSOLUTE_SEND_TIME: 2, TRANSPORT_SEQUENCE: 3, MID: 4}
MIDS = {StreamKind.AUDIO: "0", StreamKind.MAIN: "1"}
CODECS = {
    StreamKind.AUDIO: {111: CodecParameters("opus", 111, 48_000, 2, feedback=frozenset({"transport-cc"}))},
    StreamKind.MAIN: {
        96: CodecParameters("VP8", 96, 90_000, feedback=frozenset({"nack", "nack pli", "transport-cc"})),
        97: CodecParameters("rtx", 97, 90_000, parameters={"apt": "96"}),
    },
}
KEYFRAME_HEAD = bytes((0x10, 0, 0, 0x9D, 0x01, 0x2A, 0, 5, 0xD0, 2))  # RFC 6386 section 9.1: 1280x720
DELTA_HEAD = bytes((0x11, 0, 0))
BEGIN = 1_000.0  # seconds


@dataclass(frozen=True)
class Picture:
    """What a peer sends."""

    fps: int
    delta: int  # bytes of an ordinary frame
    key: int  # bytes of a keyframe
    bitrate: int


COMPOSITE = Picture(fps=25, delta=6_000, key=50_000, bitrate=1_200_000)
CAMERA = Picture(fps=15, delta=1_500, key=8_000, bitrate=180_000)


@dataclass
class Received:
    """What came out at one end."""

    frames: list[float] = field(default_factory=list)  # when each could be decoded
    keyframes: int = 0
    asked: list[float] = field(default_factory=list)  # when a keyframe was asked for
    levels: list[tuple[float, float]] = field(default_factory=list)  # (when, rms) of each block; 0 for silence
    delays: list[tuple[float, float]] = field(default_factory=list)  # (when, seconds in the jitter buffer)


class Peer:
    """One end: sends speech without pauses and a picture, and receives the other's."""

    def __init__(self, name: str, line: Line, picture: Picture, speech: Sequence[np.ndarray], *, seed: int) -> None:
        self.received = Received()
        self.now = BEGIN
        self._line = line
        self._picture = picture
        self._speech = speech
        self._chance = random.Random(f"{name} {seed}")
        self.transport = SrtpTransport("", b"", b"")
        self.transport.set_extensions(received=EXTENSIONS, sent=EXTENSIONS)
        self.transport.select_stream(self._write)
        ssrc = self._chance.randrange(1 << 20, 1 << 30)
        self.session = RtpSession(cname=name, ssrc_for_reports=ssrc, reduced_size=True, wall_clock_offset=1.7e9)
        self.line = ReceiverLine(START_BITRATE)  # what the peer's feedback says of it
        self.session.take_feedback = self._take_feedback
        self.session.repairs.bounds = lambda now: (self.line.budget(now), self.line.random_loss)
        self._streams = {
            StreamKind.AUDIO: SendStream(self.transport, ssrc=ssrc, payload_type=111, clock_rate=48_000, mid="0"),
            StreamKind.MAIN: SendStream(
                self.transport,
                ssrc=ssrc + 1,
                payload_type=96,
                clock_rate=90_000,
                mid="1",
                rtx_ssrc=ssrc + 2,
                rtx_payload_type=97,
            ),
        }
        for kind, stream in self._streams.items():
            self.session.add_sent(kind, stream)
            self.session.add_received(kind, CODECS[kind], mid=MIDS[kind])
        self._encoders = SoundEncoders()
        self._pacer: Pacer[EncodedFrame] = Pacer(picture.bitrate)
        self._blocks = self._frames = self._pulls = 0
        self._keyframe_wanted = True
        self._keyframe_due = -math.inf
        self._asked = 0
        self._profile = VideoProfile("VP8", 1280, 720, picture.fps, picture.bitrate)

    def play(self, now: float) -> None:
        """Whatever is due."""
        self.now = now
        while BEGIN + self._blocks * BLOCK_SECONDS <= now:
            self._send_sound(now)
        while BEGIN + self._frames / self._picture.fps <= now:
            self._send_picture(now)
        if self._pacer.next_timer() <= now:
            self._send_slices(self._pacer.take(now), now)
        if self.session.next_timer() <= now:
            self.session.handle_timer(now)
            self._pump(now)
        while BEGIN + self._pulls * BLOCK_SECONDS + BLOCK_SECONDS / 2 <= now:
            self._hear(now)

    def receive(self, datagram: bytes, now: float) -> None:
        """From the line."""
        self.now = now
        packet = self.transport.receive_datagram(datagram[HEADERS:], now)
        if isinstance(packet, RtpPacket):
            self.session.receive_rtp(packet, now)
        elif isinstance(packet, Rtcp):
            self.session.receive_rtcp(packet.data, now)
        self._pump(now)

    def _write(self, data: bytes) -> bool:
        self._line.push(bytes(HEADERS) + data, self.now)
        return True

    def _send_sound(self, now: float) -> None:
        sharing = self._encoders.protect(self._encoders.listener("peer"), AudioProfile(), self.session.loss)
        encoder: AudioEncoder = self._encoders.shared(sharing)
        payload = encoder.encode(self._speech[self._blocks % len(self._speech)])
        self._encoders.keep_shared([sharing])
        send(
            [payload],
            timestamp=self._blocks * BLOCK_SAMPLES,
            streams=[self._streams[StreamKind.AUDIO]],
            now=now,
            marker_last=False,
            audio_level=25,
        )
        self._blocks += 1

    def _send_picture(self, now: float) -> None:
        keyframe = self._keyframe_wanted and now >= self._keyframe_due
        if keyframe:
            pause = keyframe_pause(self._picture.key, self._profile.bitrate)
            self._keyframe_wanted, self._keyframe_due = False, now + pause
        head = KEYFRAME_HEAD if keyframe else DELTA_HEAD
        size = self._picture.key if keyframe else round(self._picture.delta * self._chance.uniform(0.6, 1.4))
        timestamp = self._frames * 90_000 // self._picture.fps
        frame = EncodedFrame("VP8", head + self._chance.randbytes(size), timestamp, keyframe, picture_id=self._frames)
        self._frames += 1
        self._send_slices(self._pacer.put(frame, packetize(frame, self._profile, MAX_PAYLOAD), now), now)

    def _send_slices(self, slices: Sequence[Slice[EncodedFrame]], now: float) -> None:
        for each in slices:
            send(
                each.payloads,
                timestamp=each.frame.timestamp,
                streams=[self._streams[StreamKind.MAIN]],
                now=now,
                marker_last=each.last,
            )

    def _hear(self, now: float) -> None:
        assert self.session.audio is not None
        block = self.session.audio.pull(now)
        level = 0.0 if block is None else float(np.sqrt(np.mean(np.square(block, dtype=np.float64))))
        self.received.levels.append((now, level))
        self.received.delays.append((now, self.session.audio.delay))
        self._pulls += 1

    def _take_feedback(self, data: bytes, now: float) -> None:
        self.line.acknowledged(data, self.transport, now)

    def _pump(self, now: float) -> None:
        for data in self.session.data_to_send():
            self.transport.send_rtcp(data)
        for event in self.session.events_received():
            match event:
                case FrameReceived(frame=frame):
                    self.received.frames.append(now)
                    self.received.keyframes += frame.keyframe
                case KeyframeRequested():
                    self._keyframe_wanted = True
        video = self.session.video(StreamKind.MAIN)
        asked = video.keyframe_requests.sent if video is not None else 0
        if asked > self._asked:
            self.received.asked.append(now)
        self._asked = asked


@dataclass(frozen=True)
class Heard:
    """Sound of one end from one time to another."""

    concealed: float  # share of what should have been played, silence included
    lost: int
    restored: int
    late: int
    gap: float  # seconds: the longest run of quiet blocks


class Call:
    """A server and a client with the line between them."""

    def __init__(self, *, seed: int = 1) -> None:
        self.down, self.up = Line(seed=seed), Line(seed=seed + 1)
        speech = [block.astype(np.float32) for block in gapless_speech(1).reshape(-1, BLOCK_SAMPLES)]
        self.server = Peer("server", self.down, COMPOSITE, speech, seed=seed)
        self.client = Peer("client", self.up, CAMERA, speech, seed=seed)
        self.now = BEGIN
        self._steps = 0

    def weather(self, weather: Weather) -> None:
        """The same both ways."""
        self.down.change(weather, self.now)
        self.up.change(weather, self.now)

    def run(self, seconds: float, *, each_step: Callable[[float], None] | None = None) -> tuple[float, float]:
        """Let time pass; (from, to)."""
        begin = self.now
        for _ in range(round(seconds / STEP)):
            self._steps += 1
            now = self.now = BEGIN + self._steps * STEP
            for line, peer in ((self.down, self.client), (self.up, self.server)):
                if line.next_timer() <= now:
                    for datagram in line.take_due(now):
                        peer.receive(datagram, now)
            self.server.play(now)
            self.client.play(now)
            if each_step is not None:
                each_step(now)
        return begin, self.now

    def listen(self, peer: Peer, seconds: float) -> Heard:
        """Let time pass, and say how it sounded."""
        assert peer.session.audio is not None
        before = peer.session.audio.counters
        begin, end = self.run(seconds)
        after = peer.session.audio.counters
        due = round((end - begin) / BLOCK_SECONDS) * BLOCK_SAMPLES
        silent = due - (after.played_samples - before.played_samples)
        run = most = 0
        for when, level in peer.received.levels:
            if when > begin:
                run = run + 1 if level < QUIET else 0
                most = max(most, run)
        return Heard(
            concealed=(after.concealed_samples - before.concealed_samples + max(0, silent)) / due,
            lost=after.lost - before.lost,
            restored=after.fec - before.fec,
            late=after.late - before.late,
            gap=most * BLOCK_SECONDS,
        )


def frames_between(peer: Peer, begin: float, end: float) -> list[float]:
    return [when for when in peer.received.frames if begin < when <= end]


def freeze_between(peer: Peer, begin: float, end: float) -> float:
    """The longest time without a new frame."""
    return longest(frames_between(peer, begin, end), begin, end)
