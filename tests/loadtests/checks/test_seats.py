"""Places of the server's own layouts, as it arranges them."""

from __future__ import annotations

import pytest

from loadtests.checks.seats import SWITCH_SECONDS, has_room, is_known, misplaced, seats
from loadtests.recording import Layout, Place
from mcu.control import LayoutChoice, ParticipantState
from mcu.mixer.active_speaker import ActiveSpeaker
from mcu.mixer.layout import NAMES, arrange

OWN = [name for name in NAMES if name != "custom"]


def arranged(
    name: str, people: int, *, strip: int = 5, content: bool = False, size: tuple[int, int] = (1280, 720)
) -> Layout:
    tiles = arrange(
        LayoutChoice(name, strip=strip),
        members=[ParticipantState(f"{who}", f"{who}") for who in range(people)],
        speaker="0",
        content="1" if content else None,
        width=size[0],
        height=size[1],
    )
    places = (
        Place(int(tile.participant), tile.content, tile.x, tile.y, tile.width, tile.height)
        for tile in tiles
        if tile.participant is not None
    )
    return Layout(0.0, *size, tuple(places), name, name, strip)


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (640, 360), (720, 1280)])
@pytest.mark.parametrize("content", [False, True])
@pytest.mark.parametrize("name", OWN)
def test_there_is_room_exactly_while_everybody_has_a_tile(name: str, content: bool, size: tuple[int, int]) -> None:
    for strip in (1, 5, 16, 35):
        for people in range(2, 41):
            layout = arranged(name, people, strip=strip, content=content, size=size)
            shown = {place.person for place in layout.places if not place.content}
            if has_room(layout):
                assert len(shown) == people
            if len(shown) < people:
                assert len(shown) == seats(layout)
            assert misplaced(layout) == set()


def test_one_who_is_left_out_of_a_layout_with_room() -> None:
    layout = arranged("speaker", 5)
    assert has_room(layout)
    full = arranged("speaker", 9)
    assert not has_room(full)


def test_strangers_are_counted_one_by_one() -> None:
    places = tuple(Place(-1, False, 0, 100 * row, 100, 100) for row in range(6))
    assert not has_room(Layout(0.0, 1280, 720, places, "speaker"))
    assert has_room(Layout(0.0, 1280, 720, places[:5], "speaker"))


def test_the_choice_counts_and_not_what_the_tiles_are_called() -> None:
    place = Place(1, False, 0, 0, 1280, 720)
    assert not has_room(Layout(0.0, 1280, 720, (place,), "single", "single"))
    assert has_room(Layout(0.0, 1280, 720, (place,), "single", "grid"))
    assert not has_room(Layout(0.0, 1280, 720, (place,), "custom", "custom"))
    assert seats(Layout(0.0, 1280, 720, (place,), "mosaic")) is None
    assert not is_known(Layout(0.0, 1280, 720, (place,), "mosaic"))


@pytest.mark.parametrize(
    "place",
    [Place(2, False, 0, 0, 0, 0), Place(2, False, 640, 0, 100, 59), Place(2, False, 640, 0, 641, 720)],
    ids=["of no size", "too small", "outside"],
)
def test_tiles_that_no_layout_has(place: Place) -> None:
    first = Place(1, False, 0, 0, 640, 720)
    assert misplaced(Layout(0.0, 1280, 720, (first, place), "grid")) == {2}
    assert misplaced(Layout(0.0, 1280, 720, (first, place), "custom")) == set()


def test_tiles_over_each_other() -> None:
    places = (Place(1, False, 0, 0, 640, 720), Place(2, False, 637, 0, 640, 720), Place(-1, False, 0, 0, 640, 720))
    assert misplaced(Layout(0.0, 1280, 720, places, "grid")) == {1, 2, -1}


def test_how_soon_another_speaker_is_shown() -> None:
    """What `retold` and `strain` reckon with is what the server does."""
    speaker, step = ActiveSpeaker(), 0.02
    levels = {"one": -20.0, "other": -90.0}
    changed: list[float] = []
    for tick in range(300):
        if tick == 150:
            levels = {"one": -90.0, "other": -20.0}
        before = speaker.speaker
        speaker.update(levels, tick * step)
        if speaker.speaker != before:
            changed.append(tick * step)
    assert SWITCH_SECONDS <= changed[1] - 150 * step <= SWITCH_SECONDS + 0.5
