"""How many ticks of one picture are composed: all of them, or every second, third … while its thread does not keep up.

Rules:
1. What counts is when a picture is ready after its tick was due, waiting for a CPU included.
2. Fewer pictures at once, more only after a while with time to spare. Reads no clock.
3. `least` is what the whole MP sheds (`overload`); the pace of one picture may be slower, never faster.
"""

from __future__ import annotations

MOST = 5  # of 25 frames a second, five are left: enough to see who speaks
SMOOTHING = 0.2  # weight of a new picture
TOO_LATE = 0.85  # of the time between two pictures
EARLY_ENOUGH = 0.6  # of what it will be with more pictures
CALM_SECONDS = 1.5  # for which they must have been early enough
SETTLE_PICTURES = 5  # after a change, before the next one


class Pace:
    """`divisor` says which ticks are composed: those whose number it divides. `composed` learns how long it took."""

    def __init__(self, interval: float) -> None:
        self.least = 1  # divisor
        self.spent = 0.0  # seconds from tick to picture, smoothed
        self._own = 1  # divisor
        self._interval = interval  # seconds between two ticks
        self._pictures = 0  # since the last change
        self._calm = 0.0  # seconds

    @property
    def divisor(self) -> int:
        return max(self._own, self.least)

    def composed(self, spent: float) -> None:
        """The picture of a tick was ready `spent` seconds after the tick was due."""
        self.spent += (spent - self.spent) * SMOOTHING
        self._pictures += 1
        if self._pictures < SETTLE_PICTURES:
            return
        if self.spent > TOO_LATE * self.divisor * self._interval and self.divisor < MOST:
            self._change(self.divisor + 1)
        elif self._own > 1 and self.spent < EARLY_ENOUGH * (self._own - 1) * self._interval:
            self._calm += self.divisor * self._interval
            if self._calm >= CALM_SECONDS:
                self._change(self._own - 1)
        else:
            self._calm = 0.0

    def _change(self, divisor: int) -> None:
        self._own = divisor
        self._pictures = 0
        self._calm = 0.0
