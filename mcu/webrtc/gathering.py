"""Whether datagrams are read as they come, or left to gather for a tick of the sound and read together.

A wake-up costs as much as two or three packets, and finds its code and data out of the caches: the first packet of a
kind pays for the others. Thirty participants would cause two thousand a second.

Readings are in step with the sound: one right before each tick, so that no packet misses a tick by waiting here. Nor
does a picture miss a composite, whose ticks come a little after those of the sound (mcu.processor.mp).
"""

from __future__ import annotations

GATHER_SECONDS = 0.022  # from a reading to the next when no tick of the sound comes before: they are not quite regular
READING_PACKETS = 80  # above, there is another reading between two ticks: more saves no more, and fills the socket
MAX_READINGS = 4  # from a tick to the next
WINDOW_SECONDS = 0.1  # over which packets are counted
WINDOW_TICKS = 5  # of the sound in it
BEGIN_PACKETS = 100  # in a window: twenty to a reading
END_PACKETS = 70  # fewer than these end it; apart from the above, so that it does not go to and fro


class Gathering:
    """`active` says how to read next, `seconds` when at the latest. Call `note` after every reading."""

    def __init__(self) -> None:
        self.active = False
        self.seconds = GATHER_SECONDS
        self._count = 0
        self._window_ends = 0.0

    def note(self, packets: int, now: float) -> None:
        """`packets` were read at `now` (monotonic seconds)."""
        if now < self._window_ends:
            self._count += packets
            return
        if now < self._window_ends + WINDOW_SECONDS:
            self.active = self._count >= (END_PACKETS if self.active else BEGIN_PACKETS)
            readings = 1 + self._count // (READING_PACKETS * WINDOW_TICKS)
            self.seconds = GATHER_SECONDS / min(readings, MAX_READINGS)
        else:
            self.active = False  # nothing came for a whole window
        self._count = packets
        self._window_ends = now + WINDOW_SECONDS
