"""The rooms of conferences: kept, called and shown, with a real store, a fake dialler and fake time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mcu.conference import commands as c
from mcu.controller.doors import Created
from mcu.controller.member import RoomCondition, RoomsChanged
from mcu.errors import RefusedError
from mcu.gateway.room_entries import NewRoom
from mcu.gateway.room_list import REDIAL_SECONDS
from mcu.gateway.rooms import CALLS, IDLE_SECONDS, MAX_WAITING, NEWS_SECONDS, TIDY_SECONDS, Rooms
from mcu.store.database import open_store
from mcu.store.store import Store
from tests.fakes.dialler import FakeDialler
from tests.fakes.pool import FakeMember
from tests.fakes.world import World


class Office:
    """A conference with a chair, its rooms, and a dialler that calls nobody."""

    def __init__(self, world: World, created: Created) -> None:
        self.world = world
        self.created = created
        self.id = created.conference
        self.restart()

    def restart(self) -> None:
        self.dialler = FakeDialler()
        self.rooms = Rooms(registry=self.world.registry, dialler=self.dialler, clock=lambda: self.world.now)

    async def pass_time(self, seconds: float) -> None:
        """Let fake time pass, stopping wherever something is due."""
        end = self.world.now + seconds
        while True:
            await settle()
            due = self.rooms.next_timer()
            if due is None or due > end:
                break
            self.world.now = max(self.world.now, due)
            self.rooms.handle_timer(self.world.now)
        self.world.now = end

    async def add(self, *addresses: str) -> tuple[str, ...]:
        return await self.rooms.add(self.id, [NewRoom(address=address) for address in addresses])

    async def conditions(self) -> list[RoomCondition]:
        return [room.condition for room in await self.rooms.listed(self.id)]


async def settle() -> None:
    """Let the tasks that were begun come to their end; the store answers within the loop's turns or its thread."""
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with open_store(f"sqlite+aiosqlite:///{tmp_path / 'mcu.sqlite3'}") as store:
        world = World(store)
        running = asyncio.ensure_future(world.registry.run())
        yield Office(world, await world.registry.create_conference(title="회의"))
        await world.registry.close()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def chair(office: Office) -> FakeMember:
    _, member = await office.world.enter(office.created, "의장", chair_key=office.created.chair_key)
    return member


def lists(member: FakeMember) -> list[RoomsChanged]:
    return [news for news in member.news if isinstance(news, RoomsChanged)]


async def test_list_survives_a_restart_and_calls_do_not(office: Office) -> None:
    ids = await office.add("192.0.2.1", "192.0.2.2")
    await office.rooms.call(office.id, ids[:1])
    await office.pass_time(1)
    office.dialler.to("192.0.2.1").tell("connected", participant="p")
    office.restart()
    listed = await office.rooms.listed(office.id)
    assert [(room.id, room.address, room.condition) for room in listed] == [
        (ids[0], "192.0.2.1", RoomCondition.IDLE),
        (ids[1], "192.0.2.2", RoomCondition.IDLE),
    ]


async def test_twenty_rooms_are_begun_within_a_second_and_one_by_one(office: Office) -> None:
    await office.add(*(f"192.0.2.{n}" for n in range(20)))
    await office.rooms.call(office.id)
    assert office.dialler.calls == []
    assert set(await office.conditions()) == {RoomCondition.CALLING}
    await office.pass_time(0.39)
    assert 8 <= len(office.dialler.calls) <= 11
    await office.rooms.call(office.id)
    await office.pass_time(0.6)
    assert [call.dialled for call in office.dialler.calls] == [f"192.0.2.{n}" for n in range(20)]


async def test_only_who_is_not_connected_is_called(office: Office) -> None:
    one, two = await office.add("192.0.2.1", "192.0.2.2")
    await office.rooms.call(office.id, [one])
    await office.pass_time(1)
    office.dialler.calls[0].tell("connected", participant="p")
    await office.rooms.call(office.id)
    await office.pass_time(1)
    assert [call.dialled for call in office.dialler.calls] == ["192.0.2.1", "192.0.2.2"]
    assert await office.conditions() == [RoomCondition.CONNECTED, RoomCondition.CALLING]
    assert two != one


