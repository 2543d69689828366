"""One call on its sockets: couples `mcu.h323.call.Call` to two TCP connections and one timer.

Rules:
1. The clock is read here; after everything that is given to the call, what it wants is done: bytes, events, timer.
2. A bug in a call ends that call. It is logged and counted; nobody else notices.
3. The connection for H.245 is listened for as long as the call may need it, on a port of its own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Protocol

import structlog

from mcu.gateway.tcp import Connection, failure, plain
from mcu.h323.address import Address
from mcu.h323.call import Call
from mcu.h323.events import CallEnded, ControlWanted, EndReason, Event

CONNECT_SECONDS = 10.0  # for a TCP connection; a room that is switched off answers nothing
MAX_ROUNDS = 100  # of events that make events; more is a bug

log = structlog.get_logger()


class CallOwner(Protocol):
    """Whose call it is."""

    def call_event(self, event: Event) -> None:
        """Anything but ControlWanted; CallEnded comes last and once."""


class CallDriver:
    """Made with a call that has done nothing yet; `owner` is told of everything."""

    def __init__(
        self,
        call: Call,
        owner: CallOwner,
        *,
        control_ports: Iterable[int],
        admits: Callable[[str], bool] = lambda ip: True,
        leads: Callable[[str], bool] = lambda ip: True,
        name: str = "",
    ) -> None:
        """Of an IP address, `admits` says whether H.245 may come from there, `leads` whether we go there for it.

        `name` is the call's in the log.
        """
        self.call = call
        self.failures = 0
        self._owner = owner
        self._control_ports = control_ports
        self._admits = admits
        self._leads = leads
        self._name = name
        self._loop = asyncio.get_running_loop()
        self._signaling: Connection | None = None
        self._control: Connection | None = None
        self._listener: asyncio.Server | None = None
        self._connecting: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._over = False
        self._pumping = False

    @property
    def over(self) -> bool:
        return self._over

    # --- connections ----------------------------------------------------------------------------------

    def take(self, connection: Connection) -> None:
        """The call came over `connection`."""
        self._signaling = connection
        connection.own(self.receive_signaling, self.signaling_lost)

    async def dial(self, address: Address) -> None:
        """Connect and send what the call has to say. A failure ends the call."""
        connection = Connection(self.receive_signaling, self.signaling_lost)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._loop.create_connection(lambda: connection, address.ip, address.port)
        except OSError as error:  # TimeoutError is one
            log.info("room not reached", call=self._name, error=failure(error))
            self.do(lambda now: self.call.signaling_lost(now))
            return
        if self._over:
            connection.close()
            return
        self._signaling = connection
        self.do(lambda now: self.call.signaling_connected(now, connection.local))

    async def listen_for_control(self, host: str) -> None:
        """Be ready for the peer's H.245 connection at `host`, an address of ours. Without a free port there is none."""
        server = await self._free_port(host)
        if server is None:
            log.warning(
                "no port is free for H.245; the call goes on without a connection of its own",
                call=self._name,
                advice="Other programs hold the ports from [h323] h245_port on: choose others, or 0 for any.",
            )
            return
        if self._over:
            server.close()
            return
        self._listener = server
        address = Address(host, plain(server.sockets[0].getsockname()).port)
        self.do(lambda _now: self.call.control_listening(address))

    async def _free_port(self, host: str) -> asyncio.Server | None:
        for port in self._control_ports:
            try:
                return await self._loop.create_server(self._control_arrives, host, port, backlog=2)
            except OSError as error:
                log.debug("port for H.245 is taken", port=port, error=failure(error))
        return None

    def _control_arrives(self) -> Connection:
        return Connection(self._receive_control, self._control_lost, on_made=self._admit_control)

    def _admit_control(self, connection: Connection) -> None:
        """Only one connection, and only from where this call's may come."""
        if self._over or self._control is not None or not self._admits(connection.peer.ip):
            connection.abort()
            return
        self._take_control(connection)

    async def _connect_control(self, address: Address) -> None:
        connection = Connection(self._receive_control, self._control_lost)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._loop.create_connection(lambda: connection, address.ip, address.port)
        except OSError as error:  # TimeoutError is one
            log.info("H.245 not reached", call=self._name, error=failure(error))
            if self._control is None:
                self.do(lambda now: self.call.control_lost(now))
            return
        if self._over or self._control is not None:
            connection.close()
            return
        self._take_control(connection)

    def _take_control(self, connection: Connection) -> None:
        self._control = connection
        self._stop_listening()
        self.do(lambda now: self.call.control_connected(now))

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    # --- what happens -----------------------------------------------------------------------------------

    def receive_signaling(self, data: bytes) -> None:
        self.do(lambda now: self.call.receive_signaling(data, now))

    def signaling_lost(self) -> None:
        self.do(lambda now: self.call.signaling_lost(now))

    def _receive_control(self, data: bytes) -> None:
        self.do(lambda now: self.call.receive_control(data, now))

    def _control_lost(self) -> None:
        self._control = None  # another may be made
        self.do(lambda now: self.call.control_lost(now))

    def hang_up(self, reason: EndReason = EndReason.HUNG_UP) -> None:
        """End the call."""
        self.do(lambda now: self.call.hang_up(reason, now))

    def abandon(self) -> None:
        """End it here without telling anybody, as when power fails: for rooms made of code."""
        self._end_here()
        for connection in (self._control, self._signaling):
            if connection is not None:
                connection.abort()

    def do(self, action: Callable[[float], object]) -> None:
        """Give something to the call, then do what it wants. Nothing happens after its end."""
        if self._over:
            return
        try:
            action(time.monotonic())
            self.pump()
        except Exception:  # a bug costs this call, and no other
            log.exception("call failed", call=self._name or self.call.identifier.hex())
            self.failures += 1
            self._end(CallEnded(EndReason.PROTOCOL_ERROR, "a bug of this server; see its log"))

    def pump(self) -> None:
        """Send, tell, and set the timer."""
        if self._pumping or self._over:
            return  # the round that is under way sees to it
        self._pumping = True
        try:
            self._pump()
        finally:
            self._pumping = False

    def _pump(self) -> None:
        for _ in range(MAX_ROUNDS):
            self._flush()
            events = self.call.events_received()
            if not events:
                break
            for event in events:
                self._handle(event)
                if self._over:
                    return
        due = self.call.next_timer()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if due is not None:
            self._timer = self._loop.call_later(max(0.0, due - time.monotonic()), self._time)

    def _flush(self) -> None:
        """Bytes wait inside the call until their connection is there."""
        if self._signaling is not None:
            self._signaling.send(self.call.signaling_to_send())
        if self._control is not None:
            self._control.send(self.call.control_to_send())

    def _handle(self, event: Event) -> None:
        match event:
            case ControlWanted(address) if not self._leads(address.ip):
                log.info("H.245 at an address that may not", call=self._name)
                self.call.control_lost(time.monotonic())
            case ControlWanted(address):
                if self._control is None:
                    task = self._loop.create_task(self._connect_control(address))
                    self._connecting.add(task)
                    task.add_done_callback(self._connecting.discard)
            case CallEnded():
                self._end(event)
            case _:
                self._owner.call_event(event)

    def _time(self) -> None:
        self.do(lambda now: self.call.handle_timer(now))

    def _end(self, event: CallEnded) -> None:
        if self._over:
            return
        self._over = True
        self._flush()
        self._end_here()
        for connection in (self._control, self._signaling):
            if connection is not None:
                connection.close()
        self._owner.call_event(event)

    def _end_here(self) -> None:
        self._over = True
        if self._timer is not None:
            self._timer.cancel()
        for task in self._connecting:
            task.cancel()
        self._stop_listening()
