"""How late a process woke is known for a while."""

from __future__ import annotations

import asyncio
import math

import pytest

from mcu.synthetic.stage import LATE_SECONDS, Stage

PATIENCE = 10.0  # seconds until the test gives up


class Once:
    """Plays once."""

    def __init__(self, due: float) -> None:
        self.played = asyncio.Event()
        self._due = due

    def play(self, now: float) -> None:
        self._due = math.inf
        self.played.set()

    def next_due(self) -> float:
        return self._due


@pytest.mark.asyncio
async def test_the_latest_wake_up_since_a_time() -> None:
    now = 100.0
    stage = Stage(clock=lambda: now)
    for due, woke in ((100.01, 100.31), (101.01, 101.11), (102.01, 102.01 + LATE_SECONDS / 2)):
        actor = Once(due)
        stage.enter(actor)
        now = woke
        async with asyncio.timeout(PATIENCE):
            await actor.played.wait()
        stage.leave(actor)
    assert stage.late_since(0.0) == pytest.approx(0.3)
    assert stage.late_since(100.5) == pytest.approx(0.1)
    assert stage.late_since(101.5) == 0.0
    assert stage.late == pytest.approx(0.3)


@pytest.mark.asyncio
async def test_a_reading_that_raises_counts_as_a_failure() -> None:
    stage, failed = Stage(), asyncio.Event()

    def read() -> None:
        failed.set()
        raise ZeroDivisionError

    stage.readings.add(read)
    async with asyncio.timeout(PATIENCE):
        await failed.wait()
    assert stage.failed == 1
    stage.close()
