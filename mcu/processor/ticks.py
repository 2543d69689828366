"""Tick arithmetic: when the next tick is due, and how many were missed when the caller comes late. Reads no clock."""

from __future__ import annotations


class Ticks:
    """A steady beat of `interval` seconds from `start`. Late ticks are skipped and counted, never made up.

    Who takes only every `every`th tick says so each time; the others are left out, and not missed.
    """

    def __init__(self, interval: float, *, start: float) -> None:
        self.interval = interval
        self.index = 0  # number of the tick after the last that was taken
        self.missed = 0
        self.left_out = 0
        self._start = start

    @property
    def due(self) -> float:
        """Monotonic time of the next tick."""
        return self.time_of(self.index)

    def time_of(self, index: int) -> float:
        """Monotonic time of a tick."""
        return self._start + index * self.interval

    def next(self, every: int = 1) -> int:
        """The number of the next tick that is taken."""
        return -(-self.index // every) * every

    def advance(self, now: float, every: int = 1) -> int:
        """Take the tick that is due at `now` and return its index; ticks before it that nobody took are missed."""
        taken = self.next(every)
        behind = max(0, int((now - self.time_of(taken)) / (every * self.interval)))
        self.missed += behind
        taken += behind * every
        self.left_out += taken - self.index - behind
        self.index = taken + 1
        return taken
