"""Content of rooms and of others in a conference, over real sockets, with a fake pool: tokens, channels, commands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mcu import control
from mcu.conference import commands as c
from mcu.conference import rules
from mcu.conference.events import ContentChanged
from mcu.conference.participant import Role
from mcu.config import H323, Config
from mcu.controller.doors import Created
from mcu.errors import StorageError
from mcu.gateway.gateway import Gateway
from mcu.h323.address import Address
from mcu.h323.call import Call
from mcu.h323.call_options import CallOptions
from mcu.h323.channels import Direction
from mcu.h323.events import ChannelClosed, ChannelOpened, ContentHeld, ContentRefused
from mcu.h323.h245_control import H245Control
from mcu.limits import Attempts
from mcu.media.types import StreamKind
from mcu.store.database import open_store
from tests.fakes.pool import FakeMember
from tests.fakes.world import World
from tests.gateway.terminal import MEDIA, PLAIN, Terminal

STARTS = [
    CallOptions(tunnelling=tunnelling, fast_start=fast, h245_in_setup=early)
    for tunnelling in (True, False)
    for fast in (True, False)
    for early in (True, False)
]
CONTENT = StreamKind.CONTENT


@dataclass
class Place:
    """A gateway, a conference, and somebody in it who is no room."""

    world: World
    gateway: Gateway
    created: Created
    other: str
    member: FakeMember
    terminals: list[Terminal] = field(default_factory=list)

    async def room(self, options: CallOptions = PLAIN) -> tuple[Terminal, str]:
        """A room that has sound and picture both ways, and who it is."""
        before = {each.id for each in (await self.snapshot()).roster}
        terminal = Terminal(f"회의실 {len(self.terminals)}", options=options)
        self.terminals.append(terminal)
        number, pin = self.created.number, self.created.pin
        await terminal.call(Address("127.0.0.1", self.gateway.port), f"{number}##{pin}")
        await terminal.heard(ChannelOpened, count=4)
        (me,) = {each.id for each in (await self.snapshot()).roster} - before
        return terminal, me

    async def snapshot(self):  # type: ignore[no-untyped-def]
        return await self.world.registry.snapshot(self.created.conference)

    async def present(self, active: bool = True) -> None:
        """Somebody who is no room begins, or stops."""
        await self.world.registry.execute(self.created.conference, c.ShowContent(self.other, active))

    async def content(self, who: str | None) -> None:
        """Wait until it is shown."""
        async with asyncio.timeout(10):
            while (await self.snapshot()).content != who:
                await asyncio.sleep(0.005)

    def told(self) -> set[tuple[str, str]]:
        """(direction, kind) of the channels that MPs were told of last."""
        updates = self.world.pool.of(control.UpdateRtpLeg)
        return {(each.direction, each.kind) for each in updates[-1].channels}  # type: ignore[attr-defined]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.005)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    config = Config(h323=H323(host="127.0.0.1", port=0, h245_port=0, max_calls=5))
    async with open_store(f"sqlite+aiosqlite:///{tmp_path / 'mcu.sqlite3'}") as store:
        world = World(store)
        running = asyncio.ensure_future(world.registry.run())
        gateway = Gateway(world.registry, config, attempts=Attempts())
        await gateway.start()
        created = await world.registry.create_conference(title="회의")
        other, member = await world.enter(created, "이하나")
        made = Place(world, gateway, created, other, member)
        yield made
        for terminal in made.terminals:
            terminal.close()
        await gateway.close()
        await world.registry.close()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def ask(terminal: Terminal, action: Callable[[H245Control, float], None]) -> None:
    def asked(call: Call, now: float) -> None:
        assert call.h245 is not None
        action(call.h245, now)
        call.settle(now)

    terminal.do(asked)


def open_now(terminal: Terminal, direction: Direction) -> bool:
    """Whether the terminal has a channel of content."""
    assert terminal.driver is not None
    h245 = terminal.driver.call.h245
    assert h245 is not None
    return any((each.direction, each.kind) == (direction, CONTENT) for each in h245.channels)


async def test_a_room_that_takes_the_token_is_shown(place: Place) -> None:
    terminal, me = await place.room()
    ask(terminal, H245Control.ask_content_token)
    await place.content(me)
    await place.until(lambda: ("received", "content") in place.told())
    ask(terminal, H245Control.release_content_token)
    await place.content(None)
    await place.until(lambda: ("received", "content") not in place.told())


@pytest.mark.parametrize("options", STARTS, ids=lambda o: f"t{o.tunnelling:d}f{o.fast_start:d}e{o.h245_in_setup:d}")
async def test_content_goes_both_ways_however_a_call_began(place: Place, options: CallOptions) -> None:
    await place.present()
    terminal, me = await place.room(options)
    await place.until(lambda: open_now(terminal, Direction.RECEIVED))
    ask(terminal, H245Control.ask_content_token)
    await place.content(me)
    await place.until(lambda: open_now(terminal, Direction.SENT) and not open_now(terminal, Direction.RECEIVED))


async def test_who_presents_at_the_entrance_is_shown_once_it_is_in(place: Place) -> None:
    terminal = Terminal()
    place.terminals.append(terminal)
    await terminal.call(Address("127.0.0.1", place.gateway.port))
    await terminal.heard(ChannelOpened, count=4)
    ask(terminal, H245Control.ask_content_token)
    await place.until(lambda: open_now(terminal, Direction.SENT))
    assert (await place.snapshot()).content is None
    terminal.do(lambda call, now: call.send_digits(f"{place.created.number}#{place.created.pin}#", now))
    async with asyncio.timeout(10):
        while len(roster := (await place.snapshot()).roster) < 2:
            await asyncio.sleep(0.005)
    (me,) = {each.id for each in roster} - {place.other}
    await place.content(me)


async def test_others_content_is_sent_to_a_room_while_it_is_shown(place: Place) -> None:
    terminal, _ = await place.room()
    await place.present()
    await place.until(lambda: ("sent", "content") in place.told())
    held = await terminal.heard(ContentHeld)
    assert held == ContentHeld(by_peer=True, by_us=False)
    sent = place.world.pool.of(control.UpdateRtpLeg)[-1].channels  # type: ignore[attr-defined]
    (channel,) = [each for each in sent if (each.direction, each.kind) == ("sent", "content")]
    assert channel.rtp == ("127.0.0.1", MEDIA[CONTENT].rtp.port)
    assert channel.codec == "H264"
    await place.present(False)
    await place.until(lambda: not open_now(terminal, Direction.RECEIVED))
    assert (await terminal.heard(ContentHeld, count=2)) == ContentHeld(by_peer=False, by_us=False)
    await place.until(lambda: ("sent", "content") not in place.told())


async def test_who_comes_later_is_sent_what_is_shown(place: Place) -> None:
    await place.present()
    terminal, _ = await place.room()
    await place.until(lambda: open_now(terminal, Direction.RECEIVED))


async def test_who_presents_last_takes_over(place: Place) -> None:
    terminal, me = await place.room()
    await place.present()
    await place.until(lambda: open_now(terminal, Direction.RECEIVED))
    ask(terminal, H245Control.ask_content_token)
    await place.content(me)
    assert place.member.last(ContentChanged) == ContentChanged(me)
    await place.until(lambda: not open_now(terminal, Direction.RECEIVED))
    await place.present()
    await place.until(lambda: open_now(terminal, Direction.RECEIVED) and not open_now(terminal, Direction.SENT))
    assert (await place.snapshot()).content == place.other


async def test_one_room_takes_over_from_another(place: Place) -> None:
    (first, one), (second, two) = await place.room(), await place.room()
    ask(first, H245Control.ask_content_token)
    await place.content(one)
    await place.until(lambda: open_now(second, Direction.RECEIVED))
    ask(second, H245Control.ask_content_token)
    await place.content(two)
    await place.until(lambda: open_now(first, Direction.RECEIVED) and not open_now(first, Direction.SENT))
    await place.until(lambda: open_now(second, Direction.SENT) and not open_now(second, Direction.RECEIVED))


async def test_a_chair_stops_it_and_the_room_may_present_again(place: Place) -> None:
    terminal, me = await place.room()
    for count in (1, 2):
        ask(terminal, H245Control.ask_content_token)
        await place.content(me)
        await place.world.registry.execute(place.created.conference, c.StopContent(None, me))
        await terminal.heard(ContentHeld, count=2 * count)
        assert not open_now(terminal, Direction.SENT)
        await terminal.heard(ChannelClosed, count=count)
        assert (await place.snapshot()).content is None


async def test_who_may_not_present_gets_no_token(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rules.PERMITTED, c.ShowContent, frozenset({Role.CHAIR}))
    terminal, _ = await place.room()
    ask(terminal, H245Control.ask_content_token)
    await terminal.heard(ContentRefused)
    assert not open_now(terminal, Direction.SENT)


async def test_what_the_conference_cannot_do_is_taken_back(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, _ = await place.room()

    async def fail(*_: object, **__: object) -> None:
        raise StorageError("full")

    monkeypatch.setattr(place.world.registry, "execute_as", fail)
    ask(terminal, H245Control.ask_content_token)
    await terminal.heard(ContentHeld, count=2)
    await place.until(lambda: not open_now(terminal, Direction.SENT))
    assert (await place.snapshot()).content is None


async def test_a_room_that_hangs_up_presents_no_more(place: Place) -> None:
    terminal, me = await place.room()
    ask(terminal, H245Control.ask_content_token)
    await place.content(me)
    terminal.close()
    await place.content(None)


async def test_a_room_that_changes_its_mind_all_the_time_is_told_to_others_seldom(place: Place) -> None:
    terminal, me = await place.room()
    for _ in range(20):
        ask(terminal, H245Control.ask_content_token)
        await place.until(lambda: open_now(terminal, Direction.SENT))
        ask(terminal, H245Control.release_content_token)
        await place.until(lambda: not open_now(terminal, Direction.SENT))
    ask(terminal, H245Control.ask_content_token)
    await place.content(me)
    told = [news for news in place.member.news if isinstance(news, ContentChanged)]
    assert len(told) < 20  # of 41
    assert told[-1] == ContentChanged(me)