async def test_name_and_office_go_with_the_call(office: Office) -> None:
    (room,) = await office.rooms.add(office.id, [NewRoom(address="7301", name="대회의실", office="종로구청장")])
    await office.rooms.call(office.id, [room])
    await office.pass_time(1)
    (call,) = office.dialler.calls
    assert (call.conference, call.dialled, call.name, call.office) == (office.id, "7301", "대회의실", "종로구청장")


async def test_hanging_up_and_removing_end_the_call(office: Office) -> None:
    one, two = await office.add("192.0.2.1", "192.0.2.2")
    await office.rooms.call(office.id)
    await office.pass_time(1)
    await office.rooms.hang_up(office.id, one)
    await office.rooms.remove(office.id, two)
    await office.pass_time(1)
    assert [call.hung_up for call in office.dialler.calls] == [True, True]
    assert [(room.id, room.reason) for room in await office.rooms.listed(office.id)] == [(one, "hung-up")]
    office.restart()
    assert [room.id for room in await office.rooms.listed(office.id)] == [one]


async def test_chairs_alone_are_told_and_changes_come_together(office: Office) -> None:
    leader = await chair(office)
    _, other = await office.world.enter(office.created, "참가자")
    await office.add("192.0.2.1", "192.0.2.2")
    await office.rooms.call(office.id)
    await office.pass_time(0.09)
    assert lists(leader) == []
    await office.pass_time(NEWS_SECONDS)
    (news,) = lists(leader)
    assert [room.condition for room in news.rooms] == [RoomCondition.CALLING] * 2
    for call in office.dialler.calls:
        call.tell("ringing")
    await office.pass_time(1)
    assert [room.condition for room in lists(leader)[-1].rooms] == [RoomCondition.RINGING] * 2
    assert len(lists(leader)) == 2
    assert lists(other) == []


async def test_nothing_is_told_while_nothing_changes(office: Office) -> None:
    leader = await chair(office)
    (room,) = await office.add("192.0.2.1")
    await office.rooms.call(office.id)
    await office.pass_time(1)
    told = len(lists(leader))
    await office.rooms.call(office.id)
    office.dialler.calls[0].tell("calling")
    await office.add("192.0.2.1")
    await office.pass_time(1)
    assert len(lists(leader)) == told
    assert room


async def test_chair_who_enters_is_told_at_once(office: Office) -> None:
    member = FakeMember()
    await office.rooms.welcome(office.id, member)
    assert lists(member) == [RoomsChanged(())]
    await office.add("192.0.2.1")
    await office.rooms.welcome(office.id, member)
    assert [room.address for room in lists(member)[-1].rooms] == ["192.0.2.1"]


async def test_dropped_room_is_dialled_again_while_somebody_is_there(office: Office) -> None:
    await chair(office)
    await office.add("192.0.2.1")
    await office.rooms.call(office.id)
    await office.pass_time(1)
    office.dialler.calls[0].tell("connected", participant="p")
    office.dialler.calls[0].tell("ended", reason="connection-lost")
    await office.pass_time(REDIAL_SECONDS - 0.1)
    assert len(office.dialler.calls) == 1
    await office.pass_time(0.2)
    assert len(office.dialler.calls) == 2


async def test_nobody_there_nobody_is_dialled_again(office: Office) -> None:
    await office.add("192.0.2.1")
    await office.rooms.call(office.id)
    await office.pass_time(1)
    office.dialler.calls[0].tell("connected", participant="p")
    office.dialler.calls[0].tell("ended", reason="connection-lost")
    await office.pass_time(2 * REDIAL_SECONDS)
    assert len(office.dialler.calls) == 1
    (room,) = await office.rooms.listed(office.id)
    assert (room.condition, room.reason) == (RoomCondition.ENDED, "connection-lost")


