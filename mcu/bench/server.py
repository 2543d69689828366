"""A server to measure: `mcu serve` in processes of its own, with a folder, ports and a conference of its own."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mcu.bench import cpu
from mcu.bench.leash import leashed
from mcu.bench.metrics import Metrics, parse
from mcu.bench.workload import MAX_PEOPLE, Workload
from mcu.errors import McuError

START_SECONDS = 30.0  # to be ready; on an idle machine it takes two
STOP_SECONDS = 10.0  # to leave in good order
REQUEST_SECONDS = 10.0
LOG_TAIL = 20  # lines of the server's log that are shown when it does not start
FIRST_PORT = 20_000  # below it other services of a machine live
KEPT_VARIABLES = frozenset({"MCU_SCALAR"})  # what a server's environment keeps of ours; no setting of a real server


class ServerFailed(McuError):
    """The server did not start or did not answer; the text says why."""


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
        return parse(_request(f"{self.url}/metrics"))

    def choose_layout(self, name: str) -> None:
        """Raises ServerFailed."""
        _request(f"{self.url}/api/v1/conferences/{self.conference}", "PATCH", {"layout": {"name": name}})


@contextlib.contextmanager
def running_server(workload: Workload, *, settings: Mapping[str, str] | None = None) -> Iterator[BenchServer]:
    """A server with an empty conference for `workload`. Raises ServerFailed."""
    with tempfile.TemporaryDirectory(prefix="mcu-bench-") as folder:
        data = Path(folder)
        http, https, media = _free_ports(3)
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith("MCU_") or key in KEPT_VARIABLES
        }
        environment |= {
            "MCU_SERVER_DATA_DIR": str(data / "var"),
            "MCU_HTTP_HOST": "127.0.0.1",
            "MCU_HTTP_PORT": str(http),
            "MCU_HTTPS_HOST": "127.0.0.1",
            "MCU_HTTPS_PORT": str(https),
            "MCU_MEDIA_HOST": "127.0.0.1",
            "MCU_MEDIA_PORT": str(media),
            "MCU_PICTURE_WIDTH": str(workload.composite.width),
            "MCU_PICTURE_HEIGHT": str(workload.composite.height),
            "MCU_PICTURE_FPS": str(workload.composite.fps),
            "MCU_PICTURE_BITRATE": str(workload.composite.bitrate),
            "MCU_CONFERENCE_MAX_PARTICIPANTS": str(MAX_PEOPLE),
            "MCU_LOG_LEVEL": "warning",
        }
        environment |= settings or {}
        with open(data / "log", "wb") as log:
            process = subprocess.Popen(
                leashed("-m", "mcu", "serve"),
                env=environment,
                cwd=data,  # no mcu.toml of somebody else
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,  # Ctrl-C is for the bench, which then stops the server itself
            )
        try:
            yield _begin(process, f"http://127.0.0.1:{http}", data / "log", workload)
        finally:
            _stop(process)


def _begin(process: subprocess.Popen[bytes], url: str, log: Path, workload: Workload) -> BenchServer:
    deadline = time.monotonic() + START_SECONDS
    while True:
        with contextlib.suppress(ServerFailed):
            _request(f"{url}/readyz")
            break
        if process.poll() is not None or time.monotonic() > deadline:
            tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_TAIL:]
            raise ServerFailed("the server did not start:\n" + "\n".join(tail))
        time.sleep(0.1)
    created = json.loads(_request(f"{url}/api/v1/conferences", "POST", {"title": "bench", "capacity": MAX_PEOPLE}))
    server = BenchServer(process.pid, url, created["link"], created["id"])
    if workload.layout != "grid":
        server.choose_layout(workload.layout)
    return server


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _request(url: str, method: str = "GET", body: object = None) -> str:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=REQUEST_SECONDS) as response:
            text: str = response.read().decode()
            return text
    except (urllib.error.URLError, OSError, UnicodeDecodeError) as error:
        raise ServerFailed(f"{url}: {error}") from error


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _free_ports(count: int) -> list[int]:
    """Ports of this machine that are free for UDP and TCP now."""
    found: list[int] = []
    with contextlib.ExitStack() as stack:
        while len(found) < count:
            tcp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            tcp.bind(("127.0.0.1", 0))
            port = int(tcp.getsockname()[1])
            udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            with contextlib.suppress(OSError):
                udp.bind(("127.0.0.1", port))
                if port >= FIRST_PORT:
                    found.append(port)
    return found
