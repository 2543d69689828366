"""Calls in and out over real sockets, with a fake pool and a real store: who gets in, what MPs are told, the end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from mcu import control
from mcu.conference import commands as c
from mcu.config import H323, Config
from mcu.controller.doors import Created
from mcu.errors import RefusedError
from mcu.gateway import gateway as gateway_module
from mcu.gateway.gateway import Gateway
from mcu.gateway.room_call import KEYS
from mcu.gateway.rooms import CallView
from mcu.h323 import h225_codec, q931, tpkt
from mcu.h323.address import Address
from mcu.h323.call_options import CallOptions
from mcu.h323.events import Answered, ChannelOpened, ControlWanted, EndReason, KeyframeRequested
from mcu.h323.h225_messages import Setup
from mcu.limits import ADDRESS_ATTEMPTS, Attempts
from mcu.media.types import StreamKind
from mcu.store.database import open_store
from tests.fakes.pool import RTP_PORTS
from tests.fakes.world import World
from tests.gateway.terminal import MEDIA, Terminal

STARTS = [
    CallOptions(tunnelling=tunnelling, fast_start=fast, h245_in_setup=early)
    for tunnelling in (True, False)
    for fast in (True, False)
    for early in (True, False)
]


@dataclass
class Place:
    """A gateway on a loopback port, and a conference."""

    world: World
    gateway: Gateway
    created: Created

    @property
    def address(self) -> Address:
        return Address("127.0.0.1", self.gateway.port)

    @property
    def direct(self) -> str:
        """What leads into the conference without questions."""
        return f"{self.created.number}##{self.created.pin}"

    async def roster(self) -> list[str]:
        snapshot = await self.world.registry.snapshot(self.created.conference)
        return [participant.name for participant in snapshot.roster]

    async def until(self, condition: object) -> None:
        async with asyncio.timeout(10):
            while not condition():  # type: ignore[operator]
                await asyncio.sleep(0.005)

    async def empty(self) -> None:
        async with asyncio.timeout(10):
            while await self.roster():
                await asyncio.sleep(0.005)

    def told(self) -> control.UpdateRtpLeg | None:
        """What the MP was told last of a leg's channels."""
        updates = self.world.pool.of(control.UpdateRtpLeg)
        return updates[-1] if updates else None  # type: ignore[return-value]


@asynccontextmanager
async def opened(folder: Path, section: H323) -> AsyncIterator[Place]:
    """A gateway with these settings and a fresh conference."""
    async with open_store(f"sqlite+aiosqlite:///{folder / 'mcu.sqlite3'}") as store:
        world = World(store)
        running = asyncio.ensure_future(world.registry.run())
        gateway = Gateway(world.registry, Config(h323=section), attempts=Attempts())
        await gateway.start()
        yield Place(world, gateway, await world.registry.create_conference(title="회의"))
        await gateway.close()
        await world.registry.close()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with opened(tmp_path, H323(host="127.0.0.1", port=0, h245_port=0, max_calls=5)) as made:
        yield made


@pytest.fixture
async def terminal() -> AsyncIterator[Terminal]:
    made = Terminal()
    yield made
    made.close()


def both_ways(update: control.UpdateRtpLeg | None) -> bool:
    """Whether sound and picture are open in both directions."""
    open_now = {(c.direction, c.kind) for c in update.channels} if update is not None else set()
    return open_now >= {(way, kind) for way in ("sent", "received") for kind in ("audio", "main")}


@pytest.mark.parametrize("options", STARTS, ids=lambda o: f"t{o.tunnelling:d}f{o.fast_start:d}e{o.h245_in_setup:d}")
async def test_a_room_that_dials_number_and_pin_is_a_participant_with_media(place: Place, options: CallOptions) -> None:
    terminal = Terminal(options=options)
    await terminal.call(place.address, place.direct)
    await terminal.heard(Answered)
    assert await place.roster() == ["종로 회의실"]
    await place.until(lambda: both_ways(place.told()))
    update = place.told()
    assert update is not None
    sent = {channel.kind: channel for channel in update.channels if channel.direction == "sent"}
    assert sent["audio"].rtp == ("127.0.0.1", MEDIA[StreamKind.AUDIO].rtp.port)
    assert sent["main"].rtp == ("127.0.0.1", MEDIA[StreamKind.MAIN].rtp.port)
    assert sent["main"].codec == "H264"
    assert "127.0.0.1" in update.sources
    await terminal.heard(ChannelOpened, count=4)
    ports = {ports.rtp for ports in RTP_PORTS}
    told = {e.channel.rtp.port for e in terminal.events if isinstance(e, ChannelOpened) and e.channel.rtp is not None}
    assert told < ports
    terminal.close()
    await place.empty()
    await place.until(lambda: not place.gateway.calls)
    assert place.gateway.ended["hung-up"] == 1
    assert place.gateway.callers.count == 0


