"""Keeps an MP within the CPU that it gets: looks at its threads four times a second, and has bridges shed load.

`overload` decides; here is what it is shown, and whom it is told to.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from typing import Protocol

import structlog

from mcu.processor.overload import LATE_SECONDS, LOOK_SECONDS, Look, Overload, Step
from mcu.processor.strain import Schedule, schedule_of, times_throttled
from mcu.processor.ticks import Ticks

log = structlog.get_logger()


class Shedding(Protocol):
    """A bridge, as seen from here."""

    def shed(self, step: Step, now: float) -> None:
        """Do so much for pictures now; said at every look."""

    def take_longest_wait(self) -> float:
        """Seconds that a picture waited to be composed, the most since this was called last."""


class Waiting(Protocol):
    """The decoders, as seen from here."""

    def take_longest_wait(self) -> float:
        """Seconds that a frame waited to be decoded, the most since this was called last."""


class Relief:
    """Made on the main thread, and told of every tick of the sound there."""

    def __init__(self, *, now: float) -> None:
        self.overload = Overload(now=now)
        self._thread = threading.get_native_id()
        self._schedule = _schedule(self._thread)
        self._throttled = times_throttled()
        self._due = now + LOOK_SECONDS
        self._ticks = self._missed = 0  # at the last look
        self._late = self._overdue = 0  # ticks since: by LATE_SECONDS, and when the next was due already

    def tick(self, late: float, ticks: Ticks, bridges: Collection[Shedding], decoders: Waiting, now: float) -> None:
        """A tick of the sound came `late` seconds after it was due."""
        self._late += late > LATE_SECONDS
        self._overdue += late >= ticks.interval
        if now >= self._due:
            self._due = now + LOOK_SECONDS
            self._look(ticks, bridges, decoders, now)

    def _look(self, ticks: Ticks, bridges: Collection[Shedding], decoders: Waiting, now: float) -> None:
        schedule, throttled, missed = _schedule(self._thread), times_throttled(), ticks.missed - self._missed
        look = Look(
            ticks=ticks.index - self._ticks,
            late=self._late + missed,
            missed=self._overdue + missed,
            waited=max((decoders.take_longest_wait(), *(bridge.take_longest_wait() for bridge in bridges))),
            wanted=schedule.wanted - self._schedule.wanted,
            waiting=schedule.waiting - self._schedule.waiting,
            throttled=max(0, throttled - self._throttled),  # less after a change of the group
        )
        self._schedule, self._throttled = schedule, throttled
        self._ticks, self._missed, self._late, self._overdue = ticks.index, ticks.missed, 0, 0
        if not bridges:
            self.overload.rest(now)
            return
        before = self.overload.level
        if self.overload.take(look, now):
            self._tell(look, before)
        for bridge in bridges:
            bridge.shed(self.overload.step, now)

    def _tell(self, look: Look, before: int) -> None:
        level, step = self.overload.level, self.overload.step
        say = log.warning if level > before else log.info
        say(
            "too little CPU: pictures give way" if level > before else "more CPU: pictures come back",
            level=level,
            every=step.divisor,
            moving=step.moving.value,
            bitrate=step.bitrate,
            reduction=step.reduction,
            late=look.late,
            missed=look.missed,
            ticks=look.ticks,
            waited=round(look.waited, 3),
        )


def _schedule(thread: int) -> Schedule:
    """Zeros where the kernel keeps no such times: then no CPU counts as free."""
    try:
        return schedule_of(thread)
    except OSError:
        return Schedule(0.0, 0.0)
