"""A room in a conference, over real sockets: its end from either side, keyframes, keys, and whose word counts."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from mcu import control
from mcu.conference import commands as c
from mcu.config import H323
from mcu.gateway.room_call import KEYS
from mcu.h323.address import Address
from mcu.h323.call_options import CallOptions
from mcu.h323.events import Answered, ChannelOpened, ControlWanted, EndReason, KeyframeRequested
from mcu.media.types import StreamKind
from tests.gateway.place import Place, both_ways, let_loop_turn, opened
from tests.gateway.terminal import Terminal


async def test_the_chair_ends_it_and_the_room_is_told(place: Place, terminal: Terminal) -> None:
    await terminal.call(place.address, place.direct)
    await terminal.heard(Answered)
    await place.world.registry.execute(place.created.conference, c.End(None))
    assert (await terminal.ended()).reason is EndReason.HUNG_UP
    await place.until(lambda: not place.gateway.calls)


async def test_somebody_removed_is_hung_up(place: Place, terminal: Terminal) -> None:
    await terminal.call(place.address, place.direct)
    await terminal.heard(Answered)
    snapshot = await place.world.registry.snapshot(place.created.conference)
    await place.world.registry.execute(place.created.conference, c.Remove(None, snapshot.roster[0].id))
    await terminal.ended()
    assert await place.roster() == []


async def test_keyframes_are_asked_for_in_both_directions(place: Place, terminal: Terminal) -> None:
    await terminal.call(place.address, place.direct)
    await terminal.heard(ChannelOpened, count=4)
    await place.until(lambda: both_ways(place.told()))
    terminal.do(lambda call, now: call.request_keyframe(StreamKind.MAIN, now))
    await place.until(lambda: place.world.pool.of(control.SendKeyframe))
    leg = place.told().leg  # type: ignore[union-attr]
    place.world.registry.notice(control.KeyframeNeeded(leg, "main"))
    assert (await terminal.heard(KeyframeRequested)).kind is StreamKind.MAIN


async def test_keys_switch_microphone_and_hand(place: Place, terminal: Terminal) -> None:
    await terminal.call(place.address, place.direct)
    await terminal.heard(ChannelOpened, count=4)
    terminal.do(lambda call, now: call.send_digits("*6*9", now))

    async def roster() -> tuple[bool, bool]:
        (me,) = (await place.world.registry.snapshot(place.created.conference)).roster
        return me.muted, me.hand

    async with asyncio.timeout(10):
        while await roster() != (True, True):
            await asyncio.sleep(0.005)


async def test_a_thousand_keys_are_as_many_as_a_hand_presses(place: Place, terminal: Terminal) -> None:
    await terminal.call(place.address, place.direct)
    await terminal.heard(ChannelOpened, count=4)
    (room,) = place.gateway.calls
    for _ in range(100):
        terminal.do(lambda call, now: call.send_digits("*9" * 20, now))
    await place.until(lambda: room.dropped_keys > 0)
    await let_loop_turn(500)
    hands = place.world.pool.of(control.UpdateConference)
    assert len(hands) < KEYS.burst  # of two keys each, and some that are not of keys


async def test_a_room_leads_us_to_no_address_where_it_could_not_call_from(tmp_path: Path) -> None:
    reached = asyncio.Event()
    strange = await asyncio.start_server(lambda reader, writer: reached.set(), "127.0.0.2", 0)
    port = strange.sockets[0].getsockname()[1]
    async with opened(tmp_path, H323(host="127.0.0.1", port=0, h245_port=0, networks=("127.0.0.1/32",))) as place:
        terminal = Terminal(options=CallOptions(tunnelling=False, accept_tunnelling=False))
        await terminal.call(place.address, place.direct)
        (room,) = place.gateway.calls
        assert room.driver is not None
        room.driver._handle(ControlWanted(Address("127.0.0.2", port)))
        await terminal.ended()
        await let_loop_turn(100)
        assert not reached.is_set()
        assert place.gateway.ended["connection-lost"] == 1
    strange.close()


async def test_nobody_else_takes_the_place_of_a_rooms_own_connection(place: Place) -> None:
    terminal = Terminal(options=CallOptions(tunnelling=False, accept_tunnelling=False))
    terminal.gate = asyncio.Event()
    await terminal.call(place.address, place.direct)
    (room,) = place.gateway.calls
    driver = room.driver
    assert driver is not None
    await place.until(lambda: driver._listener is not None)
    assert driver._listener is not None
    port = driver._listener.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.9", 0))
    with contextlib.suppress(ConnectionError):
        assert await reader.read() == b""
    writer.close()
    terminal.gate.set()
    await terminal.heard(ChannelOpened, count=4)
    await place.until(lambda: both_ways(place.told()))
    assert both_ways(place.told())
