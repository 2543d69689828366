"""The H.323 side of the MC: the port where calls arrive, the calls that there are, and the ways in and out.

Rules:
1. Whoever may not call is cut off before anything is read; whoever says nothing, after SETUP_SECONDS.
2. A call is in `calls` from its connection to its end; whatever goes wrong with one costs that one.
3. While the port is taken the server runs on without calls that come in, and tries again.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable

import structlog

from mcu import __version__, control
from mcu.config import Config
from mcu.controller.registry import Registry
from mcu.controller.rtp_participants import Place
from mcu.errors import RefusedError
from mcu.gateway.admission import Admission
from mcu.gateway.arrival import Arrival
from mcu.gateway.callers import Callers, network_of
from mcu.gateway.departure import Departure
from mcu.gateway.dialing import destination
from mcu.gateway.room_call import RoomCall
from mcu.gateway.rooms import CallView
from mcu.gateway.signaling_port import SignalingPort
from mcu.gateway.surroundings import Listed, Surroundings
from mcu.gateway.tcp import Connection
from mcu.h323.call_options import CallOptions, LocalParty
from mcu.h323.capabilities import Offer
from mcu.h323.events import CallEnded, EndReason
from mcu.h323.media_keys import Encryption
from mcu.limits import Allowance, Attempts, TokenBucket

SETUP_SECONDS = 10.0  # from a connection to the SETUP on it
CLOSE_SECONDS = 2.0  # for the good-byes of all calls when the server stops
REFUSALS = Allowance(burst=10, rate=0.5)  # lines of the log
PRODUCT = "MCU"

log = structlog.get_logger()


class Gateway:
    """`start`, then what mcu.gateway.rooms.Dialler has, as often as wanted, then `close`."""

    def __init__(self, registry: Registry, config: Config, *, attempts: Attempts) -> None:
        """`attempts` is what the web side counts wrong PINs in too. Raises ConfigurationError."""
        self._config = config.h323
        self.callers = Callers(config.h323.networks, most=config.h323.max_calls)
        self.calls: set[RoomCall] = set()
        self.ended: Counter[str] = Counter()  # calls so far, by reason
        self.failures = 0  # calls ended by a bug
        self.admission = Admission(config.h323, trust=self.callers.trust, disengage=self._disengage)
        self._refusals = TokenBucket(REFUSALS, now=time.monotonic())
        self._port = SignalingPort(config.h323.host, config.h323.port, arrived=self._arrived, opened=self._listening)
        self._idle = asyncio.Event()
        self._idle.set()
        first = config.h323.h245_port
        picture = config.picture
        self._around = Surroundings(
            registry=registry,
            admission=self.admission,
            callers=self.callers,
            attempts=attempts,
            local=LocalParty(
                display=config.server.name,
                names=tuple(name for name in (config.h323.name, config.h323.number) if name),
                product=PRODUCT,
                version=__version__,
            ),
            offer=Offer(
                width=picture.width,
                height=picture.height,
                fps=picture.fps,
                video_bitrate=min(config.h323.bitrate, picture.bitrate),
            ),
            options=CallOptions(
                bitrate=config.h323.bitrate,
                fast_start=config.h323.fast_start,
                tunnelling=config.h323.tunnelling,
                encryption=Encryption(config.h323.encryption),
            ),
            language=config.server.language,
            control_ports=tuple(range(first, min(65_536, first + config.h323.max_calls))) if first else (0,),
            ended=self._ended,
        )

    # --- life -----------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Take calls, and register. A taken port is no reason to stop the server."""
        await self._port.start()
        self.admission.start(self.port or self._config.port)

    @property
    def port(self) -> int:
        """Where calls are taken; 0 while they are not."""
        return self._port.port

    def _listening(self, port: int) -> None:
        self._around.signaling_port = port

    async def close(self) -> None:
        """Hang up everywhere, and wait a moment for the good-byes."""
        self._port.close()
        for room in list(self.calls):
            room.hang_up(EndReason.HUNG_UP)
        with contextlib.suppress(TimeoutError):  # a peer that does not answer gets no more of our time
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._idle.wait()
        await self.admission.close()

    # --- in ---------------------------------------------------------------------------------------------

    def _arrived(self, connection: Connection) -> None:
        peer = connection.peer
        if not self.callers.is_known(peer.ip):
            self._refuse(
                connection,
                "a call from a network that may not",
                network=(network := network_of(peer.ip)),
                advice=f'To let its rooms call, add "{network}" to [h323] networks (MCU_H323_NETWORKS).',
            )
            return
        if not self.callers.begin(peer.ip, now=time.monotonic()):
            self._refuse(connection, "a call too many")
            return
        room = Arrival(self._around, peer=peer, here=connection.local)
        self._add(room)
        assert room.driver is not None
        room.driver.take(connection)
        asyncio.get_running_loop().call_later(SETUP_SECONDS, self._expect_setup, room)

    def _refuse(self, connection: Connection, why: str, **about: str) -> None:
        """Cut it off. All are counted; of a flood only some are logged."""
        if self._refusals.take(1, now=time.monotonic()):
            log.warning(why, calls=self.callers.count, **about)
        connection.abort()

    def _expect_setup(self, room: Arrival) -> None:
        if not room.began and room.driver is not None and not room.driver.over:
            log.info("a connection that begins no call", call=room.id, came=room.driver.call.counters)
            room.driver.signaling_lost()

    # --- out --------------------------------------------------------------------------------------------

    async def call(
        self, conference_id: str, dialled: str, *, name: str, office: str, changed: Callable[[CallView], None]
    ) -> str:
        """Begin a call into the conference; its id. Raises RefusedError."""
        whom = destination(dialled)
        if not whom.host and self.admission.registered is None:
            raise RefusedError(self.admission.lack, dialled)
        room = Departure(self._around, to=whom, listed=Listed(name=name, office=office), changed=changed)
        self._add(room)
        self._around.spawn(room.run(conference_id))
        return room.id

    async def hang_up(self, call_id: str) -> None:
        """End a call; one that is over already is nothing."""
        for room in list(self.calls):
            if room.id == call_id:
                room.hang_up(EndReason.HUNG_UP)

    async def send_keys(self, conference_id: str, participant: str, keys: str) -> None:
        """Press keys at the room that is this participant, whoever called whom. Raises RefusedError."""
        place = Place(conference_id, participant)
        for room in self.calls:
            if room.place.held == place:
                room.send_keys(keys)
                return
        raise RefusedError("no-such-participant")

    # --- the pool's listener, for those at the entrance -------------------------------------------------

    def notice(self, notice: control.Notice) -> None:
        """What an MP says of a leg that is in no conference yet."""
        match notice:
            case control.KeyframeNeeded(leg) | control.DigitReceived(leg) if room := self._around.entrances.get(leg):
                room.notify(notice)

    def processor_lost(self, conference_ids: tuple[str, ...]) -> None:
        """Those who stood at an entrance there have lost their media."""
        for leg, room in list(self._around.entrances.items()):
            if leg.removesuffix(".leg") in conference_ids:
                room.media_lost()

    # --- inside -----------------------------------------------------------------------------------------

    def _disengage(self, call_id: str) -> None:
        """The gatekeeper wants a call to end."""
        for room in list(self.calls):
            if room.id == call_id:
                room.hang_up(EndReason.NOT_ALLOWED)

    def _add(self, room: RoomCall) -> None:
        self.calls.add(room)
        self._idle.clear()

    def _ended(self, room: RoomCall, event: CallEnded) -> None:
        self.calls.discard(room)
        if not self.calls:
            self._idle.set()
        self.ended[event.reason.value] += 1
        if event.reason is EndReason.PROTOCOL_ERROR:
            self.callers.spoke_nonsense(room.peer_ip)
        self.failures += room.driver.failures if room.driver is not None else 0
