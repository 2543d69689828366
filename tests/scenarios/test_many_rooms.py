"""Twenty rooms called at once, and calls that come and go for a while: none is lost, nothing is left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from mcu.h323.capabilities import Offer
from mcu.h323.events import EndReason
from tests.support.attendees import meeting, tone_reels, until
from tests.support.room_scene import Place, Room
from tests.support.server import Server, free_port, running_server

ROOMS = 20
CHURN = 30  # calls that come and go
SOUND_ALONE = Offer(audio=("PCMA",), audio_received=(), video=(), content=())

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"MCU_H323_HOST": "127.0.0.1", "MCU_H323_PORT": str(free_port()), "MCU_H323_H245_PORT": "0"}
    with running_server(tmp_path_factory.mktemp("server"), settings) as running:
        yield running


@pytest.fixture
async def place(server: Server) -> AsyncIterator[Place]:
    created = server.post("/api/v1/conferences", {"title": "회의실 스무 곳", "capacity": 36})
    async with meeting(server.url, created["link"]) as people:
        made = Place(server, people, created)
        yield made
        for room in made.rooms:
            await room.close()


def silent(place: Place, number: int) -> Room:
    """A room that only listens."""
    room = Room(number, silent=True, offer=SOUND_ALONE)
    place.rooms.append(room)
    return room


async def test_twenty_rooms_called_at_once_all_hear(place: Place, server: Server) -> None:
    await place.people.join(1, tone_reels(1))
    rooms = [silent(place, number) for number in range(ROOMS)]
    path = f"/api/v1/conferences/{place.created['id']}/rooms"
    for number, room in enumerate(rooms):
        address = await room.listen()
        body = {"address": str(address), "name": f"회의실 {number}", "call": False}
        await asyncio.to_thread(server.post, path, body)
        await asyncio.sleep(0.05)  # REST answers 20 requests a second from one address
    await asyncio.to_thread(server.post, f"{path}/call", {})
    await until(lambda: all(room.answered for room in rooms), what="all answered")
    await until(lambda: all(room.hears(1) for room in rooms), what="all hear")
    listed = (await asyncio.to_thread(server.get, path))["rooms"]
    assert {room["state"] for room in listed} == {"connected"}
    assert len(listed) == ROOMS


async def test_calls_that_come_and_go_leave_nothing(place: Place, server: Server) -> None:
    for number in range(CHURN):
        room = silent(place, number)
        await room.call(place.gateway, place.direct)
        await room.until(lambda room=room: room.leg is not None and room.answered)  # type: ignore[misc]
        await room.close()
        assert room.ended is not None
        assert room.ended.reason is EndReason.HUNG_UP

    def figure(name: str) -> float:
        return sum(value for key, value in server.metrics().items() if key.startswith(name))

    await until(lambda: figure("mcu_h323_calls{") == 0, what="no call is left", every=0.2)
    await until(lambda: figure('mcu_rtp_datagrams_total{processor="0",what="ports"}') == 0, what="ports", every=0.2)
    assert figure("mcu_h323_call_failures_total") == 0
