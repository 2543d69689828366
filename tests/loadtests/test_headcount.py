"""The server's count against that of the load: in fake time, and from a worker's report to the leader."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import requests
from locust.env import Environment

from loadtests.headcount import FIELD, LOOK_SECONDS, Headcount, Watch, fill_report
from loadtests.users.district_head import DistrictHead
from tests.loadtests.fakes import Stand, Time, Told


def told(legs: list[float], *, least: int, most: int) -> list[tuple[float, str]]:
    """What is told when, with one look every two seconds."""
    count = Headcount(before=2.0, now=0.0)
    found = []
    for look, value in enumerate(legs):
        now = LOOK_SECONDS * (look + 1)
        count.count("worker", least, most)
        wrong = count.take(value + 2.0, now)
        if wrong is not None:
            found.append((now, wrong))
    return found


def test_everybody_is_there() -> None:
    assert told([3.0, 4.0, 5.0, 4.0, 3.0] * 2, least=3, most=5) == [(10.0, ""), (20.0, "")]


def test_who_is_silently_gone_is_told_as_long_as_it_lasts() -> None:
    found = told([4.0] * 2 + [3.0] * 13, least=4, most=4)
    assert [bool(wrong) for _, wrong in found] == [False, True, True]
    assert found[1] == (20.0, "the server has 3 of the 4 who are in, for 14 s")


def test_ten_seconds_are_forgiven() -> None:
    assert not any(wrong for _, wrong in told(([4.0] + [3.0] * 5) * 5, least=4, most=4))


def test_the_server_may_keep_the_lost_for_a_while_but_not_for_ever() -> None:
    found = told([5.0] * 40, least=3, most=4)
    assert [at for at, wrong in found if wrong] == [70.0, 80.0]
    assert "where 4 are at most" in found[-1][1]


def test_reports_come_late_so_several_are_taken_together() -> None:
    count = Headcount(before=0.0, now=0.0)
    for at, (least, legs) in enumerate([(4, 4.0), (4, 3.0), (3, 3.0), (3, 3.0)] * 10):
        count.count("worker", least, 5)
        assert not count.take(legs, float(2 * at + 2))


def test_a_watch_looks_at_its_own_run_and_at_those_of_workers() -> None:
    stand = Stand()
    for _ in range(2):
        DistrictHead(stand.environment).attend()
    data: dict[str, object] = {}
    fill_report(stand.environment, data)
    assert data == {FIELD: (2, 2)}

    legs = {"mcu_legs": 0.0}
    leader, heard = Environment(), Told()
    leader.events.request.add_listener(heard.take)
    time = Time()
    watch = Watch(leader, read=lambda host: legs, clock=time.clock)
    watch.begin()
    legs["mcu_legs"] = 2.0
    try:
        for worker in ("one", "two"):
            leader.events.worker_report.fire(client_id=worker, data=data)
        for _ in range(2):
            time.sleep(20.0)
            watch.look()
    finally:
        watch.end()
    assert [row[0] for row in heard.rows()] == ["presence", "presence"]
    assert heard.rows()[-1] == ("presence", "Server", "the server has 2 of the 4 who are in, for 20 s")


@pytest.mark.parametrize("metrics", [{}, None])
def test_a_server_that_does_not_say_is_not_judged(metrics: Mapping[str, float] | None) -> None:
    def read(host: str) -> Mapping[str, float]:
        if metrics is None:
            raise requests.ConnectionError
        return metrics

    environment, heard = Environment(), Told()
    environment.events.request.add_listener(heard.take)
    time = Time()
    watch = Watch(environment, read=read, clock=time.clock, sleep=time.sleep)
    watch.begin()
    watch.look()
    watch.end()
    assert heard.rows() == []


def test_a_server_that_has_just_started_is_given_a_moment() -> None:
    answers: list[Mapping[str, float]] = [{}, {}, {"mcu_legs": 3.0}]
    environment, heard, time = Environment(), Told(), Time()
    environment.events.request.add_listener(heard.take)
    watch = Watch(environment, read=lambda host: answers.pop(0), clock=time.clock, sleep=time.sleep)
    watch.begin()
    watch.end()
    assert answers == []
