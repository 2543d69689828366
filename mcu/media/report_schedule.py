"""When the next regular RTCP report is due (RFC 3550 section 6.2 and appendix A.7, for a session of two).

Feedback does not wait for it: with two members RFC 4585 section 3.4 allows it at any time.
"""

from __future__ import annotations

import math
import random

AVP_MINIMUM = 5.0  # seconds, RFC 3550 section 6.2
FEEDBACK_MINIMUM = 1.0  # seconds, the T_rr_interval of RFC 4585 used here: fresh loss figures and lip-sync soon
MEMBERS = 2
SESSION_BANDWIDTH = 64_000 / 8  # bytes/s, the least that any leg carries: one voice
RTCP_SHARE = 0.05  # of the session bandwidth
COMPENSATION = math.e - 1.5  # appendix A.7: makes up for the bias of reconsideration


class ReportSchedule:
    """`due` is the time of the next report; the first one comes within a fraction of the interval."""

    def __init__(self, *, minimum: float, seed: int) -> None:
        self.due = 0.0  # at once: a first report tells the round trip and the clocks
        self._minimum = minimum
        self._random = random.Random(seed)
        self._average_size = 100.0  # bytes with UDP and IP headers, smoothed as in section 6.3.3

    def sent(self, size: int, now: float) -> None:
        """A report of `size` bytes left at `now`."""
        self._average_size += (size + 28 - self._average_size) / 16
        by_bandwidth = self._average_size * MEMBERS / (RTCP_SHARE * SESSION_BANDWIDTH)
        interval = max(self._minimum, by_bandwidth)
        self.due = now + interval * self._random.uniform(0.5, 1.5) / COMPENSATION
