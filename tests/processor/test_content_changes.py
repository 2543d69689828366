"""Which parts of a screen changed: whole macroblocks, in light and in colour."""

from __future__ import annotations

import numpy as np
import pytest

from mcu.media.types import Picture
from mcu.processor.content_changes import differences


def screen(width: int = 100, height: int = 50) -> Picture:
    half = ((height + 1) // 2, (width + 1) // 2)
    return Picture(np.full((height, width), 200, np.uint8), np.full(half, 128, np.uint8), np.full(half, 128, np.uint8))


def test_the_first_picture_and_one_of_another_size_are_new_as_a_whole() -> None:
    assert differences(None, screen()) == [(0, 0, 100, 50)]
    assert differences(screen(), screen(102, 50)) == [(0, 0, 102, 50)]


def test_a_picture_that_is_sent_again_has_not_changed() -> None:
    assert differences(screen(), screen()) == []


@pytest.mark.parametrize(
    ("x", "y", "rectangle"),
    [
        (0, 0, (0, 0, 16, 16)),
        (15, 15, (0, 0, 16, 16)),
        (16, 15, (16, 0, 16, 16)),
        (99, 49, (96, 48, 16, 16)),  # the last ones are not whole
    ],
)
def test_one_sample_is_found_in_its_macroblock(x: int, y: int, rectangle: tuple[int, int, int, int]) -> None:
    after = screen()
    after.y[y, x] += 1
    assert differences(screen(), after) == [rectangle]


def test_colour_alone_is_a_change() -> None:
    for plane in ("u", "v"):
        after = screen()
        getattr(after, plane)[9, 20] += 1
        assert differences(screen(), after) == [(32, 16, 16, 16)]


def test_a_line_of_words_is_one_rectangle_in_each_row_that_it_touches() -> None:
    after = screen()
    after.y[10:20, 20:70] = 0
    after.u[24, 1] = 0
    assert differences(screen(), after) == [(16, 0, 64, 16), (16, 16, 64, 16), (0, 48, 16, 16)]
