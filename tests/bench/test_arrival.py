"""What is said of those who wanted to come in: let in, refused, never answered, or let in without media."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from mcu.bench.network import people
from mcu.bench.network.people import Guest
from mcu.bench.network.record import Arrival
from mcu.signaling import protocol
from mcu.synthetic.entry import Entry
from mcu.synthetic.stage import Stage
from mcu.webrtc.dtls import Certificate


class Waiting(Guest):
    """Comes to the door, and hears what the test says."""

    async def run(self) -> None:
        await asyncio.Event().wait()

    def hear(self, code: str, regarding: str) -> None:
        self._refused(protocol.Error(code=code, message=protocol.Sentence(ko="", en=""), regarding=regarding))


async def arrival(happens: Callable[[dict[int, Waiting]], None], *, patience: float) -> Arrival:
    """Of four people."""
    stage, certificate = Stage(), Certificate()
    entry = Entry("https://server", "conference", "이름")
    guests = {who: Waiting(entry, None, stage=stage, certificate=certificate) for who in range(4)}
    tasks = {who: guest.come() for who, guest in guests.items()}
    happens(guests)
    found = await people._arrival(guests, tasks, patience)
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)
    stage.close()
    return found


async def test_only_who_is_told_so_was_refused() -> None:
    def happens(guests: dict[int, Waiting]) -> None:
        entered: Any = object()
        guests[0].ready.set()
        guests[1].hear("busy", "enter")
        guests[2].entered = entered
        guests[2].hear("busy", "offer")  # no refusal at the door

    found = await arrival(happens, patience=0.05)
    assert found.joined == (0,)
    assert {who: refusal.code for who, refusal in found.refused.items()} == {1: "busy"}
    assert 0 <= found.refused[1].waited < 1
    assert (found.unanswered, found.without_media) == ((3,), (2,))
    assert found.absent == {1: "busy", 3: "no answer", 2: "no media"}


async def test_who_was_told_something_waits_no_longer() -> None:
    def happens(guests: dict[int, Waiting]) -> None:
        for who, guest in guests.items():
            guest.hear("busy", "enter") if who % 2 else guest.ready.set()

    async with asyncio.timeout(10):
        found = await arrival(happens, patience=1000)
    assert found.joined == (0, 2)
    assert tuple(found.refused) == (1, 3)


async def test_who_was_refused_and_came_in_later_is_in() -> None:
    def happens(guests: dict[int, Waiting]) -> None:
        for guest in guests.values():
            guest.hear("media-unavailable", "enter")
            guest.ready.set()

    found = await arrival(happens, patience=0.0)
    assert found.joined == (0, 1, 2, 3)
    assert found.absent == {}
