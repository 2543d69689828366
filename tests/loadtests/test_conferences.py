"""Conferences of a run: made, shared out among workers, ended."""

from __future__ import annotations

import msgspec
import pytest

from loadtests import conferences
from loadtests.conferences import MOST_SPEAKERS, Allotment, Conference, allot
from loadtests.rest import Server
from mcu.errors import ConfigurationError
from tests.loadtests.rest_server import running


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 7, 16])
@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_every_worker_has_one_and_every_conference_its_speakers_and_one_chair(count: int, workers: int) -> None:
    made = [Conference(link=str(number)) for number in range(count)]
    places = [place for each in allot(made, workers=workers) for place in each.places]
    for conference in made:
        here = [place for place in places if place.conference == conference]
        assert sum(place.speakers for place in here) == MOST_SPEAKERS
        assert sum(place.chaired for place in here) == 1
    assert all(each.places for each in allot(made, workers=workers))


@pytest.mark.parametrize(("count", "workers"), [(8, 3), (3, 3), (8, 1)])
def test_a_conference_is_in_one_worker_where_there_are_enough(count: int, workers: int) -> None:
    allotted = allot([Conference(link=str(number)) for number in range(count)], workers=workers)
    assert sum(len(each.places) for each in allotted) == count
    assert max(len(each.places) for each in allotted) - min(len(each.places) for each in allotted) <= 1


def test_chairs_come_to_the_worker_that_has_their_conference() -> None:
    """Locust hands one user after the other to one worker after the other, chairs first."""
    made = [Conference(link=str(number)) for number in range(5)]
    for index, allotment in enumerate(allot(made, workers=3)):
        chairs = len([turn for turn in range(len(made)) if turn % 3 == index])
        assert sum(place.chaired for place in allotment.places) == chairs


def test_nothing_to_share_out() -> None:
    with pytest.raises(ValueError, match="nothing to share out"):
        allot([], workers=1)


def test_an_allotment_goes_by_message() -> None:
    (allotment,) = allot([Conference(link="a", capacity=30)], workers=1, gateway="10.0.0.1:1720")
    assert msgspec.convert(msgspec.to_builtins(allotment), Allotment) == allotment


def test_they_are_made_and_ended() -> None:
    with running() as fake:
        server = Server(fake.address)
        made = conferences.make(server, count=2, people=40, title="부하 시험")
        assert [each.link for each in made] == [each["link"] for each in fake.made.values()]
        assert [each["title"] for each in fake.made.values()] == ["부하 시험 1", "부하 시험 2"]
        assert {each.capacity for each in made} == {36}
        conferences.end(server, made)
    assert fake.ended == ["c1", "c2"]


def test_one_that_takes_exactly_its_people() -> None:
    with running() as fake:
        (made,) = conferences.make(Server(fake.address), count=1, people=30, title="부하 시험", capacity=30)
    assert made.capacity == 30


def test_more_people_than_the_server_lets_in() -> None:
    with running(limit=20) as fake, pytest.raises(ConfigurationError) as refused:
        conferences.make(Server(fake.address), count=4, people=186, title="부하 시험")
    said = str(refused.value)
    assert "47 in each" in said
    assert "lets 20 into one" in said
    assert "--conferences 10" in said
    assert fake.ended == ["c1"]  # nothing is left behind


def test_one_that_is_there_already() -> None:
    with running() as fake:
        server = Server(fake.address)
        there = server.create("회의")
        found = conferences.existing(server, link=f"{fake.address}/c/{there.link}/", chair_key="k")
        assert found == Conference(
            link=there.link, id=there.id, number=there.number, chair_key="k", capacity=36, ours=False
        )
        conferences.end(server, [found])
    assert fake.ended == []


def test_one_that_rest_does_not_show() -> None:
    with running(key="secret") as fake:
        found = conferences.existing(Server(fake.address), link="L" * 22)
    assert found == Conference(link="L" * 22, ours=False)


def test_waiting_until_everybody_is_out() -> None:
    with running(present=2) as fake:
        server = Server(fake.address)
        made = conferences.make(server, count=1, people=2, title="부하 시험")
        waited: list[float] = []

        def sleep(seconds: float) -> None:
            waited.append(seconds)
            fake.present -= 1

        assert conferences.wait_until_empty(server, made, sleep=sleep)
    assert waited == [conferences.LOOK_SECONDS] * 2


def test_not_waiting_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conferences, "EMPTY_SECONDS", 0.0)
    with running(present=2) as fake:
        server = Server(fake.address)
        made = conferences.make(server, count=1, people=2, title="부하 시험")
        assert not conferences.wait_until_empty(server, made, sleep=lambda _: None)
