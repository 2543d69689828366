"""The MP's end of the control protocol: requests in, one answer each, events out, over the inherited socket.

The end of the connection is the end of the MC, and so of this process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from mcu import control, control_framing
from mcu.errors import ProtocolError, RefusedError

READ_BYTES = 64 * 1024
MAX_UNSENT = 4 << 20  # bytes of events that the MC has not read; beyond that it is dead in all but name

log = structlog.get_logger()


class ControlServer:
    """Reads requests and gives each to `handle`, which returns the answer or raises RefusedError."""

    def __init__(self, handle: Callable[[control.Command], control.Answer]) -> None:
        self._handle = handle
        self._writer: asyncio.StreamWriter | None = None
        self.errors = 0

    def notify(self, notice: control.Notice) -> None:
        """Send an event."""
        self._write(control.Event(notice))

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, greeting: control.Ready
    ) -> None:
        """Answer requests until the MC closes the connection or asks to stop."""
        self._writer = writer
        self.notify(greeting)
        deframer = control_framing.Deframer()
        try:
            while data := await reader.read(READ_BYTES):
                for envelope in deframer.receive(data):
                    if not isinstance(envelope, control.Request):
                        raise ProtocolError("only requests come from an MC")
                    self._write(control.Reply(envelope.id, self._answer(envelope.body)))
                    if isinstance(envelope.body, control.Stop):
                        await writer.drain()
                        return
        except ConnectionError as error:
            log.warning("control connection lost", error=str(error))
        finally:
            self._writer = None
            writer.close()

    def _answer(self, command: control.Command) -> control.Answer:
        try:
            return self._handle(command)
        except RefusedError as error:
            return control.Refused(error.code, error.detail)
        except Exception as error:
            # A bug of ours costs this request, not the process; the traceback is in the log.
            self.errors += 1
            log.exception("control request failed", request=type(command).__name__)
            return control.Refused("internal", type(error).__name__)

    def _write(self, envelope: control.Envelope) -> None:
        if self._writer is None:
            return
        if self._writer.transport.get_write_buffer_size() > MAX_UNSENT:
            raise ConnectionError("the MC does not read")
        self._writer.write(control_framing.frame(envelope))
