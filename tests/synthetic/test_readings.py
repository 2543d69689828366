"""A crowd's sockets are read together, and a bug in one costs only that one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from mcu.synthetic.readings import Readings

PATIENCE = 10.0  # seconds until the test gives up


class Socket:
    """Counts how often it is read; `at` the third time does something."""

    def __init__(self, at_third: Callable[[], None] | None = None) -> None:
        self.reads = 0
        self.thrice = asyncio.Event()
        self._at_third = at_third

    def read(self) -> None:
        self.reads += 1
        if self.reads == 3:
            self.thrice.set()
            if self._at_third is not None:
                self._at_third()


async def _until(event: asyncio.Event) -> None:
    async with asyncio.timeout(PATIENCE):
        await event.wait()


@pytest.mark.asyncio
async def test_all_are_read_together() -> None:
    readings, first, second = Readings(), Socket(), Socket()
    readings.add(first.read)
    readings.add(second.read)
    await _until(second.thrice)
    assert first.reads == second.reads == 3
    readings.close()


@pytest.mark.asyncio
async def test_a_bug_costs_one() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    readings, first, second = Readings(), Socket(), Socket()
    readings.add(fail)
    readings.add(first.read)
    readings.add(second.read)
    await _until(second.thrice)
    assert readings.failed == 1
    assert first.reads == second.reads == 3
    readings.close()


@pytest.mark.asyncio
async def test_who_is_ended_by_another_is_not_read() -> None:
    readings, second = Readings(), Socket()
    first = Socket(lambda: readings.discard(second.read))
    readings.add(first.read)
    readings.add(second.read)
    await _until(first.thrice)
    assert second.reads == 2
    readings.discard(second.read)  # once more is nothing
    readings.close()


@pytest.mark.asyncio
async def test_who_comes_after_everybody_left_is_read() -> None:
    readings, first, last = Readings(), Socket(), Socket()
    readings.add(first.read)
    readings.discard(first.read)
    readings.add(last.read)
    await _until(last.thrice)
    assert (first.reads, last.reads) == (0, 3)
    readings.close()
