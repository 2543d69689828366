"""How much RTCP of one peer is read in a second: what goes beyond is passed over unread, as all pay for reading it.

A datagram is weighed by its length and the headers of its packets, before anything of it is parsed.
"""

from __future__ import annotations

from math import inf

MAX_PARTS = 16  # RTCP packets of one datagram: a compound has two to six, one more for each NACK and PLI beside it
OCTETS_OF_A_PART = 64  # that cost as much to read as a packet: two report blocks, a dozen NACK items
# Parts, long ones counted several times. Reduced-size feedback of a browser is 20 parts a second, at 20 % loss with
# compound NACKs for two pictures 300, and aiortc says REMB after each packet on a full line. A part costs 0.5 to 2 µs.
WORK_PER_SECOND, MOST_WORK = 600, 300
# Sequence numbers asked for again: 20 % of 300 packets a second, each five times, is 300; a lost keyframe is 100.
NUMBERS_PER_SECOND, MOST_NUMBERS = 1_000, 2_000


class Allowance:
    """So many units a second; `most` of them may be used at once."""

    def __init__(self, per_second: int, most: int) -> None:
        self._per_second = float(per_second)
        self._most = self._left = float(most)
        self._counted = -inf  # until when `_left` was given

    def take(self, units: int, now: float) -> bool:
        """Whether there are so many; then they are used. `now` in monotonic seconds; going back gives nothing."""
        self._left = min(self._left + self._per_second * max(0.0, now - self._counted), self._most)
        self._counted = max(self._counted, now)
        if self._left < units:
            return False
        self._left -= units
        return True

    def owe(self, units: int) -> None:
        """So many more were used, which the next seconds have to make up for."""
        self._left -= units


class RtcpAllowance:
    """One per session."""

    def __init__(self) -> None:
        self.numbers = Allowance(NUMBERS_PER_SECOND, MOST_NUMBERS)
        self._work = Allowance(WORK_PER_SECOND, MOST_WORK)

    def admits(self, data: bytes, now: float) -> bool:
        """Whether a datagram shall be read. That its headers are wrong is for the parser to find."""
        position = parts = 0
        size, most = len(data), MAX_PARTS
        while position + 4 <= size:
            position += 4 * ((data[position + 2] << 8 | data[position + 3]) + 1)
            parts += 1
            if parts > most:
                return False
        return self._work.take(max(parts, 1) + size // OCTETS_OF_A_PART, now)
