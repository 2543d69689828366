"""One too many: satisfied with the right refusal, and with nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from loadtests.users.one_too_many import FULL_SECONDS, OneTooMany, what_is_wrong
from loadtests.wire import Enter, Leave, Reply
from mcu.signaling.messages import sentence
from tests.loadtests.fakes import Stand, conference
from tests.loadtests.rest_server import RestServer, running

RIGHT = f"conference-full: {sentence('conference-full').en}"


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(number=0, failed="refused", detail=RIGHT), ""),
        (Reply(number=0), "let in though the conference was full"),
        (Reply(number=0, failed="timeout", detail="not within 20 s"), "timeout instead of refused: not within 20 s"),
        (
            Reply(number=0, failed="refused", detail="busy: The server is busy."),
            "refused with busy instead of conference-full",
        ),
    ],
)
def test_what_is_right_and_what_is_wrong(reply: Reply, said: str) -> None:
    assert what_is_wrong(reply) == said


@pytest.mark.parametrize("detail", ["conference-full", "conference-full: ", "conference-full: Error 503"])
def test_a_code_without_its_sentence_is_not_clear(detail: str) -> None:
    assert "without the sentence" in what_is_wrong(Reply(number=0, failed="refused", detail=detail))


@pytest.fixture
def rest() -> Iterator[RestServer]:
    with running() as fake:
        yield fake


@pytest.fixture
def stand(rest: RestServer) -> Stand:
    made = Stand(host=rest.address)
    created = made.run.server.create("회의", capacity=30)
    made.run.meetings[0].conference = conference(id=created.id, link=created.link, capacity=30)
    rest.present = 30
    return made


def refuse(command: Any) -> Reply | None:
    return Reply(number=0, failed="refused", detail=RIGHT) if isinstance(command, Enter) else None


def test_it_is_refused_and_that_is_right(stand: Stand) -> None:
    stand.agents.answer = refuse
    user = OneTooMany(stand.environment)
    user.attend()
    assert stand.told.rows() == [("refusal", "OneTooMany", "")]
    assert not stand.agents.listeners
    user.attend()
    assert stand.told.types() == ["refusal", "refusal"]


def test_it_is_let_in_and_goes_again(stand: Stand) -> None:
    OneTooMany(stand.environment).attend()
    assert stand.told.rows() == [("refusal", "OneTooMany", "let in though the conference was full")]
    assert [type(command) for command in stand.agents.asked] == [Enter, Leave]


def test_it_waits_until_all_others_are_in(stand: Stand, rest: RestServer) -> None:
    rest.present = 28
    stand.agents.answer = refuse
    begun = stand.time.now

    def fill() -> None:
        rest.present = 30

    stand.time.at(7.2, fill)
    OneTooMany(stand.environment).attend()
    assert stand.told.rows() == [("refusal", "OneTooMany", "")]
    assert stand.time.now - begun == pytest.approx(7.5, abs=0.5)


def test_a_conference_that_is_never_full(stand: Stand, rest: RestServer) -> None:
    rest.present = 29
    begun = stand.time.now
    OneTooMany(stand.environment).attend()
    assert stand.told.rows() == [("refusal", "OneTooMany", "never full: 29 of 30 came in")]
    assert stand.agents.asked == []
    assert stand.time.now - begun == pytest.approx(FULL_SECONDS, abs=1.0)


def test_a_server_that_does_not_say_how_many_are_in() -> None:
    stand = Stand()
    OneTooMany(stand.environment).attend()
    ((kind, _, failure),) = stand.told.rows()
    assert kind == "refusal"
    assert "does not answer" in failure