async def test_a_link_leads_in_and_a_wrong_one_does_not(place: Place, terminal: Terminal) -> None:
    await terminal.call(place.address, f"{place.created.link}@mcu")
    await terminal.heard(Answered)
    assert len(await place.roster()) == 1
    other = Terminal()
    await other.call(place.address, "x" * 22)
    assert (await other.ended()).reason is EndReason.NOT_FOUND


async def test_wrong_pins_are_refused_and_counted(place: Place) -> None:
    wrong = f"{(int(place.created.pin) + 1) % 1_000_000:06}"
    reasons = []
    for _ in range(int(ADDRESS_ATTEMPTS.burst) + 2):
        terminal = Terminal()
        await terminal.call(place.address, f"{place.created.number}##{wrong}")
        reasons.append((await terminal.ended()).reason)
    assert set(reasons) == {EndReason.NOT_ALLOWED}
    right = Terminal()
    await right.call(place.address, place.direct)
    await right.ended()
    assert await place.roster() == []


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


async def test_a_full_conference_has_no_resources(place: Place) -> None:
    terminals = [Terminal(f"회의실 {n}") for n in range(4)]
    for terminal in terminals:
        await terminal.call(place.address, place.direct)
    assert (await terminals[3].ended()).reason is EndReason.RESOURCES
    assert len(await place.roster()) == 3
    for terminal in terminals:
        terminal.close()


async def test_more_calls_than_may_be_are_cut_off(place: Place) -> None:
    connections = [await asyncio.open_connection("127.0.0.1", place.gateway.port) for _ in range(6)]
    reader, _ = connections[5]
    assert await asyncio.wait_for(reader.read(1), 5) == b""
    assert place.gateway.callers.refused["busy"] == 1
    for _, writer in connections:
        writer.close()
    await place.until(lambda: place.gateway.callers.count == 0)


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


# --- the entrance -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialled", [(), ("mcu",), ("123456780",)])
async def test_who_dials_no_conference_is_asked_and_let_in(
    place: Place, terminal: Terminal, dialled: tuple[str, ...]
) -> None:
    await terminal.call(place.address, *dialled)
    await terminal.heard(ChannelOpened, count=4)
    await place.until(lambda: place.world.pool.of(control.PlayPrompts))
    first = place.world.pool.of(control.PlayPrompts)[0]
    assert first.prompts[0] == ("ko-pin" if dialled == ("123456780",) else "ko-number")  # type: ignore[union-attr]
    assert await place.roster() == []
    if dialled == ("123456780",):
        terminal.do(lambda call, now: call.send_digits("000000", now))
        await place.until(lambda: len(place.world.pool.of(control.PlayPrompts)) > 1)
    terminal.do(lambda call, now: call.send_digits(f"{place.created.number}#{place.created.pin}#", now))
    async with asyncio.timeout(10):
        while not await place.roster():
            await asyncio.sleep(0.005)
    await place.until(lambda: place.world.pool.of(control.MoveRtpLeg))
    (moved,) = place.world.pool.of(control.MoveRtpLeg)
    assert moved.conference == place.created.conference  # type: ignore[union-attr]
    await place.until(lambda: place.told().leg == moved.leg)  # type: ignore[union-attr]
    terminal.close()
    await place.empty()
    await place.until(lambda: place.world.pool.of(control.CloseBridge))


async def test_keys_in_the_sound_count_at_the_entrance_too(place: Place, terminal: Terminal) -> None:
    await terminal.call(place.address)
    await place.until(lambda: place.world.pool.of(control.PlayPrompts))
    (leg,) = {body.leg for body in place.world.pool.of(control.AddRtpLeg)}  # type: ignore[union-attr]
    for digit in place.created.number + place.created.pin:
        place.gateway.notice(control.DigitReceived(leg, digit))
    async with asyncio.timeout(10):
        while not await place.roster():
            await asyncio.sleep(0.005)


