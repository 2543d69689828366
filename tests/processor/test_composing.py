"""The composing thread: what somebody who asks for keyframes all the time costs the others."""

from __future__ import annotations

import itertools
import struct
import time
from collections.abc import Callable

from mcu.media.types import VideoProfile
from mcu.processor.composing import ComposingThread
from mcu.processor.overload import STEPS
from mcu.processor.picture_encoders import KEYFRAME_SECONDS, PacketizedFrame

FPS = 25
PROFILE = VideoProfile("VP8", 64, 48, FPS, 100_000)


def test_keyframes_on_request_keep_their_distance() -> None:
    frames: list[PacketizedFrame] = []
    composing = ComposingThread(width=64, height=48, fps=FPS, pictures=lambda _: {}, deliver=frames.append)
    composing.use({PROFILE: PROFILE.bitrate})
    deadline = time.monotonic() + 20
    while sum(frame.keyframe for frame in frames) < 4 and time.monotonic() < deadline:
        composing.admit(PROFILE)
        time.sleep(0.005)
    composing.close()
    stamps = [frame.timestamp / 90_000 for frame in frames if frame.keyframe]
    assert len(stamps) >= 4  # requests that come too early are answered later
    gaps = [later - earlier for earlier, later in itertools.pairwise(stamps[1:])]  # the first is an encoder's own
    assert min(gaps) >= KEYFRAME_SECONDS - 0.5 / FPS


def test_a_picture_that_is_shed_is_smaller_and_rarer_for_the_same_receivers() -> None:
    frames: list[PacketizedFrame] = []
    profile = VideoProfile("VP8", 640, 360, FPS, 400_000)
    composing = ComposingThread(width=640, height=360, fps=FPS, pictures=lambda _: {}, deliver=frames.append)
    composing.use({profile: profile.bitrate})
    wait_for(lambda: len(frames) > 2)
    composing.shed(STEPS[-1])
    wait_for(lambda: vp8_size(frames[-1]) == (320, 180))
    smaller = len(frames)
    composing.request_keyframe(profile)
    wait_for(lambda: any(frame.keyframe for frame in frames[smaller:]))
    larger = len(frames)
    composing.shed(STEPS[0])
    wait_for(lambda: vp8_size(frames[-1]) == (640, 360))
    composing.close()
    assert {frame.profile for frame in frames} == {profile}
    indices = [frame.timestamp * FPS // 90_000 for frame in frames]
    assert indices == sorted(set(indices))
    assert all(index % STEPS[-1].divisor == 0 for index in indices[smaller:larger])
    assert composing.ticks.left_out > 0
    assert composing.take_longest_wait() >= 0.0
    assert composing.take_longest_wait() == 0.0


def vp8_size(frame: PacketizedFrame) -> tuple[int, int]:
    """From the header of a keyframe (RFC 6386 section 9.1), behind the payload descriptor; (0, 0) for other frames."""
    if not frame.keyframe:
        return 0, 0
    at = frame.payloads[0].index(b"\x9d\x01\x2a") + 3
    width, height = struct.unpack_from("<HH", frame.payloads[0], at)
    return width & 0x3FFF, height & 0x3FFF


def wait_for(condition: Callable[[], bool]) -> None:
    """A bound on a real thread, not a measurement."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)
