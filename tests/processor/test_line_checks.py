"""Checks of a line: few, short, and nothing but silence; in their own process with a stock aiortc peer."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from mcu import control
from mcu.config import Config, Media
from mcu.controller.pool import ProcessorPool
from mcu.errors import RefusedError
from mcu.processor.line_checks import LIFE_SECONDS, MAX_CHECKS, SAMPLES, SILENCE, LineChecks
from mcu.webrtc.endpoint import Endpoint
from tests.fakes.legs import FakeLeg
from tests.support.peers import peers
from tests.support.server import free_port


class Leg(FakeLeg):
    """A leg that tells whom it belongs to when it closes, as real ones do."""

    answer = "v=0"

    def __init__(self, leg_id: str, handler: LineChecks) -> None:
        super().__init__(leg_id)
        self._handler = handler

    def close(self, reason: str) -> None:
        super().close(reason)
        self._handler.leg_closed(cast(Any, self), reason)


class FakeEndpoint:
    def __init__(self) -> None:
        self.legs: list[Leg] = []

    def create_leg(self, leg_id: str, *, handler: LineChecks, **_: object) -> Leg:
        self.legs.append(Leg(leg_id, handler))
        return self.legs[-1]


@pytest.fixture
def endpoint() -> FakeEndpoint:
    return FakeEndpoint()


@pytest.fixture
def checks(endpoint: FakeEndpoint) -> LineChecks:
    return LineChecks(cast(Endpoint, endpoint))


def test_each_tick_sends_one_packet_of_silence_to_those_who_are_connected(
    checks: LineChecks, endpoint: FakeEndpoint
) -> None:
    checks.begin("a", "offer", 0.0)
    checks.begin("b", "offer", 0.0)
    connected, other = endpoint.legs
    other.connected = False
    for index in (7, 8):
        checks.tick(index, 1.0)
    assert [packet.payload for packet in connected.packets] == [SILENCE, SILENCE]
    first, second = connected.packets
    assert (second.timestamp - first.timestamp, second.sequence_number - first.sequence_number) == (SAMPLES, 1)
    assert other.packets == []


def test_no_check_outlives_its_time(checks: LineChecks, endpoint: FakeEndpoint) -> None:
    checks.begin("a", "offer", 5.0)
    checks.tick(1, 5.0 + LIFE_SECONDS - 0.01)
    assert len(checks) == 1
    checks.tick(2, 5.0 + LIFE_SECONDS)
    assert (len(checks), endpoint.legs[0].closed_for) == (0, "check-over")


def test_no_more_than_a_few_at_once(checks: LineChecks, endpoint: FakeEndpoint) -> None:
    for number in range(MAX_CHECKS):
        checks.begin(str(number), "offer", 0.0)
    with pytest.raises(RefusedError, match="busy"):
        checks.begin("one more", "offer", 0.0)
    endpoint.legs[3].close("dtls-closed")
    checks.begin("one more", "offer", 0.0)
    assert (checks.begun, checks.refused, len(checks)) == (MAX_CHECKS + 1, 1, MAX_CHECKS)


def test_all_end_with_the_processor(checks: LineChecks, endpoint: FakeEndpoint) -> None:
    checks.begin("a", "offer", 0.0)
    checks.close()
    assert (len(checks), endpoint.legs[0].closed_for) == (0, "server-stopping")


async def test_a_peer_counts_silence_from_a_real_processor_that_opens_no_bridge() -> None:
    pool = ProcessorPool(Config(media=Media(host="127.0.0.1", port=free_port())))
    running = asyncio.ensure_future(pool.run())
    await pool.wait_ready()
    try:
        async with peers(1) as (peer,):
            await peer.accept(await pool.check_line(await peer.offer()))
            async with asyncio.timeout(20):
                while await received(peer.connection) < 25:
                    await asyncio.sleep(0.05)
            report = await next(iter(pool._processors.values())).request(control.ReportLoad())
            assert isinstance(report, control.Load)
            counters = report.counters
            assert (counters["mcu_line_checks"], counters["mcu_line_checks_connected_total"]) == (1, 1)
            made = ("mcu_bridges", "mcu_video_encoders", "mcu_audio_encoders")
            assert [counters[name] for name in made] == [0, 0, 0]
    finally:
        await pool.stop()
        await asyncio.wait_for(running, 10)


async def received(connection: Any) -> int:
    """Packets of sound that the peer has counted."""
    stats = (await connection.getStats()).values()
    return sum(s.packetsReceived for s in stats if s.type == "inbound-rtp" and s.kind == "audio")
