"""The place of a room in its conference: prepared before it is in, taken once, given up once, and acted from.

Rules:
1. The registry knows the room by its `member`, the call: only that speaks for the place, from `expect` to `leave`.
2. A command that is refused is logged and has no other consequence: the roster shows what came of it.
3. Keys count once the room is in.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from mcu import control
from mcu.conference import commands as c
from mcu.conference.events import ParticipantChanged
from mcu.conference.participant import Departure
from mcu.controller.doors import Person
from mcu.controller.legs import RtpState
from mcu.controller.member import Admitted, Member, MembershipEnded, News
from mcu.controller.registry import Registry
from mcu.controller.rtp_participants import Place
from mcu.errors import RefusedError
from mcu.gateway.keypad import Keypad
from mcu.media.types import StreamKind

log = structlog.get_logger()


class RoomPlace:
    """`expect` or `take` first; `leave` at the end of the call. `held` is None before and stays what it was after."""

    def __init__(
        self, registry: Registry, member: Member, *, call: str, spawn: Callable[[Coroutine[Any, Any, None]], object]
    ) -> None:
        """`call` is the call's id, for the log."""
        self.held: Place | None = None
        self.entered = False  # in the conference
        self._registry = registry
        self._member = member
        self._call = call
        self._spawn = spawn
        self._keypad = Keypad()

    # --- there and away -------------------------------------------------------------------------------

    async def expect(self, conference: str) -> Place:
        """A place for a room that is not in yet. Raises RefusedError."""
        self.held = place = await self._registry.rtp.expect(conference, self._member)
        return place

    async def take(self, place: Place, person: Person) -> None:
        """Become a participant. Raises RefusedError, StorageError."""
        await self._registry.rtp.enter(place, person, self._member)
        self.held, self.entered = place, True

    async def leave(self, departure: Departure) -> None:
        """Give it up, if there is one."""
        place = self.held
        if place is None:
            return
        if not self.entered:
            await self._registry.rtp.withdraw(place, self._member)
            return
        self.entered = False
        await self._execute(place, c.Depart(place.participant, departure))

    # --- acting in the conference ---------------------------------------------------------------------

    def press(self, digits: str) -> None:
        """Keys in a conference: *6 is the own microphone, *9 the hand."""
        if self.held is None or not self.entered:
            return
        for command in self._keypad.press(digits, self.held.participant):
            self._spawn(self._execute(self.held, command))

    async def ask(self, command: c.Command) -> None:
        """Raises StorageError."""
        if self.held is not None:
            await self._execute(self.held, command)

    async def _execute(self, place: Place, command: c.Command) -> None:
        try:
            await self._registry.execute_as(place.conference, place.participant, self._member, command)
        except RefusedError as error:
            log.info("a room's wish was refused", call=self._call, command=type(command).__name__, code=error.code)

    def notify(self, news: News) -> None:
        match news:
            case MembershipEnded():
                self.entered = False
            case Admitted(participant=me):
                self._keypad.know(me)
            case ParticipantChanged(me) if self.held is not None and me.id == self.held.participant:
                self._keypad.know(me)

    # --- its media ------------------------------------------------------------------------------------

    async def reserve(self, host: str) -> tuple[control.RtpPorts, ...]:
        """Ports at `host`, an address of ours. Raises RefusedError."""
        if self.held is None:
            raise RefusedError("superseded", "not in a conference any more")
        return await self._registry.rtp.reserve(self.held, self._member, host=host)

    async def update(self, state: RtpState) -> bool:
        """Tell the MP what is open; False while there is nowhere to tell it. Raises RefusedError."""
        if self.held is None:
            return False
        await self._registry.rtp.update(self.held, self._member, state)
        return True

    async def send_keyframe(self, kind: StreamKind) -> None:
        """The room asked for one. Raises RefusedError."""
        if self.held is not None:
            await self._registry.rtp.send_keyframe(self.held, self._member, kind.value)
