"""One browser's connection: frames in, understood and paid for; messages out, in order.

Rules:
1. A refused message costs an `error`, a flood costs the connection, a bug costs this connection and nobody else.
2. Messages of one connection are handled one after the other, in the order in which they came.
"""

from __future__ import annotations

import asyncio
import time

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from mcu import __version__
from mcu.errors import ProtocolError, RefusedError, StorageError
from mcu.limits import COSTS, MESSAGES, TokenBucket, address_key
from mcu.signaling import protocol as p
from mcu.signaling.browser_member import BrowserMember
from mcu.signaling.context import Context
from mcu.signaling.depth import is_deeper
from mcu.signaling.messages import sentence
from mcu.signaling.origins import is_allowed
from mcu.signaling.outbox import Outbox

ENTER_SECONDS = 60.0  # a page connects when somebody presses the button; whoever says nothing is not a page
CLOSE_SECONDS = 2.0  # for the good-bye to somebody who may not be reading
BAD_MESSAGE_COST = 5.0  # tokens; an honest page sends none
MAX_VIOLATIONS = 100  # messages dropped for coming too fast, after which the connection is closed

# RFC 6455 section 7.4.1
NORMAL, UNSUPPORTED, POLICY, INTERNAL, TRY_LATER = 1000, 1003, 1008, 1011, 1013

# What Starlette and uvicorn raise from sending once the peer is gone, depending on who notices first.
GONE = (WebSocketDisconnect, RuntimeError, OSError)

log = structlog.get_logger()


class _OverError(Exception):
    """The connection is over; `code` and `reason` go into the close frame."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Connection:
    """A member of a conference that sits at a WebSocket."""

    def __init__(self, websocket: WebSocket, context: Context) -> None:
        self._websocket = websocket
        self._context = context
        self._outbox = Outbox()
        address = address_key(websocket.client.host if websocket.client else "")
        self._member = BrowserMember(context, address=address, outbox=self._outbox)
        self._bucket = TokenBucket(MESSAGES, now=time.monotonic())
        self._violations = 0

    # --- the connection's life ----------------------------------------------------------------------

    async def serve(self) -> None:
        """From accept to close."""
        try:
            await self._websocket.accept(subprotocol=p.SUBPROTOCOL)
        except GONE:
            log.debug("gone before the handshake was answered")
            return
        code, reason = NORMAL, ""
        self._send(p.Welcome(protocol=p.SUBPROTOCOL, server=f"{self._context.config.server.name} {__version__}"))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._read())
                group.create_task(self._write())
                group.create_task(self._watch())
        except ExceptionGroup as group:
            code, reason = self._cause(group)
            group.__traceback__ = None  # it and Python 3.11's TaskGroup hold each other, and this connection
        finally:
            await self._member.detach()
        await self._close(code, reason)

    def _cause(self, group: ExceptionGroup) -> tuple[int, str]:
        """Code and reason of the close frame; bugs are logged and counted."""
        over, bugs = group.split(_OverError)
        if bugs is not None:
            self._context.metrics.failures.inc()
            who = self._member
            log.error("connection failed", conference=who.conference, participant=who.participant, exc_info=bugs)
        first = None if over is None or bugs is not None else over.exceptions[0]
        return (first.code, first.reason) if isinstance(first, _OverError) else (INTERNAL, "internal")

    async def _read(self) -> None:
        try:
            async with asyncio.timeout(ENTER_SECONDS):
                while not self._member.is_admitted:
                    await self._receive()
        except TimeoutError as error:
            raise _OverError(POLICY, "not-entered") from error
        while True:
            await self._receive()

    async def _write(self) -> None:
        while (made := await self._outbox.get()) is not None:
            try:
                await self._websocket.send_text(made)
            except GONE as error:
                await asyncio.sleep(CLOSE_SECONDS)  # what the peer said before it went, such as "leave", is still read
                raise _OverError(NORMAL, "gone") from error
            self._context.metrics.sent.inc()
        raise _OverError(NORMAL, "ended")

    async def _watch(self) -> None:
        await self._outbox.overflowed.wait()
        self._context.metrics.slow_consumers.inc()
        log.info("consumer does not read", conference=self._member.conference, participant=self._member.participant)
        raise _OverError(POLICY, "too-slow")

    async def _close(self, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._websocket.close(code, reason)
        except (TimeoutError, *GONE) as error:
            log.debug("closed without good-bye", participant=self._member.participant, reason=type(error).__name__)

    # --- messages -----------------------------------------------------------------------------------

    async def _receive(self) -> None:
        frame = await self._websocket.receive()
        if frame["type"] == "websocket.disconnect":
            raise _OverError(NORMAL, "gone")
        self._context.metrics.received.inc()
        regarding = ""
        try:
            message = self._understand(frame.get("text"))
            regarding = str(message.__struct_config__.tag)
            await self._member.handle(message)
        except RefusedError as error:
            self._refuse(error, regarding)
        except StorageError as error:
            log.error("storage failed", conference=self._member.conference, error=str(error))
            self._refuse(RefusedError("internal"), regarding)

    def _understand(self, frame: str | None) -> p.AnyClientMessage:
        """The message in a text frame. Raises RefusedError."""
        if frame is None:
            self._pay(BAD_MESSAGE_COST)
            raise RefusedError("binary-message")
        if len(frame) > p.MAX_MESSAGE_BYTES:
            raise RefusedError("too-large")
        if is_deeper(frame, p.MAX_DEPTH):
            self._pay(BAD_MESSAGE_COST)
            raise RefusedError("too-deep")
        try:
            message = p.decode_client(frame)
        except ProtocolError as error:
            self._pay(BAD_MESSAGE_COST)
            raise RefusedError("invalid-message", str(error)) from error
        self._pay(COSTS.get(str(message.__struct_config__.tag), 1.0))
        return message

    def _pay(self, cost: float) -> None:
        if self._bucket.take(cost, now=time.monotonic()):
            return
        self._violations += 1
        self._context.metrics.too_fast.inc()
        if self._violations > MAX_VIOLATIONS:
            raise _OverError(POLICY, "too-fast")
        raise RefusedError("too-fast")

    def _send(self, message: p.ServerMessage) -> None:
        self._outbox.put(p.encode(message))

    def _refuse(self, error: RefusedError, regarding: str) -> None:
        self._context.metrics.refused.labels(error.code).inc()
        who = self._member
        about = {"conference": who.conference, "participant": who.participant, "regarding": regarding}
        log.info("refused", code=error.code, **{name: value for name, value in about.items() if value})
        made = sentence(error.code)
        self._send(
            p.Error(code=error.code, message=made, regarding=regarding)
            if regarding
            else p.Error(code=error.code, message=made)
        )


async def endpoint(websocket: WebSocket) -> None:
    """GET /ws"""
    context: Context = websocket.app.state.context
    host = websocket.client.host if websocket.client else ""
    if p.SUBPROTOCOL not in websocket.scope.get("subprotocols", ()) or not is_allowed(
        websocket.headers, context.config
    ):
        await websocket.close(POLICY)  # before accept: the handshake is answered with 403
        return
    key = address_key(host)
    if not context.connections.begin(key):
        await websocket.close(TRY_LATER)
        return
    try:
        await Connection(websocket, context).serve()
    finally:
        context.connections.end(key)
