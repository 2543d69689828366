"""A server to measure, with a folder, ports and a conference of its own."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mcu.bench import cpu, scratch
from mcu.bench.metrics import Metrics, parse
from mcu.bench.server_process import ServerFailed, ServerProcess, request
from mcu.bench.workload import MAX_PEOPLE, Workload

__all__ = ["BenchServer", "ServerFailed", "running_server"]


@dataclass(frozen=True, slots=True)
class BenchServer:
    """A running server."""

    pid: int
    url: str
    link: str  # of the conference, as participants enter it
    conference: str  # the same in REST

    def pids(self) -> list[int]:
        """The MC and its MPs."""
        return cpu.family(self.pid)

    def processors(self) -> list[int]:
        """The MPs alone."""
        return [pid for pid in self.pids() if b"processor" in _command(pid)]

    def metrics(self) -> Metrics:
        """Every counter. Raises ServerFailed."""
        return parse(request(f"{self.url}/metrics"))

    def choose_layout(self, name: str) -> None:
        """Raises ServerFailed."""
        _send(f"{self.url}/api/v1/conferences/{self.conference}", "PATCH", {"layout": {"name": name}})


@contextlib.contextmanager
def running_server(workload: Workload, *, settings: Mapping[str, str] | None = None) -> Iterator[BenchServer]:
    """A server with an empty conference for `workload`. Raises ServerFailed."""
    with scratch.folder() as folder:
        picture = {
            "MCU_PICTURE_WIDTH": str(workload.composite.width),
            "MCU_PICTURE_HEIGHT": str(workload.composite.height),
            "MCU_PICTURE_FPS": str(workload.composite.fps),
            "MCU_PICTURE_BITRATE": str(workload.composite.bitrate),
            "MCU_CONFERENCE_MAX_PARTICIPANTS": str(MAX_PEOPLE),
        }
        process = ServerProcess(folder, picture | dict(settings or {}))
        try:
            process.start()
            yield _begin(process, workload)
        finally:
            process.stop()


def _begin(process: ServerProcess, workload: Workload) -> BenchServer:
    created = json.loads(_send(f"{process.url}/api/v1/conferences", "POST", {"title": "bench", "capacity": MAX_PEOPLE}))
    server = BenchServer(process.pid, process.url, created["link"], created["id"])
    if workload.layout != "grid":
        server.choose_layout(workload.layout)
    return server


def _send(url: str, method: str, body: object) -> str:
    return request(url, json.dumps(body).encode(), method=method)


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
