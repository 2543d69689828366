"""Tick arithmetic: when the next tick is due, and how many were missed when the caller comes late. Reads no clock."""

from __future__ import annotations


class Ticks:
    """A steady beat of `interval` seconds from `start`. Late ticks are skipped and counted, never made up."""

    def __init__(self, interval: float, *, start: float) -> None:
        self.interval = interval
        self.index = 0  # number of the tick that is due next
        self.missed = 0
        self._start = start

    @property
    def due(self) -> float:
        """Monotonic time of the next tick."""
        return self._start + self.index * self.interval

    def advance(self, now: float) -> int:
        """Take the tick that is due at `now` and return its index; ticks before it that nobody took are missed."""
        behind = int((now - self.due) / self.interval)
        if behind > 0:
            self.missed += behind
            self.index += behind
        taken = self.index
        self.index += 1
        return taken
