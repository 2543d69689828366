"""The shared screen as a stream of its own: its size, when it is coded, and how it becomes sharp."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import av
import numpy as np
import pytest

from mcu.media.h264_nal import join_annex_b
from mcu.media.payload_h264 import depacketize
from mcu.media.payload_vp8 import Vp8Format
from mcu.media.types import SHARED_SCREEN, EncodedFrame, Picture, VideoProfile
from mcu.media.video_codecs import VideoDecoder
from mcu.mixer.reduction import picture_of
from mcu.processor.content_thread import ContentThread, fitted
from mcu.processor.overload import STEPS
from mcu.processor.picture_encoders import REFINE_FRAMES, PacketizedFrame

FPS = 100  # ten times as fast as in a meeting
SCREEN = replace(SHARED_SCREEN, fps=FPS)
RATE = 10 * SCREEN.bitrate  # as many bits for a picture as there


def page(seed: int, width: int = 640, height: int = 480) -> Picture:
    """Black strokes on white, as of a page of text."""
    chance = np.random.default_rng(seed)
    frame = av.VideoFrame(width, height, "yuv420p")
    picture = picture_of(frame)
    picture.y[:] = 235
    picture.u[:] = picture.v[:] = 128
    for row in range(8, height - 16, 16):
        strokes = chance.random((9, width - 16)) < 0.3
        picture.y[row : row + 9, 8 : width - 8][strokes] = 16
    return picture


class Stage:
    """A screen, and what is sent of it."""

    def __init__(self) -> None:
        self.screen: Picture | None = None
        self.coming: list[Picture] = []  # what is on the screen at the next ticks, before `screen`
        self.frames: list[PacketizedFrame] = []
        self.thread = ContentThread(picture=self._picture, deliver=self.frames.append, fps=FPS)

    def _picture(self) -> Picture | None:
        return self.coming.pop(0) if self.coming else self.screen

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """A bound on a real thread, not a measurement."""
        deadline = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.005)

    def run(self, ticks: int) -> None:
        until = self.thread.ticks.index + ticks
        self.wait_for(lambda: self.thread.ticks.index >= until)

    def shown(self) -> np.ndarray:
        """The luma that a receiver of all frames sees."""
        decoder = VideoDecoder("VP8")
        picture = None
        for frame in list(self.frames):
            payload_format = Vp8Format()
            payload_format.needs_keyframe = False
            whole = payload_format.assemble([payload_format.inspect(p) for p in frame.payloads], contiguous=True)
            assert whole is not None
            picture = decoder.decode(EncodedFrame("VP8", whole.data, frame.timestamp, whole.keyframe)) or picture
        assert picture is not None
        return picture.y


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.thread.close()
    assert made.thread.failures == 0


def size_of(frame: PacketizedFrame) -> tuple[int, int]:
    """Width and height in a VP8 keyframe (RFC 6386 section 9.1)."""
    payload_format = Vp8Format()
    whole = payload_format.assemble([payload_format.inspect(p) for p in frame.payloads], contiguous=True)
    assert whole is not None
    width, height = (int.from_bytes(whole.data[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    return width, height


def error(shown: np.ndarray, picture: Picture) -> float:
    """Root of the mean square error."""
    return float(np.sqrt(np.mean((shown.astype(float) - picture.y) ** 2)))


def test_nothing_is_coded_while_nobody_shares_or_nobody_watches(stage: Stage) -> None:
    stage.thread.use({SCREEN: RATE})
    stage.run(5)
    stage.thread.use({})
    stage.screen = page(1)
    stage.run(5)
    assert not stage.frames
    assert stage.thread.encoders == 0


def test_a_screen_is_sent_in_its_own_size_until_it_is_sharp_and_then_once_a_second(stage: Stage) -> None:
    stage.screen = page(1, 642, 481)  # odd, as windows are
    stage.thread.use({SCREEN: RATE})
    stage.run(REFINE_FRAMES + 5)
    assert size_of(stage.frames[0]) == (642, 481)
    assert [frame.keyframe for frame in stage.frames].count(True) == 1
    assert error(stage.shown(), stage.screen) < 4
    before = len(stage.frames)
    stage.run(2 * FPS)
    assert 1 <= len(stage.frames) - before <= 3


def test_a_page_that_is_turned_after_a_rest_is_no_larger_than_the_first_and_becomes_sharp(stage: Stage) -> None:
    stage.screen = page(1)
    stage.thread.use({SCREEN: RATE})
    stage.run(REFINE_FRAMES + 5)
    rested = len(stage.frames)
    stage.screen = page(2)
    stage.run(REFINE_FRAMES + 5)
    sizes = [sum(map(len, frame.payloads)) for frame in stage.frames]
    assert max(sizes[rested:]) < 1.3 * sizes[0]
    assert [frame.keyframe for frame in stage.frames].count(True) == 2
    assert error(stage.shown(), stage.screen) < 4


def test_a_page_that_is_scrolled_needs_no_keyframes(stage: Stage) -> None:
    stage.thread.use({SCREEN: RATE})
    stage.coming = [shown for number in range(8) for shown in 3 * [page(number)]]
    stage.wait_for(lambda: not stage.coming)
    assert [frame.keyframe for frame in stage.frames].count(True) == 1


def test_nothing_is_coded_while_the_last_picture_is_on_its_way(stage: Stage) -> None:
    stage.thread.use({SCREEN: RATE})
    stage.screen = page(1)
    stage.run(5)
    stage.thread.held = True
    stage.run(2)
    before = len(stage.frames)
    stage.screen = page(2)
    stage.run(5)
    assert len(stage.frames) == before
    stage.thread.held = False
    stage.run(REFINE_FRAMES + 5)
    assert error(stage.shown(), stage.screen) < 4


def test_the_same_page_again_is_not_coded_again(stage: Stage) -> None:
    stage.screen = page(1)
    stage.thread.use({SCREEN: RATE})
    stage.run(REFINE_FRAMES + 5)
    before = len(stage.frames)
    for _ in range(10):
        stage.screen = page(1)  # another object
        stage.run(5)
    assert len(stage.frames) - before <= 2


def test_a_word_costs_little(stage: Stage) -> None:
    stage.screen = page(1)
    stage.thread.use({SCREEN: RATE})
    stage.run(REFINE_FRAMES + 5)
    before = len(stage.frames)
    typed = page(1)
    typed.y[200:216, 320:400] = 16
    stage.screen = typed
    stage.wait_for(lambda: len(stage.frames) > before)
    whole, word = (sum(map(len, stage.frames[at].payloads)) for at in (0, before))
    assert word < whole / 5
    assert error(stage.shown()[200:216, 320:400], Picture(typed.y[200:216, 320:400], typed.u, typed.v)) < 8


def test_another_size_begins_with_a_keyframe_and_so_does_another_share(stage: Stage) -> None:
    stage.screen = page(1)
    stage.thread.use({SCREEN: RATE})
    stage.run(5)
    stage.screen = page(1, 320, 240)
    stage.run(5)
    stage.screen = None
    stage.run(5)
    assert stage.thread.encoders == 0
    stage.screen = page(1, 320, 240)
    stage.run(5)
    sizes = [size_of(frame) for frame in stage.frames if frame.keyframe]
    assert sizes == [(640, 480), (320, 240), (320, 240)]


def test_whoever_comes_is_given_a_keyframe(stage: Stage) -> None:
    stage.screen = page(1)
    stage.thread.use({SCREEN: RATE})
    stage.run(REFINE_FRAMES)
    stage.thread.admit(SCREEN)
    stage.wait_for(lambda: sum(frame.keyframe for frame in stage.frames) == 2)


def test_too_little_cpu_slows_the_screen_before_the_composite(stage: Stage) -> None:
    for step in STEPS[1:]:
        stage.thread.shed(step)
        assert stage.thread.pace.divisor > step.divisor
    stage.thread.shed(STEPS[0])
    assert stage.thread.pace.divisor == 1


@pytest.mark.parametrize(
    ("size", "sent"),
    [
        ((1920, 1080), (1920, 1080)),
        ((1920, 1200), (1920, 1200)),
        ((1281, 711), (1281, 711)),
        ((3840, 2160), (1920, 1080)),
        ((2560, 1600), (1920, 1200)),
        ((1080, 1920), (676, 1200)),
    ],
)
def test_a_screen_larger_than_full_hd_is_made_to_fit(size: tuple[int, int], sent: tuple[int, int]) -> None:
    assert fitted(*size) == sent


def test_a_large_screen_is_coded_smaller(stage: Stage) -> None:
    stage.screen = page(1, 2560, 1600)
    stage.thread.use({SCREEN: RATE})
    stage.wait_for(lambda: bool(stage.frames))
    assert stage.shown().shape == (1200, 1920)


def test_rooms_are_sent_the_same_screen_as_their_channels_allow(stage: Stage) -> None:
    large = VideoProfile("H264", 1280, 720, FPS, 10 * RATE, "constrained-baseline", 0)
    small = replace(large, width=320, height=240)
    alike = replace(large, width=1920, height=1200)  # this screen is smaller than both allow
    stage.screen = page(1, 641, 481)
    stage.thread.use({SCREEN: RATE, large: RATE, small: RATE, alike: RATE})
    stage.wait_for(lambda: {frame.profile for frame in stage.frames} == {SCREEN, large, small, alike})
    assert stage.thread.encoders == 3
    for profile, size in ((large, (640, 480)), (small, (320, 240))):
        first = next(frame for frame in stage.frames if frame.profile == profile)
        assert first.keyframe
        whole = join_annex_b(depacketize(first.payloads))
        picture = VideoDecoder("H264").decode(EncodedFrame("H264", whole, 0, keyframe=True))
        assert picture is not None
        assert (picture.width, picture.height) == size
    before = len(stage.frames)
    stage.thread.admit(small)
    stage.wait_for(lambda: any(f.keyframe and f.profile == small for f in stage.frames[before:]))
