"""Stories of a picture that comes through a bad line: a real encoder, a lossy network, a session, a real decoder."""

from __future__ import annotations

import itertools
import math

import av
import numpy as np
import pytest

from mcu.media import rtcp
from mcu.media.payloads import packetize
from mcu.media.rtp_events import FrameReceived
from mcu.media.rtp_session import RtpSession
from mcu.media.types import CodecParameters, StreamKind, VideoProfile
from mcu.media.video_codecs import VideoDecoder, VideoEncoder
from tests.fakes.packets import FakeNetwork, FakePacket, FakeSendStream, altered

FPS = 25
STEP = 0.005  # seconds of simulated time
FEEDBACK = frozenset({"nack", "nack pli", "ccm fir", "transport-cc", "goog-remb"})


def codecs(name: str) -> dict[int, CodecParameters]:
    return {
        96: CodecParameters(name, 96, 90_000, feedback=FEEDBACK),
        97: CodecParameters("rtx", 97, 90_000, parameters={"apt": "96"}),
    }


def painted(frame: av.VideoFrame, index: int) -> None:
    """A texture that moves a little with every frame, so that a wrong reference shows."""
    for plane_index, plane in enumerate(frame.planes):
        rows, columns = np.mgrid[0 : plane.height, 0 : plane.width]
        picture = 128 + 60 * np.sin((columns + 3 * index) / 17 + plane_index) * np.cos((rows - index) / 11)
        target = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        target[: plane.height, : plane.width] = picture


class Line:
    """A sender and a receiver with a network each way between them, in simulated time."""

    def __init__(self, codec: str, *, loss: float, rtt: float, seed: int, jitter: float = 0.0) -> None:
        self.now = 100.0
        self.profile = VideoProfile(codec, 320, 180, FPS, bitrate=600_000)
        self.there = FakeNetwork(seed=seed, loss=loss, delay=rtt / 2, jitter=jitter)
        self.back = FakeNetwork(seed=seed + 1, loss=loss, delay=rtt / 2)
        self.encoder = VideoEncoder(self.profile)
        self.decoder = VideoDecoder(codec)
        self.picture = av.VideoFrame(320, 180, "yuv420p")
        self.stream = FakeSendStream(self.there.put, rtx_ssrc=3333, rtx_payload_type=97)
        self.sender = RtpSession(cname="sender", ssrc_for_reports=5, reduced_size=True)
        self.sender.add_sent(StreamKind.MAIN, self.stream)
        self.receiver = RtpSession(cname="receiver", ssrc_for_reports=6, reduced_size=True)
        self.receiver.add_received(StreamKind.MAIN, codecs(codec), mid=None)
        self.shown: list[tuple[float, float]] = []  # (time, PSNR of luma against what was painted)
        self.originals: dict[int, np.ndarray] = {}
        self.requests: list[float] = []
        self._index = 0
        self._keyframe_wanted = False

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            self.now += STEP
            if self.now >= 100.0 + self._index / FPS:
                self._send_frame()
            self._receive()
            for session, network in ((self.sender, self.there), (self.receiver, self.back)):
                if session.next_timer() <= self.now:
                    session.handle_timer(self.now)
                for data in session.data_to_send():
                    network.put(data, self.now)
                    self._note_requests(session, data)
            for event in self.sender.events_received():
                self._keyframe_wanted |= type(event).__name__ == "KeyframeRequested"

    def _send_frame(self) -> None:
        painted(self.picture, self._index)
        timestamp = self._index * 90_000 // FPS
        luma = np.frombuffer(memoryview(self.picture.planes[0]), np.uint8).reshape(180, -1)[:, :320]
        self.originals[timestamp] = luma.astype(np.float32)
        frame = self.encoder.encode(self.picture, timestamp=timestamp, keyframe=self._keyframe_wanted)
        self._keyframe_wanted = False
        self._index += 1
        assert frame is not None
        self.stream.send(packetize(frame, self.profile, 400), timestamp=timestamp, now=self.now)

    def _receive(self) -> None:
        for item in self.there.take(self.now):
            if isinstance(item, FakePacket):
                self.receiver.receive_rtp(altered(item, arrival=self.now), self.now)
            else:
                self.receiver.receive_rtcp(item, self.now)
        for item in self.back.take(self.now):
            self.sender.receive_rtcp(item, self.now)
        for event in self.receiver.events_received():
            if isinstance(event, FrameReceived):
                picture = self.decoder.decode(event.frame)
                assert picture is not None, "the session let a frame through that cannot be decoded"
                error = np.mean((picture.y - self.originals[event.frame.timestamp]) ** 2)
                self.shown.append((self.now, 10 * math.log10(255**2 / max(error, 1e-3))))

    def _note_requests(self, session: RtpSession, data: bytes) -> None:
        if session is self.receiver:
            self.requests += [self.now for packet in rtcp.parse(data) if isinstance(packet, rtcp.PictureLoss)]

    @property
    def longest_freeze(self) -> float:
        times = [100.0, *(time for time, _ in self.shown), self.now]
        return max(after - before for before, after in itertools.pairwise(times))