async def test_who_leaves_the_entrance_leaves_nothing(place: Place, terminal: Terminal) -> None:
    await terminal.call(place.address)
    await place.until(lambda: place.world.pool.of(control.PlayPrompts))
    terminal.close()
    await place.until(lambda: place.world.pool.of(control.CloseBridge))
    assert not place.gateway.calls


# --- calls out --------------------------------------------------------------------------------------------


async def dialled(place: Place, to: Address, **names: str) -> tuple[str, list[CallView]]:
    views: list[CallView] = []
    call = await place.gateway.call(
        place.created.conference,
        str(to),
        name=names.get("name", ""),
        office=names.get("office", ""),
        changed=views.append,
    )
    return call, views


@pytest.mark.parametrize("options", STARTS[::2], ids=lambda o: f"t{o.tunnelling:d}f{o.fast_start:d}")
async def test_a_room_that_is_called_is_a_participant_once_it_answers(place: Place, options: CallOptions) -> None:
    terminal = Terminal("강남 회의실", options=options)
    _, views = await dialled(place, await terminal.listen())
    await place.until(lambda: views and views[-1].state == "connected")
    assert [view.state for view in views] == ["ringing", "connected"]
    assert views[-1].participant
    assert views[-1].name == "강남 회의실"
    assert await place.roster() == ["강남 회의실"]
    await place.until(lambda: both_ways(place.told()))
    terminal.close()
    await place.until(lambda: views[-1].state == "ended")
    assert views[-1].reason == "hung-up"
    await place.empty()


@pytest.mark.parametrize("fast_start", [True, False])
@pytest.mark.parametrize("tunnelling", [True, False])
async def test_what_is_configured_is_offered(tmp_path: Path, fast_start: bool, tunnelling: bool) -> None:
    section = H323(host="127.0.0.1", port=0, h245_port=0, fast_start=fast_start, tunnelling=tunnelling)
    async with opened(tmp_path, section) as place:
        terminal = Terminal()
        heard: list[bytes] = []
        address = await terminal.listen(taps=heard)
        await dialled(place, address)
        await place.until(lambda: heard)
        (setup,) = (h225_codec.parse(q931.parse(message).user_information or b"") for message in heard[:1])
        assert isinstance(setup.body, Setup)
        assert bool(setup.body.fast_start) is fast_start
        assert bool(setup.tunnelling) is tunnelling
        terminal.close()


async def test_names_of_the_list_are_used(place: Place, terminal: Terminal) -> None:
    _, views = await dialled(place, await terminal.listen(), name="3층 회의실", office="종로구청장")
    await place.until(lambda: views and views[-1].state == "connected")
    (room,) = (await place.world.registry.snapshot(place.created.conference)).roster
    assert (room.name, room.office) == ("3층 회의실", "종로구청장")


async def test_a_call_that_rings_is_hung_up(place: Place) -> None:
    terminal = Terminal(answers=False)
    call, views = await dialled(place, await terminal.listen())
    await place.until(lambda: views and views[-1].state == "ringing")
    await place.gateway.hang_up(call)
    await terminal.ended()
    assert views[-1].state == "ended"
    assert await place.roster() == []
    await place.until(lambda: place.world.pool.of(control.RemoveLeg))


async def test_a_room_that_declines_or_is_not_there_is_said(place: Place) -> None:
    terminal = Terminal(answers=False)
    _, views = await dialled(place, await terminal.listen())
    await place.until(lambda: views and views[-1].state == "ringing")
    terminal.do(lambda call, now: call.reject(EndReason.DECLINED, now))
    await place.until(lambda: views[-1].state == "ended")
    assert views[-1].reason == "declined"
    _, views = await dialled(place, Address("127.0.0.1", 1))
    await place.until(lambda: views and views[-1].state == "ended")
    assert views[-1].reason == "unreachable"


