"""A thread that makes pictures on a steady beat, at the pace that it keeps up with.

Rules:
1. A tick waits for nobody; ticks that come late are skipped and counted.
2. What fails costs one picture, and is counted.
"""

from __future__ import annotations

import abc
import threading
import time
from collections.abc import Callable

import structlog

from mcu.processor.pace import Pace
from mcu.processor.picture_encoders import PictureEncoders
from mcu.processor.ticks import Ticks
from mcu.thread_name import name_this_thread

LOG_EVERY = 250  # failures between two lines in the log: one line in ten seconds when all of 25 a second fail

log = structlog.get_logger()


class PictureThread(abc.ABC):
    """Runs from `start` to `close`. A subclass says what a tick does, and what else is let go when one failed."""

    def __init__(self, name: str, fps: int, encoders: PictureEncoders, *, begins: float | None = None) -> None:
        """`begins` is when the first tick is due, None for now."""
        self.busy_seconds = 0.0
        self.ticks = Ticks(1 / fps, start=time.monotonic() if begins is None else begins)
        self.pace = Pace(1 / fps)
        self.failed_ticks = 0
        self.longest_wait = 0.0  # seconds that a tick waited for its turn, since somebody took it
        self._encoders = encoders
        self._name = name
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def failures(self) -> int:
        """Bugs caught, those of single encoders included."""
        return self.failed_ticks + self._encoders.failures

    @property
    def encoders(self) -> int:
        return len(self._encoders)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stopped.set()
        self._thread.join()

    def take_longest_wait(self) -> float:
        """Seconds that a tick waited for its turn, the most since this was called last."""
        longest, self.longest_wait = self.longest_wait, 0.0
        return longest

    @abc.abstractmethod
    def _ticker(self) -> Callable[[int], None]:
        """What is done at each tick that is taken, given its number. Asked for once, in the thread."""

    def _clear(self) -> None:
        """Let encoders and pictures go; what is still wanted is made anew."""
        self._encoders.clear()

    def _run(self) -> None:
        name_this_thread(self._name)
        tick = self._ticker()
        while True:
            every = self.pace.divisor
            due = self.ticks.time_of(self.ticks.next(every))
            if self._stopped.wait(max(0.0, due - time.monotonic())):
                break
            started = time.monotonic()
            index = self.ticks.advance(started, every)
            due = self.ticks.time_of(index)
            self.longest_wait = max(self.longest_wait, started - due)
            try:
                tick(index)
            except Exception:  # nobody else would draw this conference
                if self.failed_ticks % LOG_EVERY == 0:
                    log.exception("a picture failed and is skipped", thread=self._name)
                self.failed_ticks += 1
                self._clear()
            ready = time.monotonic()
            self.busy_seconds += ready - started
            self.pace.composed(ready - due)
        self._clear()  # 40 MB: a bridge and this object refer to each other, and would keep it for a long time
