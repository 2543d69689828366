"""One browser's connection: messages in, each to its handler; news out, in order.

Rules:
1. The first message enters or resumes; before it nothing else is understood, after it never again.
2. A refused message costs an `error`, a flood costs the connection, a bug costs this connection and nobody else.
3. Messages of one connection are handled one after the other, in the order in which they came.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC
from typing import Any

import structlog
from starlette.websockets import WebSocket

from mcu import __version__, text
from mcu.conference import commands as c
from mcu.conference.participant import Departure, Role
from mcu.controller.doors import ByLink, ByNumber, Door, Person
from mcu.controller.member import Admitted, MembershipEnded, News
from mcu.errors import ProtocolError, RefusedError, StorageError
from mcu.signaling import protocol as p
from mcu.signaling import views
from mcu.signaling.context import Context
from mcu.signaling.depth import is_deeper
from mcu.signaling.ice import ice_servers
from mcu.signaling.limits import COSTS, MESSAGES, TokenBucket, address_key
from mcu.signaling.messages import sentence
from mcu.signaling.origins import is_allowed
from mcu.signaling.outbox import Outbox

ENTER_SECONDS = 60.0  # a page connects when somebody presses the button; whoever says nothing is not a page
CLOSE_SECONDS = 2.0  # for the good-bye to somebody who may not be reading
BAD_MESSAGE_COST = 5.0  # tokens; an honest page sends none
MAX_VIOLATIONS = 100  # messages dropped for coming too fast, after which the connection is closed

# RFC 6455 section 7.4.1
NORMAL, UNSUPPORTED, POLICY, INTERNAL, TRY_LATER = 1000, 1003, 1008, 1011, 1013

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
        self._registry = context.registry
        self._address = address_key(websocket.client.host if websocket.client else "")
        self._outbox = Outbox()
        self._bucket = TokenBucket(MESSAGES, now=time.monotonic())
        self._violations = 0
        self._conference = ""  # set by the news that we are admitted
        self._participant = ""

    # --- Member -------------------------------------------------------------------------------------

    def notify(self, news: News) -> None:
        if isinstance(news, Admitted):
            self._conference, self._participant = news.snapshot.settings.id, news.participant.id
            servers = ice_servers(
                self._context.config.turn, participant=self._participant, now=self._registry.now_utc()
            )
            self._send(views.entered(news, picture=self._context.config.picture, ice_servers=servers))
        elif (made := views.text(news)) is not None:
            self._outbox.put(made)
        if isinstance(news, MembershipEnded):
            self._outbox.finish()

    # --- the connection's life ----------------------------------------------------------------------

    async def serve(self) -> None:
        """From accept to close."""
        await self._websocket.accept(subprotocol=p.SUBPROTOCOL)
        code, reason = NORMAL, ""
        self._send(p.Welcome(protocol=p.SUBPROTOCOL, server=f"{self._context.config.server.name} {__version__}"))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._read())
                group.create_task(self._write())
                group.create_task(self._watch())
        except* _OverError as over:
            first = over.exceptions[0]
            code, reason = (first.code, first.reason) if isinstance(first, _OverError) else (INTERNAL, "internal")
        except* Exception:
            log.exception("connection failed", conference=self._conference, participant=self._participant)
            code, reason = INTERNAL, "internal"
        finally:
            if self._participant:
                await self._registry.detach(self._conference, self._participant, self)
        await self._close(code, reason)

    async def _read(self) -> None:
        try:
            async with asyncio.timeout(ENTER_SECONDS):
                while not self._participant:
                    await self._receive()
        except TimeoutError as error:
            raise _OverError(POLICY, "not-entered") from error
        while True:
            await self._receive()

    async def _write(self) -> None:
        while (made := await self._outbox.get()) is not None:
            try:
                await self._websocket.send_text(made)
            except (RuntimeError, OSError) as error:  # what Starlette and uvicorn raise once the peer is gone
                raise _OverError(NORMAL, "gone") from error
            self._context.metrics.sent.inc()
        raise _OverError(NORMAL, "ended")

    async def _watch(self) -> None:
        await self._outbox.overflowed.wait()
        self._context.metrics.slow_consumers.inc()
        log.info("consumer does not read", conference=self._conference, participant=self._participant)
        raise _OverError(POLICY, "too-slow")

    async def _close(self, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._websocket.close(code, reason)
        except (TimeoutError, RuntimeError, OSError) as error:
            log.debug("closed without good-bye", participant=self._participant, reason=type(error).__name__)

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
            await self._handle(message)
        except RefusedError as error:
            self._refuse(error, regarding)
        except StorageError as error:
            log.error("storage failed", conference=self._conference, error=str(error))
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

    async def _handle(self, message: p.AnyClientMessage) -> None:
        is_first = isinstance(message, p.Enter | p.Resume)
        if not isinstance(message, p.Ping) and is_first == bool(self._participant):
            raise RefusedError("already-entered" if is_first else "not-entered")
        await _HANDLERS[type(message)](self, message)

    def _send(self, message: p.ServerMessage) -> None:
        self._outbox.put(p.encode(message))

    def _refuse(self, error: RefusedError, regarding: str) -> None:
        self._context.metrics.refused.labels(error.code).inc()
        log.info(
            "refused", conference=self._conference, participant=self._participant, code=error.code, regarding=regarding
        )
        made = sentence(error.code)
        self._send(
            p.Error(code=error.code, message=made, regarding=regarding)
            if regarding
            else p.Error(code=error.code, message=made)
        )

    # --- handlers -----------------------------------------------------------------------------------

    async def _enter(self, message: p.Enter) -> None:
        door = _door(message)
        person = Person(
            name=text.clean_name(message.name),
            office=text.clean_office(message.office),
            role=Role(message.role),
            chair_key=message.chair_key or None,
            muted=message.muted,
            camera_off=message.camera_off,
        )
        number = door.number if isinstance(door, ByNumber) else None
        await self._attempt(number, self._registry.enter(door, person, self))

    async def _resume(self, message: p.Resume) -> None:
        await self._attempt(None, self._registry.resume(message.conference, message.participant, message.secret, self))

    async def _attempt(self, number: str | None, work: Awaitable[Any]) -> None:
        """Do `work`, unless there were too many failures from this address or for this number."""
        attempts = self._context.attempts
        if not attempts.begin(self._address, number, now=time.monotonic()):
            _discard(work)
            raise RefusedError("too-many-attempts")
        try:
            await work
        except RefusedError as error:
            if error.code not in GUESSES:
                attempts.succeeded(self._address, number)
            raise
        attempts.succeeded(self._address, number)

    async def _offer(self, message: p.Offer) -> None:
        me = (self._conference, self._participant, self)
        if message.restart:
            answer = await self._registry.restart_leg(*me, offer=message.sdp)
        else:
            answer = await self._registry.connect(*me, offer=message.sdp)
        self._send(p.Answer(sdp=answer))

    async def _candidate(self, message: p.Candidate) -> None:
        await self._registry.add_candidate(
            self._conference, self._participant, self, candidate=message.candidate.removeprefix("a=")
        )

    async def _set_self(self, message: p.SetSelf) -> None:
        await self._execute(
            c.SetSelf(
                actor=self._participant,
                muted=_given(message.muted),
                camera_off=_given(message.camera_off),
                hand=_given(message.hand),
            )
        )

    async def _content(self, message: p.Content) -> None:
        await self._execute(c.ShowContent(self._participant, message.active))

    async def _layout(self, message: p.Layout) -> None:
        await self._execute(c.ChooseLayout(self._participant, views.layout(message.choice)))

    async def _lock(self, message: p.Lock) -> None:
        await self._execute(c.SetLock(self._participant, message.locked))

    async def _chat(self, message: p.Chat) -> None:
        at = self._registry.now_utc().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        await self._execute(c.Say(self._participant, text.clean_chat(message.text), at))

    async def _moderate(self, message: p.Moderate) -> None:
        me, other = self._participant, message.participant
        command: c.Command
        match message.action:
            case "mute" | "unmute":
                command = c.Mute(me, other, message.action == "mute")
            case "lower_hand":
                command = c.LowerHand(me, other)
            case "remove":
                command = c.Remove(me, other)
        await self._execute(command)

    async def _end(self, message: p.End) -> None:
        await self._execute(c.End(self._participant))

    async def _leave(self, message: p.Leave) -> None:
        await self._execute(c.Depart(self._participant, Departure.LEFT))

    async def _ping(self, message: p.Ping) -> None:
        self._send(p.Pong())

    async def _execute(self, command: c.Command) -> None:
        await self._registry.execute_as(self._conference, self._participant, self, command)


# Refusals that somebody who guesses would get; others are not counted as failed attempts.
GUESSES = frozenset({"no-such-conference", "number-or-pin-wrong", "chair-key-wrong", "resume-unknown"})

_HANDLERS: dict[type[p.ClientMessage], Callable[[Connection, Any], Awaitable[None]]] = {
    p.Enter: Connection._enter,
    p.Resume: Connection._resume,
    p.Offer: Connection._offer,
    p.Candidate: Connection._candidate,
    p.SetSelf: Connection._set_self,
    p.Content: Connection._content,
    p.Layout: Connection._layout,
    p.Lock: Connection._lock,
    p.Chat: Connection._chat,
    p.Moderate: Connection._moderate,
    p.End: Connection._end,
    p.Leave: Connection._leave,
    p.Ping: Connection._ping,
}


def _door(message: p.Enter) -> Door:
    if isinstance(message.conference, str):
        return ByLink(message.conference)
    if isinstance(message.number, str) and isinstance(message.pin, str):
        return ByNumber(message.number, message.pin)
    raise RefusedError("door-missing")


def _given(switch: object) -> bool | None:
    return switch if isinstance(switch, bool) else None


def _discard(work: Awaitable[Any]) -> None:
    """An awaitable that will not be awaited, said so that Python does not warn."""
    if asyncio.iscoroutine(work):
        work.close()


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
