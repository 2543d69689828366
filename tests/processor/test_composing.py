"""The composing thread: what somebody who asks for keyframes all the time costs the others."""

from __future__ import annotations

import itertools
import time

from mcu.media.types import VideoProfile
from mcu.processor.composing import ComposingThread
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
