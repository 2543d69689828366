"""Agents of a locust worker: real processes and sockets, with a scripted agent at the other end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest

from loadtests import agent_process
from loadtests.agents import AGENT_DIED, MAX_DEATHS, Agents
from loadtests.wire import Act, Check, Enter, Happened, Leave, Reply
from mcu.bench.leash import leashed
from tests.loadtests.scripted_agent import COLLECTED, COUNTS

SCRIPTED = (sys.executable, "-m", "tests.loadtests.scripted_agent")
PATIENCE = 20.0
DEATH_SECONDS = 10.0


class Ear:
    """Keeps what happened."""

    def __init__(self) -> None:
        self.heard: list[Happened] = []

    def happened(self, happened: Happened) -> None:
        self.heard.append(happened)


@pytest.fixture
def agents() -> Iterator[Agents]:
    made = Agents(most=2, command=SCRIPTED)
    yield made
    made.close()


def enter(agents: Agents, who: int, conference: str, patience: float = PATIENCE) -> tuple[Ear, Reply]:
    ear = Ear()
    agents.admit(who, conference=conference, listener=ear)
    return ear, agents.ask(Enter(number=0, who=who, server="http://x", conference=conference), patience)


def act(agents: Agents, who: int, patience: float = PATIENCE, layout: str | None = None) -> Reply:
    return agents.ask(Act(number=0, who=who, layout=layout), patience)


def agent_of(reply: Reply) -> int:
    return int(reply.detail.removeprefix("agent "))


def test_in_and_out(agents: Agents) -> None:
    _, reply = enter(agents, 3, "plain")
    assert reply.failed == ""
    assert reply.figures["join"] == 0.2
    checked = agents.ask(Check(number=0, who=3, seconds=2.0), PATIENCE)
    assert checked.inspection is not None
    assert checked.inspection.figures.seconds == 2.0
    assert agents.counts(0) == COUNTS
    assert agents.counts(1) is None
    assert agents.ask(Leave(number=0, who=3), PATIENCE).failed == ""
    agents.dismiss(3)
    assert act(agents, 3).failed == "unknown"


def test_many_greenlets_ask_at_once_and_each_gets_its_own_answer(agents: Agents) -> None:
    for who in range(COLLECTED):
        enter(agents, who, "backwards")
    asking = [gevent.spawn(act, agents, who) for who in range(COLLECTED)]
    gevent.joinall(asking, timeout=PATIENCE)
    for greenlet in asking:
        assert greenlet.value is not None
        assert greenlet.value.detail == f"to {greenlet.value.number}"
    assert len({greenlet.value.number for greenlet in asking if greenlet.value}) == COLLECTED


def test_what_happens_is_told_to_whom_it_happens(agents: Agents) -> None:
    mine, _ = enter(agents, 1, "called")
    other, _ = enter(agents, 2, "called")
    act(agents, 1, layout="reconnect")
    assert mine.heard == [Happened(who=1, what="reconnect", seconds=1.5)]
    assert other.heard == []
    agents.dismiss(2)
    act(agents, 1, layout="media lost")
    assert [each.what for each in mine.heard] == ["reconnect", "media lost"]


def test_a_conference_is_in_one_agent_and_agents_are_no_more_than_needed(agents: Agents) -> None:
    pids = [agent_of(enter(agents, who, conference)[1]) for who, conference in enumerate("abaabbc")]
    a, b, c = {pids[0], pids[2], pids[3]}, {pids[1], pids[4], pids[5]}, {pids[6]}
    assert len(a) == len(b) == len(c) == 1
    assert a != b
    assert c <= a | b  # two are the most
    assert sorted(agents.people_of(0) + agents.people_of(1)) == list(range(7))


def test_a_further_conference_comes_to_the_agent_with_fewer_people(agents: Agents) -> None:
    one = agent_of(enter(agents, 1, "a")[1])
    two = agent_of(enter(agents, 2, "b")[1])
    enter(agents, 3, "a")
    assert agent_of(enter(agents, 4, "c")[1]) == two
    for who in (2, 4):
        agents.dismiss(who)
    assert agent_of(enter(agents, 5, "d")[1]) == two
    assert agent_of(enter(agents, 6, "a")[1]) == one


def test_an_answer_that_does_not_come(agents: Agents) -> None:
    begun = time.monotonic()
    _, reply = enter(agents, 1, "silent", patience=2.0)
    assert reply.failed == "timeout"
    assert "within 2 s" in reply.detail
    assert time.monotonic() - begun < 2.0 + agent_process.START_SECONDS


def test_an_answer_that_comes_too_late_is_nobody_elses(agents: Agents) -> None:
    enter(agents, 1, "slow")
    assert act(agents, 1, patience=0.05).failed == "timeout"
    assert act(agents, 1).failed == ""


@pytest.mark.parametrize(
    ("conference", "said"),
    [
        ("die", "exit code 3"),
        ("garbage", "agent saying"),
        ("endless", "longer than"),
    ],
)
def test_everybody_in_an_agent_that_dies_is_told_and_it_is_started_again(conference: str, said: str) -> None:
    deaths: list[str] = []
    agents = Agents(most=1, command=SCRIPTED, died=deaths.append)
    try:
        first, before = enter(agents, 1, "plain")
        waiting = gevent.spawn(enter, agents, 2, "silent")
        gevent.sleep(0.2)
        third, reply = enter(agents, 3, conference)
        assert reply.failed in ("gone", "")  # "": it answered after the line that ends it
        waited = waiting.get(timeout=PATIENCE)
        assert waited[1].failed == "gone"
        assert said in waited[1].detail
        for ear in (first, waited[0], third):
            assert [(each.what, each.failed) for each in ear.heard] == [(AGENT_DIED, "gone")]
        assert len(deaths) == 1
        assert act(agents, 1).failed == "gone"  # only who enters starts it again
        for who in (1, 2, 3):
            agents.dismiss(who)
        _, after = enter(agents, 4, "plain")
        assert agent_of(after) != agent_of(before)
        assert agents.restarts == 1
    finally:
        agents.close()


def test_what_a_dead_agent_wrote_last_is_told(agents: Agents) -> None:
    _, reply = enter(agents, 1, "die")
    assert "it is a good day to die" in reply.detail


def test_an_agent_that_keeps_dying_is_left_alone(agents: Agents) -> None:
    for who in range(MAX_DEATHS):
        assert enter(agents, who, "die")[1].failed == "gone"
    _, reply = enter(agents, 99, "die")
    assert reply.failed == "gone"
    assert agents.restarts == MAX_DEATHS - 1


def test_agents_are_there_before_anybody_comes(agents: Agents) -> None:
    prepared = agents.prepare(["a", "b", "c"])
    assert (prepared.wanted, prepared.ready, prepared.why) == (2, 2, "")  # two are the most
    pids = [slot.process.pid for slot in agents._slots if slot.process is not None]
    assert agent_of(enter(agents, 1, "b")[1]) == pids[1]
    assert agent_of(enter(agents, 2, "a")[1]) == pids[0]
    assert agents.people_of(0) == (2,)


def test_whose_line_is_bad_has_an_agent_at_the_far_end_beforehand() -> None:
    made = Agents(most=1, command=(sys.executable, "-c", ""), far="/proc/self/ns/net")
    try:
        made.prepare(["a", "b"], ends=(False, True))
        assert [(slot.far, slot.conferences) for slot in made._slots] == [(False, {"a", "b"}), (True, {"a", "b"})]
    finally:
        made.close()


def test_agents_that_are_not_there_say_why() -> None:
    made = Agents(most=2, command=(sys.executable, "-c", "import sys; sys.exit('no such thing')"))
    try:
        prepared = made.prepare(["a", "b"])
    finally:
        made.close()
    assert (prepared.wanted, prepared.ready) == (2, 0)
    assert "no such thing" in prepared.why


def test_an_agent_that_does_not_start() -> None:
    agents = Agents(most=1, command=(sys.executable, "-c", "import sys; sys.exit('no such thing')"))
    try:
        ear, reply = enter(agents, 1, "plain")
    finally:
        agents.close()
    assert reply.failed == "gone"
    assert "exit code 1 at its start" in reply.detail
    assert "no such thing" in reply.detail
    assert [each.what for each in ear.heard] == [AGENT_DIED]


def test_an_agent_that_does_not_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_process, "START_SECONDS", 0.5)
    agents = Agents(most=1, command=(sys.executable, "-c", "import time; time.sleep(60)"))
    try:
        _, reply = enter(agents, 1, "plain")
    finally:
        agents.close()
    assert "did not connect within 0.5 s" in reply.detail


def test_as_many_answers_as_one_agent_may_owe(monkeypatch: pytest.MonkeyPatch, agents: Agents) -> None:
    for who in range(3):
        enter(agents, who, "silent", patience=0.05)
    monkeypatch.setattr(agent_process, "MAX_PENDING", 2)
    asking = [gevent.spawn(act, agents, who, 1.0) for who in range(3)]
    gevent.joinall(asking, timeout=PATIENCE)
    assert sorted(greenlet.value.failed for greenlet in asking if greenlet.value) == ["busy", "timeout", "timeout"]


def test_an_agent_that_reads_no_more_holds_nobody_up_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_process, "MAX_PENDING", 4)
    monkeypatch.setattr(agent_process, "END_SECONDS", 0.2)
    agents = Agents(most=1, command=SCRIPTED)
    try:
        enter(agents, 1, "deaf", patience=1.0)
        long = Enter(number=0, who=1, server="http://x", token="x" * 1_000_000)
        assert [agents.ask(long, 0.1).failed for _ in range(8)] == ["timeout"] * 8
    finally:
        agents.close()


def test_agents_end_with_the_run() -> None:
    agents = Agents(most=1, command=SCRIPTED)
    pid = agent_of(enter(agents, 1, "plain")[1])
    agents.close()
    assert not alive(pid)


def test_agents_end_with_locust_however_that_ends() -> None:
    script = (
        "from loadtests.agents import Agents\n"
        "from loadtests.wire import Enter\n"
        "class Ear:\n"
        "    def happened(self, happened): pass\n"
        f"agents = Agents(most=1, command={leashed('-m', 'tests.loadtests.scripted_agent')!r})\n"
        "agents.admit(1, conference='plain', listener=Ear())\n"
        "print(agents.ask(Enter(number=0, who=1, server='x', conference='plain'), 30.0).detail, flush=True)\n"
        "import time; time.sleep(60)\n"
    )
    root = Path(__file__).resolve().parents[2]
    locust = subprocess.Popen([sys.executable, "-c", script], cwd=root, stdout=subprocess.PIPE, text=True)
    assert locust.stdout is not None
    with locust.stdout as output:
        pid = int(output.readline().removeprefix("agent "))
        assert alive(pid)
        locust.send_signal(signal.SIGKILL)
        locust.wait()
    deadline = time.monotonic() + DEATH_SECONDS
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(pid)


def alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and was not waited for does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def test_each_end_of_a_line_is_told_how_far_the_server_is() -> None:
    near, far = "/proc/self/ns/net", "/proc/1/ns/net"
    made = Agents(most=1, command=("agent",), near=near, far=far, round_trip=0.02, line=0.28)
    made.close()
    assert made._commands[False][-3:] == ("agent", "--round-trip", "0.02")
    assert made._commands[True][-3:] == ("agent", "--round-trip", "0.3")


def test_the_far_end_of_a_line_has_an_agent_of_its_own() -> None:
    made = Agents(most=1, command=SCRIPTED, far="/proc/self/ns/net")  # our own: whoever enters it stays here
    try:
        replies = {}
        for who, far in enumerate((False, True, False, True)):
            made.admit(who, conference="plain", listener=Ear(), far=far)
            if far and os.geteuid() != 0:
                continue  # to enter a namespace takes root
            replies[who] = made.ask(Enter(number=0, who=who, server="http://x", conference="plain"), PATIENCE)
        assert [reply.failed for reply in replies.values()] == [""] * len(replies)
        assert made.most == 2
        assert [made.people_of(index) for index in range(2)] == [(0, 2), (1, 3)]
    finally:
        made.close()
