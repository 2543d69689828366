"""The line of every ten seconds, later of every minute."""

from __future__ import annotations

from loadtests.progress import line, pause
from loadtests.results import Moment, Results, Sample


def test_it_says_who_is_there_what_failed_and_how_the_server_stands() -> None:
    results = Results(began=1000.0)
    results.add([Sample(1001.0, "join", "Chair", 300.0), Sample(1030.0, "tile check", "Chair", 0.0, "tile black: 3")])
    results.look(Moment(at=1110.0, users=12, server_cores=0.5, server_bytes=210e6, tasks=44))
    assert line(results, 1120.0) == (
        "2분: 참가자 12명, 확인 1번, 실패 1번 · "
        "2 min: 12 people, 2 requests, 1 checks, 1 failed, CPU 0.50, 210 MB, tasks 44"
    )


def test_a_server_that_tells_nothing_is_not_made_up() -> None:
    assert (
        line(Results(began=0.0), 60.0)
        == "1분: 참가자 0명, 확인 0번, 실패 0번 · 1 min: 0 people, 0 requests, 0 checks, 0 failed"
    )


def test_whoever_waits_sees_every_ten_seconds_that_something_happens_and_later_every_minute() -> None:
    assert [pause(lasted) for lasted in (0.0, 10.0, 110.0, 120.0, 3600.0)] == [10.0, 10.0, 10.0, 60.0, 60.0]
    assert line(Results(began=0.0), 20.0).startswith("20초: ")
