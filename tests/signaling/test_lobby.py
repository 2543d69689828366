"""What a page is told before anybody enters, and how often it may ask."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from mcu import control
from mcu.config import Config, Turn
from mcu.controller.pool import MOST_STRAIN, ProcessorPool
from mcu.errors import RefusedError
from mcu.signaling import http, lobby
from mcu.signaling.lobby_limits import CHECKS, MAX_OF_ONE, MAX_TRANSFERS, TRANSFERS, LobbyLimits
from tests.fakes.pool import ANSWER
from tests.signaling.conftest import REMOTE, Site

OFFER = "v=0\r\n"
SDP = {"content-type": "application/sdp"}


def refused(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


async def test_a_link_tells_the_title_and_nothing_else_does(site: Site) -> None:
    created = await site.create()
    async with site.client(REMOTE) as client:
        told = await client.post("/lobby", json={"conference": created.link})
        assert (told.status_code, told.json()) == (200, {"title": "회의"})
        assert told.headers["cache-control"] == "no-store"
        assert refused(await client.post("/lobby", json={"conference": "A" * 22})) == (404, "no-such-conference")
        for other in (created.number, created.conference, ""):
            assert refused(await client.post("/lobby", json={"conference": other})) == (400, "invalid-body")
        assert refused(await client.post("/lobby", json={"number": created.number})) == (400, "invalid-body")


async def test_an_offer_to_check_is_answered_outside_every_conference(site: Site) -> None:
    async with site.client(REMOTE) as client:
        answered = await client.post("/lobby/line", content=OFFER, headers=SDP)
        assert (answered.status_code, answered.text) == (200, ANSWER)
        assert site.pool.requests == [("", control.CheckLine("check", OFFER))]
        assert "mcu_signaling_line_checks_total 1.0" in (await metrics(site))
        assert refused(await client.post("/lobby/line", json={"sdp": OFFER})) == (415, "media-type")
        assert refused(await client.post("/lobby/line", content=b"\xff", headers=SDP)) == (400, "sdp-invalid")
        large = await client.post("/lobby/line", content=bytes(lobby.MAX_SDP_BYTES + 1), headers=SDP)
        assert refused(large) == (413, "sdp-too-large")


async def test_a_server_without_time_says_so(site: Site) -> None:
    site.pool.refuse = RefusedError("busy")
    async with site.client(REMOTE) as client:
        assert refused(await client.post("/lobby/line", content=OFFER, headers=SDP)) == (503, "busy")


async def test_checks_are_limited_by_address(site: Site) -> None:
    async with site.client(REMOTE) as client, site.client(("192.0.2.8", 4)) as neighbour:
        for _ in range(int(CHECKS.burst)):
            assert (await client.post("/lobby/line", content=OFFER, headers=SDP)).status_code == 200
        assert refused(await client.post("/lobby/line", content=OFFER, headers=SDP)) == (429, "too-fast")
        assert (await neighbour.post("/lobby/line", content=OFFER, headers=SDP)).status_code == 200


async def test_bytes_that_come_are_counted_and_bounded(site: Site) -> None:
    async with site.client(REMOTE) as client:
        assert (await client.post("/lobby/bytes", content=bytes(100_000))).json() == {"bytes": 100_000}
        most = await client.post("/lobby/bytes", content=bytes(lobby.MAX_UPLOAD_BYTES + 1))
        assert refused(most) == (413, "too-large")
    assert site.app.state.context.lobby.transferring == 0
    assert 'mcu_signaling_checked_bytes_total{direction="up"}' in await metrics(site)


async def test_bytes_that_go_are_random_paced_and_end(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lobby, "PACE_SECONDS", 0.1)
    async with site.client(REMOTE) as client:
        answer = await client.get("/lobby/bytes")
    most = lobby.PACED * 0.1 / 8 + 2 * lobby.CHUNK
    assert 0 < len(answer.content) <= most
    assert len(set(answer.content)) == 256
    assert answer.headers["cache-control"] == "no-store"
    assert site.app.state.context.lobby.transferring == 0


async def test_a_body_that_never_ends_is_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lobby, "TRANSFER_SECONDS", 0.05)

    async def slowly() -> Any:
        yield b"x"
        await asyncio.sleep(5)

    async with site.client(REMOTE) as client:
        assert refused(await client.post("/lobby/bytes", content=slowly())) == (408, "too-slow")
    assert site.app.state.context.lobby.transferring == 0


def test_transfers_are_few_at_once_and_limited_by_address() -> None:
    limits = LobbyLimits()
    for number in range(MAX_TRANSFERS):
        limits.begin_transfer(f"office {number}", 0.0)
    with pytest.raises(RefusedError, match="busy"):
        limits.begin_transfer("one more", 0.0)
    limits.end_transfer("office 0")
    limits.begin_transfer("one more", 0.0)
    limits.end_transfer("one more")
    for _ in range(int(TRANSFERS.burst) - 1):
        limits.begin_transfer("one more", 0.0)
        limits.end_transfer("one more")
    with pytest.raises(RefusedError, match="too-fast"):
        limits.begin_transfer("one more", 0.0)


def test_nobody_takes_all_transfers() -> None:
    limits = LobbyLimits()
    for _ in range(MAX_OF_ONE):
        limits.begin_transfer("greedy", 0.0)
    with pytest.raises(RefusedError, match="busy"):
        limits.begin_transfer("greedy", 0.0)
    limits.begin_transfer("honest", 0.0)
    assert limits.transferring == MAX_OF_ONE + 1


async def test_a_head_is_no_transfer(site: Site) -> None:
    async with site.client(REMOTE) as client:
        assert (await client.head("/lobby/bytes")).status_code == 405


async def test_what_pages_of_other_sites_embed_gets_nothing(site: Site) -> None:
    embedded = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
    async with site.client(REMOTE) as client:
        assert (await client.get("/lobby/bytes", headers=embedded)).status_code == 403


async def test_a_body_that_never_ends_is_let_go(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "BODY_SECONDS", 0.05)

    async def slowly() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(60)

    async with site.client(REMOTE) as client:
        for path, kind in (("/lobby", "application/json"), ("/lobby/line", "application/sdp")):
            answer = await client.post(path, content=slowly(), headers={"content-type": kind})
            assert refused(answer) == (408, "too-slow")


async def test_pages_of_other_sites_get_nothing(site: Site) -> None:
    foreign = {"origin": "https://example.org"}
    async with site.client(REMOTE) as client:
        for answer in (
            await client.post("/lobby", json={"conference": "A" * 22}, headers=foreign),
            await client.post("/lobby/line", content=OFFER, headers=SDP | foreign),
            await client.get("/lobby/bytes", headers=foreign),
            await client.post("/lobby/bytes", content=b"x", headers=foreign),
        ):
            assert refused(answer) == (403, "origin-refused")


async def metrics(site: Site) -> str:
    async with site.client() as client:
        return (await client.get("/metrics")).text


class Strained:
    is_ready, silent, index = True, False, 0
    load = control.Load(1.0, 1, MOST_STRAIN + 0.1, (), {})


async def test_a_strained_processor_checks_nobody() -> None:
    pool = ProcessorPool(Config())
    with pytest.raises(RefusedError, match="no media processor"):
        await pool.check_line(OFFER)
    processors: Any = pool._processors
    processors[0] = Strained()
    with pytest.raises(RefusedError, match="busy"):
        await pool.check_line(OFFER)


class TestWithRelays:
    @pytest.fixture
    def config(self, turn: Turn) -> Config:
        return Config(turn=turn)

    async def test_a_relay_is_named_without_credentials(self, site: Site) -> None:
        async with site.client(REMOTE) as client:
            answer = await client.post("/lobby/line", content=OFFER, headers=SDP)
        assert answer.headers["link"] == '<turns:turn.example.kr:443?transport=tcp>; rel="ice-server"'
