"""Locust alone from beginning to end: its own runner, agents that play a part, a REST server."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest

from loadtests import leader, own_server, reporting, shapes
from loadtests.agents import Prepared
from loadtests.refusal import NOTHING, REFUSED
from loadtests.run import Run, run_of
from loadtests.users.conference_room import ConferenceRoom
from loadtests.users.district_head import DistrictHead
from loadtests.users.viewer import Viewer
from mcu.bench.server_process import free_ports
from tests.loadtests.locust_runs import Locust, pretend, wait_for
from tests.loadtests.rest_server import RestServer, running
from tests.support.both_languages import in_both_languages


@pytest.fixture(autouse=True)
def pretended(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch)


@pytest.fixture
def rest() -> Iterator[RestServer]:
    with running() as fake:
        yield fake


def refused(capsys: pytest.CaptureFixture[str], *arguments: str, host: str | None) -> str:
    """What is said in both languages of a run that cannot be made."""
    with pytest.raises(SystemExit) as ended:
        Locust(*arguments, host=host)
    assert ended.value.code == REFUSED
    return in_both_languages(capsys.readouterr().err)


def test_a_steady_run_from_beginning_to_end(rest: RestServer) -> None:
    locust = Locust("-u", "6", "--check-every", "0", "--agents", "1", host=rest.address)
    locust.runner.start(6, 100)
    wait_for(lambda: locust.told.types().count("join") >= 3)  # remote experts come late
    counts = locust.runner.user_classes_count
    assert counts["Chair"] == 1
    assert counts["DistrictHead"] >= 2
    assert sum(counts.values()) == 6
    assert len(rest.made) == 1
    locust.end()
    assert rest.ended == ["c1"]
    assert run_of(locust.environment) is None
    assert locust.told.types().count("leave") == locust.told.types().count("join")
    assert not any(row[2] for row in locust.told.rows())


def test_a_gathering_takes_its_shape(monkeypatch: pytest.MonkeyPatch, rest: RestServer) -> None:
    monkeypatch.setattr(shapes, "GATHERING_SECONDS", 2.0)
    rest.present = 4
    locust = Locust("-u", "4", "-t", "6", "--scenario", "gathering", "--check-every", "0", host=rest.address)
    assert locust.environment.shape_class is not None
    locust.runner.start_shape()
    wait_for(lambda: locust.told.types().count("join") == 4 and "refusal" in locust.told.types())
    assert rest.made["c1"]["capacity"] == 4
    assert locust.runner.user_classes_count["OneTooMany"] == 1
    assert ("refusal", "OneTooMany", "let in though the conference was full") in locust.told.rows()
    rest.present = 0
    wait_for(lambda: locust.runner.state == "stopped")
    locust.end()
    assert rest.ended == ["c1"]
    assert locust.told.types().count("leave") == 4


def test_two_runs_of_one_locust(rest: RestServer) -> None:
    locust = Locust("-u", "3", "--check-every", "0", host=rest.address)
    for run in (1, 2):
        locust.told.requests.clear()
        locust.runner.start(3, 100)
        wait_for(lambda: locust.told.types().count("join") >= 2)
        locust.runner.stop()
        assert rest.ended == [f"c{number}" for number in range(1, run + 1)]
    locust.end()


def test_a_conference_that_is_there_already(rest: RestServer) -> None:
    link = rest.answer("POST", "/api/v1/conferences", {"title": "회의"}, "")[1]["link"]
    locust = Locust(
        "-u", "3", "--check-every", "0", "--conference", f"/c/{link}", "--chair-key", "k", host=rest.address
    )
    locust.runner.start(3, 100)
    wait_for(lambda: "join" in locust.told.types())
    assert ConferenceRoom.weight == 0  # its PIN is not known
    assert Viewer.weight > 0
    run = run_of(locust.environment)
    assert run is not None
    assert run.meetings[0].conference.link == link
    locust.end()
    assert rest.ended == []


def test_an_agent_that_dies_is_told_and_its_people_come_back(rest: RestServer) -> None:
    locust = Locust("-u", "3", "--check-every", "0", "--agents", "1", "--scenario", "churn", host=rest.address)
    locust.runner.start(3, 100)
    wait_for(lambda: locust.told.types().count("join") == 3)
    run = run_of(locust.environment)
    assert run is not None
    process = run.agents._slots[0].process
    assert process is not None
    process._kill()
    wait_for(lambda: locust.told.types().count("join") == 6)
    died = [row for row in locust.told.rows() if row[0] == "agent"]
    assert len(died) == 4  # the agent, and everybody in it
    assert all("signal 9" in row[2] for row in died)
    assert run.agents.restarts == 1
    locust.end()


# --- what cannot be tried -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--scenario", "mass-reconnect"), "say how with --restart-command, or take --own-server"),
        (("--own-server",), "leave one of them out"),
        (("--speed", "-1"), "more than 0"),
    ],
)
def test_what_does_not_go_together_ends_locust_with_a_sentence(
    capsys: pytest.CaptureFixture[str], rest: RestServer, arguments: tuple[str, ...], said: str
) -> None:
    assert said in refused(capsys, *arguments, host=rest.address)


def test_no_server(capsys: pytest.CaptureFixture[str]) -> None:
    with running() as fake:
        address = fake.address
    assert "does not answer" in refused(capsys, host=address)


def test_a_wrong_key(capsys: pytest.CaptureFixture[str], rest: RestServer) -> None:
    rest.key = "right"
    assert "asks for its API key" in refused(capsys, host=rest.address)
    assert "is wrong" in refused(capsys, "--api-key", "wrong", host=rest.address)


def test_a_server_that_is_not_ready(capsys: pytest.CaptureFixture[str], rest: RestServer) -> None:
    rest.is_ready = False
    assert "Starting" in refused(capsys, host=rest.address)


def test_without_any_agent_the_run_ends_and_says_why(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rest: RestServer
) -> None:
    monkeypatch.setattr("loadtests.agents.leashed", lambda *_: [sys.executable, "-c", "import sys; sys.exit('broken')"])
    report = tmp_path / "report.html"
    locust = Locust(
        "-u", "3", "--scenario", "churn", "--report", str(report), host=rest.address, attach=reporting.attach
    )
    locust.runner.start_shape()
    wait_for(lambda: locust.runner.shape_greenlet is None or locust.runner.shape_greenlet.ready())
    locust.end()
    assert locust.environment.process_exit_code == NOTHING
    page = report.read_text(encoding="utf-8")
    assert "No agent was ready within" in page
    assert "broken" in page
    assert "하나도 준비되지 않았습니다" in page
    assert f"{os.cpu_count()} cores and had a load average of" in page
    assert (tmp_path / "report.csv").read_text().count("\n") == 1  # the names of the columns
    assert rest.ended == ["c1"]


def test_the_time_of_a_run_begins_when_its_agents_are_there(monkeypatch: pytest.MonkeyPatch, rest: RestServer) -> None:
    clocks: list[float] = []
    prepare = Run.prepare

    def prepare_slowly(run: Run) -> Prepared:
        gevent.sleep(0.3)
        clocks.append(lead.tick_seconds())
        return prepare(run)

    monkeypatch.setattr(Run, "prepare", prepare_slowly)
    locust = Locust("-u", "3", "-t", "60", "--scenario", "steady", "--check-every", "0", host=rest.address)
    lead = locust
    locust.runner.start_shape()
    wait_for(lambda: bool(locust.told.requests) and locust.tick_seconds() > 0)
    assert clocks == [0.0]
    locust.end()


def test_too_many_people_end_the_run_before_it_begins(rest: RestServer) -> None:
    rest.limit = 10
    locust = Locust("-u", "30", "--scenario", "gathering", host=rest.address)
    locust.runner.start_shape()
    wait_for(lambda: locust.environment.process_exit_code == REFUSED)
    assert locust.told.requests == []
    assert rest.ended == ["c1"]
    locust.end()


def test_a_gateway_that_nobody_answers_at(rest: RestServer) -> None:
    (port,) = free_ports(1)
    locust = Locust("--gateway", f"127.0.0.1:{port}", host=rest.address)
    locust.runner.start(3, 100)
    wait_for(lambda: locust.environment.process_exit_code == REFUSED)
    assert rest.made == {}
    locust.end()


def test_nobody_can_come(rest: RestServer) -> None:
    link = rest.answer("POST", "/api/v1/conferences", {"title": "회의"}, "")[1]["link"]
    locust = Locust("--conference", link, host=rest.address)
    locust.environment.user_classes = [ConferenceRoom]
    locust.runner.start(3, 100)
    wait_for(lambda: locust.environment.process_exit_code == REFUSED)
    assert locust.told.requests == []
    locust.end()


def test_the_class_picker_of_the_web_page_says_who_comes(rest: RestServer) -> None:
    locust = Locust("--class-picker", "--check-every", "0", host=rest.address)
    locust.environment.user_classes = [DistrictHead, ConferenceRoom]
    DistrictHead.fixed_count = 2
    locust.runner.start(2, 100)
    wait_for(lambda: locust.told.types().count("join") == 2)
    assert locust.runner.user_classes_count == {"DistrictHead": 2, "ConferenceRoom": 0}
    assert ConferenceRoom.weight == 0  # no gateway here
    locust.end()


# --- which server ---------------------------------------------------------------------------------------------


def test_without_a_name_the_server_of_this_machine_is_taken(monkeypatch: pytest.MonkeyPatch, rest: RestServer) -> None:
    monkeypatch.setattr(own_server, "DEFAULT_HOST", rest.address)
    monkeypatch.setattr(own_server, "listens", lambda host, port: True)
    locust = Locust(host=None)
    assert locust.environment.host == rest.address
    locust.end()


def test_without_any_server_one_is_started_for_the_run(monkeypatch: pytest.MonkeyPatch, rest: RestServer) -> None:
    closed: list[bool] = []

    class Own:
        address = rest.address
        gateway = "127.0.0.1:1"

        def close(self) -> None:
            closed.append(True)

    monkeypatch.setattr(own_server, "listens", lambda host, port: False)
    monkeypatch.setattr(leader, "OwnServer", Own)
    locust = Locust("-u", "3", "--check-every", "0", host=None)
    assert locust.environment.host == rest.address
    locust.runner.start(3, 100)
    wait_for(lambda: "join" in locust.told.types())
    assert ConferenceRoom.weight > 0
    locust.end()
    assert closed == [True]
    assert rest.ended == ["c1"]


def test_a_run_restarts_its_server_in_the_middle(monkeypatch: pytest.MonkeyPatch, rest: RestServer) -> None:
    order: list[str] = []

    def restart(asked: Any, own: Any, *, ready: Callable[[], bool]) -> str:
        run = run_of(locust.environment)
        assert run is not None
        assert run._before  # they know that it goes
        order.append("restarted")
        return "" if ready() else "not ready"

    monkeypatch.setattr(own_server, "restart", restart)
    arguments = ("-u", "3", "-t", "6", "--scenario", "mass-reconnect", "--restart-command", "true")
    locust = Locust(*arguments, "--check-every", "0", host=rest.address)
    monkeypatch.setattr("loadtests.run.BACK_SECONDS", 0.5)
    locust.runner.start_shape()
    wait_for(lambda: locust.told.types().count("reconnect") == 3)
    assert order == ["restarted"]
    assert {row[2] for row in locust.told.rows() if row[0] == "reconnect"} == {
        "not back after the restart of the server"
    }
    locust.end()
