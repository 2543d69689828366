"""What is behind a bridge in the roster, who is told to a bridge, the chair's token; and calls that come back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any

import pytest

from mcu import text
from mcu.conference import commands as c
from mcu.config import H323
from mcu.gateway.terminals import MOST_LABELS, Terminals
from mcu.h323.address import Address
from mcu.h323.events import ChannelOpened, ControlReady, EndReason, IncomingCall, Party, TerminalLabel
from mcu.h323.h245_messages import Conference
from tests.gateway.place import Place, dialled, opened
from tests.gateway.terminal import Terminal


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with opened(tmp_path, H323(host="127.0.0.1", port=0, h245_port=0, max_calls=5)) as made:
        yield made


class Told:
    """What a conference was told."""

    def __init__(self) -> None:
        self.labels: list[tuple[str, ...]] = []
        self.terminals = Terminals(to_call=lambda action: None, to_conference=self._take, spawn=self._spawn)
        self.tasks: list[asyncio.Task[None]] = []

    async def _take(self, command: c.Command) -> None:
        assert isinstance(command, c.SetLabels)
        self.labels.append(command.labels)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self.tasks.append(asyncio.get_running_loop().create_task(work))


async def test_names_are_cleaned_bounded_and_told_in_the_order_of_numbers() -> None:
    told = Told()
    told.terminals.call_event(TerminalLabel(1, 2, "둘째\u202e 회의실\x07"))
    told.terminals.call_event(TerminalLabel(1, 1, "첫째"))
    told.terminals.call_event(TerminalLabel(1, 3, "\u200b \x00"))
    assert not told.tasks
    told.terminals.enter()
    await asyncio.sleep(0)
    assert told.labels == [("첫째", "둘째 회의실")]
    for number in range(10, 150):
        told.terminals.call_event(TerminalLabel(2, number, "긴 이름" * 100))
    assert len(told.tasks) == 1
    assert len(told.terminals.labels) == MOST_LABELS
    assert all(len(text.graphemes(name)) <= text.NAME_GRAPHEMES for name in told.terminals.labels)
    told.terminals.call_event(TerminalLabel(1, 1, ""))
    assert told.terminals.labels[0] == "둘째 회의실"
    told.tasks[0].cancel()


def test_only_a_bridge_is_told_and_only_when_it_can_be() -> None:
    asked: list[object] = []
    terminals = Terminals(to_call=asked.append, to_conference=Told()._take, spawn=lambda work: None)
    terminals.call_event(IncomingCall(Party(is_mcu=False), ()))
    terminals.call_event(ControlReady())
    assert asked == []


async def test_labels_come_into_the_roster_and_the_chair_is_refused_at_once(place: Place) -> None:
    terminal = Terminal()
    await terminal.call(place.address, place.direct)
    await terminal.heard(ChannelOpened, count=4)

    def say(*messages: Conference) -> None:
        def act(call: object, now: float) -> None:
            for message in messages:
                call.h245._send(message)  # type: ignore[attr-defined]
            call.settle(now)  # type: ignore[attr-defined]

        terminal.do(act)

    label = {"mcuNumber": 7, "terminalNumber": 3}
    say(
        Conference("response", "mCTerminalIDResponse", {"terminalLabel": label, "terminalID": "강남 3층".encode()}),
        Conference("request", "makeMeChair"),
    )

    async def labels() -> tuple[str, ...]:
        (room,) = (await place.world.registry.snapshot(place.created.conference)).roster
        return room.labels

    async with asyncio.timeout(10):
        while await labels() != ("강남 3층",):
            await asyncio.sleep(0.005)
    async with asyncio.timeout(2):  # sooner than the answer that is given without anybody
        while not terminal.driver.call.counters.get("Conference"):  # type: ignore[union-attr]
            await asyncio.sleep(0.005)
    say(Conference("indication", "terminalLeftConference", label))
    async with asyncio.timeout(10):
        while await labels() != ():
            await asyncio.sleep(0.005)
    terminal.close()


async def test_a_bridge_is_told_who_is_there(place: Place) -> None:
    first, bridge = Terminal("종로"), Terminal("다리", is_mcu=True)
    await first.call(place.address, place.direct)
    await first.heard(ChannelOpened, count=4)
    await bridge.call(place.address, place.direct)
    heard = await bridge.heard(TerminalLabel)
    assert (heard.mcu, heard.terminal, heard.name) == (1, 1, "종로")
    assert not [event for event in first.events if isinstance(event, TerminalLabel)]
    first.close()
    async with asyncio.timeout(10):
        while (await bridge.heard(TerminalLabel)).name:
            await asyncio.sleep(0.005)
    bridge.close()


@pytest.mark.parametrize("named", [True, False])
async def test_a_conference_that_calls_itself_is_refused(place: Place, named: bool) -> None:
    own = f"{place.created.link}@" * named + f"127.0.0.1:{place.gateway.port}"
    _, views = await dialled(place, own)  # type: ignore[arg-type]
    await place.until(lambda: views and views[-1].state == "ended")
    assert views[-1].reason == EndReason.DECLINED.value
    assert await place.roster() == []


async def test_two_conferences_are_joined_once(place: Place) -> None:
    other = await place.world.registry.create_conference(title="다른 회의")
    here = Address("127.0.0.1", place.gateway.port)
    _, views = await dialled(place, f"{other.link}@{here}")  # type: ignore[arg-type]
    await place.until(lambda: views and views[-1].state == "connected")
    back: list[object] = []
    await place.gateway.call(
        other.conference,
        f"{place.created.link}@{here}",
        name="",
        office="",
        changed=back.append,
    )
    await place.until(lambda: back and back[-1].state == "ended")  # type: ignore[attr-defined]
    assert back[-1].reason == EndReason.DECLINED.value  # type: ignore[attr-defined]
    assert views[-1].state == "connected"
    assert len(await place.roster()) == 1
