"""Decoding beside the packet path: in order, bounded, and one bad stream costs only itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from mcu.media.types import EncodedFrame, Picture, VideoProfile
from mcu.media.video_codecs import VideoEncoder
from mcu.processor.decoding import QUEUE_FRAMES, DecodedStream, DecoderPool

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
