"""One clock for all synthetic participants of a process: whoever is due plays, then the next one is waited for."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

import structlog

from mcu.synthetic.readings import Readings

LATE_SECONDS = 0.01  # by which a wake-up is remembered as late
MAX_LATE = 1_024  # of them: ten seconds of nothing else
TICK_SECONDS = 0.005  # wake-ups are at least this far apart: a hundred participants are then served in batches

log = structlog.get_logger()


class Actor(Protocol):
    """Somebody with something to do at times."""

    def play(self, now: float) -> None:
        """Do what is due."""

    def next_due(self) -> float:
        """When to be called again; math.inf for never."""


class Stage:
    """`enter` actors, `leave` them; `now` is the one place where time is read."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.wakes = 0  # timer wake-ups so far
        self.late = 0.0  # seconds: the most that a wake-up came after it was set for
        self._failed = 0  # actors that raised and were sent off
        self.readings = Readings()  # of those who wait for nothing
        self._late: deque[tuple[float, float]] = deque(maxlen=MAX_LATE)  # (when, how much)
        self._clock = clock
        self._order = itertools.count()
        self._waiting: list[tuple[float, int, Actor]] = []
        self._tickets: dict[Actor, tuple[int, float]] = {}  # the one entry of each actor that counts, and its time
        self._timer: asyncio.TimerHandle | None = None
        self._armed_for = math.inf

    def now(self) -> float:
        """Monotonic seconds."""
        return self._clock()

    def late_since(self, when: float) -> float:
        """The most that a wake-up came too late from then on; 0.0 below LATE_SECONDS."""
        return max((late for woke, late in self._late if woke >= when), default=0.0)

    @property
    def failed(self) -> int:
        """Actors that raised and were sent off, and readings that raised and are read no more."""
        return self._failed + self.readings.failed

    @property
    def actors(self) -> int:
        return len(self._tickets)

    def enter(self, actor: Actor) -> None:
        """Begin to call the actor, or call it earlier than it said before."""
        due = actor.next_due()
        booked = self._tickets.get(actor)
        if booked is None or due < booked[1]:
            self._book(actor, due)
            self._arm(self._clock())

    def leave(self, actor: Actor) -> None:
        """Call the actor no more."""
        self._tickets.pop(actor, None)

    def close(self) -> None:
        """Send everybody off."""
        self.readings.close()
        self._tickets.clear()
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _book(self, actor: Actor, due: float) -> None:
        ticket = next(self._order)
        self._tickets[actor] = (ticket, due)
        if due < math.inf:
            heapq.heappush(self._waiting, (due, ticket, actor))

    def _arm(self, now: float) -> None:
        due = self._waiting[0][0] if self._waiting else math.inf
        if self._timer is not None:
            if self._armed_for <= due:
                return
            self._timer.cancel()
            self._timer = None
        if due < math.inf:
            self._armed_for = max(due, now + TICK_SECONDS / 2)
            self._timer = asyncio.get_running_loop().call_later(max(0.0, self._armed_for - now), self._wake)

    def _wake(self) -> None:
        self._timer = None
        self.wakes += 1
        now = self._clock()
        horizon = now + TICK_SECONDS / 2
        late = now - self._armed_for
        self.late = max(self.late, late)
        if late >= LATE_SECONDS:
            self._late.append((now, late))
        while self._waiting and self._waiting[0][0] < horizon:
            _, ticket, actor = heapq.heappop(self._waiting)
            booked = self._tickets.get(actor)
            if booked is not None and booked[0] == ticket:
                self._play(actor, now)
        self._arm(now)

    def _play(self, actor: Actor, now: float) -> None:
        try:
            actor.play(now)
        except Exception:  # a bug costs one of a hundred participants, and is counted
            log.exception("synthetic participant failed")
            self._failed += 1
            self._tickets.pop(actor, None)
            return
        if actor in self._tickets:
            self._book(actor, max(actor.next_due(), now + TICK_SECONDS / 2))
