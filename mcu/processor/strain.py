"""How near an MP is to its limit: the share of time in which its busiest thread ran or waited for a CPU.

A thread that waits for a CPU is as late as one that computes, so what other programs take counts as well. 1 means that
the thread has no time left; nothing is dropped before that.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

NANOSECONDS = 1e9


class Strain:
    """Judges samples; reads no clock and no files. A sample is seconds on and waiting for a CPU, by thread."""

    def __init__(self, sample: Mapping[int, float], *, now: float) -> None:
        self.share = 0.0  # 0 to 1, over the time between the last two samples
        self._sample = sample
        self._taken = now

    def update(self, sample: Mapping[int, float], *, now: float) -> float:
        """Take a sample; the new share. One that comes at once after the last changes nothing."""
        elapsed = now - self._taken
        if elapsed > 0:
            used = (seconds - self._sample.get(thread, 0.0) for thread, seconds in sample.items())
            self.share = min(1.0, max(0.0, max(used, default=0.0) / elapsed))
            self._sample, self._taken = sample, now
        return self.share


def sample_threads() -> dict[int, float]:
    """Seconds that each thread of this process ran or waited in the run queue, from the kernel (proc(5), schedstat)."""
    found = {}
    for thread in os.listdir("/proc/self/task"):
        try:
            with open(f"/proc/self/task/{thread}/schedstat", encoding="ascii") as file:
                running, waiting, _ = file.read().split()
        except OSError:  # it has just ended
            continue
        found[int(thread)] = (int(running) + int(waiting)) / NANOSECONDS
    return found
