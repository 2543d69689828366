"""A server of one's own behind a bad line, as the process that leads the run sees it; `close` ends both."""

from __future__ import annotations

from typing import TypeVar

import gevent
import msgspec
from gevent import subprocess

from loadtests.agent_process import CHECKOUT
from loadtests.line.forecast import Change
from loadtests.line.words import Done, Order, Ready
from mcu.bench.leash import leashed
from mcu.errors import ConfigurationError

START_SECONDS = 90.0  # for the line and the server, on a busy machine
ANSWER_SECONDS = 10.0
END_SECONDS = 20.0
SEED = 1  # of the line's dice: the same run has the same weather

T = TypeVar("T")


class NotHere(ConfigurationError):
    """This machine allows no such line: the run is left out. The text says why."""


class LineServer:
    """As `own_server.OwnServer`, and its weather."""

    gateway = ""  # rooms do not come: their gateway is inside

    def __init__(self) -> None:
        """Starts it. Raises NotHere, and ConfigurationError when it does not start."""
        self._process = subprocess.Popen(
            leashed("-m", "loadtests.line", str(SEED)),
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input, self._output = self._process.stdin, self._process.stdout
        try:
            self.ends = self._read(Ready, START_SECONDS)
        except BaseException:  # Ctrl-C, too
            self.close()
            raise
        if self.ends.refused:
            self.close()
            raise NotHere(self.ends.refused)
        self.address = self.ends.address

    def change(self, change: Change) -> None:
        """New weather. Raises ConfigurationError."""
        try:
            self._input.write(msgspec.json.encode(Order(change.down, change.up)) + b"\n")
            self._input.flush()
        except OSError as error:
            raise ConfigurationError("the bad line has ended") from error
        done = self._read(Done, ANSWER_SECONDS)
        if done.error:
            raise ConfigurationError(f"weather: {done.error}")

    def close(self) -> None:
        """End the server and the line."""
        self._input.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._output.close()

    def _read(self, kind: type[T], seconds: float) -> T:
        line: bytes = gevent.with_timeout(seconds, self._output.readline, timeout_value=b"")
        if not line:
            raise ConfigurationError("the bad line, or the server behind it, did not start or has ended; see above")
        return msgspec.json.decode(line, type=kind)
