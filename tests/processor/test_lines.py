"""Whose line is poor: judged without haste, told on change, and nobody's fault while the server has too little CPU."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from mcu import control
from mcu.processor.lines import BAD_LOOKS, BLIND_LOOKS, MANY_LOOKS, LineJudge, Lines, Look, Steady

FINE = Look(owes_pictures=True)


def going_on(look: Look, **more: Any) -> Look:
    """A second later on a line that is fine, but for `more`."""
    plain = replace(look, expected=look.expected + 100, pictures=look.pictures + 25)
    return replace(plain, **{name: change(look) if callable(change) else change for name, change in more.items()})


def judged(seconds: int, **more: Any) -> list[bool]:
    judge, look, found = LineJudge(), FINE, []
    for _ in range(seconds):
        look = going_on(look, **more)
        found.append(judge.take(look))
    return found


def test_a_good_line_stays_good() -> None:
    assert not any(judged(20))


@pytest.mark.parametrize(
    "trouble",
    [
        {"lost": lambda look: look.lost + 12},
        {"lost_back": 0.2},
        {"narrow": True},
        {"silent": True},
    ],
)
def test_every_trouble_is_told_after_three_seconds(trouble: dict[str, Any]) -> None:
    assert judged(10, **trouble) == [False] * BAD_LOOKS + [True] * (10 - BAD_LOOKS)


def test_no_picture_of_a_camera_that_is_wanted_is_poor() -> None:
    seconds = BLIND_LOOKS + BAD_LOOKS
    assert judged(seconds, pictures=0) == [False] * (seconds - 1) + [True]
    assert not any(judged(20, pictures=0, owes_pictures=False))


def test_little_loss_and_few_packets_are_no_trouble() -> None:
    assert not any(judged(20, lost=lambda look: look.lost + 5))
    assert not any(judged(20, expected=lambda look: look.expected + 4, lost=lambda look: look.lost + 2))


def test_a_bad_moment_is_not_announced_and_a_good_one_mends_nothing() -> None:
    steady = Steady()
    assert not any(steady.take(bad) for bad in (True, True, False, False, False, True, True, False))
    assert steady.take(True)
    assert all(steady.take(False) for _ in range(MANY_LOOKS - 1))
    assert not steady.take(False)


class Person:
    """The part of Member that is looked at; `lost` of each 100 packets."""

    def __init__(self, name: str, lost: int = 0) -> None:
        self.participant = name
        self.lost = lost
        self.seconds = 0
        self.state = SimpleNamespace(camera_off=False)
        self.leg = SimpleNamespace(
            connected=True, last_received=0.0, loss=0.0, video=lambda kind: None, reception=self.reception
        )

    def reception(self, kind: object) -> object:
        self.seconds += 1
        return SimpleNamespace(expected=100 * self.seconds, lost=self.lost * self.seconds)


class Room:
    def __init__(self, *people: Person) -> None:
        self.told: list[control.Notice] = []
        self.members: Any = {person.participant: person for person in people}
        self.lines = Lines("c", notify=self.told.append)
        self.now = 0.0

    def run(self, seconds: int, *, sheds: bool = False) -> list[control.Notice]:
        self.told.clear()
        for _ in range(50 * seconds):
            self.now += 0.02
            for person in self.members.values():
                person.leg.last_received = self.now
            self.lines.tick(self.members, sheds=sheds, narrow=lambda _: False, asked=lambda _: True, now=self.now)
        return list(self.told)


def test_changes_are_told_once() -> None:
    room = Room(Person("kim"), Person("lee", lost=20))
    assert room.run(20) == [control.LinesChanged("c", ("lee",))]
    room.members["lee"].lost = 0
    assert room.run(40) == [control.LinesChanged("c")]
    assert room.run(20) == []


def test_who_leaves_has_no_line() -> None:
    room = Room(Person("kim"), Person("lee", lost=20))
    room.run(20)
    del room.members["lee"]
    assert room.run(2) == [control.LinesChanged("c")]


def test_a_server_without_cpu_blames_itself_alone() -> None:
    room = Room(Person("kim"), Person("lee", lost=20))
    assert room.run(20, sheds=True) == [control.LinesChanged("c", strained=True)]
    assert room.run(20) == [control.LinesChanged("c"), control.LinesChanged("c", ("lee",))]
