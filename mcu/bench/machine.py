"""On what a bench ran."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import av
import msgspec

import mcu
from mcu import __version__

PACKAGES = ("av", "aiortc", "numpy", "uvloop", "msgspec")
UNKNOWN = "unknown"
GIT_SECONDS = 5.0
TICKS = os.sysconf("SC_CLK_TCK")  # of /proc/stat


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """The machine and the software."""

    cpu: str
    cores: int
    memory_gb: float
    kernel: str
    python: str
    mcu: str
    commit: str
    versions: dict[str, str]  # of packages and of FFmpeg's libraries
    measured: str  # when, in UTC
    others: float = 0.0  # cores that other programs used meanwhile, see `Watch`
    stolen: float = 0.0  # cores that the host took away meanwhile
    sources_run: str = ""  # why, where it was not the compiled modules


def describe() -> Machine:
    """This one, now."""
    versions = {name: metadata.version(name) for name in PACKAGES}
    versions |= {name: ".".join(map(str, number)) for name, number in av.library_versions.items()}
    return Machine(
        cpu=_field(Path("/proc/cpuinfo"), "model name"),
        cores=len(os.sched_getaffinity(0)),
        memory_gb=round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9, 1),
        kernel=platform.release(),
        python=platform.python_version(),
        mcu=__version__,
        commit=_commit(),
        versions=versions,
        measured=datetime.now(UTC).isoformat(timespec="seconds"),
        sources_run=mcu.SOURCES_RUN_BECAUSE,
    )


class Watch:
    """What else the machine does from now on, beside this process and those of its children that have ended by then."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, stat: Path = Path("/proc/stat")) -> None:
        self._clock, self._stat = clock, stat
        self._begun, self._before = clock(), self._used()

    def seen(self) -> tuple[float, float]:
        """Cores used by others, and cores that the host took away, since the beginning. Zeroes where nobody knows."""
        seconds = self._clock() - self._begun
        busy, stolen, own = (now - before for now, before in zip(self._used(), self._before, strict=True))
        return max(0.0, busy - own) / seconds, stolen / seconds

    def _used(self) -> tuple[float, float, float]:
        """CPU seconds of all programs, stolen, and ours (proc(5), /proc/stat)."""
        mine = os.times()
        try:
            first = self._stat.read_text().split("\n", 1)[0].split()
            user, nice, system, _idle, _waiting, irq, softirq, stolen = (int(word) / TICKS for word in first[1:9])
        except (OSError, ValueError):
            return 0.0, 0.0, 0.0
        return user + nice + system + irq + softirq, stolen, sum(mine[:4])


def _field(path: Path, name: str) -> str:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return UNKNOWN
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), UNKNOWN)


def _commit() -> str:
    """Of the sources, when they come from a repository."""
    root = Path(__file__).resolve().parents[2]
    command = ["git", "-C", str(root), "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=GIT_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return UNKNOWN
    return done.stdout.strip()
