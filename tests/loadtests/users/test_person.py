"""What all users share: coming in, losing the server, leaving."""

from __future__ import annotations

from typing import Any

import pytest
from locust.env import Environment
from locust.exception import StopUser

from loadtests.agents import AGENT_DIED
from loadtests.findings import Figures, Inspection
from loadtests.run import set_run
from loadtests.users.district_head import DistrictHead
from loadtests.users.person import Person
from loadtests.users.presence import REST_SECONDS
from loadtests.users.remote_expert import RemoteExpert
from loadtests.wire import Act, Enter, Happened, Leave, Reply
from tests.loadtests.fakes import Stand


class Somebody(Person):
    """Whose own doings are those of the test."""

    def take_part(self) -> None:
        self.act(camera_off=True)


@pytest.fixture
def stand() -> Stand:
    return Stand()


def fail(kind: type, **reply: Any) -> Any:
    """Answers commands of this kind so."""
    return lambda command: Reply(number=0, **reply) if isinstance(command, kind) else None


def test_in_takes_part_and_leaves(stand: Stand) -> None:
    user = Somebody(stand.environment)
    user.attend()
    user.attend()
    user.on_stop()
    assert [type(command) for command in stand.agents.asked] == [Enter, Act, Leave]
    assert stand.told.types() == ["join", "first frame", "first sound", "leave"]
    assert {row[1] for row in stand.told.rows()} == {"Somebody"}
    assert [each["response_time"] for each in stand.told.requests[:3]] == [300.0, 500.0, 400.0]
    assert not stand.agents.listeners


def test_how_one_enters(stand: Stand) -> None:
    user = Somebody(stand.environment)
    user.attend()
    (command,) = stand.agents.asked
    assert isinstance(command, Enter)
    assert (command.who, command.kind, command.server, command.camera) == (0, "attendee", "http://127.0.0.1:9", True)
    assert command.conference == stand.run.meetings[0].conference.link
    assert command.chair_key == ""


def test_people_have_numbers_of_their_own_and_give_them_back(stand: Stand) -> None:
    users = [Somebody(stand.environment) for _ in range(3)]
    for user in users:
        user.attend()
    assert [user.who for user in users] == [0, 1, 2]
    users[1].leave()
    users.append(Somebody(stand.environment))
    users[3].attend()
    assert users[3].who == 1


def test_people_spread_over_conferences() -> None:
    stand = Stand(scenario="churn", places=3)
    users = [Somebody(stand.environment) for _ in range(7)]
    for user in users:
        user.attend()
    assert sorted(len(meeting.people) for meeting in stand.run.meetings) == [2, 2, 3]


def test_who_is_refused_tries_again_later(stand: Stand) -> None:
    stand.agents.answer = fail(Enter, failed="refused", detail="busy: The server is busy. Try again in a moment.")
    user = Somebody(stand.environment)
    begun = stand.time.now
    user.attend()
    assert stand.told.rows() == [("join", "Somebody", "refused: busy: The server is busy. Try again in a moment.")]
    assert stand.time.now - begun >= 3.0
    assert not stand.agents.listeners
    stand.agents.answer = lambda command: None
    user.attend()
    assert user.is_staying
    assert user.who == 0  # the number was free again


def test_the_number_of_who_may_be_in_after_all_rests(stand: Stand) -> None:
    stand.agents.answer = fail(Enter, failed="timeout", detail="not within 20 s: first frame")
    user = Somebody(stand.environment)
    user.attend()
    stand.agents.answer = lambda command: None
    user.attend()
    assert user.who == 1
    user.leave()
    stand.time.sleep(REST_SECONDS)
    user.attend()
    assert user.who == 0


def test_who_is_late_waits_once() -> None:
    stand = Stand(scenario="churn", speakers=3)
    stand.run.scenario = stand.run.scenario.__class__(
        name="x", title_ko="x", title_en="x", users=1, duration=1.0, pace=None
    )
    user, begun = RemoteExpert(stand.environment), stand.time.now
    user.attend()
    first = stand.time.now - begun
    assert 5.0 <= first <= 30.0
    user.leave()
    user.attend()
    assert stand.time.now - begun == first


def test_nobody_is_late_where_all_come_at_once(stand: Stand) -> None:
    user, begun = RemoteExpert(stand.environment), stand.time.now
    user.attend()
    assert stand.time.now == begun


def test_churn() -> None:
    stand = Stand(scenario="churn")
    user = Somebody(stand.environment)
    user.attend()
    came = stand.time.now
    while user.is_staying:
        stand.time.sleep(1.0)
        user.attend()
    assert 20.0 <= stand.time.now - came <= 66.0
    assert isinstance(stand.agents.asked[-1], Leave)
    user.attend()
    assert user.is_staying
    assert stand.told.types().count("join") == 2


def test_a_server_that_goes_and_comes_back(stand: Stand) -> None:
    user = Somebody(stand.environment)
    user.attend()
    user.happened(Happened(who=0, what="media lost"))
    assert user.away
    user.happened(Happened(who=0, what="reconnect", seconds=4.2))
    assert not user.away
    assert user.reconnects == 1
    assert stand.told.requests[-1]["request_type"] == "reconnect"
    assert stand.told.requests[-1]["response_time"] == 4200.0
    assert stand.told.requests[-1]["exception"] is None


def test_a_reconnect_that_failed_is_told_and_the_person_comes_anew(stand: Stand) -> None:
    user = Somebody(stand.environment)
    user.attend()
    user.happened(Happened(who=0, what="reconnect", failed="refused", detail="resume-over: That is over."))
    assert stand.told.rows()[-1] == ("reconnect", "Somebody", "refused: resume-over: That is over.")
    user.attend()
    assert user.is_staying
    assert user.who == 1  # the old one may be in the conference still
    assert stand.told.types().count("join") == 2


