"""Whether an event loop comes to its timers in time, and whose fault it is when it does not.

Rules:
1. A beat that comes LATE_SECONDS after its time is late. That alone may be the machine's fault: others had the CPU.
2. It is blocked when the loop's own thread also used that much CPU since the last beat: then a callback kept it.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

BEAT_SECONDS = 0.02  # of an MP: the ticks of the sound
WATCHED_SECONDS = 0.05  # of a loop that has no beat of its own: half of what an idle MC did was to beat at 20 ms
LATE_SECONDS = 0.05  # what nobody in a meeting notices


@dataclass(slots=True)
class LoopCounters:
    """What was seen since the start."""

    late: int = 0
    blocked: int = 0
    longest_late_seconds: float = 0.0
    longest_blocked_seconds: float = 0.0  # CPU time that one stretch without a beat used, at most

    def by_name(self) -> dict[str, float]:
        """By Prometheus name."""
        return {
            "mcu_loop_late_total": self.late,
            "mcu_loop_blocked_total": self.blocked,
            "mcu_loop_longest_late_seconds": self.longest_late_seconds,
            "mcu_loop_longest_blocked_seconds": self.longest_blocked_seconds,
        }


class LoopWatch:
    """Judges beats. `beat` is told the time and the CPU time of the loop's thread; reads no clock."""

    def __init__(self, *, now: float, cpu: float, every: float = BEAT_SECONDS) -> None:
        """`every` is in seconds."""
        self.counters = LoopCounters()
        self._every = every
        self._due = now + every
        self._cpu = cpu

    def beat(self, *, now: float, cpu: float) -> float:
        """Take a beat; monotonic time of the next."""
        late, used = now - self._due, cpu - self._cpu
        counters = self.counters
        counters.longest_late_seconds = max(counters.longest_late_seconds, late)
        if late > LATE_SECONDS:
            counters.late += 1
            counters.blocked += used > LATE_SECONDS
            counters.longest_blocked_seconds = max(counters.longest_blocked_seconds, min(used, late))
        self._due, self._cpu = now + self._every, cpu
        return self._due


class WatchedLoop:
    """Beats on the running loop from construction to `close`."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._watch = LoopWatch(now=time.monotonic(), cpu=time.thread_time(), every=WATCHED_SECONDS)
        self._timer = self._loop.call_later(WATCHED_SECONDS, self._beat)

    @property
    def counters(self) -> LoopCounters:
        return self._watch.counters

    def close(self) -> None:
        self._timer.cancel()

    def _beat(self) -> None:
        due = self._watch.beat(now=time.monotonic(), cpu=time.thread_time())
        self._timer = self._loop.call_later(max(0.0, due - time.monotonic()), self._beat)
