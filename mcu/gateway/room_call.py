"""A room in a conference: one H.323 call, the place it has there (`RoomPlace`), and its media, kept in step.

Rules:
1. Ports are reserved before the call is answered or placed, so call control never waits for media.
2. What is open is pushed to the MP as a whole (`MediaUpdates`).
3. Ports that are lost with their MP are replaced by others, and the call goes on (`MediaMoves`).
4. Whatever ends, the call or the place, the other ends too, once, with the reason in the other's words.
"""

from __future__ import annotations

import abc
import time
from collections.abc import Callable

import structlog

from mcu import control
from mcu.conference.participant import Departure
from mcu.controller import keys
from mcu.controller.doors import Person
from mcu.controller.member import MediaChanged, MediaCondition, MembershipEnded, News
from mcu.controller.rtp_participants import Place
from mcu.errors import RefusedError, StorageError
from mcu.gateway.call_driver import CallDriver
from mcu.gateway.content import RoomContent
from mcu.gateway.key_sending import PACE
from mcu.gateway.media_moves import MediaMoves
from mcu.gateway.media_updates import MediaUpdates
from mcu.gateway.names import shortened
from mcu.gateway.open_media import OpenMedia, local_media
from mcu.gateway.reasons import HANG_UP_REASONS, logged, reason_of
from mcu.gateway.room_place import RoomPlace
from mcu.gateway.surroundings import Listed, RoomState, Surroundings
from mcu.gateway.terminals import Terminals
from mcu.h323.call import Call
from mcu.h323.channels import Direction
from mcu.h323.events import (
    Alerting,
    Answered,
    CallEnded,
    DigitsReceived,
    EndReason,
    Event,
    IncomingCall,
    KeyframeRequested,
    Party,
    PartyChanged,
)
from mcu.limits import Allowance, TokenBucket
from mcu.media.types import StreamKind

LEAST_ASKED = 64_000  # bit/s; a room is never asked for less, as some stop sending for good at 0
UNNAMED = "H.323"  # a room that says no name with anything to see
KEYS = Allowance(burst=64, rate=8.0)  # of one call: a stored number, PIN and all, at once; then faster than a hand

log = structlog.get_logger()


