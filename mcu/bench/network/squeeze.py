"""Less CPU for some processes, by a control group of the kernel's (cgroup version 1 or 2)."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PERIOD = 0.020  # seconds: short, so that a squeezed process is slow rather than stopped for long
LEAST_QUOTA = 1_000  # microseconds: the kernel takes no less
VERSION_1 = Path("/sys/fs/cgroup/cpu")
VERSION_2 = Path("/sys/fs/cgroup")
QUOTA_1, LIMIT_2 = "cpu.cfs_quota_us", "cpu.max"  # files of a group
WEIGHT_1, WEIGHT_2 = ("cpu.shares", 1024 * 16), ("cpu.weight", 1600)  # a process's own is a sixteenth of it: what else
# the machine does must not take from them what the quota leaves


def refusal() -> str:
    """Why no CPU can be taken away here, in one sentence; "" when it can."""
    try:
        parent = _parent()
        group = parent / f"mcu-probe-{os.getpid()}"
        group.mkdir()
        limited = (group / (QUOTA_1 if parent == VERSION_1 else LIMIT_2)).exists()
        group.rmdir()
    except OSError as error:
        return f"CPU can be squeezed only where control groups may be made: {error}."
    return "" if limited else f"CPU can be squeezed only where control groups below {parent} limit it (cpu controller)."


@contextmanager
def squeezed(pids: Sequence[int], cores: float) -> Iterator[Callable[[float], None]]:
    """While inside, these processes have no more than `cores` together; what is given changes that. Raises OSError."""
    parent = _parent()
    group = parent / f"mcu-bench-{os.getpid()}"
    period = round(PERIOD * 1e6)  # microseconds

    def limit(cores: float) -> None:
        quota = max(LEAST_QUOTA, round(cores * period))
        if parent == VERSION_1:
            (group / QUOTA_1).write_text(str(quota))
        else:
            (group / LIMIT_2).write_text(f"{quota} {period}")

    group.mkdir()
    try:
        if parent == VERSION_1:
            (group / "cpu.cfs_period_us").write_text(str(period))
            (group / WEIGHT_1[0]).write_text(str(WEIGHT_1[1]))
        else:
            (group / WEIGHT_2[0]).write_text(str(WEIGHT_2[1]))
        limit(cores)
        for pid in pids:
            (group / "cgroup.procs").write_text(str(pid))
        yield limit
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                (parent / "cgroup.procs").write_text(str(pid))
        group.rmdir()


def _parent() -> Path:
    return VERSION_1 if (VERSION_1 / QUOTA_1).exists() else VERSION_2
