"""What the MP is told of a call's media: one update at a time, and always the newest."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from mcu.errors import RefusedError
from mcu.gateway.media_updates import MediaUpdates


class Line:
    """An MP that takes its time: each update waits until it is let through."""

    def __init__(self) -> None:
        self.state = 0
        self.told: list[int] = []
        self.at_once = self.most_at_once = 0
        self.over = False
        self.answer: bool | RefusedError = True
        self.gate = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []
        self.updates = MediaUpdates(call="c", update=self._update, is_over=lambda: self.over, spawn=self._spawn)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self.tasks.append(asyncio.ensure_future(work))

    async def _update(self) -> bool:
        self.told.append(self.state)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self.gate.wait()
        self.at_once -= 1
        if isinstance(self.answer, RefusedError):
            raise self.answer
        return self.answer

    async def push(self, state: int) -> None:
        self.state = state
        self.updates.push()
        await asyncio.sleep(0)

    async def settle(self) -> None:
        self.gate.set()
        await asyncio.gather(*self.tasks)


@pytest.fixture
async def line() -> Line:
    return Line()


async def test_what_changes_meanwhile_is_told_once_and_last(line: Line) -> None:
    for state in range(1, 6):
        await line.push(state)
    assert line.told == [1]
    await line.settle()
    assert line.told == [1, 5]
    assert line.most_at_once == 1
    await line.push(6)
    await line.settle()
    assert line.told == [1, 5, 6]


@pytest.mark.parametrize("answer", [False, RefusedError("busy")])
async def test_an_update_that_came_to_nothing_is_not_the_last(line: Line, answer: bool | RefusedError) -> None:
    line.answer = answer
    await line.push(1)
    await line.push(2)
    await line.settle()
    assert line.told == [1]
    line.answer = True
    await line.push(3)
    await line.settle()
    assert line.told == [1, 3]


async def test_a_call_that_is_over_tells_nothing_more(line: Line) -> None:
    await line.push(1)
    line.over = True
    await line.push(2)
    await line.settle()
    assert line.told == [1]
