"""What processes have used so far, from /proc: CPU by process and by thread, and memory.

Rules:
1. Values only rise; whoever measures takes two and subtracts. What has ended between them is not counted.
2. The kernel's own work for a process (sockets, page faults) is in its system time and so in these numbers.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mcu.errors import ProtocolError

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")  # of /proc/PID/stat
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
UTIME, STIME, RSS = 11, 12, 21  # fields of /proc/PID/stat after the name (proc(5) counts them 14, 15 and 24)


@dataclass(frozen=True, slots=True)
class Usage:
    """Of one process or thread."""

    name: str  # as the thread calls itself, 15 bytes at most
    user: float  # CPU seconds
    system: float
    rss_bytes: int  # of the whole process, also in the line of a thread

    @property
    def cpu(self) -> float:
        return self.user + self.system


def parse_stat(text: str) -> Usage:
    """A line of /proc/PID/stat. The name in it may hold anything. Raises ProtocolError."""
    begin, end = text.find("("), text.rfind(")")
    fields = text[end + 1 :].split()
    if begin < 0 or end < begin or len(fields) <= RSS:
        raise ProtocolError(f"stat: {text[:60]!r}")
    try:
        user, system, pages = (int(fields[index]) for index in (UTIME, STIME, RSS))
    except ValueError as error:
        raise ProtocolError(f"stat: {error}") from error
    return Usage(text[begin + 1 : end], user / TICKS_PER_SECOND, system / TICKS_PER_SECOND, pages * PAGE_BYTES)


def of_process(pid: int, *, proc: Path = Path("/proc")) -> Usage | None:
    """All threads together, also those that have ended; None when there is no such process."""
    return _read(proc / str(pid) / "stat")


def of_threads(pid: int, *, proc: Path = Path("/proc")) -> dict[int, Usage]:
    """Each living thread by its number. The main thread's is `pid`."""
    found: dict[int, Usage] = {}
    for folder in _entries(proc / str(pid) / "task"):
        usage = _read(folder / "stat")
        if usage is not None:
            found[int(folder.name)] = usage
    return found


def of_all(pids: Iterable[int], *, proc: Path = Path("/proc")) -> Usage:
    """Several processes together."""
    found = [usage for pid in pids if (usage := of_process(pid, proc=proc)) is not None]
    return Usage(
        name="",
        user=sum(usage.user for usage in found),
        system=sum(usage.system for usage in found),
        rss_bytes=sum(usage.rss_bytes for usage in found),
    )


def family(pid: int, *, proc: Path = Path("/proc")) -> list[int]:
    """The process and all its descendants that live now."""
    found = [pid]
    for parent in found:
        for task in _entries(proc / str(parent) / "task"):
            try:
                children = (task / "children").read_text(encoding="ascii")
            except OSError:
                continue  # it has just ended
            found += [int(word) for word in children.split() if int(word) not in found]
    return found


def by_name(before: Mapping[int, Usage], after: Mapping[int, Usage]) -> dict[str, float]:
    """CPU seconds between two readings of `of_threads`, threads of one name together, most first."""
    used: dict[str, float] = {}
    for thread, usage in after.items():
        earlier = before.get(thread)
        used[usage.name] = used.get(usage.name, 0.0) + usage.cpu - (earlier.cpu if earlier else 0.0)
    return dict(sorted(used.items(), key=lambda item: -item[1]))


def _read(path: Path) -> Usage | None:
    try:
        return parse_stat(path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return None


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []
