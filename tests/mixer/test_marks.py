"""Marks of a tile: discs, corners, borders."""

from __future__ import annotations

import pytest

from mcu.mixer.marks import disc, outline


@pytest.mark.parametrize("size", [(1264, 704), (246, 134), (112, 64), (96, 54)])
def test_a_disc_stands_in_the_middle(size: tuple[int, int]) -> None:
    width, height = size
    placed = disc("정문헌", "", colour=(1, 2, 3), width=width, height=height)
    assert placed is not None
    sprite, x, y = placed
    assert abs(x - (width - x - sprite.width)) <= 2
    assert 0 <= y <= (height - sprite.height) / 2


def test_no_disc_where_it_would_be_a_dot() -> None:
    assert disc("정문헌", "", colour=(1, 2, 3), width=48, height=32) is None


@pytest.mark.parametrize("size", [(1264, 704), (246, 134), (16, 16), (32, 200)])
@pytest.mark.parametrize("rounded", [True, False])
def test_an_outline_stays_in_its_tile(size: tuple[int, int], rounded: bool) -> None:
    width, height = size
    for sprite, x, y in outline(width, height, rounded=rounded, speaking=True):
        assert 0 <= x < x + sprite.width <= width
        assert 0 <= y < y + sprite.height <= height
        assert x % 2 == y % 2 == 0


def test_nothing_around_a_square_tile_that_is_silent() -> None:
    assert outline(64, 64, rounded=False, speaking=False) == []
