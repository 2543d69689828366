"""A server that is broken on purpose is found out, by the right name and with the right people; a sound one is not.

The meeting is always the same: five people with cameras, of whom two speak, and one is muted and goes on speaking.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from loadtests.findings import Fault, Finding, Inspection
from loadtests.wire import Act, Check, Enter, Leave
from mcu.synthetic.people import person
from tests.loadtests import broken_server
from tests.support.agent import Agent, running_agent
from tests.support.server import ROOT, Server, running_server

CACHE = ROOT / "var/cache/synthetic"  # faces and voices are made once
CHAIR, HEAD, LOOKED_AT, MUTED, LISTENER = PEOPLE = range(5)
SPEAKERS = (CHAIR, HEAD)
OBSERVERS = (CHAIR, HEAD, LISTENER)
CHECK_SECONDS = 3.0
ROSTER_SECONDS = 7.0  # where the roster is judged, which may be behind for some seconds after everybody came
MOST_CHECKS = 5  # while the machine is too busy for a check to tell anything
LEAST_FPS = 20.0  # of 25: below, the server does less for pictures, for want of CPU
HEALTHY_MEETINGS = 3
TOO_BUSY = ("the server was short of CPU", "the agent itself was")  # as checks say it

pytestmark = [pytest.mark.long, pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="module")]

Named = dict[int, set[tuple[Fault, tuple[int, ...]]]]  # what each observer says, and of whom

# By fault: whom it is about, and what each observer has to find. Nothing else may be found.
EXPECTED: dict[str, tuple[tuple[int, ...], Named]] = {
    "swapped tiles": (
        (HEAD, LOOKED_AT),
        {who: {(Fault.WRONG_PERSON, (HEAD, LOOKED_AT))} for who in OBSERVERS},
    ),
    "frozen tile": ((LOOKED_AT,), {who: {(Fault.TILE_FROZEN, (LOOKED_AT,))} for who in OBSERVERS}),
    "black tile": ((LOOKED_AT,), {who: {(Fault.TILE_BLACK, (LOOKED_AT,))} for who in OBSERVERS}),
    "muted heard": ((MUTED,), {who: {(Fault.MUTED_HEARD, (MUTED,))} for who in OBSERVERS}),
    "own voice": ((), {who: {(Fault.OWN_VOICE, (who,))} for who in SPEAKERS} | {LISTENER: set()}),
    "left out and unheard": (
        (HEAD,),
        {
            CHAIR: {(Fault.ROSTER_WRONG, (HEAD,)), (Fault.NO_SOUND, (HEAD,))},  # the only one whom it could hear
            HEAD: {(Fault.ROSTER_WRONG, (HEAD,))},
            LISTENER: {(Fault.ROSTER_WRONG, (HEAD,)), (Fault.SPEAKER_UNHEARD, (HEAD,))},
        },
    ),
    "camera called off": ((LOOKED_AT,), {who: {(Fault.ROSTER_WRONG, (LOOKED_AT,))} for who in OBSERVERS}),
    "no tiles told": ((), {who: {(Fault.TILE_MISSING, tuple(PEOPLE))} for who in OBSERVERS}),
    "tiles retold wrong": (
        (),
        {who: {(Fault.TILES_WRONG, tuple(PEOPLE)), (Fault.WRONG_PERSON, tuple(PEOPLE))} for who in OBSERVERS},
    ),
    "no seat": ((LOOKED_AT,), {who: {(Fault.TILE_MISSING, (LOOKED_AT,))} for who in OBSERVERS}),
    "strain claimed": ((HEAD,), {who: {(Fault.TILE_FROZEN, (HEAD,))} for who in OBSERVERS}),
}
# What is done before the checks, of faults that show then alone; and all that has to be found, by each observer.
AFTER: dict[str, tuple[tuple[int, ...], dict[str, Any], float, tuple[Fault, tuple[int, ...]]]] = {
    "few composites": ((), {}, 0.0, (Fault.SLOW, ())),
    "camera off shown": ((HEAD,), {"camera_off": True}, 5.0, (Fault.CAMERA_OFF_SEEN, (HEAD,))),
    "black screen": ((), {"shares": True}, 3.0, (Fault.SCREEN_BLACK, (HEAD,))),
}
ABOUT_ROSTERS = {"left out and unheard", "camera called off"}
# Where a voice is heard beside those that should be, what these say may be hard to understand as well.
ONE_VOICE_MORE = {"muted heard", "own voice"}
# By fault that makes something late: all that may be found and has to be, and what is said of lips and voice.
LATE: dict[str, tuple[set[Fault], str]] = {
    "late pictures": ({Fault.LATE_PICTURE, Fault.LIPS}, "the picture comes later"),
    "late sound": ({Fault.LATE_SOUND, Fault.LIPS}, "the voice comes later"),
    "all late": ({Fault.LATE_PICTURE, Fault.LATE_SOUND}, ""),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Agent]:
    async with running_agent(tmp_path_factory.mktemp("agent"), "--cache", str(CACHE)) as running:
        yield running


async def test_no_fault_of_a_sound_server(agent: Agent, tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        for number in range(HEALTHY_MEETINGS):
            for inspection in await meet(agent, server, ROSTER_SECONDS if number == 0 else CHECK_SECONDS):
                assert not findings(inspection), inspection
                assert inspection.figures.tiles_right == inspection.figures.tiles == len(PEOPLE)
                assert set(inspection.figures.heard) == set(SPEAKERS) - {inspection.who}


@pytest.mark.parametrize("fault", EXPECTED)
async def test_fault_is_named(agent: Agent, tmp_path: Path, fault: str) -> None:
    people, expected = EXPECTED[fault]
    with broken(tmp_path, fault, *people) as server:
        for inspection in await meet(agent, server, ROSTER_SECONDS if fault in ABOUT_ROSTERS else CHECK_SECONDS):
            named = {(finding.fault, finding.people) for finding in findings(inspection)}
            if fault in ONE_VOICE_MORE:
                named.discard((Fault.SPEECH_POOR, ()))
            assert named == expected[inspection.who], inspection


@pytest.mark.parametrize("fault", AFTER)
async def test_what_shows_later_is_named(agent: Agent, tmp_path: Path, fault: str) -> None:
    people, wish, seconds, expected = AFTER[fault]
    with broken(tmp_path, fault, *people) as server:
        for inspection in await meet(agent, server, wish=wish, wait=seconds):
            assert {(finding.fault, finding.people) for finding in inspection.picture_findings} == {expected}, (
                inspection
            )


@pytest.mark.parametrize("fault", LATE)
async def test_lateness_is_named(agent: Agent, tmp_path: Path, fault: str) -> None:
    faults, which = LATE[fault]
    with broken(tmp_path, fault) as server:
        for inspection in await meet(agent, server):
            found: dict[Fault, set[int]] = {}
            for finding in findings(inspection):
                found.setdefault(finding.fault, set()).update(finding.people)
                assert finding.fault is not Fault.LIPS or finding.detail.endswith(which)
            assert found.keys() == faults, inspection
            heard = set(SPEAKERS) - {inspection.who}
            assert found.get(Fault.LIPS, heard) == found.get(Fault.LATE_SOUND, heard) == heard
            for late in faults - {Fault.LIPS}:
                assert measured(inspection, late) > 1000 * broken_server.ADDED_SECONDS


def measured(inspection: Inspection, late: Fault) -> float:
    """Milliseconds of the delay that the fault is about."""
    figures = inspection.figures
    delay = figures.picture_delay if late is Fault.LATE_PICTURE else figures.sound_delay
    assert delay is not None
    return delay


def broken(folder: Path, fault: str, *people: int) -> Any:
    """A server with a fault that is about these people."""
    return running_server(folder, broken_server.environment(fault, *(person(who).name for who in people)))


async def meet(
    agent: Agent,
    server: Server,
    seconds: float = CHECK_SECONDS,
    *,
    wish: dict[str, Any] | None = None,
    wait: float = 0.0,
) -> list[Inspection]:
    """One meeting from entering to leaving; what its observers say of it, `wait` seconds after HEAD did `wish`."""
    created = server.post("/api/v1/conferences", {"title": "부하 시험"})
    conference = {"server": server.url, "conference": created["link"]}
    replies = await asyncio.gather(
        *(
            agent.ask(
                Enter(
                    number=0,
                    who=who,
                    chair_key=created["chair_key"] if who == CHAIR else "",
                    speaks_while_muted=who == MUTED,
                    **conference,
                )
            )
            for who in PEOPLE
        )
    )
    assert not any(reply.failed for reply in replies), replies
    await asyncio.gather(*(act(agent, who, speaking=True) for who in (*SPEAKERS, MUTED)))
    await act(agent, CHAIR, mute=MUTED)
    if wish:
        await act(agent, HEAD, **wish)
        await asyncio.sleep(wait)
    try:
        for _ in range(MOST_CHECKS):
            inspections = await asyncio.gather(*(check(agent, who, seconds) for who in OBSERVERS))
            if wish is not None or all(is_quiet(inspection) for inspection in inspections):
                break
        return inspections
    finally:
        await asyncio.gather(*(agent.ask(Leave(number=0, who=who)) for who in PEOPLE))


async def act(agent: Agent, who: int, **wish: Any) -> None:
    reply = await agent.ask(Act(number=0, who=who, **wish))
    assert not reply.failed, reply


async def check(agent: Agent, who: int, seconds: float) -> Inspection:
    reply = await agent.ask(Check(number=0, who=who, seconds=seconds))
    assert reply.inspection is not None, reply
    return reply.inspection


def findings(inspection: Inspection) -> tuple[Finding, ...]:
    return (*inspection.picture_findings, *inspection.voice_findings)


def is_quiet(inspection: Inspection) -> bool:
    """Whether server and agent had the CPU that they need."""
    too_busy = any(words in text for text in inspection.unjudged for words in TOO_BUSY)
    return not too_busy and (inspection.figures.fps or 0.0) >= LEAST_FPS
