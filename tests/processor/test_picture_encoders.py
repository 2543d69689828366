"""Encoders of one composite on fake ticks: what is coded when, at which size and rate."""

from __future__ import annotations

from typing import Any

import av
import numpy as np
import pytest

from mcu.media.payload_h261 import H261Format
from mcu.media.payload_vp8 import Vp8Format
from mcu.media.types import EncodedFrame, VideoProfile
from mcu.media.video_codecs import VideoDecoder, VideoEncoder
from mcu.processor.picture_encoders import (
    HEARTBEAT_SECONDS,
    KEYFRAME_SECONDS,
    KEYFRAME_SHARE,
    REFINE_FRAMES,
    PacketizedFrame,
    PictureEncoders,
)
from mcu.processor.rungs import ladder

FPS = 25
FULL = VideoProfile("VP8", 320, 180, FPS, 300_000)
HALF = VideoProfile("VP8", 160, 90, FPS, 100_000)
SLOW = VideoProfile("VP8", 160, 90, 12, 50_000)


def picture(seed: int = 0) -> av.VideoFrame:
    """A smooth picture that differs by seed."""
    rows, columns = np.mgrid[0:180, 0:320]
    y = (128 + 60 * np.sin(rows / 23 + seed) + 50 * np.cos(columns / 31 - seed / 3)).astype(np.uint8)
    plane = np.full((270, 320), 128, np.uint8)
    plane[:180] = y
    return av.VideoFrame.from_ndarray(plane, format="yuv420p")


def run(encoders: PictureEncoders, begin: int, ticks: int, *, moving: bool) -> list[PacketizedFrame]:
    found = []
    for index in range(begin, begin + ticks):
        found += encoders.encode(picture(index if moving else 0), index, painted=[(0, 0, 320, 180)] if moving else [])
    return found


def of(frames: list[PacketizedFrame], profile: VideoProfile) -> list[PacketizedFrame]:
    return [frame for frame in frames if frame.profile == profile]


def size(frames: list[PacketizedFrame]) -> int:
    return sum(len(payload) for frame in frames for payload in frame.payloads)


def shown(frame: PacketizedFrame) -> np.ndarray:
    """The luma that a receiver of a keyframe sees."""
    payload_format = Vp8Format()
    assembled = payload_format.assemble([payload_format.inspect(p) for p in frame.payloads], contiguous=True)
    assert assembled is not None
    decoded = VideoDecoder("VP8").decode(EncodedFrame("VP8", assembled.data, frame.timestamp, assembled.keyframe))
    assert decoded is not None
    return decoded.y


def test_every_profile_in_use_is_coded_in_its_own_size() -> None:
    encoders = PictureEncoders(FPS)
    encoders.use({FULL: FULL.bitrate, HALF: HALF.bitrate})
    first = encoders.encode(picture(), 0, painted=[(0, 0, 320, 180)])
    assert {frame.profile for frame in first} == {FULL, HALF}
    assert all(frame.keyframe for frame in first)
    (full,), (half,) = of(first, FULL), of(first, HALF)
    assert shown(full).shape == (180, 320)
    original = picture().to_ndarray()[:180].astype(float)
    small = original.reshape(90, 2, 160, 2).mean((1, 3))
    assert np.abs(shown(half) - small).mean() < 4
    encoders.use({FULL: FULL.bitrate})
    run(encoders, 1, 1, moving=True)
    assert len(encoders) == 1


def test_a_slow_rung_is_coded_every_second_tick_with_the_others_timestamps() -> None:
    encoders = PictureEncoders(FPS)
    encoders.use({FULL: FULL.bitrate, SLOW: SLOW.bitrate})
    frames = run(encoders, 0, 50, moving=True)
    assert len(of(frames, FULL)) == 50
    slow = [frame.timestamp for frame in of(frames, SLOW)]
    assert len(slow) == 25
    assert set(slow) <= {frame.timestamp for frame in of(frames, FULL)}


def test_a_still_picture_is_refined_and_then_only_repeated_once_a_second() -> None:
    encoders = PictureEncoders(FPS)
    encoders.use({FULL: FULL.bitrate})
    run(encoders, 0, 10, moving=True)
    refined = run(encoders, 10, REFINE_FRAMES - 1, moving=False)
    assert len(refined) == REFINE_FRAMES - 1
    still = run(encoders, 100, 10 * FPS, moving=False)
    assert len(still) == pytest.approx(10 / HEARTBEAT_SECONDS, abs=1)
    assert encoders.skipped > 200
    assert len(run(encoders, 400, 10, moving=True)) == 10  # at once when something moves again


def test_a_still_picture_is_coded_for_whoever_asks_for_a_keyframe() -> None:
    encoders = PictureEncoders(FPS)
    encoders.use({FULL: FULL.bitrate})
    run(encoders, 0, 60, moving=False)
    encoders.request_keyframe(FULL)
    (frame,) = run(encoders, 61, 1, moving=False)
    assert frame.keyframe


