"""Participants whose call control is in this process (H.323): they have a leg before they are in the conference.

Rules:
1. `expect` first; `reserve` then, and again when media is lost; `enter` once the call is answered, else `withdraw`.
2. Whoever is expected keeps the conference in memory and is told of its leg, and of the conference's end.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mcu import control
from mcu.conference import commands as c
from mcu.conference.participant import Kind
from mcu.controller import keys
from mcu.controller.conferences import Conferences
from mcu.controller.doors import Person
from mcu.controller.legs import Legs, RtpState
from mcu.controller.live import LiveConference
from mcu.controller.member import Member, Pool
from mcu.errors import RefusedError

MAX_EXPECTED = 100  # by conference; no more can be let in

Admit = Callable[[str, c.Enter, Member], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Place:
    """Who somebody is or will be, and where."""

    conference: str
    participant: str


class RtpParticipants:
    """Made by the registry."""

    def __init__(self, conferences: Conferences, *, pool: Pool, admit: Admit) -> None:
        self._conferences = conferences
        self._pool = pool
        self._admit = admit

    async def expect(self, conference_id: str, member: Member) -> Place:
        """A place for somebody who is called, or who stands at the door. Raises RefusedError."""
        await self._pool.wait_for_room(conference_id)
        while True:
            live = await self._conferences.open(conference_id)
            if live.closed:
                continue
            if live.expected >= MAX_EXPECTED:
                raise RefusedError("busy", f"{MAX_EXPECTED} calls into one conference")
            place = Place(conference_id, keys.new_identifier())
            live.expect(place.participant, member)
            return place

    async def reserve(self, place: Place, member: Member, *, host: str) -> tuple[control.RtpPorts, ...]:
        """Ports at `host`, an address of ours. Raises RefusedError."""
        return await self._legs(place, member).reserve_rtp(place.participant, host)

    async def adopt(self, place: Place, member: Member, leg: str, *, entrance: str) -> bool:
        """Take over `leg` from the bridge of an `entrance`; False when that is on another MP. Raises RefusedError."""
        legs = self._legs(place, member)
        if not await self._pool.place_beside(place.conference, entrance):
            return False
        await legs.adopt_rtp(place.participant, leg)
        return True

    async def enter(self, place: Place, person: Person, member: Member) -> None:
        """The call was answered: take the place. Raises RefusedError, and then the place is gone."""
        command = c.Enter(
            participant=place.participant,
            name=person.name,
            office=person.office,
            role=person.role,
            muted=person.muted,
            camera_off=person.camera_off,
            kind=Kind.ROOM,
            invited=person.invited,
        )
        try:
            await self._admit(place.conference, command, member)
        finally:
            await self.withdraw(place, member)

    async def update(self, place: Place, member: Member, state: RtpState) -> None:
        """All that is open now. Raises RefusedError."""
        await self._legs(place, member).update_rtp(place.participant, state)

    async def send_keyframe(self, place: Place, member: Member, kind: str) -> None:
        """The other end asked for one. Raises RefusedError."""
        await self._legs(place, member).send_keyframe(place.participant, kind)

    async def withdraw(self, place: Place, member: Member) -> None:
        """Expected no longer: in, or not coming."""
        live = self._conferences.get(place.conference)
        if live is not None and live.expects(place.participant, member):
            await live.stop_expecting(place.participant)
            self._conferences.put_away(live)

    def _legs(self, place: Place, member: Member) -> Legs:
        live: LiveConference | None = self._conferences.get(place.conference)
        if live is None or not (live.expects(place.participant, member) or live.holds(place.participant, member)):
            raise RefusedError("superseded")
        return live.legs