def test_who_is_put_out_says_so_once(stand: Stand) -> None:
    user = Somebody(stand.environment)
    user.attend()
    for _ in range(2):
        user.happened(Happened(who=0, what="ended", failed="removed"))
    assert stand.told.rows()[-1] == ("reconnect", "Somebody", "put out: removed")
    assert stand.told.types().count("reconnect") == 1


def test_the_end_of_a_conference_is_no_failure(stand: Stand) -> None:
    user = Somebody(stand.environment)
    user.attend()
    user.happened(Happened(who=0, what="ended", detail="conference-ended"))
    assert not any(row[2] for row in stand.told.rows())
    user.on_stop()
    assert "leave" not in stand.told.types()


def test_an_agent_that_died_fails_everybody_in_it_and_they_come_anew(stand: Stand) -> None:
    users = [Somebody(stand.environment) for _ in range(2)]
    for user in users:
        user.attend()
        user.happened(
            Happened(who=user.who, what=AGENT_DIED, failed="gone", detail="the agent ended:\nTraceback\nValueError: no")
        )
    assert [row for row in stand.told.rows() if row[2]] == [
        ("agent", "Somebody", "gone: the agent ended: ValueError: no")
    ] * 2
    for user in users:
        user.attend()
        assert user.is_staying


def test_an_agent_that_dies_while_somebody_enters(stand: Stand) -> None:
    user = Somebody(stand.environment)

    def die(command: Any) -> Reply:
        user.happened(Happened(who=command.who, what=AGENT_DIED, failed="gone", detail="the agent ended"))
        return Reply(number=0, failed="gone", detail="the agent ended")

    stand.agents.answer = die
    user.attend()
    assert not user.is_staying
    stand.agents.answer = lambda command: None
    user.attend()
    assert user.is_staying


def test_what_cannot_be_done_fails(stand: Stand) -> None:
    user = Somebody(stand.environment)
    user.attend()
    stand.agents.answer = fail(Act, failed="timeout", detail="not within 8 s")
    user.attend()
    assert stand.told.rows()[-1] == ("tile check", "Somebody", "camera_off: timeout: not within 8 s")


def test_what_cannot_be_done_while_the_server_is_away_is_no_second_failure(stand: Stand) -> None:
    user = Somebody(stand.environment)
    user.attend()

    def go(command: Any) -> Reply:
        user.happened(Happened(who=0, what="media lost"))
        return Reply(number=0, failed="timeout")

    stand.agents.answer = go
    user.attend()
    assert not any(row[2] for row in stand.told.rows())


def test_a_user_killed_on_the_way_in_leaves_all_the_same(stand: Stand) -> None:
    user = Somebody(stand.environment)

    class Killed(BaseException):
        """As GreenletExit."""

    def kill(command: Any) -> Reply | None:
        if isinstance(command, Enter):
            raise Killed
        return Reply(number=0, failed="unknown")

    stand.agents.answer = kill
    with pytest.raises(Killed):
        user.attend()
    user.on_stop()
    assert isinstance(stand.agents.asked[-1], Leave)
    assert stand.told.requests == []  # it was never in
    assert not stand.agents.listeners
    assert stand.run.meetings[0].expected == 0


def test_a_run_that_ends_while_somebody_leaves(stand: Stand) -> None:
    user = Somebody(stand.environment)
    user.attend()

    def end(command: Any) -> Reply:
        set_run(stand.environment, None)
        return Reply(number=0, failed="gone", detail="the agent cannot be read")

    stand.agents.answer = end
    user.on_stop()
    assert [type(command) for command in stand.agents.asked] == [Enter, Leave]
    user.on_stop()
    assert len(stand.agents.asked) == 2  # there is nobody left to ask


def test_a_worker_that_came_too_late_has_no_users() -> None:
    user = Somebody(Environment())
    with pytest.raises(StopUser):
        user.on_start()
    user.on_stop()


def test_one_turn_of_speaking(stand: Stand) -> None:
    user = DistrictHead(stand.environment)
    user.attend()
    begun = stand.time.now
    assert user.speak()
    assert stand.agents.wishes == [{"speaking": True}, {"speaking": False}]
    assert 6.0 <= stand.time.now - begun <= 14.0
    assert stand.run.meetings[0].speaking == set()


def test_three_speak_at_most(stand: Stand) -> None:
    users = [DistrictHead(stand.environment) for _ in range(5)]
    for user in users:
        user.attend()
    for user in users[:3]:
        stand.run.meetings[0].begin_to_speak(user.who)
    assert not users[3].speak()
    assert stand.agents.wishes == []


def test_a_turn_is_given_back_by_who_is_lost_while_speaking(stand: Stand) -> None:
    user = DistrictHead(stand.environment)
    user.attend()
    stand.time.at(3.0, lambda: user.happened(Happened(who=0, what="ended", failed="removed")))
    user.speak()
    assert stand.agents.wishes == [{"speaking": True}]
    assert stand.run.meetings[0].speaking == set()


def test_checks_are_told_under_the_name_of_the_user(stand: Stand) -> None:
    user = Somebody(stand.environment)
    user.attend()
    user.checked(Inspection(who=0, began=1.0, figures=Figures(seconds=3.0, frames=70)))
    user.check_failed(Reply(number=0, failed="timeout"))
    assert stand.told.rows()[-2:] == [("tile check", "Somebody", ""), ("agent", "Somebody", "check: timeout")]
