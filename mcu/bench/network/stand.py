"""The test stand: a real `mcu serve` at the near end of a bad line, people at both ends, each group a process.

Rules:
1. Everything that was started ends with the stand, and when the process that made it dies.
2. The server has a folder of its own, and the usual ports in a namespace of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import msgspec

from mcu.bench import scratch
from mcu.bench.media import CACHE
from mcu.bench.network.record import Arrival, Member, Record, Task
from mcu.errors import ConfigurationError
from mcu.lifetime import die_with_parent
from mcu.synthetic.network.bad_line import NEAR_IP, BadLine
from mcu.synthetic.network.namespaces import Namespace

START_SECONDS = 30.0  # for the server on a busy machine
END_SECONDS = 15.0
ENTER_SPACING = 0.05  # seconds between two at the door
HTTP_PORT, HTTPS_PORT, MEDIA_PORT = 8080, 8443, 10443


class People:
    """A process of mcu.bench.network.people."""

    def __init__(self, namespace: Namespace, task: Task) -> None:
        command = [sys.executable, "-m", "mcu.bench.network.people", msgspec.json.encode(task).decode()]
        self._process = subprocess.Popen(
            namespace.command(*command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(namespace.descriptor,),
            process_group=0,  # Ctrl-C is for whoever started it, who then ends it
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def arrival(self) -> Arrival:
        """Waits until all are in or refused. Raises ConfigurationError when the process failed."""
        return msgspec.json.decode(self._line(), type=Arrival)

    def record(self) -> Record:
        """Let them leave, and wait for what they received. Call `leave` on all processes before."""
        record = msgspec.json.decode(self._line(), type=Record)
        self._process.wait(END_SECONDS)
        return record

    def leave(self) -> None:
        """Nobody is needed any more."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()

    def close(self) -> None:
        """End it in any case."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()

    def _line(self) -> bytes:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise ConfigurationError("a process of synthetic participants failed; see above")
        return line


class Stand:
    """A context: the line, the server, and whoever is let in."""

    def __init__(self, *, seed: int, settings: Mapping[str, str] | None = None) -> None:
        with contextlib.ExitStack() as stack:
            self.line = stack.enter_context(BadLine(seed=seed))
            self._data = stack.enter_context(scratch.folder())
            self._server = subprocess.Popen(
                self.line.near.command(sys.executable, "-m", "mcu", "serve"),
                env=self._environment(settings or {}),
                stdin=subprocess.DEVNULL,
                stdout=stack.enter_context((self._data / "log").open("wb")),
                stderr=subprocess.STDOUT,
                pass_fds=(self.line.near.descriptor,),
                preexec_fn=die_with_parent,
            )
            stack.callback(self._end)
            self._wait_ready()
            self._stack = stack.pop_all()

    def __enter__(self) -> Stand:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def server_pids(self) -> list[int]:
        """The server's processes."""
        pid = self._server.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, children)]

    def people(
        self,
        namespace: Namespace,
        members: Sequence[Member],
        *,
        watched: tuple[int, ...],
        patience: float = 40.0,
        spacing: float = ENTER_SPACING,
    ) -> People:
        """People at one end of the line; they come through the server's door like anybody else, one each `spacing`."""
        conference = json.loads((self._data / "ready-conference.json").read_text())["id"]
        made = People(
            namespace,
            Task(
                server=f"https://{NEAR_IP}:{HTTPS_PORT}",
                conference=conference,
                members=tuple(members),
                watched=watched,
                cache=str(CACHE.resolve()),
                patience=patience,
                spacing=spacing,
            ),
        )
        self._stack.callback(made.close)
        return made

    def metrics(self) -> dict[str, float]:
        """Every sample of /metrics, by name with its labels."""
        text = self.line.near.call(lambda: _get(f"http://127.0.0.1:{HTTP_PORT}/metrics"))
        pairs = (line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, _, value in pairs}

    def cpu_seconds(self) -> float:
        """User and system time of the server's processes until now."""
        ticks = 0
        for pid in self.server_pids:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])  # utime and stime, see proc(5)
        return ticks / os.sysconf("SC_CLK_TCK")

    @property
    def log(self) -> str:
        """What the server said."""
        return (self._data / "log").read_text(errors="replace")

    def _environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MCU_")}
        return kept | {
            "MCU_SERVER_DATA_DIR": str(self._data),
            "MCU_HTTP_PORT": str(HTTP_PORT),
            "MCU_HTTPS_PORT": str(HTTPS_PORT),
            "MCU_MEDIA_PORT": str(MEDIA_PORT),
            "MCU_LOG_LEVEL": "warning",
            **settings,
        }

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._server.poll() is not None:
                raise ConfigurationError(f"the server ended:\n{self.log}")
            if (self._data / "ready-conference.json").exists():
                with contextlib.suppress(OSError):
                    self.line.near.call(lambda: _get(f"http://127.0.0.1:{HTTP_PORT}/readyz"))
                    return
            time.sleep(0.1)
        raise ConfigurationError(f"the server is not ready after {START_SECONDS:g} s:\n{self.log}")

    def _end(self) -> None:
        self._server.terminate()
        try:
            self._server.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()


def _get(address: str) -> str:
    with urllib.request.urlopen(address, timeout=5) as response:
        text: str = response.read().decode()
        return text
