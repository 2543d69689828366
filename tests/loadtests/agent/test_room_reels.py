"""A performance as a room plays it: picture and sound in step, and what was sent is known."""

from __future__ import annotations

import numpy as np
import pytest
from av import VideoFrame

from loadtests.agent.room_reels import RoomReels, Screen
from mcu.media.types import BLOCK_SAMPLES, StreamKind
from mcu.synthetic.clips import MediaSettings, Performance
from mcu.synthetic.picture_code import Code, read
from mcu.synthetic.staging import Order, make


@pytest.fixture(scope="module")
def performance() -> Performance:
    return make(Order(3, MediaSettings(coded=True, sketched=True, listen_seconds=1, speak_seconds=1)))


def code(frame: VideoFrame) -> Code | None:
    plane = frame.planes[0]
    luma = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: frame.height, : frame.width]
    return read(luma)


def loudness(block: np.ndarray | None) -> float:
    assert block is not None
    assert block.shape == (BLOCK_SAMPLES,)
    return float(np.sqrt(np.mean(block**2)))


def test_loops_are_in_step_and_go_round(performance: Performance) -> None:
    reels = RoomReels(performance)
    for beat in (1, 10, 40, 60):
        quiet = loudness(reels.voice(beat))
        assert quiet < 0.005
        assert code(reels.picture(beat, 640, 360)) == Code(3, int(beat * 0.02 * 15 + 1e-6) % 15)
    reels.set_speaking(True)
    spoken = [loudness(reels.voice(beat)) for beat in range(100, 150)]
    assert max(spoken) > 0.05
    assert [code(reels.picture(beat, 320, 180)) for beat in (100, 149)] == [Code(3, 15), Code(3, 29)]
    assert loudness(reels.voice(150)) == spoken[0]
    reels.set_speaking(False)
    reels.voice(151)
    assert code(reels.picture(151, 320, 180)) == Code(3, 0)


def test_what_was_sent_is_known_by_number_and_place(performance: Performance) -> None:
    reels = RoomReels(performance)
    reels.set_speaking(True)
    for beat in range(50, 55):
        reels.voice(beat)
        reels.left(StreamKind.AUDIO, beat, beat / 50)
        reels.muted = beat >= 52
    reels.picture(54, 320, 180)
    reels.left(StreamKind.MAIN, 54, 1.1)
    reels.left(StreamKind.CONTENT, 54, 1.1)
    assert list(reels.spoken) == [(0, 1.0), (1, 1.02), (2, 1.04)]  # what is said while muted is not said
    assert list(reels.sent) == [(16, 1.1)]


def test_beats_of_another_call_count_anew(performance: Performance) -> None:
    reels = RoomReels(performance)
    reels.set_speaking(True)
    reels.voice(500)
    reels.begin_call()
    reels.voice(1)
    reels.left(StreamKind.AUDIO, 1, 7.0)
    assert list(reels.spoken) == [(1, 7.0)]


def test_a_screen_is_a_loop_of_pictures(performance: Performance) -> None:
    screen = Screen(performance.listening)
    frame = screen.picture(4, 1280, 720)
    assert (frame.width, frame.height, code(frame)) == (1280, 720, Code(3, 1))
