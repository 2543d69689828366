"""Checks by turns, in fake time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from loadtests.findings import Figures, Inspection
from loadtests.rounds import COUNT_SECONDS, IDLE_SECONDS, Rounds
from loadtests.scenario import SETTLE_SECONDS
from loadtests.wire import Check, Counts, Reply
from tests.loadtests.fakes import FakeAgents, Time

INSPECTION = Inspection(who=0, began=1.0, figures=Figures(seconds=3.0))
CHECKED = Reply(number=0, inspection=INSPECTION)


class Over(Exception):
    """The test has seen enough."""


@dataclass
class Guest:
    who: int
    since: float = 0.0
    away: bool = False
    breaks: int = 0
    inspections: list[Inspection] = field(default_factory=list)
    failures: list[Reply] = field(default_factory=list)

    def checked(self, inspection: Inspection) -> None:
        self.inspections.append(inspection)

    def check_failed(self, reply: Reply) -> None:
        self.failures.append(reply)

    def happened(self, happened: Any) -> None:
        raise AssertionError


@dataclass
class Scene:
    time: Time = field(default_factory=Time)
    agents: FakeAgents = field(default_factory=FakeAgents)
    people: dict[int, Guest] = field(default_factory=dict)
    every: float = 20.0

    def rounds(self) -> Rounds:
        agents: Any = self.agents
        return Rounds(
            agents,
            self.inside,
            every=self.every,
            seconds=3.0,
            settle=SETTLE_SECONDS,
            clock=self.time.clock,
            sleep=self.time.sleep,
        )

    def inside(self) -> dict[int, Any]:
        return dict(self.people)

    def let_in(self, *numbers: int) -> None:
        for who in numbers:
            self.people[who] = Guest(who)
            self.agents.admit(who, conference="a", listener=self.people[who])


@pytest.fixture
def scene() -> Scene:
    made = Scene()
    made.agents.answer = lambda command: CHECKED
    return made


def run_until(scene: Scene, seconds: float) -> list[int]:
    """Who was checked, in order."""

    def stop() -> None:
        raise Over

    scene.time.at(seconds, stop)
    with pytest.raises(Over):
        scene.rounds().look(0)
    return [command.who for command in scene.agents.asked]


def checking(scene: Scene, seconds: float = 5.0) -> None:
    """Each check takes so long."""

    def answer(command: Any) -> Reply:
        scene.time.sleep(seconds)
        return CHECKED

    scene.agents.answer = answer


def test_everybody_gets_a_turn_before_anybody_gets_a_second(scene: Scene) -> None:
    scene.let_in(*range(6))
    checking(scene)
    checked = run_until(scene, 62.0)
    assert sorted(checked[:6]) == list(range(6))
    assert sorted(checked[6:12]) == list(range(6))
    assert [len(guest.inspections) for guest in scene.people.values()] == [2] * 6


def test_nobody_is_checked_more_often_than_asked_for(scene: Scene) -> None:
    scene.let_in(1, 2)
    checking(scene)
    assert len(run_until(scene, 61.0)) <= 2 * 4


def test_the_check_asks_for_its_seconds(scene: Scene) -> None:
    scene.let_in(1)
    run_until(scene, 1.0)
    assert scene.agents.asked == [Check(number=0, who=1, seconds=3.0)]


def test_who_has_just_come_in_is_left_alone(scene: Scene) -> None:
    scene.let_in(1)
    scene.people[1].since = scene.time.now
    assert scene.rounds().due(0) is None
    scene.time.sleep(SETTLE_SECONDS)
    assert scene.rounds().due(0) is scene.people[1]


def test_who_is_away_is_left_alone(scene: Scene) -> None:
    scene.let_in(1, 2)
    scene.people[1].away = True
    assert scene.rounds().due(0) is scene.people[2]
    scene.people[2].away = True
    assert scene.rounds().due(0) is None


def test_who_is_on_the_way_in_is_not_asked(scene: Scene) -> None:
    scene.let_in(1)
    del scene.people[1]  # admitted to the agent, and not in yet
    assert scene.rounds().due(0) is None


def test_nobody_is_asked_twice_at_once(scene: Scene) -> None:
    scene.let_in(1, 2)
    rounds = scene.rounds()
    asked: list[int] = []

    def answer(command: Any) -> Reply:
        asked.append(command.who)
        if len(asked) == 1:
            other = rounds.due(0)
            assert other is not None
            rounds.check(other)
            assert rounds.due(0) is None
        return CHECKED

    scene.agents.answer = answer
    first = rounds.due(0)
    assert first is not None
    rounds.check(first)
    assert sorted(asked) == [1, 2]


@pytest.mark.parametrize("change", ["breaks", "who"])
def test_a_verdict_on_somebody_who_was_away_meanwhile_is_dropped(scene: Scene, change: str) -> None:
    scene.let_in(1)
    guest = scene.people[1]

    def answer(command: Any) -> Reply:
        setattr(guest, change, getattr(guest, change) + 1)
        return CHECKED

    scene.agents.answer = answer
    scene.rounds().check(guest)
    assert guest.inspections == guest.failures == []


@pytest.mark.parametrize(("failed", "told"), [("gone", 0), ("unknown", 0), ("timeout", 1), ("busy", 1)])
def test_a_check_that_was_not_made(scene: Scene, failed: str, told: int) -> None:
    scene.let_in(1)
    scene.agents.answer = lambda command: Reply(number=0, failed=failed)
    scene.rounds().check(scene.people[1])
    assert len(scene.people[1].failures) == told


def test_idle_rounds_look_again(scene: Scene) -> None:
    begun = scene.time.now
    scene.time.at(IDLE_SECONDS * 3.5, lambda: scene.let_in(5))
    checked = run_until(scene, IDLE_SECONDS * 6.5)
    assert checked == [5]
    assert scene.time.now - begun == IDLE_SECONDS * 6.5


def test_counts_are_asked_for_at_times(scene: Scene) -> None:
    heard: list[Counts] = []
    scene.agents.said = Counts(10.0, 1.0, 6, 5_000, 4_000, 0, 0, 0.02, 0)

    def stop() -> None:
        raise Over

    scene.time.at(COUNT_SECONDS * 3.5, stop)
    with pytest.raises(Over):
        scene.rounds().count(0, heard.append)
    assert len(heard) == 3