@pytest.mark.parametrize("codec", ["VP8", "H264"])
@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.long) for seed in (2, 3))])
def test_the_picture_keeps_moving_with_one_packet_in_ten_lost(codec: str, seed: int) -> None:
    line = Line(codec, loss=0.10, rtt=0.1, seed=seed)
    line.run(20)
    assert line.longest_freeze < 1.0
    assert len(line.shown) > 0.8 * 20 * FPS
    assert min(quality for _, quality in line.shown) > 25  # no smear: everything shown is what was painted


def test_reordering_alone_costs_nothing() -> None:
    line = Line("VP8", loss=0.0, rtt=0.1, seed=4, jitter=0.009)
    line.run(5)
    assert line.stream.resent == []
    assert len(line.shown) >= 5 * FPS - 4
    assert line.encoder.keyframes == 1


def test_an_outage_is_mended_by_a_keyframe_asked_for_within_300_ms() -> None:
    line = Line("VP8", loss=0.0, rtt=0.06, seed=5)
    line.run(2)
    line.there.loss = 1.0
    line.run(0.5)
    line.there.loss = 0.0
    line.stream._history.clear()  # too old to be sent again
    back = line.now
    line.run(1.5)
    assert back < line.requests[-1] < back + 0.3
    assert len(line.requests) <= 2
    resumed = next(time for time, _ in line.shown if time > back)
    assert resumed < back + 0.5
    assert min(quality for _, quality in line.shown) > 25


def test_one_lost_packet_is_repaired_after_one_round_trip_without_a_keyframe() -> None:
    line = Line("H264", loss=0.0, rtt=0.1, seed=6)
    line.run(1)
    line.there.loss = 1.0
    sent = line.stream.packets
    while line.stream.packets == sent:
        line.run(STEP)
    line.there.loss = 0.0
    line.run(1)
    assert line.longest_freeze < 1 / FPS + 0.1 + 0.05 + 3 * STEP
    assert line.encoder.keyframes == 1
    assert line.requests == []


def test_without_repair_only_keyframes_carry_on() -> None:
    line = Line("VP8", loss=0.0, rtt=0.05, seed=7)
    plain = CodecParameters("VP8", 96, 90_000, feedback=frozenset({"ccm fir"}))
    line.receiver = RtpSession(cname="receiver", ssrc_for_reports=6)
    line.receiver.add_received(StreamKind.MAIN, {96: plain}, mid=None)
    line.there.loss = 0.005
    line.run(10)
    assert line.stream.resent == []
    assert line.encoder.keyframes > 2
    assert line.longest_freeze < 1.0
    assert min(quality for _, quality in line.shown) > 25


def test_round_trip_time_is_measured_from_reports_and_lip_sync_has_its_clock() -> None:
    line = Line("VP8", loss=0.0, rtt=0.08, seed=8)
    line.run(4)
    assert line.sender.rtt == pytest.approx(0.08, abs=0.012)
    clock = line.receiver.reception(StreamKind.MAIN).clock
    index = line._index - 1
    assert clock.wall_clock_of(index * 90_000 // FPS) == pytest.approx(100.0 + index / FPS, abs=0.01)
    reported = line.sender.sent(StreamKind.MAIN)
    assert reported.fraction_lost == 0.0
