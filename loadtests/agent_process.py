"""One agent as its locust worker sees it: a process, a connection, and what has been asked and not answered yet.

Rules:
1. Everything waits as greenlets do, and with a limit. Commands leave in the order in which they were asked.
2. What comes later than its patience is thrown away and counted; a line that breaks the protocol ends the agent.
3. When the process or its connection ends, whoever waits is answered with `failed="gone"`, and `ended` is called once.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

import gevent
import msgspec
from gevent import socket, subprocess
from gevent.event import AsyncResult
from gevent.queue import Full, Queue

from loadtests.wire import MAX_LINE, AnyCommand, Happened, Reply, decode_saying, encode
from mcu.errors import McuError, ProtocolError

CHECKOUT = Path(__file__).resolve().parents[1]  # where `python -m loadtests.agent` is found
START_SECONDS = 120.0  # to import, and to connect; two seconds on an idle machine, a minute on a very busy one
END_SECONDS = 10.0  # for everybody in it to leave, before it is killed
KILL_SECONDS = 5.0  # for the kernel to take a killed process away
LOOK_SECONDS = 0.2  # between two looks whether a starting process has ended
MAX_PENDING = 1_024  # commands asked and not answered: each user asks one at a time, so many users are in no agent
LOG_TAIL = 8  # lines of its log that are told when it ended by itself

log = logging.getLogger(__name__)


class AgentFailed(McuError):
    """An agent did not start; the text says why."""


class AgentProcess:
    """`start` once; `ask` from any number of greenlets; `close` at the end."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        happened: Callable[[Happened], None],
        ended: Callable[[AgentProcess, str], None],
    ) -> None:
        """`command` is followed by the path of the socket, which is made in `folder`, beside the log.

        `ended` is told why, unless `close` was the reason.
        """
        self._command = tuple(command)
        self._folder = folder
        self._happened = happened
        self._ended = ended
        self._numbers = itertools.count(1)
        self._pending: dict[int, AsyncResult[Reply]] = {}
        self._outgoing: Queue[bytes] = Queue(MAX_PENDING)
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket | None = None
        self._greenlets: list[gevent.Greenlet[[], None]] = []
        self._closing = False
        self.gone = ""  # why it cannot be asked any more
        self.late_replies = 0  # that nobody waited for

    @property
    def pid(self) -> int:
        """0 before `start`."""
        return self._process.pid if self._process is not None else 0

    # --- life -------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Have it running and connected. Raises AgentFailed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / "socket"
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(path))
            listener.listen(1)
            listener.settimeout(LOOK_SECONDS)
            with self._log_path.open("wb") as output:
                self._process = subprocess.Popen(
                    [*self._command, str(path)],
                    cwd=CHECKOUT,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
            self._connection = self._accept(listener)
        self._greenlets = [gevent.spawn(self._write), gevent.spawn(self._read)]

    def _accept(self, listener: socket.socket) -> socket.socket:
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                code = self._process.poll()
                if code is None and time.monotonic() < deadline:
                    continue
                self._kill()
                why = f"did not connect within {START_SECONDS:g} s" if code is None else f"ended with {_exit(code)}"
                raise AgentFailed(f"an agent {why} at its start{self._tail()}") from None
            connection.settimeout(None)
            return connection

    def close(self) -> None:
        """Let everybody in it leave, and end it."""
        self._closing = True
        if self._connection is not None:
            self._hang_up()
        if self._process is not None and self._process.poll() is None:
            try:
                self._process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                log.warning("an agent did not end within %.0f s; it was killed", END_SECONDS)
                self._kill()
        self._end("the agent was closed")
        gevent.killall(self._greenlets)

    def _kill(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.kill()
        try:
            self._process.wait(KILL_SECONDS)
        except subprocess.TimeoutExpired:
            log.error("the kernel does not let go of agent %d", self.pid)

    # --- asking -----------------------------------------------------------------------------------------

    def ask(self, command: AnyCommand, patience: float) -> Reply:
        """The agent's reply; one with `failed` "timeout", "gone" or "busy" when none came within so many seconds."""
        number = next(self._numbers)
        answer: AsyncResult[Reply] = AsyncResult()
        if self.gone:
            return Reply(number=number, failed="gone", detail=self.gone)
        if len(self._pending) >= MAX_PENDING:
            return Reply(number=number, failed="busy", detail=f"the agent owes {MAX_PENDING} answers")
        self._pending[number] = answer
        deadline = time.monotonic() + patience
        try:
            self._outgoing.put(encode(msgspec.structs.replace(command, number=number)), timeout=patience)
            reply = answer.wait(max(0.0, deadline - time.monotonic()))
        except Full:
            reply = None
        finally:
            self._pending.pop(number, None)
        late = Reply(number=number, failed="timeout", detail=f"the agent did not answer within {patience:g} s")
        return late if reply is None else reply

    def _write(self) -> None:
        assert self._connection is not None
        try:
            while True:
                self._connection.sendall(self._outgoing.get())
        except OSError as error:
            self._end(f"the agent cannot be written to: {error.strerror}")

    def _read(self) -> None:
        assert self._connection is not None
        why = "the agent closed its connection"
        lines: BinaryIO = self._connection.makefile("rb")
        try:
            while line := lines.readline(MAX_LINE + 1):
                if len(line) > MAX_LINE:
                    raise ProtocolError(f"an agent's line is longer than {MAX_LINE} bytes")
                self._take(decode_saying(line))
        except ProtocolError as error:
            why = str(error)
        except OSError as error:
            why = f"the agent cannot be read: {error.strerror}"
        self._end(why)

    def _take(self, saying: Reply | Happened) -> None:
        if isinstance(saying, Happened):
            self._happened(saying)
        elif (answer := self._pending.get(saying.number)) is not None:
            answer.set(saying)
        else:
            self.late_replies += 1

    # --- the end ----------------------------------------------------------------------------------------

    def _end(self, why: str) -> None:
        """Once: answer whoever waits, and let the process go."""
        if self.gone:
            return
        if not self._closing:
            code = self._await_exit()
            why = f"the agent ended with {_exit(code)}{self._tail()}" if code is not None else why
        self.gone = why
        for number, answer in self._pending.items():
            if not answer.ready():
                answer.set(Reply(number=number, failed="gone", detail=why))
        if not self._closing:
            self._ended(self, why)
        self._hang_up()
        self._kill()

    def _await_exit(self) -> int | None:
        """Its exit code, where the lost connection is because it ended."""
        assert self._process is not None
        try:
            code: int = self._process.wait(LOOK_SECONDS)
            return code
        except subprocess.TimeoutExpired:
            return None

    def _hang_up(self) -> None:
        if self._connection is not None:
            try:
                self._connection.shutdown(socket.SHUT_RDWR)
            except OSError as error:
                log.debug("an agent's connection was closed already: %s", error.strerror)

    @property
    def _log_path(self) -> Path:
        return self._folder / "log"

    def _tail(self) -> str:
        """The last lines that it wrote."""
        lines = self._log_path.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_TAIL:]
        return ":\n" + "\n".join(lines) if lines else ""


def _exit(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {-code}"