async def test_names_need_a_gatekeeper_and_addresses_must_be_some(place: Place) -> None:
    for whom, code in {"3001": "no-gatekeeper", "a@b:99999": "address-invalid"}.items():
        with pytest.raises(RefusedError) as refused:
            await place.gateway.call(place.created.conference, whom, name="", office="", changed=lambda _: None)
        assert refused.value.code == code
    views: list[CallView] = []
    await place.gateway.call(place.created.conference, "x@no.such.invalid", name="", office="", changed=views.append)
    await place.until(lambda: views and views[-1].state == "ended")
    assert views[-1].reason == "unreachable"
    assert place.gateway.callers.count == 0
    assert not place.gateway.calls


async def test_a_call_that_is_hung_up_before_it_began_is_over(place: Place) -> None:
    terminal = Terminal()
    call, views = await dialled(place, await terminal.listen())
    await place.gateway.hang_up(call)
    await place.until(lambda: views and views[-1].state == "ended")
    await place.until(lambda: place.gateway.callers.count == 0)
    assert not place.gateway.calls
    assert await place.roster() == []


@pytest.mark.parametrize(("said", "came"), [(b"", {}), (tpkt.frame(b"\x08\x02\x00"), {"malformed": 1})])
async def test_who_connects_and_begins_no_call_is_cut_off(
    place: Place, monkeypatch: pytest.MonkeyPatch, said: bytes, came: dict[str, int]
) -> None:
    monkeypatch.setattr(gateway_module, "SETUP_SECONDS", 0.1)
    with capture_logs() as logged:
        reader, writer = await asyncio.open_connection("127.0.0.1", place.gateway.port)
        writer.write(said)
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()
    assert [line["came"] for line in logged if line["event"] == "a connection that begins no call"] == [came]
    assert place.gateway.callers.count == 0


async def test_a_taken_port_is_no_reason_to_fall(place: Place) -> None:
    config = Config(h323=msgspec.structs.replace(H323(), host="127.0.0.1", port=place.gateway.port))
    second = Gateway(place.world.registry, config, attempts=Attempts())
    await second.start()
    assert second.port == 0
    await second.close()


# --- peers that behave badly ------------------------------------------------------------------------------


async def let_loop_turn(times: int) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


def nothing_left(place: Place) -> None:
    """No call, no count, no bridge of an entrance, and nobody expected."""
    gateway, pool = place.gateway, place.world.pool
    assert not gateway.calls
    assert gateway.callers.count == 0
    assert gateway.failures == 0
    last = {conference: body for conference, body in pool.requests if conference.startswith("entrance.")}
    assert all(isinstance(body, control.CloseBridge) for body in last.values()), last
    requests = [body for _, body in pool.requests]
    removed = {body.leg for body in requests if isinstance(body, control.RemoveLeg)}
    taken = {body.leg for body in requests if isinstance(body, control.AddRtpLeg)}
    assert {leg for leg in taken if not leg.startswith("entrance.")} <= removed


@pytest.mark.parametrize("entrance", [False, True])
async def test_a_caller_may_hang_up_at_any_moment(place: Place, entrance: bool) -> None:
    for moment in range(0, 120, 3):
        terminal = Terminal()
        await terminal.call(place.address, *(() if entrance else (place.direct,)))
        await let_loop_turn(moment)
        terminal.close()
        await place.until(lambda: not place.gateway.calls)
        await place.empty()
        await let_loop_turn(100)
    nothing_left(place)


async def test_a_called_room_may_be_hung_up_at_any_moment(place: Place) -> None:
    for moment in range(0, 120, 3):
        terminal = Terminal()
        call, views = await dialled(place, await terminal.listen())
        await let_loop_turn(moment)
        await place.gateway.hang_up(call)
        await place.until(lambda views=views: views and views[-1].state == "ended")
        terminal.close()
        await place.until(lambda: not place.gateway.calls)
        await place.empty()
        await let_loop_turn(100)
    nothing_left(place)


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


async def test_a_call_to_ourselves_is_not_taken(place: Place) -> None:
    _, views = await dialled(place, Address("127.0.0.1", place.gateway.port))
    await place.until(lambda: views and views[-1].state == "ended")
    assert views[-1].reason == EndReason.DECLINED
    await place.until(lambda: not place.gateway.calls)
    assert await place.roster() == []
    nothing_left(place)
    assert not place.world.pool.of(control.PlayPrompts)


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
