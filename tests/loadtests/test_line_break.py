"""A line that dies for a while: who sees again when, and that nobody is judged meanwhile."""

from __future__ import annotations

import gevent

from loadtests.findings import Figures, Inspection
from loadtests.line_break import BACK_SECONDS
from loadtests.users.district_head import DistrictHead
from loadtests.wire import AnyCommand, Check, Reply
from tests.loadtests.fakes import Stand


def seen(began: float, frames: int = 20) -> Reply:
    return Reply(number=0, inspection=Inspection(who=0, began=began, figures=Figures(seconds=1.0, frames=frames)))


def test_each_is_back_when_it_sees_and_who_does_not_is_told() -> None:
    stand = Stand()
    soon, late, never, left = people = [DistrictHead(stand.environment) for _ in range(4)]
    for person in people:
        person.attend()
    stand.run.line_dies()
    assert all(person.excused for person in people)
    assert stand.run.headcount() == (4, 4)
    left.leave()
    back = stand.time.now
    asked = dict.fromkeys((each.who for each in people), 0)

    def answer(command: AnyCommand) -> Reply | None:
        if not isinstance(command, Check):
            return None
        asked[command.who] += 1
        if command.who == never.who:
            return Reply(number=0, failed="busy")
        if command.who == late.who and asked[command.who] < 3:
            return seen(stand.time.now, frames=0)
        return seen(stand.time.now + 0.5)

    stand.agents.answer = answer
    stand.told.requests.clear()
    stand.run.line_is_back()
    gevent.joinall(stand.run._greenlets, timeout=5)
    told = [(each["response_time"], str(each["exception"] or "")) for each in stand.told.requests]
    assert sorted(told) == [(500.0, ""), (2500.0, ""), (BACK_SECONDS * 1000, told[-1][1])]
    assert "sees nothing 30 s after" in told[-1][1]
    assert not any(person.excused for person in (soon, late, never, left))
    assert stand.time.now - back >= BACK_SECONDS
