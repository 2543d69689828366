"""A call that goes out: whom to reach at which address, ports for its media, and its state for whoever called."""

from __future__ import annotations

import asyncio
import random
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import replace

import structlog

from mcu.controller.doors import Person
from mcu.errors import RefusedError, StorageError
from mcu.gateway.admission import Refused
from mcu.gateway.dialing import Destination
from mcu.gateway.lookup import getaddrinfo
from mcu.gateway.open_media import local_media
from mcu.gateway.reasons import ADVICE, advised, logged, reason_of, told_refusal
from mcu.gateway.room_call import RoomCall
from mcu.gateway.rooms import CallView
from mcu.gateway.surroundings import Listed, Surroundings
from mcu.gateway.tcp import local_address_towards
from mcu.h323.address import Address
from mcu.h323.call import Call
from mcu.h323.call_options import CallIdentifiers
from mcu.h323.events import IncomingCall

RESOLVE_SECONDS = 5.0  # for the DNS

log = structlog.get_logger()


class Departure(RoomCall):
    """Made for one call; `run` does it all."""

    def __init__(
        self, around: Surroundings, *, to: Destination, listed: Listed, changed: Callable[[CallView], None]
    ) -> None:
        super().__init__(around, peer_ip="", listed=listed)
        self._to = to
        self._alias = to.alias
        self._told = changed
        self._counted = False
        self._refusal = ""  # a code of TOLD_REFUSALS

    async def run(self, conference: str) -> None:
        """Find out where to call, and call. Whatever becomes of it is told by `changed`."""
        try:
            await self._prepare(conference)
        except Refused as refused:
            self.hang_up(refused.reason)
        except (RefusedError, StorageError) as error:
            say = log.warning if getattr(error, "code", "") in ADVICE else log.info
            say("room not called", call=self.id, error=logged(error), **advised(error))
            self._refusal = told_refusal(error)
            self.hang_up(reason_of(error))

    async def _prepare(self, conference: str) -> None:
        """Leave of the gatekeeper, a place in the conference, ports, and the call. Raises RefusedError, Refused."""
        around, rng = self.around, unguessable()
        identifiers = CallIdentifiers.drawn(rng)
        named = await self._named()
        if self.is_over:  # hung up meanwhile, as it may be at every wait
            return
        admitted = await around.admission.place(
            self.id, identifiers, to=named, alias=self._alias, bitrate=around.options.bitrate
        )
        to = admitted.destination
        if self.is_over:
            return
        if to is None:
            raise RefusedError(around.admission.lack, self._alias)
        self.peer_ip = to.ip
        self.media.add_source(to.ip)
        if not around.callers.begin(to.ip, now=time.monotonic()):
            raise RefusedError("busy", f"{around.callers.count} calls")
        self._counted = True
        try:
            self.host = host = local_address_towards(to.ip)
        except OSError as error:
            raise RefusedError("address-unreachable", f"{to.ip}: {error.strerror}") from error
        if await self.find_place(conference) is None:
            return
        ports = await self.reserve()
        if self.is_over:
            return
        around.own_calls.placed(self.id, identifiers, conference=conference)
        self.attach(
            Call.outgoing(
                local=around.local,
                called=tuple(alias.text for alias in admitted.destination_aliases),
                destination=to,
                source=Address(host, around.signaling_port),
                media=local_media(ports, host),
                offer=around.offer,
                options=around.options,
                rng=rng,
                now=time.monotonic(),
                identifiers=identifiers,
            )
        )
        assert self.driver is not None
        await self.driver.listen_for_control(host)
        by = "address" if named is not None else "gatekeeper"
        log.info("calling", call=self.id, conference=conference, by=by, routed=admitted.routed)
        await self.driver.dial(to)

    async def _named(self) -> Address | None:
        """The address that was typed; None for what may be a name at the gatekeeper. Raises RefusedError."""
        if not self._to.host:
            return None
        try:
            return await resolved(self._to)
        except RefusedError:
            if self._to.alias or self.around.admission.registered is None:
                raise
            self._alias = self._to.host
            return None

    def incoming(self, event: IncomingCall) -> None:
        """We called."""

    def answered(self) -> None:
        self.around.spawn(self.enter())

    def over(self) -> None:
        self.around.own_calls.over(self.id)
        if self._counted:
            self.around.callers.end(self.peer_ip)

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
            reason=self._refusal or (self.reason.value if self.reason is not None else ""),
            participant=self.place.held.participant if self.place.held is not None and self.place.entered else "",
            name=self.party.display,
        )


def unguessable() -> random.Random:
    """For what must differ between calls and must not be guessed."""
    return random.Random(secrets.token_bytes(16))


async def resolved(destination: Destination) -> Address:
    """The numeric address behind a destination's host. Raises RefusedError."""
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            found = await getaddrinfo(destination.host, destination.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError) as error:
        raise RefusedError("address-unknown", f"{destination.host}: {_why(error)}") from error
    ip, port = found[0][4][:2]
    return Address(str(ip), int(port))


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or "no answer"
