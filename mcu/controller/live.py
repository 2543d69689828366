"""One conference with people in it: state, the members who are told, and their media.

Rules:
1. One command at a time: decided, stored, applied, told. What was told is on disk.
2. Whether somebody is connected at the moment is not stored; it is not true any more after a restart anyway.
3. Nothing waits for a member or for the bridge.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from mcu import control
from mcu.conference import commands as c
from mcu.conference import events as e
from mcu.conference.conference import Conference
from mcu.conference.participant import Departure, Participant, Role
from mcu.controller.legs import Legs
from mcu.controller.member import (
    Admitted,
    EndReason,
    MediaChanged,
    MediaCondition,
    Member,
    MembershipEnded,
    News,
    Pool,
    Snapshot,
)
from mcu.controller.tasks import uninterrupted
from mcu.errors import RefusedError
from mcu.store.store import Store

log = structlog.get_logger()

Spawn = Callable[[Coroutine[Any, Any, None]], None]

# Events after which the bridge must be told; chat and lock are no concern of the mixers.
_SEEN_OR_HEARD = (e.ParticipantJoined, e.ParticipantChanged, e.ParticipantLeft, e.ContentChanged, e.LayoutChanged)


class ConferenceClosedError(Exception):
    """This object is out of use; the conference itself may go on in a new one."""


class LiveConference:
    """Made by the registry. `closed` says that nobody is left and the object is out of use."""

    def __init__(
        self,
        conference: Conference,
        *,
        store: Store,
        pool: Pool,
        spawn: Spawn,
        wall_clock: Callable[[], datetime],
        on_index: Callable[[str, str | None], None],
    ) -> None:
        self.conference = conference
        self.id = conference.settings.id
        self.legs = Legs(conference, pool=pool, on_index=on_index)
        self.closed = False
        self._store = store
        self._spawn = spawn
        self._wall_clock = wall_clock
        self._members: dict[str, Member] = {}
        self._expected: dict[str, Member] = {}  # called from here, or at the door: not in the conference yet
        self._outlived: set[str] = set()  # participants away whose name and office somebody new has; media still comes
        self._lock = asyncio.Lock()
        self._tiles: control.TilesChanged | None = None
        self._speaker: control.SpeakerChanged | None = None
        self._lines: control.LinesChanged | None = None
        self._needed: dict[str, control.PictureNeeded] = {}  # by participant

    # --- members ------------------------------------------------------------------------------------

    async def admit(
        self, command: c.Enter | c.Return | c.Reconnect, member: Member, *, secret: str, secret_hash: bytes | None
    ) -> Participant:
        """Carry out `command` and attach `member` to its participant; an older member is superseded.

        Who is in already, perhaps since a moment ago, reconnects.

        Raises RefusedError, and ConferenceClosedError when the object went out of use meanwhile.
        """
        return await uninterrupted(self._admit(command, member, secret=secret, secret_hash=secret_hash))

    async def _admit(
        self, command: c.Enter | c.Return | c.Reconnect, member: Member, *, secret: str, secret_hash: bytes | None
    ) -> Participant:
        async with self._lock:
            if self.closed:
                raise ConferenceClosedError
            participant_id = command.participant.id if isinstance(command, c.Return) else command.participant
            resumed = not isinstance(command, c.Enter)
            if participant_id in self.conference.participants:
                command = c.Reconnect(participant_id)
            if isinstance(command, c.Reconnect):
                self.conference.get(participant_id)
                self._end(participant_id, EndReason.SUPERSEDED)
                self._outlived.discard(participant_id)
            namesakes = []
            if isinstance(command, c.Enter):
                namesakes = self.conference.namesakes_away(command)
                unheard = frozenset(who.id for who in namesakes if not self.legs.is_heard(who.id))
                command = replace(command, unheard=unheard)
            await self._carry_out(command, {} if secret_hash is None else {participant_id: secret_hash})
            self._outlived.update(who.id for who in namesakes if who.id in self.conference.participants)
            participant = self.conference.get(participant_id)
            self._members[participant_id] = member
            member.notify(Admitted(participant=participant, secret=secret, snapshot=self.snapshot(), resumed=resumed))
            for news in (self._tiles, self._speaker, self._lines, self._needed.get(participant_id)):
                if news is not None:
                    member.notify(news)
            if resumed and not self.legs.is_running(participant_id):
                member.notify(MediaChanged(MediaCondition.CLOSED, "media-lost"))
            return participant

    def holds(self, participant: str, member: Member) -> bool:
        """Whether `member` is the one that is told for `participant`."""
        return self._members.get(participant) is member

    async def detach(self, participant: str, member: Member, *, now: float) -> None:
        """The member's connection broke; the participant stays for the grace time."""
        async with self._lock:
            if self.closed or not self.holds(participant, member):
                return
            del self._members[participant]
            await self._carry_out(c.Disconnect(participant, now), {})

    # --- those who are not in yet -------------------------------------------------------------------

    def expect(self, participant: str, member: Member) -> None:
        """Somebody is called: they have a leg before they are a participant, and keep the conference in memory."""
        self._expected[participant] = member

    @property
    def expected(self) -> int:
        return len(self._expected)

    def expects(self, participant: str, member: Member) -> bool:
        return self._expected.get(participant) is member

    async def stop_expecting(self, participant: str) -> None:
        """They are in, or will not come; in that case their leg goes."""
        if self._expected.pop(participant, None) is not None and participant not in self.conference.participants:
            await self.legs.remove(participant)

    # --- commands -----------------------------------------------------------------------------------

    async def execute(self, command: c.Command) -> None:
        """Raises RefusedError, and ConferenceClosedError when the object went out of use meanwhile."""
        async with self._lock:
            if self.closed:
                raise ConferenceClosedError
            await self._carry_out(command, {})

    async def handle_timer(self, now: float) -> None:
        """Let those go whose connection did not come back."""
        async with self._lock:
            for command in self.conference.overdue(now):
                await self._carry_out(command, {})

    async def _lose(self, participant: str) -> None:
        """Let somebody go whom somebody new has outlived, unless they are back."""
        async with self._lock:
            if not self.closed and participant in self._outlived and not self.legs.is_heard(participant):
                await self._carry_out(c.Depart(participant, Departure.LOST), {})

    async def _carry_out(self, command: c.Command, secrets: Mapping[str, bytes]) -> None:
        """Decide, store, apply and tell, all of it or nothing: what is stored must not be missing in memory."""
        await uninterrupted(self._carry_out_whole(command, secrets))

    async def _carry_out_whole(self, command: c.Command, secrets: Mapping[str, bytes]) -> None:
        events = self.conference.decide(command)
        lasting = [event for event in events if not isinstance(event, e.PASSING)]
        if lasting and not isinstance(command, c.Disconnect | c.Reconnect):
            await self._store.record(self.id, lasting, at=self._wall_clock(), secrets=secrets)
        for event in events:
            self.conference.apply(event)
            self._tell(event)
        if any(isinstance(event, _SEEN_OR_HEARD) for event in events):
            self.legs.state_changed()
            self._spawn(self.legs.update_bridge())
        log.debug("carried out", conference=self.id, command=type(command).__name__, events=len(events))

    def _tell(self, event: e.Event) -> None:
        match event:
            case e.ParticipantLeft(participant, reason):
                log.info("participant left", conference=self.id, participant=participant, reason=reason.value)
                self._end(participant, _END_REASONS[reason])
                self._outlived.discard(participant)
                self._needed.pop(participant, None)
                self._spawn(self.legs.remove(participant))
            case e.ConferenceEnded():
                log.info("conference ended", conference=self.id)
                for participant in list(self._members):
                    self._end(participant, EndReason.CONFERENCE_ENDED)
                for expected in list(self._expected):
                    self.tell(expected, MembershipEnded(EndReason.CONFERENCE_ENDED))
                return
        self._broadcast(event)

    # --- news from the bridge -----------------------------------------------------------------------

    def tiles_changed(self, news: control.TilesChanged) -> None:
        self._tiles = news
        self._broadcast(news)

    def speaker_changed(self, news: control.SpeakerChanged) -> None:
        self._speaker = news
        self._broadcast(news)

    def lines_changed(self, news: control.LinesChanged) -> None:
        self._lines = news
        self._broadcast(news)

    def picture_needed(self, participant: str, news: control.PictureNeeded) -> None:
        """Of concern to this participant alone; kept for when a broken connection comes back."""
        self._needed[participant] = news
        self.tell(participant, news)

    def leg_changed(self, participant: str, state: control.LegState) -> None:
        condition = MediaCondition(state.state)
        if condition is MediaCondition.CONNECTED:
            self.legs.connected(participant, state.leg)
        if condition is MediaCondition.DISCONNECTED:
            self.legs.disconnected(participant, state.leg)
        if condition is MediaCondition.CLOSED and not self.legs.closed(participant, state.leg):
            return
        if condition is MediaCondition.CLOSED:
            self._needed.pop(participant, None)
        if participant in self._outlived and not self.legs.is_heard(participant):
            self._spawn(self._lose(participant))
        self.tell(participant, MediaChanged(condition, state.reason))

    def tell(self, participant: str, news: News) -> None:
        """News for one alone."""
        member = self._members.get(participant) or self._expected.get(participant)
        if member is not None:
            member.notify(news)

    def tell_chairs(self, news: News) -> None:
        for participant, member in list(self._members.items()):
            if self.conference.participants[participant].role is Role.CHAIR:
                member.notify(news)

    def bridge_lost(self) -> None:
        """Everybody's media is gone; they are told at once, while the new bridge is being opened."""
        self.legs.bridge_lost()
        self._tiles = self._speaker = None
        if self._lines is not None:
            self.lines_changed(control.LinesChanged(self.id))
        self._needed.clear()
        self._spawn(self.legs.update_bridge())
        for expected in list(self._expected):
            self.tell(expected, MediaChanged(MediaCondition.CLOSED, "media-lost"))
        self._broadcast(MediaChanged(MediaCondition.CLOSED, "media-lost"))

    def catch_up(self) -> None:
        """An MP became ready: tell it what an earlier one could not be told."""
        if self.legs.is_behind:
            self._spawn(self.legs.update_bridge())

    # --- looking ------------------------------------------------------------------------------------

    @property
    def is_empty(self) -> bool:
        return self.conference.ended or not self.conference.participants

    @property
    def is_idle(self) -> bool:
        """Empty, and nobody is at the door."""
        return self.is_empty and not self._expected and not self._lock.locked()

    def snapshot(self) -> Snapshot:
        conference = self.conference
        return Snapshot(
            settings=conference.settings,
            layout=conference.layout,
            locked=conference.locked,
            content=conference.content,
            roster=conference.roster(),
            chat=tuple(conference.chat),
        )

    def _end(self, participant: str, reason: EndReason) -> None:
        member = self._members.pop(participant, None)
        if member is not None:
            member.notify(MembershipEnded(reason))

    def _broadcast(self, news: News) -> None:
        for member in list(self._members.values()):
            member.notify(news)


_END_REASONS = {
    Departure.LEFT: EndReason.LEFT,
    Departure.REMOVED: EndReason.REMOVED,
    Departure.LOST: EndReason.LOST,
}


def require_participant(live: LiveConference, participant: str, member: Member) -> None:
    """Raise RefusedError("superseded") when `member` does not speak for `participant` any more."""
    if not live.holds(participant, member):
        raise RefusedError("superseded")
