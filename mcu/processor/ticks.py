"""Tick arithmetic: when the next tick is due, and how many were missed when the caller comes late. Reads no clock."""

from __future__ import annotations


class Ticks:
    """A steady beat of `interval` seconds from `start`. Late ticks are skipped and counted; with `make_up`, only where
    more than so many are due at once, and then all but the last.

    Who takes only every `every`th tick says so each time; the others are left out, and not missed.
    """

    def __init__(self, interval: float, *, start: float, make_up: int = 0) -> None:
        self.interval = interval
        self.index = 0  # number of the tick after the last that was taken
        self.missed = 0
        self.made_up = 0  # taken though the next one was due already
        self.left_out = 0
        self._start = start
        self._make_up = make_up

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
        """Take the tick that is due at `now` and return its index; ticks before it that nobody takes are missed."""
        taken = self.next(every)
        behind = max(0, int((now - self.time_of(taken)) / (every * self.interval)))
        if 0 < behind <= self._make_up:
            self.made_up += 1
            behind = 0
        self.missed += behind
        taken += behind * every
        self.left_out += taken - self.index - behind
        self.index = taken + 1
        return taken
