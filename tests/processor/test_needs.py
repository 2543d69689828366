"""How much of a camera a tile shows, and when its sender is told less. Time is an argument here."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest

from mcu.control import LayoutChoice, NeededPicture, ParticipantState
from mcu.media.types import Picture
from mcu.mixer.layout import CONTAIN, NAMES, Tile, arrange
from mcu.processor.needs import (
    HEADROOM,
    LOWER_SECONDS,
    STEPS,
    USUAL_ASPECT,
    Told,
    aspect_of,
    picture_needed,
    tiles_by_person,
)

SMALL = NeededPicture(256, 144, 25, 180_000)
MIDDLE = NeededPicture(640, 360, 25, 710_000)
LARGE = NeededPicture(1280, 720, 25, 2_008_000)


def needed(*tiles: Tile, aspect: float = USUAL_ASPECT) -> tuple[int, int] | None:
    found = picture_needed(tiles, aspect=aspect, fps=25)
    return None if found is None else (found.width, found.height)


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


def test_a_tile_as_large_as_a_step_is_shown_sample_by_sample() -> None:
    assert needed(tile(1280, 720)) == (1280, 720)
    assert needed(tile(640, 360)) == (640, 360)
    assert needed(tile(624, 352)) == (960, 540)  # 360 lines would be scaled by less than the headroom


def test_every_layout_is_covered_with_headroom_by_cameras_of_all_shapes() -> None:
    choose = random.Random(20261121)
    for _ in range(500):
        name = choose.choice([name for name in NAMES if name != "custom"])
        count = choose.randrange(1, 40)
        width, height = choose.choice([(1280, 720), (1920, 1080), (640, 360), (720, 1280)])
        members = [ParticipantState(f"p{number}", "") for number in range(count)]
        choice = LayoutChoice(name, fit=choose.choice(("cover", CONTAIN)), strip=choose.randrange(0, 16))
        tiles = arrange(choice, members=members, speaker="p0", content=None, width=width, height=height)
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
                    assert size[1] + 2 >= min(shown * HEADROOM, max(STEPS)) or size[1] == shown


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
    assert picture_needed([tile(204, 112)], aspect=USUAL_ASPECT, fps=25) == SMALL
    slow = picture_needed([tile(204, 112)], aspect=USUAL_ASPECT, fps=10)
    assert slow == NeededPicture(256, 144, 10, 72_000)


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
    for aspect in (16 / 9, 4 / 3, 3 / 2, 1.0, 3 / 4, 9 / 16, 2.35):
        for shape in grid(30) + grid(7) + grid(2):
            first = picture_needed([shape], aspect=aspect, fps=25)
            assert first is not None
            seen = aspect_of(picture(first.width, first.height), aspect)
            assert picture_needed([shape], aspect=seen, fps=25) == first


def test_the_first_word_is_told_whatever_it_is() -> None:
    assert Told().take(SMALL, 0.0)
    nobody = Told()
    assert nobody.take(None, 0.0)
    assert nobody.picture is None
    assert not nobody.take(None, 100.0)


def test_more_is_told_at_once() -> None:
    told = Told()
    for now, more in enumerate((None, SMALL, MIDDLE, LARGE)):
        assert told.take(more, float(now))
        assert told.picture == more


def test_less_is_told_when_it_has_been_enough_for_a_while() -> None:
    told = Told()
    told.take(LARGE, 0.0)
    assert not told.take(SMALL, 10.0)
    assert not told.take(SMALL, 10.0 + LOWER_SECONDS - 0.1)
    assert told.picture == LARGE
    assert told.take(SMALL, 10.0 + LOWER_SECONDS)
    assert told.picture == SMALL


def test_two_who_take_turns_are_told_nothing() -> None:
    told = Told()
    told.take(LARGE, 0.0)
    words = [told.take(LARGE if turn % 2 else SMALL, 3.0 * turn) for turn in range(100)]
    assert not any(words)


def test_what_was_needed_meanwhile_is_kept() -> None:
    """A tile that went from large to nothing, with a middle size in between, has not done without that for long."""
    told = Told()
    told.take(LARGE, 0.0)
    told.take(None, 1.0)
    told.take(MIDDLE, 2.0)
    assert told.take(None, 1.0 + LOWER_SECONDS)
    assert told.picture == MIDDLE
    assert not told.take(None, 1.0 + 2 * LOWER_SECONDS - 0.1)
    assert told.take(None, 1.0 + 2 * LOWER_SECONDS)
    assert told.picture is None


def test_a_camera_that_is_turned_is_told_anew_at_once() -> None:
    told = Told()
    told.take(NeededPicture(256, 144, 25, 180_000), 0.0)
    assert told.take(NeededPicture(144, 256, 25, 180_000), 1.0)


def test_headroom_is_small_and_no_hair() -> None:
    assert Fraction(12, 11) < HEADROOM < Fraction(9, 8)
