"""Decoding beside the packet path: in order, bounded, and one bad stream costs only itself."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from mcu.media.types import EncodedFrame, Picture, VideoProfile
from mcu.media.video_codecs import VideoEncoder
from mcu.processor.decoding import (
    ASK_SECONDS,
    BATCH_SECONDS,
    QUEUE_FRAMES,
    QUEUE_SECONDS,
    Batch,
    DecodedStream,
    DecoderPool,
)

PROFILE = VideoProfile("VP8", 160, 96, 15, 200_000)


class MainThread:
    """Stands for the loop: collects what workers want done there."""

    def __init__(self) -> None:
        self.calls: list[Callable[[], None]] = []

    def __call__(self, call: Callable[[], None]) -> None:
        self.calls.append(call)

    def run(self) -> None:
        while self.calls:
            self.calls.pop(0)()


class Asked:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


@pytest.fixture
def main() -> MainThread:
    return MainThread()


@pytest.fixture
def pool(main: MainThread) -> Iterator[DecoderPool]:
    pool = DecoderPool(2, call_main=main)
    yield pool
    pool.close()


def encoded(count: int) -> list[EncodedFrame]:
    import av

    encoder = VideoEncoder(PROFILE)
    frames = []
    for n in range(count):
        frame = av.VideoFrame(PROFILE.width, PROFILE.height, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes([40 + n * 10 % 200]) * plane.buffer_size)
        made = encoder.encode(frame, timestamp=n * 6_000, keyframe=n == 0)
        assert made is not None
        frames.append(made)
    return frames


def wait_for(condition: Callable[[], bool]) -> None:
    """A bound on real threads, not a measurement."""
    event = threading.Event()
    for _ in range(1_000):
        if condition():
            return
        event.wait(0.01)
    raise AssertionError("not within ten seconds")


def test_the_newest_picture_is_published(pool: DecoderPool) -> None:
    stream = DecodedStream(pool, on_keyframe_needed=Asked())
    for frame in encoded(5):
        stream.put(frame)
    wait_for(lambda: stream.decoded == 5)
    assert stream.picture is not None
    assert abs(float(np.mean(stream.picture.y)) - 80) < 6


def test_nothing_is_decoded_before_a_keyframe_and_one_is_asked_for(pool: DecoderPool) -> None:
    asked = Asked()
    stream = DecodedStream(pool, on_keyframe_needed=asked)
    stream.put(encoded(2)[1])
    assert asked.count == 1
    assert stream.picture is None
    assert stream.dropped == 1


def test_a_full_queue_drops_to_the_next_keyframe(main: MainThread) -> None:
    idle = DecoderPool(0, call_main=main)  # nobody works: the queue fills
    asked = Asked()
    stream = DecodedStream(idle, on_keyframe_needed=asked)
    frames = encoded(QUEUE_FRAMES + 1)
    for frame in frames:
        stream.put(frame)
    assert stream.dropped == QUEUE_FRAMES + 1
    assert asked.count == 1
    stream.put(frames[0])
    assert stream.has_work
    idle.close()


def test_garbage_costs_a_keyframe_request(pool: DecoderPool, main: MainThread) -> None:
    asked = Asked()
    bad, good = DecodedStream(pool, on_keyframe_needed=asked), DecodedStream(pool, on_keyframe_needed=Asked())
    frames = encoded(2)
    bad.put(EncodedFrame("VP8", b"\x00" * 40, 0, keyframe=True))
    good.put(frames[0])
    wait_for(lambda: good.decoded == 1 and bool(main.calls))
    main.run()
    assert asked.count == 1
    assert bad.picture is None
    bad.put(frames[0])
    wait_for(lambda: bad.decoded == 1)


def test_a_camera_that_comes_back_does_not_show_its_past(pool: DecoderPool) -> None:
    stream = DecodedStream(pool, on_keyframe_needed=Asked())
    first, second = encoded(2)
    stream.put(first)
    wait_for(lambda: stream.picture is not None)
    stream.clear_picture()
    assert stream.picture is None
    stream.put(second)
    assert not stream.has_work


def test_a_failing_decoder_closes_its_stream_alone(pool: DecoderPool) -> None:
    broken, good = DecodedStream(pool, on_keyframe_needed=Asked()), DecodedStream(pool, on_keyframe_needed=Asked())

    def explode() -> None:
        raise RuntimeError("a bug of ours")

    broken.work = explode  # type: ignore[method-assign]
    frames = encoded(1)
    broken.put(frames[0])
    good.put(frames[0])
    wait_for(lambda: good.decoded == 1 and pool.failures == 1)
    picture: Picture | None = good.picture
    assert picture is not None


class Clock:
    """Of workers that never come."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def put(self, stream: DecodedStream, frames: list[EncodedFrame], *, fps: float) -> list[float]:
        """Each frame at its time, which goes on behind the last; the times."""
        times = []
        for frame in frames:
            times.append(self.now)
            stream.put(dataclasses.replace(frame, arrived=self.now))
            self.now += 1 / fps
        return times


