"""How many ticks of the picture are composed: all of them, or every second, third … while the machine is too busy.

Rules:
1. What counts is when a picture is ready after its tick was due, waiting for a CPU included.
2. Fewer pictures at once, more only after a while with time to spare. Reads no clock.
"""

from __future__ import annotations

MOST = 5  # of 25 frames a second, five are left: enough to see who speaks
SMOOTHING = 0.1  # weight of a new picture: ten of them, 0.4 s at 25 fps
TOO_LATE = 0.85  # of the time between two pictures
EARLY_ENOUGH = 0.6  # of what it will be with more pictures
CALM_SECONDS = 3.0  # for which they must have been early enough
SETTLE_PICTURES = 10  # after a change, before the next one


class Pace:
    """`takes` says whether a tick is composed; `composed` learns how long it took."""

    def __init__(self, interval: float) -> None:
        self.divisor = 1
        self.left_out = 0  # ticks
        self._interval = interval  # seconds between two ticks
        self._spent = 0.0  # seconds from tick to picture, smoothed
        self._pictures = 0  # since the last change
        self._calm = 0.0  # seconds

    def takes(self, index: int) -> bool:
        """Whether this tick is composed."""
        if index % self.divisor == 0:
            return True
        self.left_out += 1
        return False

    def composed(self, spent: float) -> None:
        """The picture of a tick was ready `spent` seconds after the tick was due."""
        self._spent += (spent - self._spent) * SMOOTHING
        self._pictures += 1
        if self._pictures < SETTLE_PICTURES:
            return
        if self._spent > TOO_LATE * self.divisor * self._interval and self.divisor < MOST:
            self._change(self.divisor + 1)
        elif self.divisor > 1 and self._spent < EARLY_ENOUGH * (self.divisor - 1) * self._interval:
            self._calm += self.divisor * self._interval
            if self._calm >= CALM_SECONDS:
                self._change(self.divisor - 1)
        else:
            self._calm = 0.0

    def _change(self, divisor: int) -> None:
        self.divisor = divisor
        self._pictures = 0
        self._calm = 0.0
