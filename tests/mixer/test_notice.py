"""Large lines on a card: inside their tile, in the middle, read from afar."""

from __future__ import annotations

import numpy as np
import pytest

from mcu.mixer import notice
from mcu.mixer.compositor import Compositor
from mcu.mixer.layout import Tile
from mcu.mixer.lettering import Weight, font_path
from mcu.mixer.notice import notice_of
from mcu.mixer.style import TileStyle

pytestmark = pytest.mark.skipif(font_path(Weight.BOLD) is None, reason="fonts-noto-cjk is not installed")

LINES = ("회의 번호와 #을 누르십시오", "Enter the meeting number, then #", "1 2 3 _ _ _ _ _ _")


@pytest.mark.parametrize("size", [(1280, 720), (352, 288), (176, 144), (160, 90)])
@pytest.mark.parametrize("lines", [LINES, ("가" * 90, "W" * 90, "1" * 90), ("", "", "1"), LINES[:1]])
def test_inside_its_tile(size: tuple[int, int], lines: tuple[str, ...]) -> None:
    width, height = size
    placed = notice_of(lines, width=width, height=height)
    assert placed is not None
    sprite, x, y = placed
    assert 0 <= x < x + sprite.width <= width
    assert 0 <= y < y + sprite.height <= height
    assert x % 2 == y % 2 == 0


def test_nothing_to_say_or_no_room() -> None:
    assert notice_of(("", " "), width=1280, height=720) is None
    assert notice_of(LINES, width=158, height=88) is None


def test_drawn_once_and_the_cache_is_bounded() -> None:
    first, again = (notice_of(LINES, width=1280, height=720) for _ in range(2))
    assert first is not None
    assert again is not None
    assert first[0] is again[0]
    assert notice._drawn.cache_parameters()["maxsize"] == notice.CACHED_NOTICES


def test_it_stands_large_in_the_middle_of_the_composite() -> None:
    compositor = Compositor(1280, 720)
    tiles = (Tile("card", 0, 0, 1280, 720),)
    compositor.compose(tiles, {"card": TileStyle(camera_off=True, notice=LINES)}, {})
    luma = compositor.frame.to_ndarray()[:720]
    written = np.argwhere(luma > 180)
    top, left = written.min(axis=0)
    bottom, right = written.max(axis=0)
    assert bottom - top > 100
    assert right - left > 500
    assert abs((left + right) / 2 - 640) < 40
    assert abs((top + bottom) / 2 - 360) < 60
