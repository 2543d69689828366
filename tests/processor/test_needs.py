"""How much of a camera a tile shows, and the two sizes that its sender may be told."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest

from mcu._native.planes import Canvas, Paint, available_kernels
from mcu.control import LayoutChoice, NeededPicture, ParticipantState
from mcu.media.types import Picture
from mcu.mixer.layout import CONTAIN, COVER, NAMES, Tile, arrange
from mcu.processor.needs import (
    HEADROOM,
    STEPS,
    USUAL_ASPECT,
    aspect_of,
    picture_needed,
    sized,
    tiles_by_person,
)

SMALL = NeededPicture(256, 144, 25, 180_000)
ASPECTS = (16 / 9, 4 / 3, 3 / 2, 1.0, 3 / 4, 9 / 16, 2.35)


def needed(*tiles: Tile, aspect: float = USUAL_ASPECT) -> tuple[int, int] | None:
    """The ample size."""
    found = picture_needed(tiles, aspect=aspect, fps=25)
    return None if found is None else (found.ample.width, found.ample.height)


def exact(*tiles: Tile, aspect: float = USUAL_ASPECT) -> tuple[int, int]:
    found = picture_needed(tiles, aspect=aspect, fps=25)
    assert found is not None
    return found.exact.width, found.exact.height


def tile(width: int, height: int, fit: str = "cover") -> Tile:
    return Tile("p", 0, 0, width, height, fit=fit)


def grid(people: int) -> list[Tile]:
    members = [ParticipantState(f"p{number}", "") for number in range(people)]
    return list(arrange(LayoutChoice(), members=members, speaker=None, content=None, width=1280, height=720))


@pytest.mark.parametrize(
    ("people", "size"),
    [(1, (1280, 720)), (4, (960, 540)), (9, (480, 270)), (16, (384, 216)), (30, (320, 180)), (36, (256, 144))],
)
def test_the_more_people_the_less_each_has_to_send(people: int, size: tuple[int, int]) -> None:
    assert {needed(each) for each in grid(people)} == {size}


@pytest.mark.parametrize(
    ("people", "size"),
    [(1, (1280, 720)), (4, (618, 348)), (9, (406, 228)), (16, (302, 170)), (30, (238, 134)), (36, (196, 110))],
)
def test_exactly_what_the_tiles_show(people: int, size: tuple[int, int]) -> None:
    assert {exact(each) for each in grid(people)} == {size}


def test_a_tile_as_large_as_a_step_is_shown_sample_by_sample() -> None:
    assert needed(tile(1280, 720)) == (1280, 720)
    assert needed(tile(640, 360)) == (640, 360)
    assert needed(tile(624, 352)) == (960, 540)  # 360 lines would be scaled by less than the headroom


def test_every_layout_is_covered_with_headroom_by_cameras_of_all_shapes() -> None:
    choose = random.Random(20261121)
    for _ in range(500):
        tiles = layouts(choose)
        aspect = choose.choice((16 / 9, 4 / 3, 1.0, 9 / 16))
        for places in tiles_by_person(tiles).values():
            size = needed(*places, aspect=aspect)
            assert size is not None
            assert size[0] % 2 == size[1] % 2 == 0
            for place in places:
                scale = min if place.fit == CONTAIN else max
                shown = scale(place.width / aspect, place.height)
                cut = shown / min(place.width / aspect, place.height)
                if cut <= 2:
                    beyond = shown * HEADROOM > max(STEPS)
                    assert size[1] + 2 >= shown * HEADROOM or size[1] == shown or (beyond and size[1] >= shown)


def layouts(choose: random.Random) -> tuple[Tile, ...]:
    name = choose.choice([name for name in NAMES if name != "custom"])
    width, height = choose.choice([(1280, 720), (1920, 1080), (640, 360), (720, 1280)])
    members = [ParticipantState(f"p{number}", "") for number in range(choose.randrange(1, 40))]
    choice = LayoutChoice(name, fit=choose.choice(("cover", CONTAIN)), strip=choose.randrange(0, 16))
    return arrange(choice, members=members, speaker="p0", content=None, width=width, height=height)


@pytest.mark.parametrize("more", [(0, 0), (1, 0), (0, 1), (1, 1)], ids=str)
@pytest.mark.parametrize("kernels", available_kernels())
def test_what_is_exact_is_shown_sample_by_sample_and_so_is_what_a_browser_makes_of_it(
    kernels: str, more: tuple[int, int]
) -> None:
    choose, generator = random.Random(20261122), np.random.default_rng(20261122)
    shapes = {(each.width, each.height, each.fit) for _ in range(120) for each in layouts(choose)}
    seen = 0
    for width, height, fit in sorted(shapes):
        aspect = choose.choice(ASPECTS)
        size = exact(tile(width, height, fit), aspect=aspect)
        if size == needed(tile(width, height, fit), aspect=aspect) or (fit != COVER and any(more)):
            continue  # smaller than anybody is asked for; or what is shown as a whole, which hairs are not cut off
        seen += 1
        columns, lines = size[0] + more[0], size[1] + more[1]
        source = generator.integers(100, 256, (lines, columns), dtype=np.uint8)
        chroma = np.zeros(((lines + 1) // 2, (columns + 1) // 2), np.uint8)
        planes = [np.zeros((height, width), np.uint8)] + [np.zeros((height // 2, width // 2), np.uint8)] * 2
        canvas = Canvas(planes, [plane.strides[0] for plane in planes], width, height, kernels=kernels)
        paint = Paint(x=0, y=0, width=width, height=height, cover=fit == COVER, background=(0, 0, 0))
        canvas.paint([(paint, Picture(source, chroma, chroma))])
        rows, across = np.nonzero(planes[0].any(axis=1))[0], np.nonzero(planes[0].any(axis=0))[0]
        shown = planes[0][rows[0] : rows[-1] + 1, across[0] : across[-1] + 1]
        top, left = ((whole - part) // 4 * 2 for whole, part in zip(source.shape, shown.shape, strict=True))
        cut = source[top : top + shown.shape[0], left : left + shown.shape[1]]
        assert np.array_equal(shown, cut), (width, height, fit, aspect, size)
    assert seen > 20


def test_an_upright_telephone_in_a_wide_tile_is_asked_for_what_stays_between_the_bars() -> None:
    assert needed(tile(204, 134), aspect=9 / 16) == (144, 256)  # three quarters of 179 lines are shown


def test_contained_pictures_are_smaller_than_covering_ones() -> None:
    assert needed(tile(404, 228), aspect=4 / 3) == (480, 360)
    assert needed(tile(404, 228, CONTAIN), aspect=4 / 3) == (360, 270)


def test_who_stands_in_two_places_is_asked_for_the_larger() -> None:
    assert needed(tile(204, 134), tile(640, 360)) == (640, 360)


def test_nobody_shown_nothing_needed() -> None:
    assert needed() is None
    assert tiles_by_person([Tile(None, 0, 0, 640, 360), Tile("p", 0, 0, 640, 360, content=True)]) == {}


def test_a_tile_larger_than_all_steps_is_served_too() -> None:
    assert needed(tile(3840, 2160)) == (3840, 2160)


def test_rates_follow_the_composite() -> None:
    usual, slow = (picture_needed([tile(204, 112)], aspect=USUAL_ASPECT, fps=fps) for fps in (25, 10))
    assert usual is not None
    assert slow is not None
    assert (usual.ample, usual.exact) == (SMALL, sized(204, 114, 25))
    assert slow.ample == NeededPicture(256, 144, 10, 72_000)


def picture(width: int, height: int, rotation: int = 0) -> Picture:
    plane = np.zeros((height, width), np.uint8)
    return Picture(plane, plane, plane, rotation)


def test_the_aspect_is_that_of_the_upright_picture_and_does_not_tremble() -> None:
    assert aspect_of(None, USUAL_ASPECT) == USUAL_ASPECT
    assert aspect_of(picture(640, 480), USUAL_ASPECT) == pytest.approx(4 / 3)
    assert aspect_of(picture(270, 202), 4 / 3) == 4 / 3  # 202.5 lines, rounded
    assert aspect_of(picture(1280, 720, 90), USUAL_ASPECT) == pytest.approx(9 / 16)


def test_what_was_asked_for_asks_for_nothing_else() -> None:
    """A sender who obeys does not move the goal by the rounding of sizes."""
    for aspect in ASPECTS:
        for shape in grid(30) + grid(7) + grid(2):
            first = picture_needed([shape], aspect=aspect, fps=25)
            assert first is not None
            for told in (first.exact, first.ample):
                seen = aspect_of(picture(told.width, told.height), aspect)
                assert picture_needed([shape], aspect=seen, fps=25) == first


def test_headroom_is_small_and_no_hair() -> None:
    assert Fraction(12, 11) < HEADROOM < Fraction(9, 8)
