"""What an agent says of itself."""

from __future__ import annotations

import asyncio
import math

from loadtests.agent.meter import Meter
from mcu.synthetic.stage import Stage

PATIENCE = 10.0  # seconds until the test gives up


class Broken:
    """Whose media have a bug."""

    def play(self, now: float) -> None:
        raise ZeroDivisionError

    def next_due(self) -> float:
        return 0.0


class Sound:
    """Plays once."""

    def __init__(self) -> None:
        self.played = asyncio.Event()

    def play(self, now: float) -> None:
        self.played.set()

    def next_due(self) -> float:
        return math.inf if self.played.is_set() else 0.0


async def test_who_is_stopped_by_a_bug_is_told_once_and_stops_nobody_else() -> None:
    stage = Stage()
    meter = Meter(stage, cpu_seconds=lambda: 0.0)
    stage.enter(Broken())
    sound = Sound()
    stage.enter(sound)
    async with asyncio.timeout(PATIENCE):
        await sound.played.wait()
    assert stage.actors == 1
    assert [meter.read(()).broke for _ in range(2)] == [1, 0]
    stage.close()