class RoomCall(abc.ABC):
    """A Member of its conference and the owner of its call; one subclass for each direction."""

    call: Call  # set by `attach`, as `driver` is
    driver: CallDriver | None = None
    host = ""  # the address of ours that the peer reaches, once it is known

    def __init__(self, around: Surroundings, *, peer_ip: str, listed: Listed) -> None:
        self.id = keys.new_identifier()
        self.around = around
        self.peer_ip = peer_ip  # of call signaling; counted by `Callers`
        self.state = RoomState.CALLING
        self.reason: EndReason | None = None
        self.party = Party()
        self.place = RoomPlace(around.registry, self, call=self.id, spawn=around.spawn)
        self.media = OpenMedia()
        self.content = RoomContent(to_call=self.do, to_conference=self.place.ask, spawn=around.spawn)
        self.terminals = Terminals(to_call=self.do, to_conference=self.place.ask, spawn=around.spawn)
        self.moves = MediaMoves(
            reserve=self.reserve,
            tell=self._tell_ports,
            hears=lambda: any(self.media.is_open(Direction.RECEIVED, kind) for kind in StreamKind),
            give_up=lambda: self.hang_up(EndReason.CONNECTION_LOST),
            spawn=around.spawn,
        )
        self.updates = MediaUpdates(
            call=self.id, update=self.update_media, is_over=lambda: self.is_over, spawn=around.spawn
        )
        self.dropped_keys = 0
        self._listed = listed
        self._keys = TokenBucket(KEYS, now=time.monotonic())
        self._sent_keys = TokenBucket(PACE, now=time.monotonic())

    def attach(self, call: Call) -> None:
        """The call is this."""
        self.call = call
        self.driver = CallDriver(
            call,
            self,
            control_ports=self.around.control_ports,
            admits=self._admits,
            leads=self._leads,
            name=self.id,
        )

    def _admits(self, ip: str) -> bool:
        """H.245 comes from where call signaling does, or from the room itself when a gatekeeper routes that.

        From elsewhere somebody could take the place of the room's own connection.
        """
        callers = self.around.callers
        return ip == self.peer_ip or (callers.is_gatekeeper(self.peer_ip) and callers.is_known(ip))

    def _leads(self, ip: str) -> bool:
        """A peer leads us to itself, or to where calls may come from."""
        return ip == self.peer_ip or self.around.callers.is_known(ip)

    def do(self, action: Callable[[Call, float], object]) -> None:
        """Give something to the call, if there is one yet."""
        driver = self.driver
        if driver is not None:
            driver.do(lambda now: action(driver.call, now))

    @property
    def is_over(self) -> bool:
        return self.state is RoomState.ENDED

    # --- what the call says ---------------------------------------------------------------------------

    def call_event(self, event: Event) -> None:
        if self.media.take(event):
            self.updates.push()
        self.content.call_event(event)
        self.terminals.call_event(event)
        match event:
            case IncomingCall(party):
                self.party = party
                self.incoming(event)
            case Alerting():
                self.enter_state(RoomState.RINGING)
            case Answered(party):
                self.party = party
                self.answered()
            case PartyChanged(party):
                self.party = party
            case KeyframeRequested(kind):
                self.around.spawn(self.send_keyframe(kind))
            case DigitsReceived(digits):
                self.pressed(digits)
            case CallEnded():
                self._call_ended(event)

    @abc.abstractmethod
    def incoming(self, event: IncomingCall) -> None:
        """A SETUP came."""

    @abc.abstractmethod
    def answered(self) -> None:
        """The other end took the call."""

    def pressed(self, digits: str) -> None:
        """Keys, from call control or from the sound. More than a hand presses are dropped and counted."""
        now = time.monotonic()
        heard = "".join(digit for digit in digits if self._keys.take(1, now=now))
        self.dropped_keys += len(digits) - len(heard)
        if heard:
            self.digits(heard)

    def digits(self, digits: str) -> None:
        """Keys that count."""
        self.place.press(digits)

    def send_keys(self, keys: str) -> None:
        """Press keys at the other end. Raises RefusedError("too-fast")."""
        if not self._sent_keys.take(len(keys), now=time.monotonic()):
            raise RefusedError("too-fast", "keys to this room")
        self.do(lambda call, now: call.send_digits(keys, now))

    @abc.abstractmethod
    def over(self) -> None:
        """The call is over: what only this direction has goes too."""

    def _call_ended(self, event: CallEnded) -> None:
        self.reason = event.reason
        log.info(
            "call ended",
            call=self.id,
            reason=event.reason.value,
            detail=event.detail,
            dropped_keys=self.dropped_keys,
        )
        self.over()
        self.moves.close()
        self.enter_state(RoomState.ENDED)
        lost = event.reason in {EndReason.CONNECTION_LOST, EndReason.TIMED_OUT, EndReason.PROTOCOL_ERROR}
        self.around.spawn(self.place.leave(Departure.LOST if lost else Departure.LEFT))
        self.around.admission.over(self.id, event.reason)
        self.around.ended(self, event)

    # --- the place in the conference --------------------------------------------------------------------

    async def find_place(self, conference: str) -> Place | None:
        """The own place from now on; None when the call ended meanwhile. Raises RefusedError."""
        place = await self.place.expect(conference)
        if not self.is_over:
            return place
        await self.place.leave(Departure.LEFT)
        return None

    async def take_place(self, place: Place) -> None:
        """Become a participant at a place that was prepared. Raises RefusedError, StorageError."""
        await self.place.take(place, self.person)
        if self.is_over:
            await self.place.leave(Departure.LEFT)
        else:
            self.enter_state(RoomState.CONNECTED)
            self.content.enter()
            self.terminals.enter()

    async def enter(self) -> None:
        """The same at the own place; a refusal ends the call."""
        try:
            assert self.place.held is not None
            await self.take_place(self.place.held)
        except (RefusedError, StorageError) as error:
            log.info("room not let in", call=self.id, error=logged(error))
            self.hang_up(reason_of(error))

    @property
    def person(self) -> Person:
        """Name and office for the roster: as listed, else as the room says."""
        said = self.party.display or next(iter(self.party.aliases), "") or self.peer_ip
        return Person(name=self._listed.name or shortened(said) or UNNAMED, office=self._listed.office)

    def notify(self, news: News) -> None:
        self.content.notify(news)
        self.terminals.notify(news)
        self.place.notify(news)
        match news:
            case MembershipEnded(reason):
                self.hang_up(HANG_UP_REASONS.get(reason, EndReason.HUNG_UP))
            case MediaChanged(MediaCondition.CLOSED, reason) if reason != "replaced":
                self.media_lost()
            case control.KeyframeNeeded(_, kind):
                self.do(lambda call, now: call.request_keyframe(StreamKind(kind), now))
            case control.DigitReceived(_, digit):
                self.pressed(digit)
            case control.PictureNeeded(_, picture):
                most = max(LEAST_ASKED, picture.bitrate if picture is not None else 0)
                self.do(lambda call, now: call.limit_bitrate(StreamKind.MAIN, most, now))

    def hang_up(self, reason: EndReason) -> None:
        """End the call; the place goes with it."""
        if self.driver is not None:
            self.driver.hang_up(reason)
        elif not self.is_over:
            self.call_event(CallEnded(reason, "before there was a call"))

    # --- media ------------------------------------------------------------------------------------------

    def media_lost(self) -> None:
        """The MP is gone, and the ports with it."""
        if not self.is_over:
            self.moves.lost()

    async def reserve(self) -> tuple[control.RtpPorts, ...]:
        """Ports at the own place. Raises RefusedError."""
        return await self.place.reserve(self.host)

    def _tell_ports(self, ports: tuple[control.RtpPorts, ...]) -> None:
        media = local_media(ports, self.host)
        self.do(lambda call, now: call.move_media(media, now))
        self.updates.push()

    async def update_media(self) -> bool:
        """Tell the MP what is open; False while there is nowhere to tell it. Raises RefusedError."""
        return await self.place.update(self.media.state)

    async def send_keyframe(self, kind: StreamKind) -> None:
        await self.place.send_keyframe(kind)

    def enter_state(self, state: RoomState) -> None:
        if self.state is not state and self.state is not RoomState.ENDED:
            self.state = state
            self.changed()

    @abc.abstractmethod
    def changed(self) -> None:
        """The state is another."""
