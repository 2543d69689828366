"""Rooms of H.323 and a browser's like in one meeting on a real server: who hears and sees whom, in and out."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator

import numpy as np
import pytest
from PIL import Image

from mcu.h323.call_options import CallOptions
from mcu.h323.capabilities import Offer
from mcu.h323.channels import Direction
from mcu.h323.media_keys import Encryption
from mcu.media.types import StreamKind
from mcu.synthetic.picture_code import read
from tests.support.attendees import meeting, tone_reels, until
from tests.support.room_scene import HEARD, Place
from tests.support.server import Server, free_port, running_server

MEDIA_SECONDS = 2.0  # from answering to the first sound and picture
KEYFRAME_SECONDS = 1.0
LIMIT = 256_000  # bit/s
SETTLE_SECONDS = 3.0  # until an encoder keeps to another rate

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"MCU_H323_HOST": "127.0.0.1", "MCU_H323_PORT": str(free_port()), "MCU_H323_H245_PORT": "0"}
    settings["MCU_H323_ENCRYPTION"] = "offered"  # which rooms that know nothing of it must not notice
    with running_server(tmp_path_factory.mktemp("server"), settings) as running:
        yield running


@pytest.fixture
async def place(server: Server) -> AsyncIterator[Place]:
    created = server.post("/api/v1/conferences", {"title": "회의실"})
    async with meeting(server.url, created["link"]) as people:
        made = Place(server, people, created)
        yield made
        for room in made.rooms:
            await room.close()


async def test_two_rooms_and_a_browser_hear_and_see_each_other(place: Place) -> None:
    browser = await place.people.join(1, tone_reels(1))
    first = await place.called_in(2)
    second = await place.called_in(3, options=CallOptions(fast_start=True, tunnelling=False))
    await until(lambda: first.hears(1, 3), what="the first room hears the browser and the other room")
    await until(lambda: second.hears(1, 2), what="the second room hears the browser and the other room")
    await until(
        lambda: all(browser.hearing.tones().get(person, 0) > HEARD for person in (2, 3)), what="the browser hears both"
    )
    everybody = {1, 2, 3}
    await until(lambda: set(browser.people()) >= everybody, what="the browser sees all")
    for room in (first, second):
        await until(lambda room=room: set(place.shown(room.picture)) >= everybody, what="a room sees all")  # type: ignore[misc]
    await until(lambda: first.picture is not None and first.picture.shape == (720, 1280), what="the size that it can")


async def test_enciphered_rooms_and_others_hear_and_see_each_other(place: Place) -> None:
    browser = await place.people.join(1, tone_reels(1))
    required = CallOptions(encryption=Encryption.REQUIRED)
    enciphered = await place.called_in(2, options=required)
    plain = await place.called_in(3)
    await until(lambda: enciphered.hears(1, 3), what="the enciphered room hears the others")
    await until(lambda: plain.hears(1, 2), what="the plain room hears the others")
    await until(lambda: set(browser.people()) >= {1, 2, 3}, what="the browser sees all")
    await until(lambda: set(place.shown(enciphered.picture)) >= {1, 2, 3}, what="the enciphered room sees all")
    for room, is_ciphered in ((enciphered, True), (plain, False)):
        assert room.driver is not None
        assert room.driver.call.h245 is not None
        assert len(room.driver.call.h245.channels) == 4
        assert {bool(channel.key) for channel in room.driver.call.h245.channels} == {is_ciphered}


async def test_an_enciphered_room_is_called(place: Place, server: Server) -> None:
    browser = await place.people.join(1, tone_reels(1))
    room = place.room(4, options=CallOptions(encryption=Encryption.REQUIRED))
    address = await room.listen()
    server.post(f"/api/v1/conferences/{place.created['id']}/rooms", {"address": str(address), "name": "강남 회의실"})
    await until(lambda: room.hears(1), what="the room hears the browser")
    await until(lambda: 4 in browser.people(), what="the browser sees the room")


async def test_media_is_there_soon_after_the_answer_and_keyframes_when_asked_for(place: Place) -> None:
    await place.people.join(1, tone_reels(1))
    room = await place.called_in(2)
    await until(lambda: room.picture is not None and room.hears(1), MEDIA_SECONDS + 3, what="sound and picture")
    before = room.keyframes
    driver = room.driver
    assert driver is not None
    await asyncio.sleep(0.5)  # the pause between two keyframes
    driver.do(lambda now: driver.call.request_keyframe(StreamKind.MAIN, now))
    await until(lambda: room.keyframes > before, KEYFRAME_SECONDS + 2, what="a keyframe")


async def test_a_room_that_dials_nothing_is_asked_by_voice_and_card(place: Place) -> None:
    browser = await place.people.join(1, tone_reels(1))
    room = place.room(2)
    await room.call(place.gateway)
    await until(lambda: float(np.abs(room.heard).max(initial=0.0)) > 0.1, what="a voice")
    await until(lambda: room.picture is not None and float(room.picture.std()) > 5, what="a card with writing")
    room.press(f"{place.created['number']}#")
    room.press(f"{place.created['pin']}#")
    await until(lambda: room.hears(1), what="the conference is heard")
    await until(lambda: 2 in browser.people(), what="the room is seen")
    await until(lambda: set(place.shown(room.picture)) >= {1, 2}, what="the room sees all")


async def test_a_room_is_called_heard_and_hung_up(place: Place, server: Server) -> None:
    browser = await place.people.join(1, tone_reels(1))
    room = place.room(4)
    address = await room.listen()
    rooms = f"/api/v1/conferences/{place.created['id']}/rooms"
    server.post(rooms, {"address": str(address), "name": "강남 회의실", "office": "강남구청장"})
    await until(lambda: room.hears(1), what="the room hears the browser")
    await until(lambda: 4 in browser.people(), what="the browser sees the room")
    (listed,) = server.get(rooms)["rooms"]
    assert listed["state"] == "connected"
    roster = server.get(f"/api/v1/conferences/{place.created['id']}/participants")["participants"]
    assert {"강남 회의실"} == {line["name"] for line in roster} - {"사람 1"}
    server.post(f"{rooms}/{listed['room']}/hang-up", {})
    await until(lambda: room.ended is not None, what="the end")
    await until(lambda: 4 not in browser.people(), what="the room's tile is gone", every=0.1)


async def test_a_call_survives_its_processor(place: Place, server: Server) -> None:
    browser = await place.people.join(1, tone_reels(1))
    room = await place.called_in(2)
    await until(lambda: room.hears(1) and 2 in browser.people(), what="both see and hear each other")
    driver = room.driver
    for pid in server.processor_pids:
        os.kill(pid, signal.SIGKILL)
    await until(lambda: not room.hears(1), what="silence")
    await until(lambda: room.hears(1), what="the room hears the browser again")
    await until(lambda: 2 in browser.people(), what="the browser sees the room again")
    await until(lambda: set(place.shown(room.picture)) >= {1, 2}, what="the room sees all")
    assert room.driver is driver
    assert room.ended is None


@pytest.mark.parametrize(("codec", "size"), [("H261", (288, 352)), ("H263", (288, 352))])
async def test_rooms_with_old_codecs_take_part(place: Place, server: Server, codec: str, size: tuple[int, int]) -> None:
    server.patch(f"/api/v1/conferences/{place.created['id']}", {"layout": {"name": "grid", "fit": "contain"}})
    browser = await place.people.join(1, tone_reels(1))
    room = await place.called_in(2, offer=Offer(audio=("PCMU",), audio_received=(), video=(codec,), content=()))
    await until(lambda: room.hears(1), what="the room hears the browser")
    await until(lambda: room.picture is not None and room.picture.shape == size, what="a picture of its kind")

    def seen() -> bool:
        """Its whole picture stands in the middle of its tile, in the shape of 4:3 that CIF is shown in."""
        luma, tiles = browser.look(), browser.tiles
        if luma is None or tiles is None or len(tiles.tiles) < 2:
            return False
        tile = browser.places()[1]
        width = tile["height"] * 4 / 3
        left = tile["x"] + (tile["width"] - width) / 2
        shrunk = luma.shape[1] / tiles.width  # a busy server sends a smaller composite
        box = tuple(side * shrunk for side in (left, tile["y"], left + width, tile["y"] + tile["height"]))
        code = read(np.asarray(Image.fromarray(luma).resize((352, 288), box=box)))
        return code is not None and code.person == 2

    await until(seen, what="the browser sees the room")
    driver = room.driver
    assert driver is not None
    assert driver.call.h245 is not None
    sent = [c for c in driver.call.h245.channels if c.kind is StreamKind.MAIN and c.direction is Direction.SENT]
    assert [channel.media.codec for channel in sent] == [codec]


async def test_a_room_that_asks_for_less_gets_no_more(place: Place) -> None:
    await place.people.join(1, tone_reels(1))
    room = await place.called_in(2)
    received: list[tuple[float, int]] = []
    room.watch(lambda kind, frame: received.append((time.monotonic(), len(frame.data))))
    await until(lambda: len(received) > 25, what="pictures")
    driver = room.driver
    assert driver is not None
    driver.do(lambda now: driver.call.limit_bitrate(StreamKind.MAIN, LIMIT, now))
    asked = time.monotonic()
    await until(lambda: time.monotonic() > asked + SETTLE_SECONDS + 3, 20, what="three seconds under the limit")
    since = asked + SETTLE_SECONDS
    octets = sum(size for at, size in received if at > since)
    assert 0.05 * LIMIT < 8 * octets / (time.monotonic() - since) < LIMIT