def test_frames_that_wait_too_long_are_dropped_and_a_keyframe_is_not_asked_for_at_once_again(main: MainThread) -> None:
    clock = Clock()
    idle = DecoderPool(0, call_main=main, clock=clock)
    asked = Asked()
    stream = DecodedStream(idle, on_keyframe_needed=asked)
    waiting = int(QUEUE_SECONDS * 15) + 2
    first = clock.put(stream, encoded(waiting), fps=15.0)
    assert stream.dropped == waiting
    assert not stream.has_work
    assert asked.count == 1
    clock.now += 0.01
    later = clock.put(stream, encoded(40)[1:], fps=15.0)
    assert stream.dropped == waiting + len(later)
    assert asked.count == 1 + sum(time >= first[-1] + ASK_SECONDS for time in later)
    idle.close()


def test_a_keyframe_behind_old_frames_takes_their_place(main: MainThread) -> None:
    clock = Clock()
    idle = DecoderPool(0, call_main=main, clock=clock)
    stream = DecodedStream(idle, on_keyframe_needed=Asked())
    first, second = encoded(2)
    clock.put(stream, [first, second, first], fps=3.9)
    assert stream.dropped == 2
    assert stream.has_work
    idle.close()


def test_frames_that_a_late_reading_finds_together_are_all_decoded(main: MainThread) -> None:
    """The main thread was away for 0.9 seconds, the camera was not: the frames are old, and no worker is behind."""
    clock = Clock()
    idle = DecoderPool(0, call_main=main, clock=clock)
    stream = DecodedStream(idle, on_keyframe_needed=Asked(), batch=Batch(idle))
    for index, frame in enumerate(encoded(22)):
        stream.put(dataclasses.replace(frame, arrived=clock.now - 0.9 + index / 25))
    stream.work()
    assert (stream.decoded, stream.dropped) == (22, 0)
    idle.close()


def test_frames_that_wait_for_a_rare_composite_are_all_decoded(main: MainThread) -> None:
    clock = Clock()
    idle = DecoderPool(0, call_main=main, clock=clock)
    batch = Batch(idle)
    stream = DecodedStream(idle, on_keyframe_needed=Asked(), batch=batch)
    clock.put(stream, encoded(25), fps=25.0)  # one composite a second
    batch.release(clock.now)
    stream.work()
    assert (stream.decoded, stream.dropped) == (25, 0)
    idle.close()


