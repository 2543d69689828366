"""`mcu serve` in processes of its own, with a folder and ports of its own; it ends with whoever started it."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from mcu.bench.leash import leashed
from mcu.errors import McuError

START_SECONDS = 60.0  # to be ready; on an idle machine it takes two, on a very busy one half a minute
STOP_SECONDS = 10.0  # to leave in good order
REQUEST_SECONDS = 10.0
LOOK_SECONDS = 0.1  # between two looks whether it is ready
LOG_TAIL = 20  # lines of the server's log that are shown when it does not start
FIRST_PORT = 20_000  # below it other services of a machine live
KEPT_VARIABLES = frozenset({"MCU_SCALAR"})  # what a server's environment keeps of ours; no setting of a real server


class ServerFailed(McuError):
    """The server did not start or did not answer; the text says why."""


class NotStarted(ServerFailed):
    """It was not ready in time; `exit_code` is None where it was still starting."""

    def __init__(self, exit_code: int | None, log: list[str]) -> None:
        """`log` is what it wrote last."""
        why = f"it ended with {exit_words(exit_code)}" if exit_code is not None else _still_starting()
        last = ". It wrote last:\n" + "\n".join(log) if log else ", and wrote nothing"
        super().__init__(f"the server did not start: {why}{last}")
        self.exit_code = exit_code


class ServerProcess:
    """`start` and `stop`, again and again: its data and its ports stay the same."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        """`settings` are variables of the environment, beyond folder and ports."""
        self._folder = folder
        http, https, media = free_ports(3)
        self._environment = {
            key: value for key, value in os.environ.items() if not key.startswith("MCU_") or key in KEPT_VARIABLES
        }
        self._environment |= {
            "MCU_SERVER_DATA_DIR": str(folder / "var"),
            "MCU_HTTP_HOST": "127.0.0.1",
            "MCU_HTTP_PORT": str(http),
            "MCU_HTTPS_HOST": "127.0.0.1",
            "MCU_HTTPS_PORT": str(https),
            "MCU_MEDIA_HOST": "127.0.0.1",
            "MCU_MEDIA_PORT": str(media),
            "MCU_LOG_LEVEL": "warning",
        }
        self._environment |= settings
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{http}"

    @property
    def pid(self) -> int:
        """Of the MC; 0 while it does not run."""
        return self._process.pid if self._process is not None else 0

    def start(self) -> None:
        """Have it ready. Raises ServerFailed."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                leashed("-m", "mcu", "serve"),
                env=self._environment,
                cwd=self._folder,  # no mcu.toml of somebody else
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,  # Ctrl-C is for whoever started it, who then stops the server
            )
        deadline = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(ServerFailed):
                request(f"{self.url}/readyz")
                return
            code = self._process.poll()
            if code is not None or time.monotonic() > deadline:
                tail = self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_TAIL:]
                self.stop()
                raise NotStarted(code, tail)
            time.sleep(LOOK_SECONDS)

    def stop(self) -> None:
        """End it in good order, or at all."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @property
    def _log(self) -> Path:
        return self._folder / "log"


def exit_words(code: int) -> str:
    """Of a process, as `subprocess` has it."""
    return f"exit code {code}" if code >= 0 else f"signal {-code}"


def _still_starting() -> str:
    load, _, _ = os.getloadavg()
    return (
        f"it was still starting after {START_SECONDS:g} s "
        f"(this machine: {os.cpu_count()} cores, load average {load:.1f})"
    )


def request(url: str, data: bytes | None = None, *, method: str = "GET") -> str:
    """The body of the answer. Raises ServerFailed."""
    asked = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(asked, timeout=REQUEST_SECONDS) as response:
            text: str = response.read().decode()
            return text
    except (urllib.error.URLError, OSError, UnicodeDecodeError) as error:
        raise ServerFailed(f"{url}: {error}") from error


def free_ports(count: int) -> list[int]:
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
