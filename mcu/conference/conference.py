"""A conference as pure state: commands are decided into events, events are applied.

Rules:
1. `decide` changes nothing, so that events can be stored before anybody relies on them; `apply` cannot fail.
2. Whoever calls holds the conference alone between `decide` and `apply`.
3. Refusals are RefusedError with a code of the table in `mcu.signaling.messages`.
4. Being first gives nobody a right: roles come from outside.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mcu.conference import commands as c
from mcu.conference import events as e
from mcu.conference.layout import Layout, check
from mcu.conference.participant import Departure, Participant, Role
from mcu.conference.rules import permits
from mcu.conference.seats import Seats
from mcu.errors import RefusedError

CHAT_KEPT = 100  # lines that a newcomer is shown
DEFAULT_CAPACITY = 36  # the largest automatic grid
DEFAULT_GRACE = 45.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What does not change while the conference runs. `grace` in seconds."""

    id: str
    title: str
    number: str
    capacity: int = DEFAULT_CAPACITY
    grace: float = DEFAULT_GRACE
    open_layout: bool = False


class Conference:
    """`participants` is in the order of entering; `roster` in the order of seats, which is that of tiles."""

    def __init__(
        self,
        settings: Settings,
        *,
        layout: Layout | None = None,
        locked: bool = False,
        participants: Iterable[Participant] = (),
        former: Iterable[Participant] = (),
        chat: Iterable[e.ChatLine] = (),
    ) -> None:
        """`participants`, `former` (for their offices' seats, longest gone first) and `chat` come from the store."""
        self.settings = settings
        self.layout = layout or Layout()
        self.locked = locked
        self.ended = False
        self.content: str | None = None
        self.content_sound = False
        self.chat: deque[e.ChatLine] = deque(chat, maxlen=CHAT_KEPT)
        self.participants: dict[str, Participant] = {}
        self._seats = Seats()
        for participant in former:
            if participant.seat and participant.office:
                self._seats.occupy(participant.seat, office=participant.office, occupant=participant.id)
                self._seats.vacate(participant.id)
        for participant in participants:
            self.apply(e.ParticipantJoined(participant))

    def roster(self) -> tuple[Participant, ...]:
        """Everybody, by seat; viewers last, in the order of entering."""
        return tuple(sorted(self.participants.values(), key=lambda p: (p.seat == 0, p.seat)))

    def get(self, participant: str) -> Participant:
        """Raises RefusedError("no-such-participant")."""
        found = self.participants.get(participant)
        if found is None:
            raise RefusedError("no-such-participant")
        return found

    def namesakes_away(self, command: c.Enter) -> list[Participant]:
        """Those with the name and office of somebody who enters whose own connection is broken."""
        who = command.name, command.office
        return [p for p in self.participants.values() if not p.connected and (p.name, p.office) == who]

    # --- time ---------------------------------------------------------------------------------------

    def next_timer(self) -> float | None:
        """Monotonic second at which `overdue` has something to say, if nothing else happens."""
        return min((p.lost_at for p in self.participants.values() if p.lost_at is not None), default=None)

    def overdue(self, now: float) -> tuple[c.Depart, ...]:
        """The departures of those whose connection did not come back in time."""
        return tuple(
            c.Depart(p.id, Departure.LOST)
            for p in self.participants.values()
            if p.lost_at is not None and p.lost_at <= now
        )

    # --- deciding -----------------------------------------------------------------------------------

    def decide(self, command: c.Command) -> tuple[e.Event, ...]:
        """The events that `command` leads to, possibly none. Raises RefusedError."""
        if self.ended:
            raise RefusedError("conference-ended")
        actor = getattr(command, "actor", None)
        if actor is not None and not permits(
            type(command), self.get(actor).role, open_layout=self.settings.open_layout
        ):
            raise RefusedError("not-permitted", type(command).__name__)
        return _DECIDERS[type(command)](self, command)

    def _enter(self, command: c.Enter) -> tuple[e.Event, ...]:
        if self.locked and not command.invited and command.role is not Role.CHAIR:
            raise RefusedError("conference-locked")
        return self._join(
            Participant(
                id=command.participant,
                name=command.name,
                office=command.office,
                role=command.role,
                muted=command.muted,
                camera_off=command.camera_off,
                kind=command.kind,
            ),
            instead_of=[p for p in self.namesakes_away(command) if p.id in command.unheard],
        )

    def _return(self, command: c.Return) -> tuple[e.Event, ...]:
        return self._join(replace(command.participant, lost_at=None, hand=False))

    def _join(self, participant: Participant, *, instead_of: Sequence[Participant] = ()) -> tuple[e.Event, ...]:
        """`instead_of` are lost, and leave place and seat; role and secret stay theirs, for when they resume."""
        if participant.id in self.participants:
            raise RefusedError("already-entered")
        if len(self.participants) - len(instead_of) >= self.settings.capacity:
            raise RefusedError("conference-full", str(self.settings.capacity))
        lost = [event for gone in instead_of for event in self._depart(c.Depart(gone.id, Departure.LOST))]
        seat = 0
        if participant.role is not Role.VIEWER:
            left = next((gone.seat for gone in instead_of if gone.seat), 0)
            seat = left or self._seats.choose(participant.office, wanted=participant.seat)
        return (*lost, e.ParticipantJoined(replace(participant, seat=seat)))

    def _disconnect(self, command: c.Disconnect) -> tuple[e.Event, ...]:
        participant = self.get(command.participant)
        changed = replace(participant, lost_at=command.now + self.settings.grace)
        return (*self._without_content(participant.id), e.ParticipantChanged(changed))

    def _reconnect(self, command: c.Reconnect) -> tuple[e.Event, ...]:
        return self._changed(self.get(command.participant), lost_at=None)

    def _depart(self, command: c.Depart) -> tuple[e.Event, ...]:
        participant = self.get(command.participant)
        return (*self._without_content(participant.id), e.ParticipantLeft(participant.id, command.reason))

    def _set_self(self, command: c.SetSelf) -> tuple[e.Event, ...]:
        participant = self.get(command.actor)
        if command.muted is False and participant.muted_by_chair:
            raise RefusedError("muted-by-chair")
        asked = {"muted": command.muted, "camera_off": command.camera_off, "hand": command.hand}
        return self._changed(participant, **{key: value for key, value in asked.items() if value is not None})

    def _mute(self, command: c.Mute) -> tuple[e.Event, ...]:
        return self._changed(self.get(command.participant), muted_by_chair=command.muted)

    def _lower_hand(self, command: c.LowerHand) -> tuple[e.Event, ...]:
        return self._changed(self.get(command.participant), hand=False)

    def _remove(self, command: c.Remove) -> tuple[e.Event, ...]:
        return self._depart(c.Depart(command.participant, Departure.REMOVED))

    def _appoint(self, command: c.Appoint) -> tuple[e.Event, ...]:
        return self._changed(self.get(command.participant), captioner=command.captioner)

    def _set_labels(self, command: c.SetLabels) -> tuple[e.Event, ...]:
        return self._changed(self.get(command.participant), labels=command.labels)

    def _show_content(self, command: c.ShowContent) -> tuple[e.Event, ...]:
        if command.active:
            shown = (command.actor, command.sound)
            return () if (self.content, self.content_sound) == shown else (e.ContentChanged(*shown),)
        ends = command.actor if self.get(command.actor).role is not Role.CHAIR else self.content
        return self._without_content(ends) if ends is not None else ()

    def _stop_content(self, command: c.StopContent) -> tuple[e.Event, ...]:
        return self._without_content(self.get(command.participant).id)

    def _choose_layout(self, command: c.ChooseLayout) -> tuple[e.Event, ...]:
        check(command.layout)
        return () if command.layout == self.layout else (e.LayoutChanged(command.layout),)

    def _set_lock(self, command: c.SetLock) -> tuple[e.Event, ...]:
        return () if command.locked == self.locked else (e.LockChanged(command.locked),)

    def _say(self, command: c.Say) -> tuple[e.Event, ...]:
        writer = self.get(command.actor)
        number = self.chat[-1].number + 1 if self.chat else 1
        line = e.ChatLine(
            number=number,
            participant=writer.id,
            name=writer.name,
            office=writer.office,
            text=command.text,
            at=command.at,
        )
        return (e.ChatSaid(line),)

    def _react(self, command: c.React) -> tuple[e.Event, ...]:
        return (e.Reacted(command.actor, command.reaction),)

    def _caption(self, command: c.Caption) -> tuple[e.Event, ...]:
        if not self.get(command.actor).captioner:
            raise RefusedError("not-permitted", "not appointed to write captions")
        return (e.Captioned(command.actor, command.text, command.final),)

    def _end(self, command: c.End) -> tuple[e.Event, ...]:
        return (e.ConferenceEnded(),)

    def _changed(self, participant: Participant, **fields: Any) -> tuple[e.Event, ...]:
        changed = replace(participant, **fields)
        return () if changed == participant else (e.ParticipantChanged(changed),)

    def _without_content(self, participant: str) -> tuple[e.Event, ...]:
        return (e.ContentChanged(None),) if self.content == participant else ()

    # --- applying -----------------------------------------------------------------------------------

    def apply(self, event: e.Event) -> None:
        """Make `event`, which `decide` returned, part of the state."""
        match event:
            case e.ParticipantJoined(participant):
                self.participants[participant.id] = participant
                if participant.seat:
                    self._seats.occupy(participant.seat, office=participant.office, occupant=participant.id)
            case e.ParticipantChanged(participant):
                self.participants[participant.id] = participant
            case e.ParticipantLeft(participant_id):
                del self.participants[participant_id]
                self._seats.vacate(participant_id)
            case e.ContentChanged(content, sound):
                self.content, self.content_sound = content, sound
            case e.LayoutChanged(layout):
                self.layout = layout
            case e.LockChanged(locked):
                self.locked = locked
            case e.ChatSaid(line):
                self.chat.append(line)
            case e.ConferenceEnded():
                self.ended = True


_DECIDERS: dict[type[c.Command], Callable[[Conference, Any], tuple[e.Event, ...]]] = {
    c.Enter: Conference._enter,
    c.Return: Conference._return,
    c.Disconnect: Conference._disconnect,
    c.Reconnect: Conference._reconnect,
    c.Depart: Conference._depart,
    c.SetSelf: Conference._set_self,
    c.Mute: Conference._mute,
    c.LowerHand: Conference._lower_hand,
    c.Remove: Conference._remove,
    c.Appoint: Conference._appoint,
    c.SetLabels: Conference._set_labels,
    c.ShowContent: Conference._show_content,
    c.StopContent: Conference._stop_content,
    c.ChooseLayout: Conference._choose_layout,
    c.SetLock: Conference._set_lock,
    c.Say: Conference._say,
    c.React: Conference._react,
    c.Caption: Conference._caption,
    c.End: Conference._end,
}
