"""Shapes of layouts: nothing overlaps, nothing leaves the picture, gaps are equal, coordinates are even."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, pairwise

import pytest

from mcu.mixer import geometry
from mcu.mixer.geometry import Area, Holds, Slot
from mcu.mixer.layout import L_SHAPE_FROM

SIZES = [(1280, 720), (1920, 1080), (640, 360), (640, 480), (720, 1280)]
COUNTS = range(1, 37)


def sound(slots: tuple[Slot, ...], width: int, height: int) -> None:
    for slot in slots:
        assert not any(value % 2 for value in (slot.x, slot.y, slot.width, slot.height)), slot
        assert 0 <= slot.x < slot.x + slot.width <= width
        assert 0 <= slot.y < slot.y + slot.height <= height
    for a, b in combinations(slots, 2):
        apart = a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y
        assert apart, (a, b)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("count", COUNTS)
def test_grid_is_sound(size: tuple[int, int], count: int) -> None:
    area = Area.of_composite(*size)
    slots = geometry.grid(area, count)
    assert len(slots) == count
    sound(slots, *size)
    assert len({(slot.width, slot.height) for slot in slots}) == 1
    aspect = Fraction(slots[0].width, slots[0].height)
    assert Fraction(142, 100) < aspect < Fraction(184, 100)


@pytest.mark.parametrize(
    ("count", "columns", "rows"),
    [
        (1, 1, 1), (2, 2, 1), (3, 2, 2), (4, 2, 2), (5, 3, 2), (6, 3, 2), (7, 3, 3), (9, 3, 3), (10, 4, 3), (12, 4, 3),
        (13, 4, 4), (16, 4, 4), (17, 5, 4), (20, 5, 4), (21, 5, 5), (24, 5, 5), (25, 5, 5), (26, 6, 5), (30, 6, 5),
        (31, 6, 6), (36, 6, 6),
    ],
)  # fmt: skip
def test_grid_has_the_shape_people_expect(count: int, columns: int, rows: int) -> None:
    assert geometry.grid_shape(Area.of_composite(1280, 720), count)[:2] == (columns, rows)


@pytest.mark.parametrize("count", COUNTS)
def test_rows_are_centred(count: int) -> None:
    slots = geometry.grid(Area.of_composite(1280, 720), count)
    for y in {slot.y for slot in slots}:
        row = [slot for slot in slots if slot.y == y]
        left, right = row[0].x, 1280 - row[-1].x - row[-1].width
        assert abs(left - right) <= 2
        gaps = {b.x - a.x - a.width for a, b in pairwise(row)}
        assert gaps <= {8}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("count", range(17))
@pytest.mark.parametrize("shape", [geometry.beside, geometry.corner, geometry.above])
def test_large_and_small_are_sound(size: tuple[int, int], count: int, shape: type) -> None:
    if shape is geometry.corner and count < L_SHAPE_FROM:
        return
    slots = shape(Area.of_composite(*size), count, Holds.SPEAKER)
    assert len(slots) == count + 1
    assert slots[0].holds is Holds.SPEAKER
    sound(slots, *size)
    if size == (1280, 720):
        assert all(slots[0].width * slots[0].height > 2 * slot.width * slot.height for slot in slots[1:])


def test_one_and_seven_meet_in_two_lines() -> None:
    large, *small = geometry.corner(Area.of_composite(1280, 720), 7, Holds.SPEAKER)
    right = [slot for slot in small if slot.x > large.x + large.width]
    bottom = [slot for slot in small if slot.y > large.y + large.height]
    assert (len(right), len(bottom)) == (4, 4)
    assert {slot.x for slot in right} == {large.x + large.width + 8}
    assert {slot.y for slot in bottom} == {large.y + large.height + 8}


def test_an_even_count_leaves_the_corner_free() -> None:
    large, *small = geometry.corner(Area.of_composite(1280, 720), 6, Holds.SPEAKER)
    assert not [slot for slot in small if slot.x > large.x + large.width and slot.y > large.y + large.height]


def test_five_beside_fill_the_height() -> None:
    _, *small = geometry.beside(Area.of_composite(1280, 720), 5, Holds.CONTENT)
    assert small[0].y <= 12
    assert small[-1].y + small[-1].height >= 708


class TestScaledCanvas:
    def test_shared_edges_stay_shared(self) -> None:
        thirds = [Slot(0, 0, 333, 500), Slot(333, 0, 333, 500), Slot(666, 0, 334, 500)]
        slots = list(geometry.scaled(thirds, (1000, 500), width=1280, height=720))
        assert [slot.x + slot.width for slot in slots[:2]] == [slot.x for slot in slots[1:]]
        assert slots[-1].x + slots[-1].width == 1280
        sound(tuple(slots), 1280, 720)

    def test_what_leaves_the_canvas_is_cut(self) -> None:
        slots = list(geometry.scaled([Slot(-100, -100, 5000, 5000)], (1920, 1080), width=1280, height=720))
        assert [(s.x, s.y, s.width, s.height) for s in slots] == [(0, 0, 1280, 720)]

    @pytest.mark.parametrize("slot", [Slot(0, 0, 1, 1), Slot(5000, 0, 100, 100), Slot(0, 0, -50, 100)])
    def test_what_cannot_be_seen_is_left_out(self, slot: Slot) -> None:
        assert list(geometry.scaled([slot], (1920, 1080), width=1280, height=720)) == []

    def test_a_canvas_of_nothing(self) -> None:
        assert list(geometry.scaled([Slot(0, 0, 0, 0)], (0, 0), width=1280, height=720)) == []
