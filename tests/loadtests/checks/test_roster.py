"""Spans in which people were in, open or muted, as the server told."""

from __future__ import annotations

import math

import msgspec
import pytest

from loadtests.checks.roster import UNSURE_SECONDS, Roster
from loadtests.recording import Known, Present, Recording, Sent

RECORDING = Recording(
    who=0,
    codec="VP8",
    begin=10.0,
    end=13.0,
    frames=(),
    layouts=(),
    present=(),
    sound=b"",
    sound_begin=10.0,
    concealed_samples=0,
    played_samples=0,
    sent=(Sent(person=5, pictures=(), spoken=(), speaking=()),),
    fps=25,
)


def roster(*present: Present) -> Roster:
    return Roster(msgspec.structs.replace(RECORDING, present=present))


def here(since: float, person: int, *, muted: bool = False, gone: bool = False) -> Present:
    return Present(since, person, muted, camera_off=False, here=not gone)


CHANGING = roster(
    here(9.0, 1),
    here(9.0, 2, muted=True),
    here(11.0, 1, muted=True),
    here(12.0, 1),
    here(12.5, 3),
    here(12.7, 3, gone=True),
)


def test_who_may_speak_when() -> None:
    assert CHANGING.open(1, 10.0, 13.0) == [(10.0, 11.0), (12.0, 13.0)]
    assert CHANGING.open(2, 10.0, 13.0) == []
    assert CHANGING.open(3, 10.0, 13.0) == [(12.5, 12.7)]
    assert CHANGING.open(4, 10.0, 13.0) == []


def test_what_was_told_first_was_so_before() -> None:
    assert CHANGING.open(1, 5.0, 10.5) == [(5.0, 10.5)]
    assert CHANGING.muted_since(2, 13.0) == -math.inf


def test_who_is_muted_and_since_when() -> None:
    assert CHANGING.muted_since(1, 11.5) == 11.0
    assert CHANGING.muted_since(1, 13.0) is None
    assert CHANGING.muted_since(3, 13.0) is None
    again = roster(here(9.0, 1), here(10.0, 1, muted=True), here(11.0, 1, muted=True))
    assert again.muted_since(1, 13.0) == 10.0


@pytest.mark.parametrize(
    ("begin", "end", "people"), [(10, 13, {1, 2, 3}), (10, 12, {1, 2}), (12.8, 13, {1, 2}), (1, 2, {1, 2})]
)
def test_who_was_in(begin: float, end: float, people: set[int]) -> None:
    assert CHANGING.people(begin, end) == people


def test_without_a_roster_all_who_send_are_in_and_open() -> None:
    nobody = roster()
    assert not nobody.known
    assert nobody.people(10.0, 13.0) == {5}
    assert nobody.open(5, 10.0, 13.0) == [(10.0, 13.0)]
    assert nobody.open(6, 10.0, 13.0) == []
    assert nobody.muted_since(5, 13.0) is None


def test_what_is_known_counts_for_who_may_speak() -> None:
    known = (
        Known(8.0, 1, here=True, muted=False, camera_off=False),
        Known(11.5, 1, here=True, muted=None, camera_off=False),
        Known(11.8, 1, here=True, muted=True, camera_off=False),
        Known(9.5, 4, here=True, muted=False, camera_off=False),
    )
    said = Roster(msgspec.structs.replace(RECORDING, present=(here(9.0, 1, muted=True), here(9.0, 2)), known=known))
    assert said.open(1, 10.0, 13.0) == [(10.0, 11.5)]
    assert said.muted_since(1, 13.0) == 11.8
    assert said.open(4, 5.0, 13.0) == [(9.5, 13.0)]
    assert said.open(2, 10.0, 13.0) == [(10.0, 13.0)]
    assert said.people(10.0, 13.0) == {1, 2, 4}
    assert said.knows(1)
    assert not said.knows(2)
    assert [said.is_sure(who, 10.0, 13.0) for who in (1, 2, 4)] == [True, True, True]
    assert said.is_sure(1, 11.4, 11.9)  # not known for no longer than that
    assert not said.is_sure(4, 9.5 - UNSURE_SECONDS - 0.1, 13.0)
