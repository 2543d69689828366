"""Judges recordings in a process of its own, below all others, so that no packet of the agent waits for it.

Rules:
1. One recording at a time. MAX_WAITING more wait, in the order of coming; whoever comes then is refused.
2. A recording that kills the process, or keeps it for longer than PATIENCE, costs its own judgement and no other.
3. What was not judged says why; nothing is raised for it.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import time
from collections.abc import Mapping
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor

import msgspec
import structlog

from loadtests.checks.inspect import inspect, unjudged
from loadtests.findings import Inspection, Limits
from loadtests.recording import Recording
from mcu.errors import McuError
from mcu.lifetime import begin_work
from mcu.synthetic.clips import Clip

MAX_WAITING = 16  # recordings of one to two megabytes; at half a second each the last waits as long as a check may
PATIENCE = 60.0  # seconds: a hundred times what a check of three takes, on a machine that has nothing left for it
NICENESS = 10  # below the agent and the server

log = structlog.get_logger()


class Inspector:
    """`start` it on the loop that uses it, `inspect`, `close`. The process ends with this one in any case."""

    def __init__(self, limits: Limits | None = None, *, patience: float = PATIENCE) -> None:
        self.inspected = 0
        self.refused = 0  # because too many waited
        self.lost = 0  # because the process died or took too long
        self.failed = 0  # by an error of the judges
        self.cpu_seconds = 0.0  # that judging took
        self._limits = limits or Limits()
        self._patience = patience
        self._waiting = 0
        self._one = asyncio.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._process = 0  # its id, 0 while there is none

    async def start(self) -> None:
        """Bring the process up now, not at the first recording."""
        async with self._one:
            await self._ready()

    async def inspect(self, recording: Recording, loops: Mapping[int, Clip]) -> Inspection:
        """`loops` are those of speaking, by person: of all who may be heard."""
        if self._waiting > MAX_WAITING:
            self.refused += 1
            return unjudged(recording, "nothing: too many checks wait to be judged")
        self._waiting += 1
        try:
            async with self._one:
                return await self._judged(recording, {who: _sound_of(clip) for who, clip in loops.items()})
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """End the process, whatever it does."""
        pool, number = self._pool, self._process
        self._pool, self._process = None, 0
        for process in multiprocessing.active_children():
            if process.pid == number:
                process.kill()
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)

    async def _judged(self, recording: Recording, loops: Mapping[int, Clip]) -> Inspection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._patience):
                pool = await self._ready()
                inspection, seconds = await loop.run_in_executor(pool, _inspect, recording, loops, self._limits)
        except McuError as error:  # a recording or a loop that is none
            return unjudged(recording, f"nothing: {error}")
        except (BrokenExecutor, TimeoutError) as error:
            log.warning("judging a recording failed", participant=recording.who, error=type(error).__name__)
            self.lost += 1
            self.close()
            return unjudged(recording, "nothing: the process that judges died or took too long")
        except Exception as error:  # a bug of the judges: told as not judged, and not as the server's fault
            log.exception("judging a recording failed", participant=recording.who)
            self.failed += 1
            return unjudged(recording, f"nothing: the judges failed with {type(error).__name__}")
        self.inspected += 1
        self.cpu_seconds += seconds
        return inspection

    async def _ready(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")  # the agent has threads and a running loop
            pool = self._pool = ProcessPoolExecutor(
                1, mp_context=context, initializer=begin_work, initargs=(os.getpid(), NICENESS)
            )
            self._process = await asyncio.get_running_loop().run_in_executor(pool, os.getpid)
        return self._pool


def _inspect(recording: Recording, loops: Mapping[int, Clip], limits: Limits) -> tuple[Inspection, float]:
    """In the process; also the seconds of CPU that it took."""
    began = time.process_time()
    return inspect(recording, loops, limits), time.process_time() - began


def _sound_of(clip: Clip) -> Clip:
    """Without its pictures, which are twenty times as large and which no judge looks at."""
    return msgspec.structs.replace(clip, frames=(), keyframes=(), smaller=())
