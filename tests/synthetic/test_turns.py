"""Turns of speech: one after the other, hardly ever two at once."""

from __future__ import annotations

import itertools

import pytest

from mcu.synthetic.turns import LONGEST, OVERLAP, SHORTEST, Turn, Turns


@pytest.fixture
def hour() -> list[Turn]:
    turns = Turns(range(18), seed="a")
    return [turns.next() for _ in range(360)]


def test_turns_have_the_length_of_a_remark(hour: list[Turn]) -> None:
    assert all(SHORTEST <= turn.end - turn.begin <= LONGEST for turn in hour)


def test_overlaps_are_seldom_and_short(hour: list[Turn]) -> None:
    overlaps = [one.end - two.begin for one, two in itertools.pairwise(hour) if one.end > two.begin]
    assert 0.05 < len(overlaps) / len(hour) < 0.25
    assert max(overlaps) <= OVERLAP[1]


def test_nobody_follows_on_themselves_and_everybody_has_a_turn(hour: list[Turn]) -> None:
    assert all(one.speaker != two.speaker for one, two in itertools.pairwise(hour))
    assert {turn.speaker for turn in hour} == set(range(18))


def test_the_same_seed_gives_the_same_meeting(hour: list[Turn]) -> None:
    again = Turns(range(18), seed="a")
    assert [again.next() for _ in range(360)] == hour


def test_one_alone_speaks_again_and_again() -> None:
    turns = Turns([3], seed="a")
    assert [turns.next().speaker for _ in range(3)] == [3, 3, 3]
    with pytest.raises(ValueError, match="without speakers"):
        Turns([], seed="a")
