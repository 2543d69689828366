"""Calling rooms, as REST and the chair's page ask for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from mcu.controller.doors import ByLink, Person
from mcu.errors import RefusedError
from mcu.gateway.reasons import TOLD_REFUSALS
from mcu.gateway.rooms import Rooms
from mcu.h323.events import EndReason
from mcu.signaling import protocol as p
from mcu.signaling.messages import CALL_ENDS, sentence
from tests.fakes.dialler import FakeCall, FakeDialler
from tests.fakes.pool import FakeMember
from tests.signaling.conftest import Browser, Site
from tests.signaling.test_rest import CONFERENCES, check, problem
from tests.signaling.test_websocket import refused


@pytest.fixture
async def dialler(site: Site) -> AsyncIterator[FakeDialler]:
    """Whoever makes the calls of `site`, which has rooms through it."""
    made = FakeDialler()
    rooms = site.app.state.context.rooms = Rooms(registry=site.registry, dialler=made)
    running = asyncio.ensure_future(rooms.run())
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def called(dialler: FakeDialler, count: int = 1) -> list[FakeCall]:
    async with asyncio.timeout(10):
        while len(dialler.calls) < count:
            await asyncio.sleep(0)
    return dialler.calls


async def listed(browser: Browser) -> tuple[p.Room, ...]:
    news = await browser.until(p.Rooms)
    assert isinstance(news, p.Rooms)
    return news.rooms


async def a_room_in(site: Site, conference: str) -> str:
    """A participant that is a room."""
    member = FakeMember()
    place = await site.registry.rtp.expect(conference, member)
    await site.registry.rtp.enter(place, Person(name="다지점 장치"), member)
    return place.participant


# --- REST -------------------------------------------------------------------------------------------


async def test_room_from_adding_to_removing(site: Site, dialler: FakeDialler) -> None:
    base = f"{CONFERENCES}/{(await site.create()).conference}/rooms"
    async with site.client() as client:
        made = await client.post(base, json={"address": " 192.0.2.1 ", "name": "대회의실", "office": "종로구청장"})
        assert made.status_code == 201
        room: dict[str, object] = check(made, "AddedRoom")["room"]  # type: ignore[assignment]
        assert (room["address"], room["name"], room["state"]) == ("192.0.2.1", "대회의실", "calling")
        (call,) = await called(dialler)
        call.tell("connected", participant="p1", name="JONGNO")
        again = check(await client.post(f"{base}/{room['room']}/call"), "RoomList")["rooms"]
        assert [(r["state"], r["said"], r["participant"]) for r in again] == [("connected", "JONGNO", "p1")]  # type: ignore[attr-defined]
        assert (await client.post(f"{base}/{room['room']}/hang-up")).status_code == 200
        async with asyncio.timeout(10):
            while not call.hung_up:
                await asyncio.sleep(0)
        (ended,) = check(await client.get(base), "RoomList")["rooms"]  # type: ignore[misc]
        assert (ended["state"], ended["reason"]) == ("ended", "hung-up")
        assert ended["message"] == {"ko": CALL_ENDS[EndReason.HUNG_UP].ko, "en": CALL_ENDS[EndReason.HUNG_UP].en}
        assert (await client.delete(f"{base}/{room['room']}")).status_code == 204
        assert check(await client.get(base), "RoomList")["rooms"] == []
        await problem(await client.delete(f"{base}/{room['room']}"), 404, "no-such-room")


async def test_rooms_are_added_without_a_call_and_called_together(site: Site, dialler: FakeDialler) -> None:
    base = f"{CONFERENCES}/{(await site.create()).conference}/rooms"
    async with site.client() as client:
        for number in (1, 2):
            await client.post(base, json={"address": f"192.0.2.{number}", "call": False})
        (one, two) = check(await client.get(base), "RoomList")["rooms"]  # type: ignore[misc]
        assert (one["state"], two["state"]) == ("idle", "idle")
        assert "message" not in one
        calling = check(await client.post(base + "/call"), "RoomList")["rooms"]
        assert [room["state"] for room in calling] == ["calling", "calling"]  # type: ignore[attr-defined]
        assert [call.dialled for call in await called(dialler, 2)] == ["192.0.2.1", "192.0.2.2"]


async def test_refusals_in_words(site: Site, dialler: FakeDialler) -> None:
    base = f"{CONFERENCES}/{(await site.create()).conference}/rooms"
    async with site.client() as client:
        await problem(await client.post(base, json={"address": "a@b c"}), 400, "address-invalid")
        for address in ("10.1.1.999", "http://10.1.1.1/", "종로\n구청"):
            await problem(await client.post(base, json={"address": address}), 400, "address-invalid")
        await problem(await client.post(base, json={"address": "1", "name": "가" * 41}), 400, "name-too-long")
        await problem(await client.post(base + "/none/call"), 404, "no-such-room")
        await problem(await client.get(f"{CONFERENCES}/none/rooms"), 404, "no-such-conference")
    assert dialler.calls == []


async def test_without_h323_there_are_no_rooms(site: Site) -> None:
    base = f"{CONFERENCES}/{(await site.create()).conference}/rooms"
    async with site.client() as client:
        await problem(await client.get(base), 501, "h323-off")
        await problem(await client.post(base, json={"address": "192.0.2.1"}), 501, "h323-off")
        keys = base.replace("rooms", "participants/p/keys")
        await problem(await client.post(keys, json={"keys": "1"}), 501, "h323-off")


async def test_keys_are_pressed_at_a_room_that_is_there(site: Site, dialler: FakeDialler) -> None:
    created = await site.create()
    who = await a_room_in(site, created.conference)
    _, person = await site.registry.enter(ByLink(created.link), Person(name="김하나"), FakeMember())
    people = f"{CONFERENCES}/{created.conference}/participants"
    async with site.client() as client:
        assert (await client.post(f"{people}/{who}/keys", json={"keys": "12*#a"})).status_code == 204
        assert dialler.keys == [(created.conference, who, "12*#A")]
        for keys in ("1e", "1" * 33, "1 2"):
            await problem(await client.post(f"{people}/{who}/keys", json={"keys": keys}), 400, "keys-invalid")
        for body in ({"keys": ""}, {"keys": 12}, {"keys": "1" * 101}, {}, {"keys": "1", "room": "r"}):
            await problem(await client.post(f"{people}/{who}/keys", json=body), 400, "invalid-body")
        await problem(await client.post(f"{people}/none/keys", json={"keys": "1"}), 404, "no-such-participant")
        gone = f"{CONFERENCES}/none/participants/{who}/keys"
        await problem(await client.post(gone, json={"keys": "1"}), 404, "no-such-conference")
        await problem(await client.post(f"{people}/{person}/keys", json={"keys": "1"}), 409, "not-a-room")
        dialler.refuse = RefusedError("too-fast")
        await problem(await client.post(f"{people}/{who}/keys", json={"keys": "1"}), 429, "too-fast")
    assert len(dialler.keys) == 1


# --- the chair's page -------------------------------------------------------------------------------


async def test_chair_calls_rooms_and_is_told(dialler: FakeDialler, served: Site, browser: Browser) -> None:
    created = await served.create()
    await browser.enter(created, "의장", chair_key=created.chair_key)
    assert await listed(browser) == ()
    new = (p.NewRoom(address="192.0.2.1", name="대회의실"), p.NewRoom(address="7301"))
    await browser.send(p.AddRooms(rooms=new))
    assert [(room.name, room.state) for room in await listed(browser)] == [("대회의실", "calling"), ("", "calling")]
    (one, two) = await called(dialler, 2)
    one.tell("connected", participant="p9", name="JONGNO")
    two.tell("ended", reason="no-answer")
    first, second = await listed(browser)
    assert (first.state, first.participant, first.said, first.message) == ("connected", "p9", "JONGNO", msgspec.UNSET)
    assert (second.state, second.reason, second.message) == ("ended", "no-answer", CALL_ENDS[EndReason.NO_ANSWER])
    await browser.send(p.CallRooms())
    assert [room.state for room in await listed(browser)] == ["connected", "calling"]
    await browser.send(p.HangUpRoom(room=first.room))
    assert (await listed(browser))[0].reason == "hung-up"
    await browser.send(p.CallRooms(rooms=(first.room,)))
    assert (await listed(browser))[0].state == "calling"
    await browser.send(p.RemoveRoom(room=first.room))
    assert [room.room for room in await listed(browser)] == [second.room]


async def test_chair_presses_keys_and_is_told_what_cannot_be(
    dialler: FakeDialler, served: Site, browser: Browser
) -> None:
    created = await served.create()
    entered = await browser.enter(created, "의장", chair_key=created.chair_key)
    me = entered.you.participant
    room = await a_room_in(served, created.conference)
    await browser.send(p.SendKeys(participant=room, keys="7#b"))
    await browser.send(p.SendKeys(participant=room, keys="7 8"))
    assert await refused(browser) == "keys-invalid"
    await browser.send(p.SendKeys(participant="nobody", keys="7"))
    assert await refused(browser) == "no-such-participant"
    await browser.send(p.SendKeys(participant=me, keys="7"))
    assert await refused(browser) == "not-a-room"
    assert dialler.keys == [(created.conference, room, "7#B")]


async def test_chair_who_comes_back_is_told_again(dialler: FakeDialler, served: Site, browser: Browser) -> None:
    created = await served.create()
    entered = await browser.enter(created, "의장", chair_key=created.chair_key)
    await browser.send(p.AddRooms(rooms=(p.NewRoom(address="192.0.2.1"),), call=False))
    assert await listed(browser) == ()
    assert [room.state for room in await listed(browser)] == ["idle"]
    async with served.browser() as connection:
        again = Browser(connection)
        await again.send(
            p.Resume(conference=entered.conference.id, participant=entered.you.participant, secret=entered.you.secret)
        )
        assert [room.address for room in await listed(again)] == ["192.0.2.1"]


@pytest.mark.parametrize(
    "message",
    [
        p.AddRooms(rooms=(p.NewRoom(address="192.0.2.1"),)),
        p.CallRooms(),
        p.HangUpRoom(room="r"),
        p.RemoveRoom(room="r"),
        p.SendKeys(participant="p", keys="1"),
    ],
)
async def test_only_chairs_may_and_nobody_else_sees_addresses(
    dialler: FakeDialler, served: Site, browser: Browser, message: p.ClientMessage
) -> None:
    created = await served.create()
    await browser.enter(created, "참가자")
    await browser.send(message)
    assert await refused(browser) == "not-permitted"
    async with served.browser() as connection:
        leader = Browser(connection)
        await leader.enter(created, "의장", chair_key=created.chair_key)
        await leader.send(p.AddRooms(rooms=(p.NewRoom(address="192.0.2.1"),)))
        while not await listed(leader):
            continue
        await leader.send(p.Chat(text="끝"))
        while not isinstance(news := await browser.next(), p.ChatMessage):
            assert not isinstance(news, p.Rooms)


async def test_without_h323_the_chair_is_told_so(served: Site, browser: Browser) -> None:
    created = await served.create()
    await browser.enter(created, "의장", chair_key=created.chair_key)
    await browser.send(p.CallRooms())
    assert await refused(browser) == "h323-off"


@pytest.mark.parametrize("code", sorted(TOLD_REFUSALS))
async def test_why_no_call_began_is_told_in_words(site: Site, dialler: FakeDialler, code: str) -> None:
    base = f"{CONFERENCES}/{(await site.create()).conference}/rooms"
    dialler.refuse = RefusedError(code)
    async with site.client() as client:
        await client.post(base, json={"address": "7301"})
        async with asyncio.timeout(10):
            while (room := (await client.get(base)).json()["rooms"][0])["state"] != "ended":
                await asyncio.sleep(0)
    assert room["reason"] == code
    assert room["message"] == {"ko": sentence(code).ko, "en": sentence(code).en}


async def test_a_name_that_has_no_address_is_told_when_it_is_called(site: Site, dialler: FakeDialler) -> None:
    base = f"{CONFERENCES}/{(await site.create()).conference}/rooms"
    async with site.client() as client:
        await client.post(base, json={"address": "hall.no-such-gu.go.kr"})
        (call,) = await called(dialler)
        call.tell("ended", reason="address-unknown")
        (room,) = (await client.get(base)).json()["rooms"]
    assert (room["state"], room["reason"]) == ("ended", "address-unknown")
    assert room["message"]["en"].startswith("No address was found for that name.")


def test_every_end_of_a_call_has_words() -> None:
    assert set(CALL_ENDS) == set(EndReason)
    assert len({words.ko for words in CALL_ENDS.values()}) == len(EndReason)
    assert all(words.ko.endswith(".") and words.en.endswith(".") for words in CALL_ENDS.values())
