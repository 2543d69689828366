"""On what a bench ran."""

from __future__ import annotations

import os
import platform
import subprocess
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
    load_average: float  # of the last minute before: other work on the machine
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
        load_average=round(os.getloadavg()[0], 2),
        sources_run=mcu.SOURCES_RUN_BECAUSE,
    )


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
