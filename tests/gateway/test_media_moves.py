"""Rooms whose MP goes down, or whose conference is on another MP than the entrance: media at other ports, same call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mcu import control
from mcu.config import H323
from mcu.errors import RefusedError
from mcu.gateway.media_moves import MOST_LOSSES
from mcu.h323.call_options import CallOptions
from mcu.h323.channels import Channel, Direction
from mcu.h323.events import Answered, CallEnded, ChannelOpened, EndReason
from mcu.media.types import StreamKind
from tests.fakes.pool import RTP_PORTS
from tests.gateway.place import STARTS, Place, both_ways, dialled, opened
from tests.gateway.terminal import Terminal

OTHERS = tuple(control.RtpPorts(each.kind, each.rtp + 1_000, each.rtcp + 1_000) for each in RTP_PORTS)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with opened(tmp_path, H323(host="127.0.0.1", port=0, h245_port=0, max_calls=5)) as made:
        yield made


def sends_to(terminal: Terminal) -> dict[StreamKind, int]:
    """The ports of ours that the terminal sends to, by its events."""
    found: dict[StreamKind, Channel] = {}
    for event in terminal.events:
        if isinstance(event, ChannelOpened) and event.channel.direction is Direction.SENT:
            found[event.channel.kind] = event.channel
    return {kind: channel.rtp.port for kind, channel in found.items() if channel.rtp is not None}


def at(ports: tuple[control.RtpPorts, ...]) -> dict[StreamKind, int]:
    return {StreamKind(each.kind): each.rtp for each in ports if each.kind != "content"}


async def talks(place: Place, terminal: Terminal, ports: tuple[control.RtpPorts, ...]) -> None:
    await place.until(lambda: sends_to(terminal) == at(ports) and both_ways(place.told()))
    legs = place.world.pool.of(control.AddRtpLeg)
    await place.until(lambda: place.told().leg == legs[-1].leg)  # type: ignore[union-attr]


def lose(place: Place, conference: str = "") -> None:
    for listener in (place.world.registry, place.gateway):
        listener.processor_lost((conference or place.created.conference,))


@pytest.mark.parametrize("options", STARTS, ids=lambda o: f"t{o.tunnelling:d}f{o.fast_start:d}e{o.h245_in_setup:d}")
async def test_a_room_stays_in_the_call_when_the_processor_is_lost(place: Place, options: CallOptions) -> None:
    terminal = Terminal(options=options)
    await terminal.call(place.address, place.direct)
    await talks(place, terminal, RTP_PORTS)
    roster = (await place.world.registry.snapshot(place.created.conference)).roster
    place.world.pool.rtp_ports = OTHERS
    lose(place)
    await talks(place, terminal, OTHERS)
    place.world.pool.rtp_ports = RTP_PORTS
    lose(place)
    await talks(place, terminal, RTP_PORTS)
    assert not [event for event in terminal.events if isinstance(event, CallEnded)]
    assert (await place.world.registry.snapshot(place.created.conference)).roster == roster
    terminal.close()
    await place.empty()


async def test_so_does_a_room_that_was_called_and_one_that_rings(place: Place) -> None:
    terminal = Terminal()
    _, views = await dialled(place, await terminal.listen())
    await place.until(lambda: views and views[-1].state == "connected")
    await talks(place, terminal, RTP_PORTS)
    place.world.pool.rtp_ports = OTHERS
    lose(place)
    await talks(place, terminal, OTHERS)
    terminal.close()

    place.world.pool.rtp_ports = RTP_PORTS
    rings = Terminal(answers=False)
    _, views = await dialled(place, await rings.listen())
    await place.until(lambda: views and views[-1].state == "ringing")
    place.world.pool.rtp_ports = OTHERS
    legs = len(place.world.pool.of(control.AddRtpLeg))
    lose(place)
    await place.until(lambda: len(place.world.pool.of(control.AddRtpLeg)) > legs)
    rings.do(lambda call, now: call.accept(now))
    await talks(place, rings, OTHERS)
    rings.close()


async def test_a_processor_that_goes_down_again_and_again_ends_the_call(place: Place) -> None:
    terminal = Terminal()
    await terminal.call(place.address, place.direct)
    await talks(place, terminal, RTP_PORTS)
    for count in range(MOST_LOSSES):
        place.world.pool.rtp_ports = OTHERS if count % 2 == 0 else RTP_PORTS
        lose(place)
        await talks(place, terminal, place.world.pool.rtp_ports)
    lose(place)
    await terminal.ended()
    await place.until(lambda: place.gateway.ended[EndReason.CONNECTION_LOST.value] == 1)
    await place.empty()


async def test_without_any_processor_the_call_ends(place: Place) -> None:
    terminal = Terminal()
    await terminal.call(place.address, place.direct)
    await talks(place, terminal, RTP_PORTS)
    place.world.pool.refuse = RefusedError("media-unavailable")
    lose(place)
    await terminal.ended()
    place.world.pool.refuse = None
    await place.empty()


async def test_the_conference_may_be_on_another_processor_than_the_entrance(place: Place) -> None:
    place.world.pool.one_processor = False
    terminal = Terminal()
    await terminal.call(place.address)
    await talks(place, terminal, RTP_PORTS)
    entrance = place.told().leg  # type: ignore[union-attr]
    place.world.pool.rtp_ports = OTHERS
    terminal.do(lambda call, now: call.send_digits(f"{place.created.number}#{place.created.pin}#", now))
    await talks(place, terminal, OTHERS)
    assert len(await place.roster()) == 1
    assert place.told().leg != entrance  # type: ignore[union-attr]
    assert not place.world.pool.of(control.MoveRtpLeg)
    await place.until(lambda: place.world.pool.of(control.CloseBridge))
    terminal.close()
    await place.empty()


async def test_who_stands_at_the_entrance_is_asked_again(place: Place) -> None:
    terminal = Terminal()
    await terminal.call(place.address)
    await terminal.heard(Answered)
    await talks(place, terminal, RTP_PORTS)
    await place.until(lambda: len(place.world.pool.of(control.PlayPrompts)) == 1)
    terminal.do(lambda call, now: call.send_digits(f"{place.created.number}#", now))
    await place.until(lambda: len(place.world.pool.of(control.PlayPrompts)) == 2)
    (leg,) = {body.leg for body in place.world.pool.of(control.AddRtpLeg)}  # type: ignore[union-attr]
    place.world.pool.rtp_ports = OTHERS
    lose(place, leg.removesuffix(".leg"))
    await talks(place, terminal, OTHERS)
    await place.until(lambda: len(place.world.pool.of(control.PlayPrompts)) == 3)
    assert place.world.pool.of(control.PlayPrompts)[-1].prompts[0] == "ko-pin"  # type: ignore[union-attr]
    terminal.do(lambda call, now: call.send_digits(f"{place.created.pin}#", now))
    async with asyncio.timeout(10):
        while not await place.roster():
            await asyncio.sleep(0.005)
    terminal.close()
