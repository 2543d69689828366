"""A call that goes out: whom to reach at which address, ports for its media, and its state for whoever called."""

from __future__ import annotations

import asyncio
import random
import socket
import time
from collections.abc import Callable
from dataclasses import replace

import structlog

from mcu.controller.doors import Person
from mcu.errors import RefusedError
from mcu.gateway.dialing import Destination
from mcu.gateway.open_media import local_media
from mcu.gateway.room_call import Listed, RoomCall, Surroundings
from mcu.gateway.rooms import CallView
from mcu.h323.address import Address
from mcu.h323.call import Call
from mcu.h323.call_options import CallOptions, LocalParty
from mcu.h323.capabilities import Offer
from mcu.h323.events import IncomingCall

RESOLVE_SECONDS = 5.0  # for the DNS

log = structlog.get_logger()


class Departure(RoomCall):
    """Made for one call; `prepare`, then `dial`."""

    def __init__(
        self, around: Surroundings, *, to: Address, listed: Listed, changed: Callable[[CallView], None]
    ) -> None:
        super().__init__(around, peer_ip=to.ip, listed=listed)
        self._to = to
        self._told = changed

    async def prepare(
        self,
        conference: str,
        *,
        alias: str,
        local: LocalParty,
        offer: Offer,
        options: CallOptions,
        signaling_port: int,
        rng: random.Random,
    ) -> None:
        """A place in the conference, ports, and the call. Raises RefusedError."""
        host = local_address_towards(self._to.ip)
        self.place = await self.around.registry.rtp.expect(conference, self)
        try:
            ports = await self.around.registry.rtp.reserve(self.place, self, host=host)
        except RefusedError:
            await self.around.registry.rtp.withdraw(self.place, self)
            raise
        self.attach(
            Call.outgoing(
                local=local,
                called=(alias,) if alias else (),
                destination=self._to,
                source=Address(host, signaling_port),
                media=local_media(ports, host),
                offer=offer,
                options=options,
                rng=rng,
                now=time.monotonic(),
            )
        )
        await self.driver.listen_for_control(host)

    async def dial(self) -> None:
        """Connect. Whatever becomes of it is told by `changed`."""
        log.info("calling", call=self.id, to=str(self._to))
        await self.driver.dial(self._to)

    def incoming(self, event: IncomingCall) -> None:
        """We called."""

    def answered(self) -> None:
        self.around.spawn(self.enter())

    def over(self) -> None:
        """Nothing else goes."""

    @property
    def person(self) -> Person:
        """A chair has called it, so it comes in although the conference is locked."""
        return replace(super().person, invited=True)

    def changed(self) -> None:
        self._told(self.view)

    @property
    def view(self) -> CallView:
        return CallView(
            call=self.id,
            state=self.state.value,
            reason=self.reason.value if self.reason is not None else "",
            participant=self.place.participant if self.place is not None and self.entered else "",
            name=self.party.display,
        )


async def resolved(destination: Destination) -> Address:
    """The numeric address behind a destination's host. Raises RefusedError."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            found = await loop.getaddrinfo(destination.host, destination.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError) as error:
        raise RefusedError("address-unknown", f"{destination.host}: {error or 'no answer'}") from error
    ip, port = found[0][4][:2]
    return Address(str(ip), int(port))


def local_address_towards(ip: str) -> str:
    """The address of ours from which packets to `ip` leave. Raises RefusedError when there is no way."""
    with socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((ip, 9))
        except OSError as error:
            raise RefusedError("address-unreachable", f"{ip}: {error.strerror}") from error
        return str(probe.getsockname()[0]).split("%")[0]
