"""One stretch of a contender or of the server under load: start, settle, measure, stop."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from mcu.bench import cpu, scratch
from mcu.bench.contender import Absent, Result, read_line
from mcu.bench.leash import leashed
from mcu.bench.load import Counts, Opened
from mcu.bench.metrics import Counted, counted
from mcu.bench.observation import Observation
from mcu.bench.packet_cost import PacketCost, packet_cost
from mcu.bench.server import BenchServer, running_server
from mcu.bench.workload import Workload, to_json
from mcu.errors import McuError

SETTLE_SECONDS = 10.0  # after the last one came in: keyframes, estimators, and senders told less after five to eight
ENTER_SECONDS = 90.0  # for the load to be up, its media made before
LEAVE_SECONDS = 10.0
LATE_LIMIT = 0.25  # seconds: a load that wakes up later than this did not offer what it says
SKIPPED_LIMIT = 0.01  # of what it was to send


class StretchFailed(McuError):
    """A contender, or the load, ended before it was done; the text is what it said."""


@dataclass(frozen=True, slots=True)
class ServerStretch:
    """The server under load."""

    seconds: float
    cpu_seconds: float  # of MC and MPs, user and system
    user_seconds: float
    rss_bytes: int
    threads: Mapping[str, float]  # CPU seconds a second by thread, "mc" for the MC
    counted: Counted
    load: Counts
    opened: Opened
    audio_encoders: int
    video_encoders: int
    packet: PacketCost | None

    @property
    def rate(self) -> float:
        """CPU seconds a second."""
        return self.cpu_seconds / self.seconds

    @property
    def invalid(self) -> str:
        """Why the load was not what it should have been; "" when it was."""
        load = self.load
        if load.late > LATE_LIMIT:
            return f"the load woke up {load.late * 1000:.0f} ms late"
        if load.media_skipped > SKIPPED_LIMIT * load.media_due:
            return f"the load left out {load.media_skipped} of {load.media_due}"
        if load.connected < self.opened.participants or load.reconnects:
            return "participants lost their connection"
        if self.counted.shed:
            return "the server had too little CPU and left pictures out"
        return ""


class Load:
    """The process of the participants. Use as a context."""

    def __init__(self, workload: Workload, server: BenchServer) -> None:
        self._process = subprocess.Popen(
            leashed("-m", "mcu.bench.load", to_json(workload), server.url, server.link),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            process_group=0,  # not for Ctrl-C
        )
        self.pid = self._process.pid

    def __enter__(self) -> Load:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def opened(self) -> Opened:
        """Wait until everybody is in. Raises StretchFailed."""
        return msgspec.json.decode(self._line(), type=Opened)

    def counts(self) -> Counts:
        """Since the last call. Raises StretchFailed."""
        self._ask(b"\n")
        return msgspec.json.decode(self._line(), type=Counts)

    def observe(self) -> None:
        """One participant keeps what it receives from now on. Raises StretchFailed."""
        self._ask(b"observe\n")

    def observed(self) -> Observation:
        """What it received. Raises StretchFailed."""
        self._ask(b"observed\n")
        return msgspec.json.decode(self._line(), type=Observation)

    def _ask(self, line: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
        except OSError as error:
            raise StretchFailed(f"the load has ended: {error}") from error

    def _line(self) -> bytes:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise StretchFailed(f"the load ended with {self._process.wait()}")
        return line


@contextlib.contextmanager
def loaded_server(
    workload: Workload, *, settings: Mapping[str, str] | None = None
) -> Iterator[tuple[BenchServer, Load, Opened]]:
    """A server with everybody in and settled. Raises StretchFailed or ServerFailed."""
    with running_server(workload, settings=settings) as server, Load(workload, server) as load:
        opened = load.opened()
        if opened.participants < workload.people:
            raise StretchFailed(f"{opened.participants} of {workload.people} came in")
        time.sleep(SETTLE_SECONDS)
        yield server, load, opened


def measure(server: BenchServer, load: Load, opened: Opened, seconds: float) -> ServerStretch:
    """One steady stretch."""
    pids, processors = server.pids(), server.processors()
    load.counts()
    metrics = server.metrics()
    threads = [cpu.of_threads(pid) for pid in processors]
    before, begin = cpu.of_all(pids), time.monotonic()
    time.sleep(seconds)
    after, end = cpu.of_all(pids), time.monotonic()
    later = [cpu.of_threads(pid) for pid in processors]
    between = counted(metrics, final := server.metrics())
    used = _by_thread(threads, later, end - begin)
    total = after.cpu - before.cpu
    used["mc"] = max(0.0, total / (end - begin) - sum(used.values()))
    return ServerStretch(
        seconds=end - begin,
        cpu_seconds=total,
        user_seconds=after.user - before.user,
        rss_bytes=after.rss_bytes,
        threads=used,
        counted=between,
        load=load.counts(),
        opened=opened,
        audio_encoders=round(final.sum("mcu_audio_encoders")),
        video_encoders=round(final.sum("mcu_video_encoders")),
        packet=packet_cost(used.get(MAIN, 0.0), between),
    )


MAIN = "main"  # the thread of an MP that owns all sockets; its name is the process's own


def _by_thread(
    before: list[dict[int, cpu.Usage]], after: list[dict[int, cpu.Usage]], seconds: float
) -> dict[str, float]:
    """CPU seconds a second; the first thread of each process is MAIN."""
    total: dict[str, float] = {}
    for earlier, later in zip(before, after, strict=True):
        first = min(later, default=0)
        named = {
            number: cpu.Usage(MAIN if number == first else usage.name, usage.user, usage.system, usage.rss_bytes)
            for number, usage in later.items()
        }
        for name, used in cpu.by_name(earlier, named).items():
            total[name] = total.get(name, 0.0) + used / seconds
    return dict(sorted(total.items(), key=lambda item: -item[1]))


def run_contender(name: str, workload: Workload, seconds: float) -> Result | Absent:
    """One stretch of the module `mcu.bench.contenders.name`. Raises StretchFailed."""
    with scratch.folder() as folder:
        process = subprocess.Popen(
            leashed("-m", f"mcu.bench.contenders.{name}", to_json(workload), str(seconds)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "TMPDIR": str(folder)},  # its files: a process that is killed removes none
            process_group=0,  # not for Ctrl-C
        )
        try:
            printed, said = process.communicate()
        except BaseException:  # Ctrl-C, too: the process would go on
            process.kill()
            process.communicate()
            raise
    lines = printed.splitlines()
    if not lines:
        raise StretchFailed(f"{name} ended with {process.returncode}: {said.decode(errors='replace')[-400:].strip()}")
    return read_line(lines[-1])
