"""A load test's crew in the test's own process, with judges who look at pictures and keep what they were given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import msgspec
import numpy as np

from loadtests.agent.crew import Crew
from loadtests.agent.media import Wardrobe
from loadtests.checks.pictures import judge_pictures
from loadtests.findings import Fault, Inspection, Limits
from loadtests.recording import Recording
from loadtests.wire import AnyCommand, Enter, Happened, Kind, Reply
from mcu.synthetic.clips import Clip
from tests.support.server import ROOT

CACHE = ROOT / "var/cache/synthetic"
PATIENCE = 20.0  # seconds until a test gives up
# What a busy machine makes of what is right.
SLOW = {Fault.LATE_PICTURE, Fault.FROZEN, Fault.TILE_FROZEN, Fault.SLOW, Fault.TILE_SLOW}


class Judge:
    """Looks at pictures, and keeps what it was given."""

    def __init__(self) -> None:
        self.recordings: list[Recording] = []

    async def inspect(self, recording: Recording, loops: Mapping[int, Clip]) -> Inspection:
        self.recordings.append(recording)
        found = await asyncio.to_thread(judge_pictures, recording, Limits())
        return Inspection(
            who=recording.who,
            began=recording.begin,
            figures=found.figures,
            picture_findings=found.findings,
            unjudged=found.unjudged,
        )


class Agent:
    """A crew, what it tells, and what was recorded."""

    def __init__(self, crew: Crew, judge: Judge, happened: list[Happened], news: asyncio.Event) -> None:
        self.crew, self.judge, self.happened = crew, judge, happened
        self._news = news

    async def ask(self, command: AnyCommand) -> Reply:
        return await self.crew.perform(command)

    async def done(self, command: AnyCommand) -> Reply:
        said = await self.ask(command)
        assert not said.failed, f"{said.failed}: {said.detail}"
        return said

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self._news.clear()
                await self._news.wait()

    def whats(self) -> list[str]:
        return [each.what for each in self.happened]


@asynccontextmanager
async def running_crew() -> AsyncIterator[Agent]:
    judge, happened, news = Judge(), list[Happened](), asyncio.Event()

    def tell(said: Happened) -> None:
        happened.append(said)
        news.set()

    async with asyncio.TaskGroup() as group:
        crew = Crew(group, wardrobe=Wardrobe(CACHE), judge=judge, tell=tell)
        try:
            yield Agent(crew, judge, happened, news)
        finally:
            await crew.close()


def enters(who: int, kind: Kind, server: str, **fields: object) -> Enter:
    enter = Enter(number=0, who=who, kind=kind, server=server, token="secret")
    return msgspec.structs.replace(enter, **fields)


def rms(recording: Recording) -> float:
    """Of the sound."""
    sound = np.frombuffer(recording.sound, np.float32)
    return float(np.sqrt(np.mean(sound**2))) if sound.size else 0.0