@pytest.mark.parametrize(
    ("refused", "reason"),
    [
        (RefusedError("busy"), "resources"),
        (RefusedError("no-gatekeeper"), "no-gatekeeper"),
        (RefusedError("address-invalid"), "address-invalid"),
        (RefusedError("address-unknown"), "address-unknown"),
        (RefusedError("address-unreachable"), "address-unreachable"),
        (RefusedError("gatekeeper-silent", "3001"), "gatekeeper-silent"),
        (RefusedError("ports-taken"), "ports-taken"),
        (RefusedError("conference-ended"), "conference-ended"),
        (RuntimeError("a bug"), "resources"),
    ],
)
async def test_what_the_dialler_refuses_is_shown_in_the_list(office: Office, refused: Exception, reason: str) -> None:
    await office.add("192.0.2.1", "192.0.2.2")
    office.dialler.refuse = refused
    await office.rooms.call(office.id)
    await office.pass_time(1)
    assert [room.reason for room in await office.rooms.listed(office.id)] == [reason, reason]


async def test_a_bug_in_calling_is_counted_and_a_refusal_is_not(office: Office) -> None:
    (room,) = await office.add("192.0.2.1")
    for refused, count in ((RefusedError("busy"), 0), (RuntimeError("a bug"), 1)):
        office.dialler.refuse = refused
        await office.rooms.call(office.id, [room])
        await office.pass_time(1)
        assert office.world.registry.failures == count
        assert await office.conditions() == [RoomCondition.ENDED]


async def test_calls_are_bounded_by_conference(office: Office) -> None:
    (room,) = await office.add("192.0.2.1")
    for _ in range(int(CALLS.burst)):
        await office.rooms.call(office.id, [room])
        await office.rooms.hang_up(office.id, room)
    with pytest.raises(RefusedError, match="too-fast"):
        await office.rooms.call(office.id, [room])
    with pytest.raises(RefusedError, match="too-fast"):
        await office.rooms.call(office.id)
    office.world.now += 1
    await office.rooms.call(office.id, [room])


async def test_waiting_calls_are_bounded_in_all(office: Office) -> None:
    addresses = [f"192.0.2.{n}" for n in range(60)]
    for _ in range(MAX_WAITING // 60):
        created = await office.world.registry.create_conference(title="회의")
        await office.rooms.add(created.conference, [NewRoom(address=address) for address in addresses])
        await office.rooms.call(created.conference)
    await office.add("198.51.100.1")
    with pytest.raises(RefusedError, match="busy"):
        await office.rooms.call(office.id)


async def test_ended_and_unknown_conferences_have_no_rooms(office: Office) -> None:
    (room,) = await office.add("192.0.2.1")
    with pytest.raises(RefusedError, match="no-such-conference"):
        await office.rooms.listed("none")
    with pytest.raises(RefusedError, match="no-such-room"):
        await office.rooms.call(office.id, ["none"])
    await office.world.registry.execute(office.id, c.End(None))
    for asked in (office.rooms.listed(office.id), office.rooms.call(office.id), office.rooms.remove(office.id, room)):
        with pytest.raises(RefusedError, match="conference-ended"):
            await asked
    assert await store_of(office).rooms(office.id) == ()


async def test_rooms_of_another_conference_cannot_be_touched(office: Office) -> None:
    (room,) = await office.add("192.0.2.1")
    other = await office.world.registry.create_conference(title="다른 회의")
    with pytest.raises(RefusedError, match="no-such-room"):
        await office.rooms.remove(other.conference, room)
    assert len(await office.rooms.listed(office.id)) == 1


async def test_lists_that_nobody_needs_leave_memory(office: Office) -> None:
    await office.add("192.0.2.1")
    await office.rooms.call(office.id)
    await office.pass_time(2 * IDLE_SECONDS)
    assert office.rooms.next_timer() is not None  # the call goes on
    office.dialler.calls[0].tell("ended", reason="no-answer")
    await office.pass_time(IDLE_SECONDS - 1)
    assert (await office.rooms.listed(office.id))[0].reason == "no-answer"
    await office.pass_time(IDLE_SECONDS + 2 * TIDY_SECONDS)
    assert office.rooms.next_timer() is None
    assert await office.conditions() == [RoomCondition.IDLE]


async def test_time_passes_by_itself(office: Office) -> None:
    await office.add("192.0.2.1")
    running = asyncio.ensure_future(office.rooms.run())
    await settle()
    await office.rooms.call(office.id)
    async with asyncio.timeout(10):
        while not office.dialler.calls:
            await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def store_of(office: Office) -> Store:
    return office.world.store
