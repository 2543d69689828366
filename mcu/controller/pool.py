"""The MPs of this server: kept running, and each conference placed on exactly one of them.

Rules:
1. An MP that ends is started again, at once the first time and with growing pauses when it keeps ending.
2. An MP that does not answer two load reports in a row is killed, which rule 1 then heals.
3. Nobody new is let in where the MP stays at its limit; who is in stays in.
4. A conference is placed on the ready MP that used least CPU over the last report interval, on a silent one only where
   all are. Of callers for the same conference one places it and the others wait; nobody waits for another conference's.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Protocol
from weakref import WeakValueDictionary

import structlog

from mcu import control
from mcu.config import Config
from mcu.controller.processor_process import ProcessorProcess
from mcu.errors import RefusedError

READY_SECONDS = 10.0  # how long a request waits for an MP to come (back) up
START_SECONDS = 30.0  # how long a start waits for the first one: a second of CPU, on a machine that others keep busy
REPORT_SECONDS = 2.0  # interval of load reports
MISSED_REPORTS = 2
BACKOFF_SECONDS = (0.0, 0.5, 1.0, 2.0, 5.0)  # pauses before the next start; the last one repeats
MOST_STRAIN = 0.8  # of an MP's busiest thread; above, one more participant is refused before ticks are missed
ROOM_SECONDS = 7.0  # that a newcomer waits for an MP to have room: three reports
STABLE_SECONDS = 30.0  # an MP that lived this long has earned an immediate restart

log = structlog.get_logger()


class PoolListener(Protocol):
    """Who wants to know what MPs say."""

    def notice(self, notice: control.Notice) -> None:
        """An MP reported something."""

    def processor_lost(self, conference_ids: tuple[str, ...]) -> None:
        """These conferences lost their bridge; the next request for each opens a new one."""


class ProcessorPool:
    """Start with `run` in a task; everything else may be called from the same loop."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._picture = control.PictureSettings(
            width=config.picture.width,
            height=config.picture.height,
            fps=config.picture.fps,
            bitrate=config.picture.bitrate,
        )
        self._processors: dict[int, ProcessorProcess] = {}
        self._placement: dict[str, ProcessorProcess] = {}
        self._placing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # by conference
        self._cpu: dict[int, tuple[float, float]] = {}  # index: (CPU seconds so far, share of a core lately)
        self._listeners: list[PoolListener] = []
        self._changed = asyncio.Event()
        self._reported = asyncio.Event()
        self._stopping = False
        self._checks = 0
        self.restarts = 0

    def subscribe(self, listener: PoolListener) -> None:
        self._listeners.append(listener)

    @property
    def ready_count(self) -> int:
        return sum(processor.is_ready for processor in self._processors.values())

    @property
    def loads(self) -> dict[int, control.Load]:
        """The newest load report of each MP, by index."""
        return {index: p.load for index, p in self._processors.items() if p.load is not None}

    @property
    def pids(self) -> dict[int, int]:
        return {index: processor.pid for index, processor in self._processors.items()}

    async def run(self) -> None:
        """Keep the configured number of MPs alive until cancelled or stopped."""
        async with asyncio.TaskGroup() as group:
            for index in range(self._config.processor.count):
                group.create_task(self._keep_alive(index))
            group.create_task(self._report())

    async def stop(self) -> None:
        """End all MPs; `run` returns soon after."""
        self._stopping = True
        self._changed.set()
        await asyncio.gather(*(processor.stop() for processor in self._processors.values()))

    async def wait_ready(self, *, patience: float = READY_SECONDS) -> None:
        """Return when an MP is ready. Raises RefusedError when none is within `patience` seconds."""
        deadline = time.monotonic() + patience
        while self.ready_count == 0:
            remaining = deadline - time.monotonic()
            if remaining <= 0 or self._stopping:
                raise RefusedError("media-unavailable", "no media processor is running")
            self._changed.clear()
            try:
                async with asyncio.timeout(remaining):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def request(self, conference_id: str, body: control.Command) -> control.Answer:
        """Route `body` to the MP that carries the conference, opening its bridge first when there is none.

        Raises RefusedError: the MP's own refusal, or "media-unavailable".
        """
        if isinstance(body, control.CloseBridge | control.RemoveLeg) and conference_id not in self._placement:
            return control.Done()
        processor = await self._place(conference_id)
        answer = await processor.request(body)
        if isinstance(body, control.CloseBridge):
            self._placement.pop(conference_id, None)
        return answer

    async def place_beside(self, conference_id: str, other_id: str) -> bool:
        """Whether both conferences are on one MP; one that is nowhere yet is placed there. Raises RefusedError."""
        other = self._placement.get(other_id)
        async with self._placing.setdefault(conference_id, asyncio.Lock()):
            placed = self._placement.get(conference_id)
            if placed is None and other is not None and other.is_ready:
                await other.request(control.OpenBridge(conference_id, self._picture))
                placed = self._placement[conference_id] = other
        return placed is not None and placed is other

    async def check_line(self, offer: str) -> str:
        """Let somebody try the line on the MP that the next conference would get; the SDP answer.

        Raises RefusedError at once where that could cost a meeting something: nobody waits for a check.
        """
        if not self.ready_count:
            raise RefusedError("media-unavailable", "no media processor is running")
        chosen = self._least_used()
        if chosen.load is not None and chosen.load.strain > MOST_STRAIN:
            raise RefusedError("busy", f"processor {chosen.index} has no time for checks")
        self._checks += 1
        answer = await chosen.request(control.CheckLine(f"check.{self._checks}", offer))
        if not isinstance(answer, control.LegAnswer):
            raise RefusedError("media-unavailable", f"the processor answered {type(answer).__name__}")
        return answer.answer

    async def wait_for_room(self, conference_id: str, *, patience: float = ROOM_SECONDS) -> None:
        """Return when one more participant costs the others nothing. Raises RefusedError("busy") after `patience`.

        A crowd at the door strains an MP for a moment: thirty handshakes and thirty first keyframes.
        """
        deadline = time.monotonic() + patience
        while (strain := self._strain(conference_id)) > MOST_STRAIN:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise RefusedError("busy", f"the media processor is strained to {strain:.0%}")
            self._reported.clear()
            with contextlib.suppress(TimeoutError):  # judged once more, and refused
                async with asyncio.timeout(remaining):
                    await self._reported.wait()

    def _strain(self, conference_id: str) -> float:
        """Of the MP that a newcomer would go to, 0 to 1; 0.0 where an MP has not said yet."""
        placed = self._placement.get(conference_id)
        able = [placed] if placed is not None else [p for p in self._processors.values() if p.is_ready]
        return min((0.0 if p.load is None else p.load.strain for p in able), default=0.0)

    async def _place(self, conference_id: str) -> ProcessorProcess:
        placed = self._placement.get(conference_id)
        if placed is not None and placed.is_ready:
            return placed
        async with self._placing.setdefault(conference_id, asyncio.Lock()):
            placed = self._placement.get(conference_id)
            if placed is not None and placed.is_ready:
                return placed
            await self.wait_ready()
            chosen = self._least_used()
            await chosen.request(control.OpenBridge(conference_id, self._picture))
            self._placement[conference_id] = chosen
            return chosen

    def _least_used(self) -> ProcessorProcess:
        """Of the ready MPs, of which there is one, by the share of a core that each took lately."""
        ready = (processor for processor in self._processors.values() if processor.is_ready)
        return min(ready, key=lambda p: (p.silent, self._cpu.get(p.index, (0.0, 0.0))[1], p.index))

    async def _keep_alive(self, index: int) -> None:
        attempts = 0
        while not self._stopping:
            processor = ProcessorProcess(index, on_notice=self._notice)
            self._processors[index] = processor
            started = time.monotonic()
            try:
                await processor.run(self._config)
            except OSError as error:
                log.error("processor does not start", processor=index, error=str(error))
            self._lost(processor)
            if self._stopping:
                return
            self.restarts += 1
            attempts = 0 if time.monotonic() - started > STABLE_SECONDS else attempts + 1
            pause = BACKOFF_SECONDS[min(max(attempts - 1, 0), len(BACKOFF_SECONDS) - 1)]
            log.warning("processor restarts", processor=index, pause=pause)
            await asyncio.sleep(pause)

    def _notice(self, notice: control.Notice) -> None:
        if isinstance(notice, control.Ready):
            self._changed.set()
        for listener in self._listeners:
            listener.notice(notice)

    def _lost(self, processor: ProcessorProcess) -> None:
        lost = tuple(conference for conference, placed in self._placement.items() if placed is processor)
        for conference in lost:
            del self._placement[conference]
        self._cpu.pop(processor.index, None)
        if lost and not self._stopping:
            for listener in self._listeners:
                listener.processor_lost(lost)

    async def _report(self) -> None:
        missed: dict[int, int] = {}
        while not self._stopping:
            await asyncio.sleep(REPORT_SECONDS)
            for index, processor in list(self._processors.items()):
                if not processor.is_ready:
                    missed[index] = 0
                    continue
                try:
                    await processor.request(control.ReportLoad())
                    missed[index] = 0
                    self._measure(processor)
                except RefusedError:
                    missed[index] = missed.get(index, 0) + 1
                    if missed[index] >= MISSED_REPORTS:
                        log.error("processor hangs and is killed", processor=index)
                        processor.kill()
            self._reported.set()

    def _measure(self, processor: ProcessorProcess) -> None:
        if processor.load is None:
            return
        total = processor.load.cpu_seconds
        before, _ = self._cpu.get(processor.index, (total, 0.0))
        self._cpu[processor.index] = (total, (total - before) / REPORT_SECONDS)
