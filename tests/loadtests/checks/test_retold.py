"""Tiles that are told wrongly: not at all, of nobody, anew and anew, of no layout; and those that move for a reason."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

import msgspec
import pytest

from loadtests.checks.pictures import judge_pictures
from loadtests.checks.retold import retold
from loadtests.checks.told import Told
from loadtests.findings import Fault, Limits
from loadtests.recording import Layout, Place, Recording
from mcu.control import LayoutChoice
from tests.loadtests.checks.meeting import BEGIN, Broken, Meeting, Scene, record

PEOPLE = 5
SOUND = record(Meeting(people=PEOPLE, own_words=0.1))
SPEAKER = LayoutChoice("speaker")


def named(recording: Recording) -> set[tuple[Fault, tuple[int, ...]]]:
    return {(finding.fault, finding.people) for finding in judge_pictures(recording, Limits()).findings}


def laid_out(recording: Recording, *layouts: Layout) -> Recording:
    return msgspec.structs.replace(recording, layouts=layouts)


def moved(layout: Layout, since: float, by: int) -> Layout:
    """Everybody stands `by` tiles further."""
    people = [place.person for place in layout.places]
    places = (
        msgspec.structs.replace(place, person=who)
        for place, who in zip(layout.places, people[by:] + people[:by], strict=True)
    )
    return msgspec.structs.replace(layout, since=since, places=tuple(places))


def test_no_tile_at_all() -> None:
    empty = msgspec.structs.replace(SOUND.layouts[0], places=())
    assert named(laid_out(SOUND, empty)) == {(Fault.TILE_MISSING, tuple(range(PEOPLE)))}


def test_no_word_of_tiles() -> None:
    assert named(laid_out(SOUND)) == {(Fault.TILES_WRONG, tuple(range(PEOPLE)))}


@pytest.mark.parametrize("step", [0.2, 0.4, 0.7])
def test_other_people_told_again_and_again(step: float) -> None:
    first = SOUND.layouts[0]
    times = [BEGIN - 1 + step * count for count in range(round(4 / step))]
    wrong = (moved(first, when, 1 + count % (PEOPLE - 1)) for count, when in enumerate(times))
    found = named(laid_out(SOUND, first, *wrong))
    everybody = tuple(range(PEOPLE))
    assert (Fault.WRONG_PERSON, everybody) in found
    assert (Fault.TILES_WRONG, everybody) in found


def test_right_and_wrong_in_turn() -> None:
    """Nothing can be said of who is where: that is the fault."""
    first = SOUND.layouts[0]
    turns = (moved(first, BEGIN - 1 + 0.3 * count, count % 2) for count in range(13))
    found = named(laid_out(SOUND, *turns))
    assert found == {(Fault.TILES_WRONG, tuple(range(PEOPLE)))}


def test_the_same_told_again_and_again_is_no_fault() -> None:
    first = SOUND.layouts[0]
    again = [msgspec.structs.replace(first, since=BEGIN + 0.1 * count) for count in range(30)]
    assert named(laid_out(SOUND, first, *again)) == set()


@pytest.mark.parametrize(
    ("name", "fault"), [("single", Fault.TILE_MISSING), ("lecture", Fault.TILE_MISSING), ("mosaic", Fault.TILES_WRONG)]
)
def test_who_has_no_tile_in_a_layout_of_another_name(name: str, fault: Fault) -> None:
    """The chair's choice is the grid, whatever the tiles are called."""
    recording = record(Meeting(people=PEOPLE, broken=Broken(missing=frozenset({3})), own_words=0.1))
    found = named(laid_out(recording, msgspec.structs.replace(recording.layouts[0], name=name)))
    assert (Fault.TILE_MISSING, (3,)) in found
    assert fault in {each for each, _ in found}


def test_who_waits_for_a_place_is_not_missing() -> None:
    scene = Scene(choice=LayoutChoice("speaker", strip=2))
    assert named(record(Meeting(people=7, scenes=(scene,), own_words=0.1))) == set()
    left_out = record(Meeting(people=3, scenes=(scene,), broken=Broken(missing=frozenset({2})), own_words=0.1))
    assert named(left_out) == {(Fault.TILE_MISSING, (2,))}


def test_tiles_that_cannot_stand_so() -> None:
    first = SOUND.layouts[0]
    tiny = tuple(Place(place.person, False, place.x, place.y, 8, 8) for place in first.places)
    assert (Fault.TILES_WRONG, tuple(range(PEOPLE))) in named(
        laid_out(SOUND, msgspec.structs.replace(first, places=tiny))
    )


@pytest.mark.parametrize("lie", [{"here": False}, {"camera_off": True}, {"hidden": True}])
def test_a_roster_that_is_wrong_hides_no_tile(lie: dict[str, bool]) -> None:
    recording = record(Meeting(people=PEOPLE, broken=Broken(black=frozenset({3})), own_words=0.1))
    present = tuple(
        msgspec.structs.replace(state, **lie) if state.person == 3 else state for state in recording.present
    )
    lied = msgspec.structs.replace(recording, present=present)
    assert named(lied) == {(Fault.TILE_BLACK, (3,))}
    assert named(msgspec.structs.replace(lied, known=())) == set()


def coming(people: Sequence[int], step: float, choice: LayoutChoice, chance: random.Random) -> tuple[Scene, ...]:
    """One after the other, or gone again, every `step` seconds or so."""
    inside = set(people[: len(people) // 2])
    made = [Scene(choice=choice, people=tuple(sorted(inside)))]
    at = 0.0
    while (at := at + step * chance.uniform(0.5, 1.5)) < 2.9:
        inside ^= {chance.choice(people[1:])}
        told = max(made[-1].at + made[-1].told, at + chance.uniform(-0.2, 0.3)) - at
        made.append(Scene(at=at, told=told, choice=choice, people=tuple(sorted(inside)), speaker=chance.choice(people)))
    return tuple(made)


@pytest.mark.parametrize("choice", [LayoutChoice("grid"), SPEAKER], ids=["grid", "speaker"])
@pytest.mark.parametrize("seed", range(4))
def test_a_crowd_that_comes_and_goes_is_a_reason(seed: int, choice: LayoutChoice) -> None:
    chance = random.Random(f"crowd {seed}")
    meeting = Meeting(people=12, seed=seed, scenes=coming(range(12), 0.3, choice, chance), own_words=0.4)
    recording = record(meeting)
    assert named(recording) == set()
    assert named(msgspec.structs.replace(recording, known=())) == set()


def test_two_who_talk_to_each_other_change_places() -> None:
    scenes = tuple(Scene(at=0.95 * turn, choice=SPEAKER, speaker=turn % 2) for turn in range(4))
    recording = record(Meeting(people=2, scenes=scenes, own_words=0.1))
    assert named(recording) == set()
    count, most, seconds = retold(recording, Told(recording))
    assert (count, seconds) == (3, pytest.approx(4.0))
    assert most >= 6
    assert all(before.since <= after.since for before, after in pairwise(recording.layouts))
