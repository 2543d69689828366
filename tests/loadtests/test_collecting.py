"""From locust's events to results: alone, and from a worker to the one that leads."""

from __future__ import annotations

import socket
import threading

import gevent
import msgspec
import numpy as np
import pytest
import requests
from locust.env import Environment

from loadtests import collecting
from loadtests.collecting import Collector, Reading, parse_metrics, total
from loadtests.findings import Figures, Inspection
from loadtests.telling import tell, tell_counts, tell_inspection
from loadtests.wire import Counts
from tests.loadtests.rest_server import running


class Over(Exception):
    """The test has seen enough."""


INSPECTION = Inspection(who=7, began=1.0, figures=Figures(seconds=3.0, frames=75, picture_delay=60.0))
COUNTS = Counts(
    seconds=5.0,
    cpu_seconds=1.5,
    connected=3,
    packets_received=9,
    packets_sent=9,
    skipped=0,
    overflowed=0,
    late=0.02,
    reconnects=0,
)


def happen(environment: Environment) -> None:
    tell(environment, "join", "Chair", seconds=0.5)
    tell(environment, "leave", "Chair", failure="gone")
    tell_inspection(environment, "Viewer", INSPECTION)
    tell_counts(environment, "Agent", COUNTS)


def test_whoever_runs_alone_has_everything_at_once() -> None:
    environment = Environment()
    collector = Collector(environment, leads=True)
    happen(environment)
    results = collector.results
    assert results is not None
    assert results.measured()["join"].times == [500.0]
    assert results.fails["leave", "Chair"] == 1
    assert [(name, found) for _, name, found in results.inspections] == [("Viewer", INSPECTION)]
    assert results.measured()["glass-to-glass"].times == [60.0]


def test_a_worker_reports_to_the_leader_and_keeps_nothing() -> None:
    there, here = Environment(), Environment()
    worker, leader = Collector(there, leads=False), Collector(here, leads=True)
    happen(there)
    for _ in range(2):
        data: dict[str, object] = {}
        there.events.report_to_master.fire(client_id="w", data=data)
        here.events.worker_report.fire(client_id="w", data=msgspec.msgpack.decode(msgspec.msgpack.encode(data)))
    assert worker.results is None
    results = leader.results
    assert results is not None
    assert results.counts["join", "Chair"] == 1
    assert len(results.inspections) == 1


def test_agents_say_how_they_do_less_often_than_the_server_is_looked_at() -> None:
    environment = Environment()
    collector = Collector(environment, leads=True)
    began = collector._load_since
    cores = []
    for look in range(1, 7):
        if look % 2:
            tell_counts(environment, "Agent", COUNTS)
        cores.append(collector._moment({}, [Reading(began, {})], began + 5.0 * look).load_cores)
    assert cores[0] is None  # nobody has said anything for ten seconds
    assert cores[1:] == pytest.approx([0.15] * 5)


def test_agents_that_say_nothing_are_not_idle() -> None:
    environment = Environment()
    collector = Collector(environment, leads=True)
    began, cores = collector._load_since, []
    for look in range(1, 7):
        if look in (2, 5):  # the second is late for the look at 20 s
            tell_counts(environment, "Agent", COUNTS)
        cores.append(collector._moment({}, [Reading(began, {})], began + 5.0 * look).load_cores)
    assert cores[1:] == pytest.approx([0.15, 0.15, 0.15, 0.1, 0.1])


@pytest.mark.parametrize(("host", "asked"), [("http://x", ["http://x"]), (None, []), ("", [])])
def test_who_has_no_address_is_not_asked_for_metrics(
    monkeypatch: pytest.MonkeyPatch, host: str | None, asked: list[str]
) -> None:
    read: list[str] = []
    monkeypatch.setattr(collecting, "read_metrics", lambda host: read.append(host) or {"mcu_legs": 3.0})
    collector = Collector(Environment(host=host), leads=True)
    sleeping = iter([None])

    def sleep(seconds: float) -> None:
        if next(sleeping, Over) is Over:
            raise Over

    monkeypatch.setattr(gevent, "sleep", sleep)
    with pytest.raises(Over):
        collector._look()
    assert read == asked
    assert collector.results is not None
    assert [moment.legs for moment in collector.results.moments] == [3.0 if asked else None]


def test_metrics_are_summed_over_labels_and_nonsense_is_passed_over() -> None:
    metrics = parse_metrics(
        [
            "# HELP x y",
            'mcu_processor_rss_bytes{processor="0"} 1e8',
            'mcu_processor_rss_bytes{processor="1"} 2e8',
            "mcu_controller_process_resident_memory_bytes 5e7",
            "broken{ 3",
            "word word",
            "",
        ]
    )
    assert total(metrics, ("mcu_processor_rss_bytes", "mcu_controller_process_resident_memory_bytes")) == pytest.approx(
        3.5e8
    )
    assert total(metrics, ("absent",)) is None


def test_figures_that_are_now_older_and_now_newer_give_an_even_rate() -> None:
    collector, name = Collector(Environment(), leads=True), "mcu_processor_cpu_seconds_total"
    read = [Reading(at, {name: 0.7 * 2.0 * (at // 2.0)}) for at in np.arange(0.0, 45.0, 5.0)]  # renewed every 2 s
    moments = [collector._moment(read[look].metrics, read[look - 2 : look], read[look].at) for look in range(2, 9)]
    assert [moment.server_cores for moment in moments] == pytest.approx([0.7] * 7)


def test_a_figure_that_is_no_number_is_none() -> None:
    assert total(parse_metrics(["mcu_legs NaN"]), ["mcu_legs"]) is None
    assert total(parse_metrics(["mcu_legs +Inf", "mcu_tasks 3"]), ["mcu_legs", "mcu_tasks"]) == 3.0


def test_a_body_that_breaks_off_is_told_as_what_is_waited_for() -> None:
    def answer(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nmcu_legs 3\n")
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=lambda: answer(server.accept()[0]))
        thread.start()
        with pytest.raises(requests.RequestException):
            collecting.read_metrics(f"http://127.0.0.1:{server.getsockname()[1]}")
        thread.join()


def test_a_server_that_sends_on_to_no_address_is_told_as_what_is_waited_for() -> None:
    with running(sends_on_to="http://[::1") as fake, pytest.raises(requests.RequestException):
        collecting.read_metrics(fake.address)
