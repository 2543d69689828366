"""Locust with workers from beginning to end, and who forwards: its own runners, agents that play a part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import gevent
import pytest

from loadtests import casting, options, worker
from loadtests.collecting import Collector
from loadtests.refusal import REFUSED
from loadtests.run import run_of
from loadtests.users.presence import Presence
from mcu.bench.server_process import free_ports
from mcu.errors import ConfigurationError
from tests.loadtests.fakes import Told
from tests.loadtests.locust_runs import PATIENCE, Locust, begin, environment, pretend, wait_for
from tests.loadtests.rest_server import RestServer, running

MASTER_WAITS = 0.5  # seconds that locust's master waits by itself for workers that quit


@pytest.fixture(autouse=True)
def pretended(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch)


@pytest.fixture
def rest() -> Iterator[RestServer]:
    with running() as fake:
        yield fake


def test_a_master_shares_conferences_out_among_workers(rest: RestServer) -> None:
    (port,) = free_ports(1)
    arguments = ("-u", "12", "--conferences", "3", "--scenario", "churn", "--check-every", "0", "--agents", "1")
    lead = environment(*arguments, host=rest.address)
    master = lead.create_master_runner("127.0.0.1", port)
    begin(lead)
    works = [environment(host=None) for _ in range(2)]
    told = [Told() for _ in works]
    try:
        for made, heard in zip(works, told, strict=True):
            made.events.request.add_listener(heard.take)
            made.create_worker_runner("127.0.0.1", port)
            begin(made)
        wait_for(lambda: len(master.clients.ready) == 2)
        master.start(12, 100)
        wait_for(lambda: sum(each.types().count("join") for each in told) == 12)
        runs = [run for made in works if (run := run_of(made)) is not None]
        assert run_of(lead) is None
        links = sorted(meeting.key for run in runs for meeting in run.meetings)
        assert links == sorted(each["link"] for each in rest.made.values())
        assert all(meeting.chair is not None for run in runs for meeting in run.meetings)
        people = [who for run in runs for meeting in run.meetings for who in meeting.people]
        assert len(set(people)) == 12
        assert runs[0].scenario.name == "churn"  # the workers were not told by flags
        master.send_message(worker.GOES)
        wait_for(lambda: all(run._before for run in runs))
        master.stop()
        assert sorted(rest.ended) == ["c1", "c2", "c3"]
    finally:
        for made in works:
            assert made.runner is not None
            made.runner.quit()
        master.quit()


def test_a_master_that_quits_has_heard_that_everybody_left(monkeypatch: pytest.MonkeyPatch, rest: RestServer) -> None:
    monkeypatch.setattr("locust.runners.WORKER_REPORT_INTERVAL", 2 * PATIENCE)  # none but the first and the last
    leave = Presence.leave

    def leave_slowly(user: Presence) -> None:
        gevent.sleep(2 * MASTER_WAITS)
        leave(user)

    monkeypatch.setattr(Presence, "leave", leave_slowly)
    (port,) = free_ports(1)
    lead = environment("-u", "4", "--scenario", "churn", "--check-every", "0", "--agents", "1", host=rest.address)
    master = lead.create_master_runner("127.0.0.1", port)
    begin(lead)
    heard = Collector(lead, leads=True)
    work = environment(host=None)
    work.create_worker_runner("127.0.0.1", port)
    begin(work)
    Collector(work, leads=False)
    told = Told()
    work.events.request.add_listener(told.take)
    wait_for(lambda: len(master.clients.ready) == 1)
    master.start(4, 100)
    wait_for(lambda: told.types().count("join") == 4)
    master.quit()
    assert heard.results is not None
    counted = Counter[str]()
    for (kind, _), count in heard.results.counts.items():
        counted[kind] += count
    assert counted["join"] == counted["leave"] == 4
    assert lead.stats.total.num_requests >= 8  # locust's own have them, too
    assert rest.ended == ["c1"]
    assert work.runner is not None
    work.runner.quit()


def test_a_master_ends_when_the_run_cannot_be_made(rest: RestServer) -> None:
    (port,) = free_ports(1)
    lead = environment("-u", "99", "--conferences", "1", host=rest.address)
    master = lead.create_master_runner("127.0.0.1", port)
    begin(lead)
    work = environment(host=None)
    worker_runner = work.create_worker_runner("127.0.0.1", port)
    begin(work)
    try:
        wait_for(lambda: len(master.clients.ready) == 1)
        starting = gevent.spawn(master.start, 99, 100)
        wait_for(lambda: len(master.greenlet) == 0)
        assert lead.process_exit_code == REFUSED
        assert "99 participants in 1 conference are 99 in each" in str(starting.exception)
        assert rest.ended == ["c1"]
    finally:
        worker_runner.quit()
        master.quit()


def test_another_whip_and_whep_server_takes_the_place_of_ours() -> None:
    flags = ("--whip", "https://x.invalid/whip/{stream}", "--whep", "https://x.invalid/whep/{stream}", "--token", "t")
    locust = Locust(
        "-u", "6", "-t", "20", "--scenario", "forward", "--conferences", "2", "--check-every", "0", *flags, host=None
    )
    locust.runner.start_shape()
    wait_for(lambda: locust.told.types().count("join") == 6)
    assert locust.runner.user_classes_count["Publisher"] == 2
    assert locust.runner.user_classes_count["Viewer"] == 4
    run = run_of(locust.environment)
    assert run is not None
    assert [meeting.conference.whep for meeting in run.meetings] == [
        f"https://x.invalid/whep/{number}" for number in (1, 2)
    ]
    locust.end()
    assert not any(row[2] for row in locust.told.rows())


def count(*arguments: str, workers: int, users: int = 12, host: str | None = None) -> int:
    parsed = environment("--scenario", "forward", *arguments, host=host).parsed_options
    return casting.count_of(options.options_of(parsed, host=host or ""), users=users, workers=workers)


NUMBERED = ("--whip", "https://x/whip/{stream}", "--whep", "https://x/whep/{stream}")
ALONE = ("--whip", "https://x/whip", "--whep", "https://x/whep")


def test_who_forwards_has_a_stream_in_each_worker() -> None:
    assert count(*NUMBERED, workers=3) == count(host="http://x", workers=3) == 3
    assert count(*NUMBERED, workers=1) == count(*ALONE, workers=1) == 1
    assert count(*NUMBERED, "--conferences", "4", workers=3) == 4
    assert count("--scenario", "steady", host="http://x", workers=3) == 1  # workers share it


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (ALONE, r"1 stream for 3 locust workers: .* Start 1 of them, or take --conferences 3 with \{stream\}"),
        ((*NUMBERED, "--conferences", "2"), r"2 streams for 3 locust workers: .* Start 2 of them"),
    ],
)
def test_a_worker_without_a_sender_is_refused(arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        count(*arguments, workers=3)
