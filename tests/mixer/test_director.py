"""The layout over time: turns in the rolling tiles, and calm where nothing happens."""

from __future__ import annotations

import random

import pytest

from mcu.control import LayoutChoice
from mcu.mixer.director import ROLL_SECONDS, TALK_SECONDS, Director
from mcu.mixer.layout import Tile
from tests.mixer.people import people

LECTURE = LayoutChoice(name="lecture", strip=5)


def names(tiles: tuple[Tile, ...]) -> list[str | None]:
    return [tile.participant for tile in tiles]


def test_the_same_object_while_nothing_changes() -> None:
    director = Director(1280, 720)
    director.update(LayoutChoice(), people(5), None)
    first = director.tiles(speaker=None, now=0.0)
    director.update(LayoutChoice(), people(5), None)
    assert director.tiles(speaker="p1", now=1000.0) is first


def test_one_tile_changes_hands_at_a_time_and_everybody_has_a_turn() -> None:
    director = Director(1280, 720)
    director.update(LECTURE, people(12), None)
    before = director.tiles(speaker=None, now=0.0)
    seen = set(names(before))
    for turn in range(1, 7):
        assert director.tiles(speaker=None, now=turn * ROLL_SECONDS - 0.01) is before
        after = director.tiles(speaker=None, now=turn * ROLL_SECONDS)
        assert sum(a != b for a, b in zip(before, after, strict=True)) == 1
        assert after[0].participant == "p0"
        seen |= set(names(after))
        before = after
    assert seen == {f"p{number}" for number in range(12)}


def test_whoever_talks_is_not_rolled_away() -> None:
    director = Director(1280, 720)
    director.update(LECTURE, people(12), None)
    director.tiles(speaker=None, now=0.0)
    director.tiles(speaker="p1", now=1.0)
    director.tiles(speaker=None, now=2.0)
    now = 0.0
    while now < TALK_SECONDS:
        now += ROLL_SECONDS / 2
        if now < TALK_SECONDS:
            assert "p1" in names(director.tiles(speaker=None, now=now))
    for _ in range(20):
        now += ROLL_SECONDS
        director.tiles(speaker=None, now=now)
    gone = [names(director.tiles(speaker=None, now=now + turn * ROLL_SECONDS)) for turn in range(8)]
    assert any("p1" not in shown for shown in gone)


def test_no_turns_when_all_are_in_view() -> None:
    director = Director(1280, 720)
    director.update(LECTURE, people(6), None)
    first = director.tiles(speaker=None, now=0.0)
    assert all(director.tiles(speaker=None, now=float(second)) is first for second in range(100))


def test_a_member_who_leaves_is_gone_at_the_next_tick() -> None:
    director = Director(1280, 720)
    director.update(LayoutChoice(), people(6), None)
    director.tiles(speaker="p5", now=0.0)
    director.update(LayoutChoice(), people(5), None)
    assert names(director.tiles(speaker="p5", now=0.04)) == ["p0", "p1", "p2", "p3", "p4"]


def test_talkers_push_out_the_silent_and_not_each_other() -> None:
    director = Director(1280, 720)
    choice = LayoutChoice(name="speaker", strip=5)
    director.update(choice, people(12), None)
    shown: list[str | None] = []
    for second in range(24):
        shown = names(director.tiles(speaker=("p0", "p10", "p11")[second // 2 % 3], now=float(second)))
    assert {"p0", "p10", "p11"} <= set(shown)


@pytest.mark.parametrize("seed", range(20))
def test_nobody_is_shown_twice_whatever_follows_whatever(seed: int) -> None:
    chance = random.Random(seed)
    director, present = Director(1280, 720), people(14)
    choice, content, speaker, now = LECTURE, None, None, 0.0
    for _ in range(200):
        now += chance.choice((0.04, 1.0, ROLL_SECONDS, TALK_SECONDS))
        match chance.randrange(4):
            case 0:
                name = chance.choice(("grid", "speaker", "single", "lecture", "presentation"))
                choice = LayoutChoice(name=name, strip=chance.randrange(1, 10))
            case 1:
                speaker = chance.choice((None, *(member.participant for member in present)))
            case 2:
                present = chance.sample(people(14), chance.randrange(1, 15))
            case _:
                content = chance.choice((None, present[0].participant))
        if content not in {member.participant for member in present}:
            content = None
        director.update(choice, present, content)
        shown = [t.participant for t in director.tiles(speaker=speaker, now=now) if t.participant and not t.content]
        assert len(shown) == len(set(shown)), (choice, speaker)
