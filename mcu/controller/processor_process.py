"""One MP as the MC sees it: a child process and the control connection to it.

The connection is one end of a unix socket pair that the child inherits, so there is no file to protect or to clean up,
and the end of either process is the end of the connection.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable

import msgspec
import structlog

from mcu import control, control_framing
from mcu.config import Config
from mcu.errors import ProtocolError, RefusedError

READ_BYTES = 64 * 1024
REQUEST_SECONDS = 5.0  # an MP answers in milliseconds; one that takes this long is hung
MAX_PENDING = 1_024  # requests under way; more means that the MP does not answer at all
STOP_SECONDS = 3.0  # time for an MP to say good-bye to its legs
# One thread of one MP has nothing to share with a BLAS thread: waking one cost 40 ms where it was seen.
# Two allocation arenas instead of eight a core: what legs free on one thread is used again by the others.
CHILD_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}

log = structlog.get_logger()


class ProcessorProcess:
    """A running MP. `ended` is set when it is gone, for whatever reason."""

    def __init__(self, index: int, *, on_notice: Callable[[control.Notice], None]) -> None:
        self.index = index
        self.load: control.Load | None = None
        self.ready: control.Ready | None = None  # set by the MP's first message
        self.silent = False  # left a request unanswered, and has said nothing since
        self.ended = asyncio.Event()
        self._on_notice = on_notice
        self._process: asyncio.subprocess.Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._pending: dict[int, asyncio.Future[control.Answer]] = {}
        self._next_id = 0

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    @property
    def is_ready(self) -> bool:
        return self.ready is not None and not self.ended.is_set()

    async def run(self, config: Config) -> None:
        """Start the process and serve its connection until it ends; the process is reaped when this returns."""
        ours, theirs = socket.socketpair()
        settings = msgspec.json.encode({"media": config.media, "processor": config.processor, "log": config.log})
        try:
            with theirs:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    *("-m", "mcu", "processor", "--fd", str(theirs.fileno()), "--index", str(self.index)),
                    *("--settings", settings.decode()),
                    pass_fds=(theirs.fileno(),),
                    env=os.environ | CHILD_ENVIRONMENT,
                )
            ours.setblocking(False)
            reader, self._writer = await asyncio.open_unix_connection(sock=ours)
            await self._read(reader)
        finally:
            await self._end()

    async def request(self, body: control.Command) -> control.Answer:
        """Send `body` and return the answer. Raises RefusedError."""
        if self._writer is None or self._writer.is_closing() or len(self._pending) >= MAX_PENDING:
            raise RefusedError("media-unavailable", f"processor {self.index} does not answer")
        self._next_id += 1
        request_id = self._next_id
        answered: asyncio.Future[control.Answer] = asyncio.get_running_loop().create_future()
        self._pending[request_id] = answered
        try:
            self._writer.write(control_framing.frame(control.Request(request_id, body)))
            async with asyncio.timeout(REQUEST_SECONDS):
                answer = await answered
        except TimeoutError as error:
            self.silent = True
            raise RefusedError("media-unavailable", f"processor {self.index} is silent") from error
        finally:
            self._pending.pop(request_id, None)
        if isinstance(answer, control.Refused):
            raise RefusedError(answer.code, answer.detail)
        return answer

    async def stop(self) -> None:
        """Ask the MP to leave; kill it when it does not."""
        if self.ended.is_set():
            return
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self.request(control.Stop())
            async with asyncio.timeout(STOP_SECONDS):
                await self.ended.wait()
        except (RefusedError, TimeoutError):
            self.kill()

    def kill(self) -> None:
        """End the process now."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        deframer = control_framing.Deframer()
        try:
            while data := await reader.read(READ_BYTES):
                for envelope in deframer.receive(data):
                    self._handle(envelope)
        except (ProtocolError, ConnectionError) as error:
            log.error("processor connection failed", processor=self.index, error=str(error))

    def _handle(self, envelope: control.Envelope) -> None:
        self.silent = False
        match envelope:
            case control.Reply(id=request_id, body=answer):
                if isinstance(answer, control.Load):
                    self.load = answer
                future = self._pending.get(request_id)
                if future is not None and not future.done():
                    future.set_result(answer)
            case control.Event(body=notice):
                if isinstance(notice, control.Ready):
                    if notice.version != control.PROTOCOL_VERSION:
                        raise ProtocolError(f"processor speaks control protocol {notice.version}")
                    self.ready = notice
                self._on_notice(notice)
            case control.Request():
                raise ProtocolError("a processor may not send requests")

    async def _end(self) -> None:
        if self._writer is not None:
            self._writer.close()
        if self._process is not None:
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await self._process.wait()
            except TimeoutError:
                self.kill()
                await self._process.wait()
            log.info("processor ended", processor=self.index, pid=self.pid, code=self._process.returncode)
        self.ended.set()
        for future in self._pending.values():
            if not future.done():
                future.set_exception(RefusedError("media-unavailable", f"processor {self.index} ended"))
