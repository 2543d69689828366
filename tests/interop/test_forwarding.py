"""Standard clients of load tests at a WHIP and WHEP server that is not ours: Janus, which hands single streams on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from loadtests.agent.media import DETAILED
from loadtests.findings import Fault, Inspection
from loadtests.wire import Act, Check, Leave
from tests.support.crew import SLOW, Agent, enters, rms, running_crew
from tests.support.whip_peer import Peer, running_peer

ONE, OTHER, VIEWER = DETAILED, DETAILED + 1, DETAILED + 2
BUSY = "the agent itself was"  # late, and so something could not be told: on a busy machine
HEARD, SILENT = 0.01, 0.003  # of full scale: speech is about 0.06, the loop of listening breathes

pytestmark = [pytest.mark.interop, pytest.mark.whip_peers, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    with running_peer(streams=2) as running:
        yield running


async def check(agent: Agent, peer: Peer, *, stream: int, watches: int) -> Inspection:
    """Enter, look, leave."""
    way = enters(VIEWER, "whep", peer.whep(stream), token=peer.token, watches=watches)
    figures = (await agent.done(way)).figures
    assert set(figures) == {"join", "first frame", "first sound"}
    print(f"join {figures['join']:.3f} s, first frame {figures['first frame']:.3f} s")
    inspection = (await agent.done(Check(number=0, who=VIEWER, seconds=3.0))).inspection
    assert inspection is not None
    await agent.done(Leave(number=0, who=VIEWER))
    return inspection


async def test_join_delay_and_faults_come_out_as_from_our_own_server(peer: Peer) -> None:
    async with running_crew() as agent:
        for stream, who in ((1, ONE), (2, OTHER)):
            await agent.done(enters(who, "whip", peer.whip(stream), token=peer.token))
        await agent.done(Act(number=0, who=ONE, speaking=True))
        right = await check(agent, peer, stream=1, watches=ONE)
        assert {finding.fault for finding in right.picture_findings} <= SLOW
        assert right.figures.tiles == 1
        assert [reason for reason in right.unjudged if BUSY not in reason] == []
        assert right.figures.picture_delay is not None
        print(f"picture delay {right.figures.picture_delay:.1f} ms, worst {right.figures.picture_delay_worst:.1f} ms")
        assert 0 <= right.figures.picture_delay < 1000
        quiet = await check(agent, peer, stream=2, watches=OTHER)
        assert {finding.fault for finding in quiet.picture_findings} <= SLOW
        swapped = await check(agent, peer, stream=2, watches=ONE)
        (wrong,) = [each for each in swapped.picture_findings if each.fault is Fault.WRONG_PERSON]
        assert wrong.people == (ONE, OTHER)
        loud, still, _ = (rms(recording) for recording in agent.judge.recordings)
        assert loud > HEARD
        assert still < SILENT
        assert agent.happened == []


async def test_refusals_of_another_server_are_told_in_its_words(peer: Peer) -> None:
    async with running_crew() as agent:
        said = await agent.ask(enters(VIEWER, "whep", peer.whep(1), token="wrong"))
        assert (said.failed, said.detail) == ("refused", "403 Forbidden: Unauthorized")
        said = await agent.ask(enters(ONE, "whip", peer.whip(9), token=peer.token))
        assert (said.failed, said.detail) == ("refused", "404 Not Found: Invalid endpoint ID")


async def test_an_endpoint_is_free_again_when_its_sender_has_left(peer: Peer) -> None:
    async with running_crew() as agent:
        for _ in range(2):
            await agent.done(enters(ONE, "whip", peer.whip(1), token=peer.token))
            said = await agent.ask(enters(OTHER, "whip", peer.whip(1), token=peer.token))
            assert said.detail == "403 Forbidden: Endpoint ID already in use"
            await agent.done(Leave(number=0, who=ONE))
        await asyncio.gather(
            *(
                agent.done(enters(who, "whip", peer.whip(stream), token=peer.token))
                for stream, who in ((1, ONE), (2, OTHER))
            )
        )
        assert agent.crew.members[ONE].connected
