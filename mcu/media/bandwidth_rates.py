"""What is sent to a receiver and what arrives there, in bit/s, and how long the answer takes, from feedback alone."""

from __future__ import annotations

from array import array
from math import inf

from mcu.media.bandwidth_feedback import NEVER, PACKET_FIELDS, Acknowledged

WINDOW = 0.6  # seconds over which rates are measured
USUAL = 2.0  # seconds of smoothing in which a keyframe disappears
RTT_SMOOTHING = 1 / 8  # as in RFC 6298
MAX_RTT = 5.0  # seconds
MAX_ENTRIES = 64  # feedbacks in the window; who sends more is measured over less. A power of two
ENTRY_FIELDS = 4  # of a feedback, in one flat array, as in bandwidth_delay: now, seconds, of sending, bits


class Rates:
    """One per receiver. Feedback that was lost leaves a gap in sequence numbers, and its time is not counted."""

    def __init__(self) -> None:
        self.throughput = 0.0  # bit/s acknowledged, per second of ours
        self.sent = 0.0  # bit/s, per second of sending, lost packets included
        self.usual = 0.0  # the same without bursts
        self.rtt = 0.0  # seconds until feedback came
        self.newest = -inf  # when the last packet that is known to have arrived was sent
        self.last = -inf  # when the last feedback came
        self._next = -1  # transport sequence expected to be reported next
        self._entries = array("d", [0.0]) * (MAX_ENTRIES * ENTRY_FIELDS)
        self._oldest = self._count = 0  # of the entries
        self._seconds = self._sending = self._bits = 0.0  # sums over them

    def add(self, packets: Acknowledged, size: int, loss: float, now: float) -> float:
        """Enter one feedback that acknowledged `size` bytes. Returns seconds since the one before, at most 1."""
        elapsed = min(max(now - self.last, 0.0), 1.0)
        self.last = now
        newest = inf
        values, last = packets.values, (packets.count - 1) * PACKET_FIELDS
        for index in range(packets.count - 1, -1, -1):
            place = index * PACKET_FIELDS
            if values[place + 3] != NEVER:
                newest = values[place + 1]
                break
        if not -inf < newest < inf:
            return elapsed
        first = int(values[0])
        gap = 0 < (first - self._next) & 0xFFFF < 0x8000
        sending = newest - (values[1] if gap else self.newest)
        self._next = int(values[last]) + 1
        if 0.0 <= sending < WINDOW:
            self._enter(now, sending if gap else elapsed, sending, size * 8.0)
            if self._seconds > WINDOW / 4 and self._sending > WINDOW / 4:
                self.throughput = self._bits / self._seconds
                self.sent = self._bits / self._sending / (1.0 - min(loss, 0.9))
                usual = self.usual or self.sent
                self.usual = usual + (self.sent - usual) * min(elapsed / USUAL, 1.0)
        self.newest = newest
        if 0.0 <= now - newest < MAX_RTT:
            self.rtt += (now - newest - self.rtt) * RTT_SMOOTHING if self.rtt else now - newest
        return elapsed

    def _enter(self, now: float, seconds: float, sending: float, bits: float) -> None:
        """Add an entry and let go of those that are too old, or too many."""
        entries, oldest, count = self._entries, self._oldest, self._count
        while count:
            at = oldest * ENTRY_FIELDS
            if count < MAX_ENTRIES and 0.0 <= now - entries[at] <= WINDOW:
                break
            self._seconds -= entries[at + 1]
            self._sending -= entries[at + 2]
            self._bits -= entries[at + 3]
            oldest = (oldest + 1) & (MAX_ENTRIES - 1)
            count -= 1
        at = ((oldest + count) & (MAX_ENTRIES - 1)) * ENTRY_FIELDS
        entries[at], entries[at + 1], entries[at + 2], entries[at + 3] = now, seconds, sending, bits
        self._oldest, self._count = oldest, count + 1
        if not count:  # what rounding has left behind goes as well
            self._seconds = self._sending = self._bits = 0.0
        self._seconds += seconds
        self._sending += sending
        self._bits += bits
