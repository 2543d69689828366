"""A real media processor in its own process, driven by the control protocol, with stock aiortc participants."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable

import pytest

from mcu import control
from mcu.config import Config, Media
from mcu.controller.pool import ProcessorPool
from mcu.errors import RefusedError
from mcu.processor.process import first_rtp_port
from tests.support.observe import people_in_tiles
from tests.support.peers import Peer, peers
from tests.support.server import free_port

HEARD = 80.0  # dB over the median of the spectrum, which is digital silence but for the codec's noise
REMOVED = 40.0  # dB by which the own voice lies below the others'


class Notices:
    """What the pool's listener was told."""

    def __init__(self) -> None:
        self.tiles: control.TilesChanged | None = None
        self.legs: dict[str, control.LegState] = {}
        self.lost: list[str] = []

    def notice(self, notice: control.Notice) -> None:
        if isinstance(notice, control.TilesChanged):
            self.tiles = notice
        elif isinstance(notice, control.LegState):
            self.legs[notice.leg] = notice

    def processor_lost(self, conference_ids: tuple[str, ...]) -> None:
        self.lost += conference_ids


@pytest.fixture
async def pool() -> AsyncIterator[ProcessorPool]:
    pool = ProcessorPool(Config(media=Media(host="127.0.0.1", port=free_port())))
    running = asyncio.ensure_future(pool.run())
    await pool.wait_ready()
    yield pool
    await pool.stop()
    await asyncio.wait_for(running, 10)


async def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait for `condition`; a bound, not a measurement."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


async def join(pool: ProcessorPool, present: list[Peer], peer: Peer, codecs: tuple[str, ...] = ()) -> None:
    present.append(peer)
    await update(pool, present)
    answer = await pool.request(
        "c", control.AddLeg("c", f"p{peer.person}", f"leg{peer.person}", await peer.offer(codecs))
    )
    assert isinstance(answer, control.LegAnswer)
    await peer.accept(answer.answer)


async def update(pool: ProcessorPool, present: list[Peer], **changes: object) -> None:
    update.revision += 1  # type: ignore[attr-defined]
    people = tuple(control.ParticipantState(f"p{p.person}", f"참가자 {p.person}") for p in present)
    state = control.UpdateConference("c", update.revision, people, control.LayoutChoice(), **changes)  # type: ignore[attr-defined,arg-type]
    await pool.request("c", state)


update.revision = 0  # type: ignore[attr-defined]


def seen(peer: Peer, notices: Notices) -> list[int | None]:
    if peer.picture is None or notices.tiles is None:
        return []
    tiles = [{"x": t.x, "y": t.y, "width": t.width, "height": t.height} for t in notices.tiles.tiles]
    return people_in_tiles(peer.picture, tiles, notices.tiles.width)


async def test_everybody_sees_all_and_hears_the_others(pool: ProcessorPool) -> None:
    notices = Notices()
    pool.subscribe(notices)
    present: list[Peer] = []
    async with peers(1, 2, 3) as everybody:
        await join(pool, present, everybody[0])
        await join(pool, present, everybody[1], ("video/H264",))
        await join(pool, present, everybody[2])
        for peer in everybody:
            await until(lambda peer=peer: seen(peer, notices) == [1, 2, 3], 20)
        for peer in everybody:
            others = {1, 2, 3} - {peer.person}

            def hears(peer: Peer = peer, others: set[int] = others) -> bool:
                levels = peer.tones()
                weakest = min((levels[other] for other in others), default=0.0) if levels else 0.0
                return weakest > HEARD and levels[peer.person] < weakest - REMOVED

            await until(hears, 20)
        load = await pool.request("c", control.ReportLoad())
        assert isinstance(load, control.Load)
        assert load.counters["mcu_video_encoders"] == 2  # VP8 and H.264, whoever watches
        assert load.counters['mcu_failures_total{where="audio"}'] == 0
        assert load.counters['mcu_failures_total{where="video"}'] == 0
        present.pop()
        await update(pool, present)
        await until(lambda: seen(everybody[0], notices) == [1, 2])


async def test_rooms_have_the_ports_that_are_configured() -> None:
    media = Media(host="127.0.0.1", port=0, rtp_port=24_001, rtp_ports=20)
    pool = ProcessorPool(Config(media=media))
    running = asyncio.ensure_future(pool.run())
    try:
        await pool.wait_ready()
        answer = await pool.request("c", control.AddRtpLeg("c", "p", "leg", "127.0.0.1"))
        assert isinstance(answer, control.RtpLegAnswer)
        numbers = {port for each in answer.ports for port in (each.rtp, each.rtcp)}
        assert numbers <= set(range(24_002, 24_020))
        with pytest.raises(RefusedError, match="host-unknown"):
            await pool.request("c", control.AddRtpLeg("c", "q", "other", "192.0.2.1"))
    finally:
        await pool.stop()
        await asyncio.wait_for(running, 10)


def test_each_processor_has_the_next_part_of_the_range() -> None:
    media = Media(rtp_port=20_000, rtp_ports=600)
    assert [first_rtp_port(media, index) for index in range(3)] == [20_000, 20_600, 21_200]


async def test_a_killed_processor_is_replaced_and_its_conferences_are_named(pool: ProcessorPool) -> None:
    notices = Notices()
    pool.subscribe(notices)
    await pool.request("c", control.ReportLoad())
    pid = pool.pids[0]
    os.kill(pid, signal.SIGKILL)
    await until(lambda: notices.lost == ["c"])
    await pool.wait_ready()
    await until(lambda: pool.pids[0] not in (0, pid))
    assert isinstance(await pool.request("c", control.ReportLoad()), control.Load)
    assert pool.restarts == 1
