"""A run as its users find it: places, and who has to be back after a restart."""

from __future__ import annotations

import gevent
import pytest

from loadtests.rounds import Rounds
from loadtests.run import BACK_SECONDS, run_of, set_run
from loadtests.scenario import SETTLE_SECONDS
from loadtests.users.bad_leg import BadLeg
from loadtests.users.chair import Chair
from loadtests.users.district_head import DistrictHead
from loadtests.wire import Enter, Happened
from tests.loadtests.fakes import Stand


@pytest.fixture
def stand() -> Stand:
    return Stand()


def seated(stand: Stand, count: int) -> list[DistrictHead]:
    users = [DistrictHead(stand.environment) for _ in range(count)]
    for user in users:
        user.attend()
    return users


def failures(stand: Stand) -> list[tuple[str, str, str]]:
    return [row for row in stand.told.rows() if row[2]]


def come_back(user: DistrictHead) -> None:
    user.happened(Happened(who=user.who, what="media lost"))
    user.happened(Happened(who=user.who, what="reconnect", seconds=5.0))


def test_everybody_is_back(stand: Stand) -> None:
    users = seated(stand, 3)
    stand.run.server_goes()
    for user in users:
        come_back(user)
    stand.run.expect_everybody()
    assert failures(stand) == []


def test_who_is_not_back_and_who_has_not_noticed(stand: Stand) -> None:
    back, away, unaware, left = seated(stand, 4)
    stand.run.server_goes()
    come_back(back)
    away.happened(Happened(who=away.who, what="media lost"))
    left.leave()
    begun = stand.time.now
    stand.run.expect_everybody()
    assert stand.time.now - begun == BACK_SECONDS
    assert failures(stand) == [("reconnect", "DistrictHead", "not back after the restart of the server")] * 2
    assert unaware.reconnects == 0


def test_the_end_of_a_run_waits_for_nobody(stand: Stand) -> None:
    seated(stand, 2)
    stand.run.server_goes()
    stand.run.count_the_missing()
    stand.run.count_the_missing()
    assert len(failures(stand)) == 2


def test_who_came_after_the_restart_has_nothing_to_come_back_from(stand: Stand) -> None:
    stand.run.server_goes()
    seated(stand, 2)
    stand.run.expect_everybody()
    assert failures(stand) == []


def test_a_chair_goes_where_there_is_none() -> None:
    stand = Stand(scenario="churn", places=2)
    first = Chair(stand.environment)
    first.attend()
    seated(stand, 3)  # one beside the chair, two in the other conference
    second = Chair(stand.environment)
    second.attend()
    assert [len(meeting.people) for meeting in stand.run.meetings] == [2, 3]
    assert [meeting.chair for meeting in stand.run.meetings] == [first.who, second.who]


def test_users_of_an_environment_find_its_run(stand: Stand) -> None:
    assert run_of(stand.environment) is stand.run
    set_run(stand.environment, None)
    assert run_of(stand.environment) is None


def test_the_server_has_to_have_who_is_in_and_may_have_who_is_on_the_way(stand: Stand) -> None:
    away, lost, *_ = seated(stand, 4)
    away.happened(Happened(who=away.who, what="media lost"))
    lost.happened(Happened(who=lost.who, what="ended", failed="removed"))
    assert stand.run.headcount() == (2, 4)
    away.leave()
    assert stand.run.headcount() == (2, 3)


def test_a_bad_leg_takes_nothing_in_and_is_not_asked_to_look(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    (good,) = seated(stand, 1)
    bad = BadLeg(stand.environment)
    bad.attend()
    entered = [command for command in stand.agents.asked if isinstance(command, Enter)]
    assert [command.hard_of_hearing for command in entered] == [False, True]
    looking: list[Rounds] = []
    monkeypatch.setattr(Rounds, "look", lambda rounds, agent: looking.append(rounds))
    monkeypatch.setattr(Rounds, "count", lambda rounds, agent, tell: None)  # for ever, in time that nobody waits for
    stand.run.begin()
    gevent.sleep(0)
    stand.time.sleep(SETTLE_SECONDS)
    due = looking[0].due(0)
    assert due is good
    good.away = True
    assert looking[0].due(0) is None