def test_a_picture_that_rests_is_renewed_when_somebody_says_so(pool: DecoderPool) -> None:
    asked = Asked()
    stream = DecodedStream(pool, on_keyframe_needed=asked)
    frames = encoded(3)
    stream.put(frames[0])
    wait_for(lambda: stream.decoded == 1)
    stream.rest(True)
    for frame in frames:
        stream.put(frame)
    assert (stream.decoded, stream.rested, stream.dropped, asked.count) == (1, 3, 0, 0)
    stream.renew()
    for frame in (frames[1], frames[0], frames[1], frames[0]):
        stream.put(frame)
    wait_for(lambda: stream.decoded == 2)
    assert (stream.rested, asked.count) == (6, 1)
    stream.rest(False)
    assert asked.count == 2
    for frame in (frames[1], *frames):
        stream.put(frame)
    wait_for(lambda: stream.decoded == 5)
    assert stream.dropped == 1


def test_who_rests_without_a_picture_is_shown_with_the_first_keyframe(pool: DecoderPool) -> None:
    stream = DecodedStream(pool, on_keyframe_needed=Asked())
    stream.rest(True)
    stream.put(encoded(1)[0])
    wait_for(lambda: stream.picture is not None)
    stream.renew()
    stream.rest(True)
    assert stream.rested == 0


def test_the_longest_wait_is_told_once(main: MainThread) -> None:
    clock = Clock()
    idle = DecoderPool(0, call_main=main, clock=clock)
    stream = DecodedStream(idle, on_keyframe_needed=Asked())
    stream.put(dataclasses.replace(encoded(1)[0], arrived=clock.now))
    clock.now += 3.0
    stream.work()
    assert idle.take_longest_wait() >= 3.0
    assert idle.take_longest_wait() == 0.0


class Taken(DecoderPool):
    """One worker that works when it is told to, and keeps what it was given."""

    def __init__(self) -> None:
        super().__init__(0, call_main=lambda call: call())
        self.streams: list[DecodedStream] = []

    def __len__(self) -> int:
        return 1

    def take(self, stream: DecodedStream, now: float) -> None:
        stream.given = now
        self.streams.append(stream)

    def work(self) -> int:
        """How many streams that was."""
        streams, self.streams = self.streams, []
        for stream in streams:
            stream.work()
            stream.claim.release()
        return len(streams)


def batched(count: int) -> tuple[Taken, Batch, list[DecodedStream]]:
    pool = Taken()
    batch = Batch(pool)
    return pool, batch, [DecodedStream(pool, on_keyframe_needed=Asked(), batch=batch) for _ in range(count)]


def test_frames_wait_for_the_composite_and_are_decoded_together() -> None:
    pool, batch, streams = batched(3)
    frames = encoded(2)
    for stream in streams:
        for frame in frames:
            stream.put(dataclasses.replace(frame, arrived=time.monotonic() - 0.04))
    assert pool.work() == 0
    batch.release(0.0)
    assert pool.work() == 3
    assert [stream.decoded for stream in streams] == [2, 2, 2]
    assert pool.take_longest_wait() < 0.04  # waiting for the composite is no want of CPU
    streams[0].put(frames[1])
    assert pool.work() == 0
    batch.release(0.0)
    assert pool.work() == 1


def test_what_comes_between_the_others_and_the_composite_is_decoded_at_once() -> None:
    pool, batch, (stream,) = batched(1)
    batch.release(time.monotonic() + 60.0)
    stream.put(encoded(1)[0])
    assert pool.work() == 1


def test_frames_wait_no_longer_when_there_is_more_than_can_be_decoded_at_the_end() -> None:
    pool, batch, streams = batched(3)
    for stream in streams:
        stream.cost = 0.6 * BATCH_SECONDS
        stream.put(encoded(1)[0])
    assert pool.work() == 2
    batch.release(0.0)
    assert pool.work() == 1


def test_what_a_frame_costs_is_measured(pool: DecoderPool) -> None:
    stream = DecodedStream(pool, on_keyframe_needed=Asked())
    began = time.monotonic()
    for frame in encoded(5):
        stream.put(frame)
    wait_for(lambda: stream.decoded == 5)
    assert 0 < stream.cost < time.monotonic() - began
