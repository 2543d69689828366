"""How near an MP is to its limit: the share of time in which its busiest thread ran or waited for a CPU.

A thread that waits for a CPU is as late as one that computes, so what other programs take counts as well. 1 means that
the thread has no time left; nothing is dropped before that.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

NANOSECONDS = 1e9
GROUPS = "/sys/fs/cgroup"


@dataclass(frozen=True, slots=True)
class Schedule:
    """What the kernel says of a thread, in seconds since it began."""

    running: float
    waiting: float  # in the run queue, throttling by a control group included

    @property
    def wanted(self) -> float:
        return self.running + self.waiting


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
            found[int(thread)] = schedule_of(int(thread)).wanted
        except OSError:  # it has just ended
            continue
    return found


def schedule_of(thread: int) -> Schedule:
    """Of a thread of this process, by its native id (proc(5), schedstat). Raises OSError when it has ended."""
    running, waiting, _ = _read(f"/proc/self/task/{thread}/schedstat").split()
    return Schedule(int(running) / NANOSECONDS, int(waiting) / NANOSECONDS)


def times_throttled(of: str | Path = "/proc/self/cgroup", groups: str | Path = GROUPS) -> int:
    """How often this process's control group has used up its quota of CPU, from the kernel; 0 where it does not say.

    Lines of `of` are ID:CONTROLLERS:PATH (cgroups(7)): version 2 names no controllers, version 1 has a folder for each.
    """
    try:
        lines = _read(of).decode("ascii").split()
    except (OSError, UnicodeDecodeError):
        return 0
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and "cpu" not in controllers.split(","):
            continue
        try:
            stat = _read(os.path.join(groups, "cpu" if controllers else "", path.lstrip("/"), "cpu.stat")).split()
            return int(stat[stat.index(b"nr_throttled") + 1])
        except (OSError, ValueError, IndexError):  # no such controller here, or the group has just gone
            continue
    return 0


def _read(path: str | Path) -> bytes:
    """A small file of the kernel's. Raises OSError. Several are read every second: pathlib takes twice as long."""
    with open(path, "rb", buffering=0) as file:
        return file.read()
