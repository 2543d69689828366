"""The server's count against that of the load: in fake time, and from a worker's report to the leader."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Mapping

import msgspec
import pytest
import requests
from locust.env import Environment

from loadtests import conferences
from loadtests.headcount import FIELD, LOOK_SECONDS, Headcount, Watch, fill_report
from loadtests.rest import Server
from loadtests.users.district_head import DistrictHead
from tests.loadtests.fakes import Stand, Time, Told
from tests.loadtests.rest_server import RestServer, running


def told(legs: list[float], *, least: int, most: int) -> list[tuple[float, str]]:
    """What is told when, with one look every two seconds."""
    count = Headcount(now=0.0)
    found = []
    for look, value in enumerate(legs):
        now = LOOK_SECONDS * (look + 1)
        count.count("worker", least, most)
        wrong = count.take(value, now)
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
    count = Headcount(now=0.0)
    for at, (least, legs) in enumerate([(4, 4.0), (4, 3.0), (3, 3.0), (3, 3.0)] * 10):
        count.count("worker", least, 5)
        assert not count.take(legs, float(2 * at + 2))


class Led:
    """A leader that watches a server with a conference of its own, and what it tells."""

    def __init__(self, server: RestServer, *, ours: bool = True, legs: float | None = None) -> None:
        self.legs, self.time, self.told, self.asked = legs, Time(), Told(), 0
        parsed = Namespace(api_key=server.key)
        self.environment = Environment(host=server.address, parsed_options=parsed)
        self.environment.events.request.add_listener(self.told.take)
        made = conferences.make(Server(server.address, api_key=server.key), count=1, people=30, title="시험")
        conferences.set_conferences(self.environment, [msgspec.structs.replace(each, ours=ours) for each in made])
        self.watch = Watch(self.environment, read=self.read, clock=self.time.clock)
        self.watch.begin()

    def read(self, host: str) -> Mapping[str, float]:
        self.asked += 1
        if self.legs is None:
            raise requests.ConnectionError
        return {"mcu_legs": self.legs}

    def looks(self, *, people: int, workers: int = 2) -> list[str]:
        """What is told in a minute and a half by two workers of so many each."""
        for _ in range(9):
            for worker in range(workers):
                self.environment.events.worker_report.fire(client_id=str(worker), data={FIELD: (people, people)})
            self.time.sleep(10.0)
            self.watch.look()
        self.watch.end()
        rows = self.told.rows()
        assert {row[:2] for row in rows} <= {("presence", "Server")}
        return [failure for _, _, failure in rows]


@pytest.fixture
def server() -> Iterator[RestServer]:
    with running(key="right") as fake:
        yield fake


def test_a_worker_says_how_many_are_in() -> None:
    stand = Stand()
    for _ in range(2):
        DistrictHead(stand.environment).attend()
    data: dict[str, object] = {}
    fill_report(stand.environment, data)
    assert data == {FIELD: (2, 2)}


def test_a_watch_counts_those_of_all_workers(server: RestServer) -> None:
    server.present = 2
    said = Led(server).looks(people=2)
    assert said[-1] == "the server has 2 of the 4 who are in, for 80 s"


def test_people_of_another_run_are_not_counted(server: RestServer) -> None:
    led = Led(server, legs=34.0)
    server.present = 4
    server.made["another"] = server.made["c1"] | {"id": "another"}  # with as many people
    assert led.looks(people=2) == [""] * 9
    assert led.asked == 0  # legs are not told by conference


def test_whoever_is_missing_is_missed_beside_people_of_another_run(server: RestServer) -> None:
    led = Led(server, legs=34.0)
    server.present = 3
    server.made["another"] = server.made["c1"] | {"id": "another"}
    assert led.looks(people=2)[-1] == "the server has 3 of the 4 who are in, for 80 s"


def test_who_is_on_the_roster_and_has_no_media_any_more_is_missed(server: RestServer) -> None:
    led = Led(server, legs=3.0)
    server.present = 4
    assert led.looks(people=2)[-1] == "the server has 3 of the 4 who are in, for 80 s"


def test_who_reconnects_is_not_there(server: RestServer) -> None:
    server.present, server.reconnecting = 4, 1
    assert Led(server).looks(people=2)[-1] == "the server has 3 of the 4 who are in, for 80 s"


def test_a_conference_that_others_may_enter_is_not_judged(server: RestServer, caplog: pytest.LogCaptureFixture) -> None:
    server.present = 9
    assert Led(server, ours=False).looks(people=2) == []
    assert "whether the server has everybody cannot be told" in caplog.text


def test_a_server_that_does_not_say_is_not_judged(server: RestServer, caplog: pytest.LogCaptureFixture) -> None:
    led = Led(server)
    server.key = "another"
    assert led.looks(people=2) == []
    assert caplog.text.count("Who is there cannot be counted") == 1
