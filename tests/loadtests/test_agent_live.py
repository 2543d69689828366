"""One agent on a real server: three attendees, a viewer and two rooms in one meeting, and what each is told to do."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loadtests.agent.flow import WANTED
from loadtests.findings import Fault, Inspection
from loadtests.wire import Act, Check, Count, Counts, Enter, Kind, Leave, Reply, Vanish
from tests.support.agent import Agent, running_agent
from tests.support.server import ROOT, Server, free_port, running_server

CACHE = ROOT / "var/cache/synthetic"  # faces and voices are made once
CHAIR, HEAD, DEAF, VIEWER, ROOM, CALLED = range(6)
WRONG = {Fault.NO_PICTURE, Fault.TILE_MISSING, Fault.WRONG_PERSON, Fault.TWICE}  # however busy the machine is
CHECKS = 3  # the most until everybody was heard: loops of speech have pauses
GONE_SECONDS = 0.3  # in which nothing is heard of who has left

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"MCU_H323_HOST": "127.0.0.1", "MCU_H323_PORT": str(free_port()), "MCU_H323_H245_PORT": "0"}
    with running_server(tmp_path_factory.mktemp("server"), settings) as running:
        yield running


class Meeting:
    """An agent, and a conference."""

    def __init__(self, agent: Agent, server: Server) -> None:
        self.agent = agent
        self.server = server
        self.created: dict[str, str] = server.post("/api/v1/conferences", {"title": "부하 시험"})

    async def enter(self, who: int, kind: Kind = "attendee", **more: Any) -> Reply:
        fields = {"conference": self.created["link"], **more}
        return await self.agent.ask(Enter(number=0, who=who, kind=kind, server=self.server.url, **fields))

    async def call_in(self, who: int) -> Reply:
        gateway = f"127.0.0.1:{self.server.settings['MCU_H323_PORT']}"
        dialled = f"{self.created['number']}##{self.created['pin']}"
        return await self.agent.ask(Enter(number=0, who=who, kind="room", server=gateway, conference=dialled))

    async def act(self, who: int, **wish: Any) -> dict[str, float]:
        reply = await self.agent.ask(Act(number=0, who=who, **wish))
        assert not reply.failed, reply
        return reply.figures

    async def check(self, who: int, seconds: float) -> Inspection:
        reply = await self.agent.ask(Check(number=0, who=who, seconds=seconds))
        assert reply.inspection is not None, reply
        return reply.inspection

    async def count(self) -> Counts:
        reply = await self.agent.ask(Count(number=0, who=-1))
        assert reply.counts is not None
        return reply.counts

    def happened(self, what: str) -> list[int]:
        return sorted(each.who for each in self.agent.happened if each.what == what and not each.failed)


async def test_a_meeting_from_entering_to_the_end(server: Server, tmp_path: Path) -> None:
    async with running_agent(tmp_path, "--cache", str(CACHE)) as agent:
        meeting = Meeting(agent, server)
        await come_in(meeting)
        await speak_and_look(meeting)
        await lead(meeting)
        await be_called(meeting)
        await lose_media_and_come_back(meeting)
        await go(meeting)
    assert sorted(agent.replies) == list(range(1, len(agent.replies) + 1))  # one for each command


async def come_in(meeting: Meeting) -> None:
    first = await meeting.enter(CHAIR, chair_key=meeting.created["chair_key"])
    others = await asyncio.gather(meeting.enter(HEAD), meeting.enter(VIEWER, "viewer"), meeting.call_in(ROOM))
    for reply in (first, *others):
        assert not reply.failed, reply
        assert reply.figures.keys() == set(WANTED)
        assert 0 < reply.figures["join"] <= min(reply.figures["first frame"], reply.figures["first sound"])
    deaf = await meeting.enter(DEAF, camera=False, speaks_while_muted=True, hard_of_hearing=True)
    assert deaf.figures.keys() == {"join"}  # it sees and hears nothing
    assert (await meeting.agent.ask(Check(number=0, who=DEAF))).failed == "impossible"
    assert (await meeting.enter(HEAD)).failed == "busy"
    refused = await meeting.enter(9, "viewer", conference="x" * 22)
    assert (refused.failed, refused.detail.partition(":")[0]) == ("refused", "no-such-conference")
    counts = await meeting.count()
    assert counts.connected == 5
    assert min(counts.packets_received, counts.packets_sent) > 100


async def speak_and_look(meeting: Meeting) -> None:
    await asyncio.gather(
        meeting.act(HEAD, speaking=True),
        meeting.act(ROOM, speaking=True),
        meeting.act(DEAF, speaking=True, muted=True),  # and goes on speaking
    )
    audible = {HEAD: {ROOM}, VIEWER: {HEAD, ROOM}, ROOM: {HEAD}}
    heard: dict[int, set[int]] = {who: set() for who in audible}
    for _ in range(CHECKS):
        for inspection in await asyncio.gather(*(meeting.check(who, 2.0) for who in audible)):
            figures = inspection.figures
            assert figures.frames > 5
            assert figures.tiles == 3, inspection  # the chair, the head and the room
            assert not {finding.fault for finding in inspection.picture_findings} & WRONG, inspection
            heard[inspection.who].update(figures.heard)
        if heard == audible:
            return
    raise AssertionError(heard)


async def lead(meeting: Meeting) -> None:
    assert 0 < (await meeting.act(CHAIR, layout="speaker"))["layout change"] < 8
    assert (await meeting.act(CHAIR, mute=HEAD)).keys() == {"mute"}
    assert (await meeting.act(HEAD, hand=True)).keys() == {"hand"}
    assert (await meeting.act(CHAIR, give_word=HEAD)).keys() == {"give word"}
    assert (await meeting.act(HEAD, shares=True)).keys() == {"share"}
    assert (await meeting.act(HEAD, shares=False, camera_off=True)).keys() == {"share", "camera"}
    not_the_chair = await meeting.agent.ask(Act(number=0, who=HEAD, layout="grid"))
    assert (not_the_chair.failed, not_the_chair.detail.partition(":")[0]) == ("refused", "not-permitted")


async def be_called(meeting: Meeting) -> None:
    """A room that waits is put on the list of rooms, which calls it."""
    waiting = await meeting.agent.ask(
        Enter(number=0, who=CALLED, kind="room", server=f"127.0.0.1:{meeting.server.settings['MCU_H323_PORT']}")
    )
    assert (waiting.failed, waiting.figures) == ("", {})
    meeting.server.post(f"/api/v1/conferences/{meeting.created['id']}/rooms", {"address": waiting.detail})
    await meeting.agent.until(lambda: meeting.happened("called") == [CALLED])
    assert not (await meeting.agent.ask(Leave(number=0, who=CALLED))).failed


async def lose_media_and_come_back(meeting: Meeting) -> None:
    """The media processor dies: everybody with a browser's media gets others."""
    people = [CHAIR, HEAD, DEAF, VIEWER]
    (processor,) = meeting.server.processor_pids
    os.kill(processor, signal.SIGKILL)
    await meeting.agent.until(lambda: meeting.happened("reconnect") == people)
    assert meeting.happened("media lost") == people
    took = [each.seconds for each in meeting.agent.happened if each.what == "reconnect"]
    assert all(0 < seconds < 20 for seconds in took)
    assert (await meeting.count()).reconnects == len(people)


async def go(meeting: Meeting) -> None:
    agent = meeting.agent
    assert (await agent.ask(Leave(number=0, who=VIEWER))).figures.keys() == {"leave"}
    assert not (await agent.ask(Vanish(number=0, who=DEAF))).failed
    assert (await agent.ask(Check(number=0, who=DEAF))).failed == "gone"
    assert (await agent.ask(Check(number=0, who=8))).failed == "unknown"
    assert (await meeting.act(CHAIR, end=True)).keys() == {"end"}
    await agent.until(lambda: set(meeting.happened("ended")) >= {CHAIR, HEAD})
    await asyncio.sleep(GONE_SECONDS)
    assert not {VIEWER, DEAF} & set(meeting.happened("ended"))
    assert (await meeting.count()).connected == 0
