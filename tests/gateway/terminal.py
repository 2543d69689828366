"""A terminal without media: call control over real sockets, for tests of who gets where."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

from mcu.gateway.call_driver import CallDriver
from mcu.gateway.tcp import Connection
from mcu.h323 import tpkt
from mcu.h323.address import Address
from mcu.h323.call import Call
from mcu.h323.call_options import CallOptions, LocalParty
from mcu.h323.capabilities import Offer
from mcu.h323.channels import LocalMedia
from mcu.h323.events import CallEnded, Event
from mcu.listening import listening_socket
from mcu.media.types import StreamKind

MEDIA = {
    kind: LocalMedia(rtp=Address("127.0.0.1", 41_000 + 2 * n), rtcp=Address("127.0.0.1", 41_001 + 2 * n))
    for n, kind in enumerate(StreamKind)
}
PLAIN = CallOptions()
E = TypeVar("E", bound=Event)


class GatedDriver(CallDriver):
    """Waits with its connection for H.245 until the test lets it."""

    def __init__(self, *arguments: Any, gate: asyncio.Event, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._gate = gate

    async def _connect_control(self, address: Address) -> None:
        await self._gate.wait()
        await super()._connect_control(address)


class Terminal:
    """Calls, or answers what comes, unless it is told to let it ring or to decline."""

    def __init__(
        self, name: str = "종로 회의실", *, options: CallOptions = PLAIN, answers: bool = True, is_mcu: bool = False
    ) -> None:
        self.events: list[Event] = []
        self.driver: CallDriver | None = None
        self._local = LocalParty(display=name, names=(name,), is_mcu=is_mcu)
        self._options = options
        self._answers = answers
        self.gate: asyncio.Event | None = None  # a connection for H.245 is made once it is set
        self._taps: list[bytes] | None = None
        self._server: asyncio.Server | None = None
        self._changed = asyncio.Event()
        self._deframer = tpkt.Deframer()

    async def call(self, to: Address, *called: str) -> None:
        call = Call.outgoing(
            local=self._local,
            called=called,
            destination=to,
            source=Address("127.0.0.1", 0),
            media=MEDIA,
            offer=Offer(),
            options=self._options,
            rng=random.Random(1),
            now=time.monotonic(),
        )
        self.driver = CallDriver(call, self, control_ports=(0,))
        if self.gate is not None:
            self.driver = GatedDriver(call, self, control_ports=(0,), gate=self.gate)
        await self.driver.listen_for_control("127.0.0.1")
        await self.driver.dial(to)

    async def listen(self, taps: list[bytes] | None = None) -> Address:
        """Be callable; `taps` is given what call signaling brings, message by message."""
        self._taps = taps
        self._server = await asyncio.get_running_loop().create_server(
            lambda: Connection(on_made=self._arrived), sock=listening_socket("127.0.0.1", 0)
        )
        return Address("127.0.0.1", self._server.sockets[0].getsockname()[1])

    def _arrived(self, connection: Connection) -> None:
        call = Call.incoming(
            local=self._local,
            source=connection.peer,
            here=connection.local,
            options=self._options,
            rng=random.Random(2),
            now=time.monotonic(),
        )
        self.driver = CallDriver(call, self, control_ports=(0,))
        self.driver.take(connection)
        if self._taps is not None:
            connection.own(self._tapped, self.driver.signaling_lost)
        call.prepare(media=MEDIA, offer=Offer())

    def _tapped(self, data: bytes) -> None:
        assert self._taps is not None
        assert self.driver is not None
        self._taps += self._deframer.receive(data)
        self.driver.receive_signaling(data)

    def call_event(self, event: Event) -> None:
        self.events.append(event)
        self._changed.set()
        if type(event).__name__ == "IncomingCall":
            self.do(lambda call, now: call.alert(now))
            if self._answers:
                self.do(lambda call, now: call.accept(now))

    def do(self, action: Callable[[Call, float], object]) -> None:
        driver = self.driver
        assert driver is not None
        driver.do(lambda now: action(driver.call, now))

    async def heard(self, kind: type[E], *, count: int = 1) -> E:
        """The newest event of a kind, once there are `count` of them."""
        async with asyncio.timeout(10):
            while len(found := [event for event in self.events if isinstance(event, kind)]) < count:
                self._changed.clear()
                await self._changed.wait()
        return found[-1]

    async def ended(self) -> CallEnded:
        return await self.heard(CallEnded)

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        if self.driver is not None:
            self.driver.hang_up()
