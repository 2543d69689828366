"""A real `mcu serve` in a process of its own, on free ports, with its data in a folder of the test's."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30.0  # a generous bound for a busy machine
KEPT_LINES = 400


def free_port() -> int:
    """A port that is free for UDP and TCP now, on all addresses."""
    while True:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as tcp:
            tcp.bind(("::", 0))
            port = int(tcp.getsockname()[1])
            with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as udp:
                try:
                    udp.bind(("::", port))
                except OSError:
                    continue
            return port


@dataclass
class Server:
    """Where the server is; `start` and `kill` may be called again and again with the same data and ports."""

    data: Path
    http_port: int
    https_port: int
    media_port: int
    settings: Mapping[str, str]
    prefix: tuple[str, ...] = ()  # such as ("ip", "netns", "exec", NAME)
    command: tuple[str, ...] = ("serve",)
    process: subprocess.Popen[str] | None = None
    lines: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.http_port}"

    @property
    def ready_conference(self) -> dict[str, str]:
        """id, number, pin and chair_key of the conference that is always there."""
        found: dict[str, str] = json.loads((self.data / "ready-conference.json").read_text())
        return found

    @property
    def link(self) -> str:
        return f"{self.url}/c/{self.ready_conference['id']}"

    @property
    def processor_pids(self) -> list[int]:
        """Children of the MC: its media processors."""
        assert self.process is not None
        return [
            pid
            for pid in children(self.process.pid)
            if "processor" in Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
        ]

    def start(self) -> None:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("MCU_")}
        environment |= {
            "MCU_SERVER_DATA_DIR": str(self.data),
            "MCU_HTTP_PORT": str(self.http_port),
            "MCU_HTTPS_PORT": str(self.https_port),
            "MCU_MEDIA_PORT": str(self.media_port),
            **self.settings,
        }
        self.process = subprocess.Popen(
            [*self.prefix, sys.executable, "-m", "mcu", *self.command],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._collect, args=(self.process,), daemon=True).start()
        self.wait_ready()

    def wait_ready(self) -> None:
        """Until /readyz says so. Raises AssertionError with the server's output."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self.process is not None
            assert self.process.poll() is None, "server ended:\n" + "\n".join(self.lines)
            try:
                if not self.prefix:
                    with urllib.request.urlopen(f"{self.url}/readyz", timeout=2):
                        pass
                if (self.data / "ready-conference.json").exists():
                    return
            except (urllib.error.URLError, OSError):
                pass
            time.sleep(0.1)
        raise AssertionError("server not ready:\n" + "\n".join(self.lines))

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal to the MC and reap it."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(timeout=20)
            self.process = None

    def get(self, path: str) -> Any:
        """JSON of a REST resource."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=5) as response:
            return json.loads(response.read())

    def post(self, path: str, body: Any) -> Any:
        """JSON of the answer to a REST POST."""
        request = urllib.request.Request(
            f"{self.url}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=5) as response:
            return json.loads(response.read())

    def patch(self, path: str, body: Any) -> Any:
        """JSON of the answer to a REST PATCH."""
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}{path}", json.dumps(body).encode(), headers, method="PATCH")
        with urllib.request.urlopen(request, timeout=5) as response:
            return json.loads(response.read())

    def delete(self, path: str) -> None:
        """DELETE a REST resource."""
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}{path}", method="DELETE"), timeout=5):
            pass

    def metrics(self) -> dict[str, float]:
        """Every sample of /metrics, by name with its labels."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=5) as response:
            text = response.read().decode()
        pairs = (line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, _, value in pairs}

    def _collect(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.lines.append(line.rstrip())
            del self.lines[:-KEPT_LINES]


def children(pid: int) -> list[int]:
    """Direct children of a process."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


@contextmanager
def running_server(
    data: Path,
    settings: Mapping[str, str] | None = None,
    prefix: tuple[str, ...] = (),
    command: tuple[str, ...] = ("serve",),
) -> Iterator[Server]:
    """A server that is ready, ended with SIGTERM (SIGKILL when it does not)."""
    server = Server(data, free_port(), free_port(), free_port(), settings or {}, prefix, command)
    try:
        server.start()
        yield server
    finally:
        if server.process is not None:
            server.process.terminate()
            try:
                server.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                server.process.kill()
                server.process.wait()
                raise