def test_keyframes_for_newcomers_keep_their_distance_and_none_is_forgotten() -> None:
    encoders = PictureEncoders(FPS)
    encoders.use({FULL: FULL.bitrate})
    frames = []
    for index in range(100):
        encoders.admit(FULL)
        frames += encoders.encode(picture(index), index, painted=[(0, 0, 320, 180)])
    gaps = np.diff([frame.timestamp / 90_000 for frame in frames if frame.keyframe])
    assert gaps.min() >= KEYFRAME_SECONDS
    assert gaps.max() <= KEYFRAME_SECONDS + 1.5 / FPS


def test_keyframes_on_request_take_no_more_than_their_share_of_the_bitrate() -> None:
    encoders = PictureEncoders(FPS)
    encoders.use({FULL: 100_000})
    frames = []
    for index in range(500):
        encoders.request_keyframe(FULL)
        frames += encoders.encode(picture(index), index, painted=[(0, 0, 320, 180)])
    keyframes = [frame for frame in frames if frame.keyframe]
    assert len(keyframes) > 2
    assert size(keyframes[1:]) * 8 <= 1.1 * KEYFRAME_SHARE * 100_000 * 500 / FPS
    encoders.admit(FULL)  # whoever comes need not wait for that
    assert any(frame.keyframe for frame in run(encoders, 500, round(KEYFRAME_SECONDS * FPS) + 1, moving=True))


def test_the_rate_follows_without_a_keyframe() -> None:
    encoders = PictureEncoders(FPS)
    encoders.use({FULL: 300_000})
    run(encoders, 0, 50, moving=True)
    before = run(encoders, 50, 50, moving=True)
    encoders.use({FULL: 75_000})
    run(encoders, 100, 25, moving=True)
    after = run(encoders, 125, 50, moving=True)
    assert not any(frame.keyframe for frame in after)
    assert size(after) < 0.5 * size(before)


def test_what_changed_while_a_slow_rung_waited_is_coded_with_its_next_frame() -> None:
    encoders = PictureEncoders(FPS)
    encoders.use({SLOW: SLOW.bitrate})
    frame = picture()
    encoders.encode(frame, 0, painted=[(0, 0, 320, 180)])
    run(encoders, 1, 12, moving=False)
    data = frame.to_ndarray()
    data[20:160, 20:300] = 235  # painted at a tick that this rung leaves out
    white = av.VideoFrame.from_ndarray(data, format="yuv420p")
    assert not encoders.encode(white, 13, painted=[(20, 20, 280, 140)])
    (coded,) = encoders.encode(white, 14, painted=[])
    assert size([coded]) > 200  # a frame in which nothing changed has some thirty bytes


def test_an_encoder_that_fails_costs_the_others_no_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    encoders = PictureEncoders(FPS)
    encoders.use({HALF: HALF.bitrate, FULL: FULL.bitrate})
    run(encoders, 0, 2, moving=True)
    encode = VideoEncoder.encode

    def fail_at_half(encoder: VideoEncoder, *arguments: Any, **named: Any) -> EncodedFrame | None:
        if encoder.profile == HALF:
            raise RuntimeError("a bug of ours")
        return encode(encoder, *arguments, **named)

    with monkeypatch.context() as broken:
        broken.setattr(VideoEncoder, "encode", fail_at_half)
        during = run(encoders, 2, 3, moving=True)
    assert [(frame.profile, frame.keyframe) for frame in during] == [(FULL, False)] * 3
    assert encoders.failures == 3
    after = run(encoders, 5, 2, moving=True)
    assert [frame.keyframe for frame in of(after, FULL)] == [False, False]
    assert [frame.keyframe for frame in of(after, HALF)] == [True, False]


def test_a_room_gets_the_composite_in_its_true_shape_and_nobody_else_sees_that() -> None:
    room = VideoProfile("H261", 352, 288, FPS, 384_000)
    alone, both = PictureEncoders(FPS), PictureEncoders(FPS)
    alone.use({FULL: FULL.bitrate})
    both.use({FULL: FULL.bitrate, room: room.bitrate})
    plain, shared = run(alone, 0, 5, moving=True), run(both, 0, 5, moving=True)
    assert [frame.payloads for frame in of(shared, FULL)] == [frame.payloads for frame in plain]
    payload_format = H261Format()
    first = of(shared, room)[0]
    assembled = payload_format.assemble([payload_format.inspect(p) for p in first.payloads], contiguous=True)
    assert assembled is not None
    picture_there = VideoDecoder("H261").decode(EncodedFrame("H261", assembled.data, 0, assembled.keyframe))
    assert picture_there is not None
    rows = picture_there.y.astype(float).std(axis=1)
    assert rows[:32].max() < 3  # bars of 36 rows: 16:9 in 4:3
    assert rows[-32:].max() < 3
    assert rows[44:244].min() > 10


def test_rungs_of_rooms_are_sizes_that_their_codecs_have() -> None:
    for codec, best, count in (("H261", (352, 288), 2), ("H261", (176, 144), 1), ("H263", (704, 576), 3)):
        rungs = [rung.profile for rung in ladder(VideoProfile(codec, *best, FPS, 600_000))]
        assert len(rungs) == count
        encoders = PictureEncoders(FPS)
        encoders.use({rung: rung.bitrate for rung in rungs})
        found = run(encoders, 0, 3, moving=True)
        assert encoders.failures == 0
        assert {frame.profile for frame in found} == set(rungs)
