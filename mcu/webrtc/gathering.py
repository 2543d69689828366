"""Whether datagrams are read as they come, or left to gather for ten milliseconds and read together.

A wake-up costs as much as two or three packets, and finds its code and data out of the caches: the first packet of a
kind pays for the others. Thirty participants would cause two thousand a second.

Readings are in step with the sound: one right before each tick, so that no packet misses a tick by waiting here, and
one halfway between two.
"""

from __future__ import annotations

GATHER_SECONDS = 0.010  # that a packet may wait longer; half a sound tick, a quarter of a picture's
LATEST_SECONDS = 0.012  # from the reading halfway to the next when no tick comes before: ticks are not quite regular
WINDOW_SECONDS = 0.1  # over which packets are counted
BEGIN_PACKETS = 100  # in a window: ten to a reading
END_PACKETS = 70  # fewer than these end it; apart from the above, so that it does not go to and fro


class Gathering:
    """`active` says how to read next. Call `note` after every reading."""

    def __init__(self) -> None:
        self.active = False
        self._count = 0
        self._window_ends = 0.0

    def note(self, packets: int, now: float) -> None:
        """`packets` were read at `now` (monotonic seconds)."""
        if now < self._window_ends:
            self._count += packets
            return
        if now < self._window_ends + WINDOW_SECONDS:
            self.active = self._count >= (END_PACKETS if self.active else BEGIN_PACKETS)
        else:
            self.active = False  # nothing came for a whole window
        self._count = packets
        self._window_ends = now + WINDOW_SECONDS
