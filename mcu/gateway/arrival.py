"""A call that came in: which conference it is for, and the way there, over the entrance when it did not say.

Rules:
1. A link, or number and PIN, as dialled: in at once. Anything else: answered, and asked by picture and voice.
2. Wrong numbers and PINs are counted for the address and for the number, together with those typed in browsers.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog

from mcu import control
from mcu.conference.participant import Departure
from mcu.controller.doors import ByLink, ByNumber, Door
from mcu.controller.doors import find as find_conference
from mcu.controller.rtp_participants import Place
from mcu.errors import RefusedError, StorageError
from mcu.gateway.admission import Refused
from mcu.gateway.departure import unguessable
from mcu.gateway.dialing import Wanted, wanted
from mcu.gateway.entrance import Entrance, GiveUp, Say, Try
from mcu.gateway.entrance_bridge import EntranceBridge
from mcu.gateway.open_media import local_media
from mcu.gateway.reasons import ADVICE, advised, logged, reason_of
from mcu.gateway.room_call import RoomCall
from mcu.gateway.surroundings import Listed, RoomState, Surroundings
from mcu.h323.address import Address
from mcu.h323.call import Call
from mcu.h323.events import EndReason, IncomingCall
from mcu.limits import address_key
from mcu.media.types import StreamKind

GUESSES = frozenset({"no-such-conference", "number-or-pin-wrong", "conference-ended"})  # refusals of what was pressed
GOOD_BYE_SECONDS = 4.5  # for the last sentence, which takes less than 4, before the call ends

_LET_GO = {"wrong": "wrong number or PIN", "closed": "cannot be entered now", "goodbye": "nothing was pressed"}

log = structlog.get_logger()


class Arrival(RoomCall):
    """Made when its connection came; nothing is known before its SETUP."""

    def __init__(self, around: Surroundings, *, peer: Address, here: Address) -> None:
        super().__init__(around, peer_ip=peer.ip, listed=Listed())
        self.media.add_source(peer.ip)
        self.attach(
            Call.incoming(
                local=around.local,
                source=peer,
                here=here,
                options=around.options,
                rng=unguessable(),
                now=time.monotonic(),
            )
        )
        self.began = False  # its SETUP has come
        self._peer = peer
        self._here = here
        self.host = here.ip
        self._bridge = EntranceBridge(around.registry.pool, self.id, language=around.language)
        self._entrance: Entrance | None = None  # while it stands there
        self._timer: asyncio.TimerHandle | None = None

    # --- what comes -----------------------------------------------------------------------------------

    def incoming(self, event: IncomingCall) -> None:
        self.began = True
        where = wanted(event.called)
        log.info("call came in", call=self.id, dialled=where.kind, product=event.party.product)
        self.do(lambda call, now: call.proceed(now))
        self.around.spawn(self._let_in(where))

    def answered(self) -> None:
        """Ours was the answer."""

    def changed(self) -> None:
        """Nobody follows it; the roster shows it."""

    def digits(self, digits: str) -> None:
        if self._entrance is None:
            super().digits(digits)
            return
        self._entrance.press(digits, time.monotonic())
        self._act()

    # --- straight in ------------------------------------------------------------------------------------

    async def _let_in(self, where: Wanted) -> None:
        around = self.around
        if self.is_over:
            return
        try:
            await around.admission.answer(
                self.id, self.call, source=self._peer, here=self._here, bitrate=around.options.bitrate
            )
            if self.is_over:  # hung up meanwhile, as it may be at every wait
                return
            if not (where.link or where.pin):
                if around.own_calls.is_own(self.call.identifier, self.call.conference_id):
                    raise RefusedError("loop", "nobody presses keys for a conference")
                await self._stand(where.number)
                return
            conference = await self._find(where)
            self.enter_state(RoomState.ENTERING)
            place = await self.find_place(conference)
            if place is None:
                return
            await self._prepare(await self.reserve())
            if self.is_over:
                return
            await self.take_place(place)
        except (RefusedError, StorageError, Refused) as error:
            say = log.warning if getattr(error, "code", "") in ADVICE else log.info
            say("call not let in", call=self.id, error=logged(error), **advised(error))
            reason = error.reason if isinstance(error, Refused) else reason_of(error)
            self.do(lambda call, now: call.reject(reason, now))
            return
        self.do(lambda call, now: call.accept(now))

    async def _find(self, where: Wanted) -> str:
        """The conference's id. Raises RefusedError."""
        door: Door = ByLink(where.link) if where.link else ByNumber(where.number, where.pin)
        number = where.number or None
        key = address_key(self.peer_ip)
        attempts = self.around.attempts
        async with attempts.turn(key):
            if not attempts.begin(key, number, now=time.monotonic()):
                raise RefusedError("too-many-attempts")
            record = await find_conference(self.around.registry.store, door)
            attempts.succeeded(key, number)
        if self.around.own_calls.is_loop(self.call.identifier, self.call.conference_id, into=record.id):
            log.warning("a loop: this server's own call came back", call=self.id, conference=record.id)
            raise RefusedError("loop", record.id)
        log.info("call is for a conference", call=self.id, conference=record.id)
        return record.id

    async def _prepare(self, ports: tuple[control.RtpPorts, ...]) -> None:
        media = local_media(ports, self.host)
        self.do(lambda call, _: call.prepare(media=media, offer=self.around.offer))
        assert self.driver is not None
        await self.driver.listen_for_control(self.host)

    # --- by the entrance --------------------------------------------------------------------------------

    async def _stand(self, number: str) -> None:
        """Answer, and ask for what is missing. Raises RefusedError."""
        self.enter_state(RoomState.ENTERING)
        self.around.entrances[self._bridge.leg] = self
        try:
            await self._prepare(await self._bridge.open(self.host))
            if self.is_over:
                return
            self._entrance = Entrance()
        finally:
            if self._entrance is None:  # whatever of the bridge was opened
                self.around.entrances.pop(self._bridge.leg, None)
                self.around.spawn(self._bridge.close())
        self.do(lambda call, now: call.accept(now))
        self.updates.push()
        self._entrance.begin(time.monotonic(), number=number)
        self._act()

    def _act(self) -> None:
        """Do what the entrance wants, and set its timer."""
        entrance = self._entrance
        if entrance is None or self.is_over:
            return
        for action in entrance.actions():
            match action:
                case Say():
                    self.around.spawn(self._bridge.show(action))
                case Try(number, pin):
                    self.around.spawn(self._try(entrance, Wanted(number=number, pin=pin)))
                case GiveUp(sentence):
                    log.info("let go at the entrance", call=self.id, why=_LET_GO[sentence])
                    self.around.spawn(self._bridge.part(sentence))
                    self._later(GOOD_BYE_SECONDS, lambda: self.hang_up(EndReason.HUNG_UP))
                    return
        due = entrance.next_timer()
        if due is not None:
            self._later(max(0.0, due - time.monotonic()), self._time)

    def _later(self, seconds: float, action: Callable[[], object]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, action)

    def _time(self) -> None:
        if self._entrance is not None:
            self._entrance.handle_timer(time.monotonic())
            self._act()

    async def _try(self, entrance: Entrance, where: Wanted) -> None:
        try:
            conference = await self._find(where)
            place = await self.around.registry.rtp.expect(conference, self)
        except (RefusedError, StorageError) as error:
            log.info("keys did not open", call=self.id, error=logged(error))
            entrance.refused(time.monotonic(), wrong=getattr(error, "code", "") in GUESSES)
            self._act()
            return
        try:
            await self._go_in(place)
        except (RefusedError, StorageError) as error:
            log.info("room not let in", call=self.id, error=logged(error))
            await self.place.leave(Departure.LEFT)
            await self.around.registry.rtp.withdraw(place, self)
            entrance.refused(time.monotonic(), wrong=False)
            self._act()

    async def _go_in(self, place: Place) -> None:
        """From the entrance into the conference, media and all. Raises RefusedError."""
        await self.take_place(place)
        rtp = self.around.registry.rtp
        if await rtp.adopt(place, self, self._bridge.leg, entrance=self._bridge.id):
            self._leave_entrance()
            self.updates.push()
            return
        ports = await super().reserve()
        self._leave_entrance()
        self.moves.move(ports)

    def _leave_entrance(self) -> None:
        self.around.entrances.pop(self._bridge.leg, None)
        if self._timer is not None:
            self._timer.cancel()
        if self._entrance is not None:
            self._entrance = None
            self.around.spawn(self._bridge.close())

    # --- media ------------------------------------------------------------------------------------------

    async def reserve(self) -> tuple[control.RtpPorts, ...]:
        entrance = self._entrance
        if entrance is None:
            return await super().reserve()
        ports = await self._bridge.open(self.host)
        entrance.again(time.monotonic())
        self._act()
        return ports

    async def update_media(self) -> bool:
        if self._entrance is None:
            return await super().update_media()
        await self._bridge.update(self.media.state)
        return True

    async def send_keyframe(self, kind: StreamKind) -> None:
        if self._entrance is None:
            await super().send_keyframe(kind)
        else:
            await self._bridge.send_keyframe(kind.value)

    def over(self) -> None:
        self._leave_entrance()
        self.around.callers.end(self.peer_ip)
