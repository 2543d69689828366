"""Who sits at a browser's connection: a member of a conference, and what each of its messages does.

Rules:
1. The first message enters or resumes; before it nothing else is understood, after it never again.
2. A message that is refused changes nothing.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Awaitable, Callable
from datetime import UTC
from typing import Any

from mcu import text
from mcu.conference import commands as c
from mcu.conference.participant import Departure, Reaction, Role
from mcu.controller.doors import ByLink, ByNumber, Door, Person
from mcu.controller.member import Admitted, MembershipEnded, News
from mcu.errors import RefusedError, StorageError
from mcu.gateway.room_entries import NewRoom
from mcu.gateway.rooms import Rooms
from mcu.signaling import protocol as p
from mcu.signaling import views
from mcu.signaling.context import Context, rooms_of
from mcu.signaling.ice import ice_servers
from mcu.signaling.outbox import Outbox


class BrowserMember:
    """Somebody at `address` (a key of limits) who is told through `outbox`; nobody until admitted."""

    def __init__(self, context: Context, *, address: str, outbox: Outbox) -> None:
        self._context = context
        self._registry = context.registry
        self._address = address
        self._outbox = outbox
        self.conference = ""  # set by the news that we are admitted
        self.participant = ""

    @property
    def is_admitted(self) -> bool:
        return bool(self.participant)

    # --- Member -------------------------------------------------------------------------------------

    def notify(self, news: News) -> None:
        if isinstance(news, Admitted):
            self.conference, self.participant = news.snapshot.settings.id, news.participant.id
            servers = ice_servers(self._context.config.turn, participant=self.participant, now=self._registry.now_utc())
            self._send(views.entered(news, picture=self._context.config.picture, ice_servers=servers))
            if news.participant.role is Role.CHAIR and (rooms := self._context.rooms) is not None:
                self._registry.spawn(rooms.welcome(self.conference, self))
        elif (made := views.text(news)) is not None:
            self._outbox.put(made)
        if isinstance(news, MembershipEnded):
            self._outbox.finish()

    async def detach(self) -> None:
        """The connection is gone; the participant stays for the grace time."""
        if self.is_admitted:
            await self._registry.detach(self.conference, self.participant, self)

    async def handle(self, message: p.AnyClientMessage) -> None:
        """Do what `message` asks for. Raises RefusedError, StorageError."""
        is_first = isinstance(message, p.Enter | p.Resume)
        if not isinstance(message, p.Ping) and is_first == self.is_admitted:
            raise RefusedError("already-entered" if is_first else "not-entered")
        await _HANDLERS[type(message)](self, message)

    # --- one for each message -----------------------------------------------------------------------

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
        await self._attempt(number, lambda known: self._registry.enter(door, person, self, known=known))

    async def _resume(self, message: p.Resume) -> None:
        way_back = message.conference, message.participant, message.secret
        await self._attempt(None, lambda known: self._registry.resume(*way_back, self))

    async def _attempt(self, number: str | None, come_in: Callable[[Callable[[], None]], Awaitable[Any]]) -> None:
        """Come in, unless there were too many failures from this address or for this number.

        `come_in` is given what to call when nothing is left to be guessed: others at this address need not wait while
        it waits for room.
        """
        attempts = self._context.attempts
        turn = attempts.turn(self._address)
        await turn.acquire()
        with contextlib.ExitStack() as held:
            held.callback(turn.release)
            if not attempts.begin(self._address, number, now=time.monotonic()):
                raise RefusedError("too-many-attempts")
            is_known = False

            def known() -> None:
                nonlocal is_known
                if not is_known:
                    is_known = True
                    attempts.succeeded(self._address, number)
                    held.close()

            try:
                await come_in(known)
            except (RefusedError, StorageError) as error:
                if not isinstance(error, RefusedError) or error.code not in GUESSES:
                    known()
                raise
            known()

    async def _offer(self, message: p.Offer) -> None:
        me = (self.conference, self.participant, self)
        if message.restart:
            answer = await self._registry.restart_leg(*me, offer=message.sdp)
        else:
            answer = await self._registry.connect(*me, offer=message.sdp)
        self._send(p.Answer(sdp=answer))

    async def _candidate(self, message: p.Candidate) -> None:
        await self._registry.add_candidate(
            self.conference, self.participant, self, candidate=message.candidate.removeprefix("a=")
        )

    async def _set_self(self, message: p.SetSelf) -> None:
        await self._execute(
            c.SetSelf(
                actor=self.participant,
                muted=_given(message.muted),
                camera_off=_given(message.camera_off),
                hand=_given(message.hand),
            )
        )

    async def _content(self, message: p.Content) -> None:
        await self._execute(c.ShowContent(self.participant, message.active, message.sound))

    async def _layout(self, message: p.Layout) -> None:
        await self._execute(c.ChooseLayout(self.participant, views.layout(message.choice)))

    async def _lock(self, message: p.Lock) -> None:
        await self._execute(c.SetLock(self.participant, message.locked))

    async def _chat(self, message: p.Chat) -> None:
        at = self._registry.now_utc().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        await self._execute(c.Say(self.participant, text.clean_chat(message.text), at))

    async def _react(self, message: p.React) -> None:
        if not self._context.reactions.take(self.conference, now=time.monotonic()):
            raise RefusedError("too-fast", "reactions in this conference")
        await self._execute(c.React(self.participant, Reaction(message.reaction)))

    async def _caption(self, message: p.Caption) -> None:
        await self._execute(c.Caption(self.participant, text.clean_caption(message.text), message.final))

    async def _moderate(self, message: p.Moderate) -> None:
        me, other = self.participant, message.participant
        command: c.Command
        match message.action:
            case "mute" | "unmute":
                command = c.Mute(me, other, message.action == "mute")
            case "lower_hand":
                command = c.LowerHand(me, other)
            case "appoint_captioner" | "dismiss_captioner":
                command = c.Appoint(me, other, message.action == "appoint_captioner")
            case "stop_content":
                command = c.StopContent(me, other)
            case "remove":
                command = c.Remove(me, other)
        await self._execute(command)

    def _rooms(self) -> Rooms:
        """Raises RefusedError unless this is a chair, where rooms can be called."""
        self._registry.require_chair(self.conference, self.participant, self)
        return rooms_of(self._context)

    async def _add_rooms(self, message: p.AddRooms) -> None:
        rooms = self._rooms()
        new = [NewRoom(address=room.address, name=room.name, office=room.office) for room in message.rooms]
        added = await rooms.add(self.conference, new)
        if message.call:
            await rooms.call(self.conference, added)

    async def _call_rooms(self, message: p.CallRooms) -> None:
        await self._rooms().call(self.conference, message.rooms if isinstance(message.rooms, tuple) else None)

    async def _hang_up_room(self, message: p.HangUpRoom) -> None:
        await self._rooms().hang_up(self.conference, message.room)

    async def _remove_room(self, message: p.RemoveRoom) -> None:
        await self._rooms().remove(self.conference, message.room)

    async def _send_keys(self, message: p.SendKeys) -> None:
        await self._rooms().send_keys(self.conference, message.participant, message.keys)

    async def _end(self, message: p.End) -> None:
        await self._execute(c.End(self.participant))

    async def _leave(self, message: p.Leave) -> None:
        await self._execute(c.Depart(self.participant, Departure.LEFT))

    async def _ping(self, message: p.Ping) -> None:
        self._send(p.Pong())

    async def _execute(self, command: c.Command) -> None:
        await self._registry.execute_as(self.conference, self.participant, self, command)

    def _send(self, message: p.ServerMessage) -> None:
        self._outbox.put(p.encode(message))


# Refusals that somebody who guesses would get; others are not counted as failed attempts.
GUESSES = frozenset({"no-such-conference", "number-or-pin-wrong", "chair-key-wrong", "resume-unknown"})

_HANDLERS: dict[type[p.ClientMessage], Callable[[BrowserMember, Any], Awaitable[None]]] = {
    p.Enter: BrowserMember._enter,
    p.Resume: BrowserMember._resume,
    p.Offer: BrowserMember._offer,
    p.Candidate: BrowserMember._candidate,
    p.SetSelf: BrowserMember._set_self,
    p.Content: BrowserMember._content,
    p.Layout: BrowserMember._layout,
    p.Lock: BrowserMember._lock,
    p.Chat: BrowserMember._chat,
    p.React: BrowserMember._react,
    p.Caption: BrowserMember._caption,
    p.Moderate: BrowserMember._moderate,
    p.AddRooms: BrowserMember._add_rooms,
    p.CallRooms: BrowserMember._call_rooms,
    p.HangUpRoom: BrowserMember._hang_up_room,
    p.RemoveRoom: BrowserMember._remove_room,
    p.SendKeys: BrowserMember._send_keys,
    p.End: BrowserMember._end,
    p.Leave: BrowserMember._leave,
    p.Ping: BrowserMember._ping,
}


def _door(message: p.Enter) -> Door:
    if isinstance(message.conference, str):
        return ByLink(message.conference)
    if isinstance(message.number, str) and isinstance(message.pin, str):
        return ByNumber(message.number, message.pin)
    raise RefusedError("door-missing")


def _given(switch: object) -> bool | None:
    return switch if isinstance(switch, bool) else None
