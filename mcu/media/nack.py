"""Which packets are missing, and when to ask for each again.

Times are monotonic seconds. A packet is asked for after a tolerance that follows how late packets overtaken on this
path came by themselves, then once per round trip, until it comes or is given up for age or number of requests.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

REORDER_TOLERANCE = 0.010  # seconds before the first request, on a path where packets keep their order
MAX_TOLERANCE = 0.080  # seconds: the longest that a repair waits for a packet which may come by itself
LATENESS_MARGIN = 0.005  # seconds added to what a packet was late by
TOLERANCE_RISE = 0.25  # of what that exceeds the tolerance by: one packet alone may be an accident
TOLERANCE_FALL = 0.1  # of what is above REORDER_TOLERANCE, for each packet that was waited for and lost
TOLERANCE_HALVES = 3.0  # seconds in which what is above REORDER_TOLERANCE becomes half, when nothing comes late
RETRY_MARGIN = 0.010  # seconds added to the round trip before a repeat: scheduling at both ends
RETRY_MIN = 0.020  # seconds; on a LAN the peer's own timer, not the path, is the limit
MAX_REQUESTS = 10
MAX_MISSING = 256  # numbers; as many at once are an outage, which a keyframe mends faster


@dataclass
class Missing:
    noticed: float
    since: float  # when patience began
    due: float  # time of the next request
    requests: int = 0
    last_request: float = 0.0


class NackList:
    """Missing packets of one stream, by extended sequence number in rising order."""

    def __init__(self, max_requests: int = MAX_REQUESTS) -> None:
        self.next_due = inf
        self.tolerance = REORDER_TOLERANCE
        self._tolerance_set = 0.0
        self._max_requests = max_requests
        self._missing: dict[int, Missing] = {}

    def __len__(self) -> int:
        return len(self._missing)

    def add(self, first: int, last: int, now: float, since: float | None = None) -> bool:
        """Numbers `first` to `last` are missing, as is noticed now. False, and nothing kept, when that makes too many
        to ask for. Patience counts from `since`, which is not later."""
        if len(self._missing) + last - first + 1 > MAX_MISSING:
            return False
        due = now + self._tolerance_at(now)
        for number in range(first, last + 1):
            self._missing[number] = Missing(now, now if since is None else since, due)
        self.next_due = min(self.next_due, due)
        return True

    def arrive(self, number: int) -> Missing | None:
        """The packet came; returns what was known of it."""
        missing = self._missing.pop(number, None)
        if missing is not None and not self._missing:
            self.next_due = inf
        return missing

    def overtaken(self, late: float, now: float) -> None:
        """A packet that was missing came without a repair, so many seconds after it was noticed."""
        tolerance = self._tolerance_at(now)
        if (excess := late + LATENESS_MARGIN - tolerance) > 0:
            self.tolerance = min(tolerance + TOLERANCE_RISE * excess, MAX_TOLERANCE)
            self._tolerance_set = now

    def lost(self, now: float) -> None:
        """A packet that was missing came only as a repair: waiting for it was in vain."""
        self.tolerance += TOLERANCE_FALL * (REORDER_TOLERANCE - self._tolerance_at(now))

    def forget_before(self, number: int) -> None:
        """Packets before `number` are not wanted any more."""
        if not self._missing:
            return
        for old in [key for key in self._missing if key < number]:
            del self._missing[old]
        if not self._missing:
            self.next_due = inf

    def oldest(self) -> float:
        """Since when the first of the missing is; inf when nothing is missing."""
        for missing in self._missing.values():  # in the order of being noticed
            return missing.since
        return inf

    def take_due(self, now: float, rtt: float) -> list[int]:
        """Numbers to ask for now. They are due again after a round trip, unless out of requests."""
        if now < self.next_due:
            return []
        numbers = []
        again = now + max(RETRY_MIN, rtt + RETRY_MARGIN)
        for number, missing in self._missing.items():
            if missing.due > now:
                continue
            if missing.requests < self._max_requests:
                numbers.append(number)
                missing.requests += 1
                missing.last_request = now
            missing.due = again if missing.requests < self._max_requests else inf
        self.next_due = min([missing.due for missing in self._missing.values()], default=inf)
        return numbers

    def expired(self, now: float, max_age: float) -> int:
        """The highest number missing for `max_age` seconds or longer; -1 for none."""
        old = [number for number, missing in self._missing.items() if now >= missing.since + max_age]
        return max(old, default=-1)

    def _tolerance_at(self, now: float) -> float:
        if self.tolerance > REORDER_TOLERANCE:
            halves = max(0.0, now - self._tolerance_set) / TOLERANCE_HALVES
            self.tolerance = REORDER_TOLERANCE + (self.tolerance - REORDER_TOLERANCE) * 0.5**halves
            self._tolerance_set = now
        return self.tolerance
