"""What happened in a conference. Events are decided, then stored, then applied, then told: in this order."""

from __future__ import annotations

from dataclasses import dataclass

from mcu.conference.layout import Layout
from mcu.conference.participant import Departure, Participant, Reaction


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatLine:
    """`number` counts from 1 in each conference; name and office as they were at `at` (UTC, ISO 8601)."""

    number: int
    participant: str
    name: str
    office: str
    text: str
    at: str


@dataclass(frozen=True, slots=True)
class ParticipantJoined:
    participant: Participant


@dataclass(frozen=True, slots=True)
class ParticipantChanged:
    """The participant as they are now."""

    participant: Participant


@dataclass(frozen=True, slots=True)
class ParticipantLeft:
    participant: str
    reason: Departure


@dataclass(frozen=True, slots=True)
class ContentChanged:
    """Whose content is shown; None for nobody's. `sound`: it has sound of its own."""

    participant: str | None
    sound: bool = False


@dataclass(frozen=True, slots=True)
class LayoutChanged:
    layout: Layout


@dataclass(frozen=True, slots=True)
class LockChanged:
    locked: bool


@dataclass(frozen=True, slots=True)
class ChatSaid:
    line: ChatLine


@dataclass(frozen=True, slots=True)
class Reacted:
    participant: str
    reaction: Reaction


@dataclass(frozen=True, slots=True)
class Captioned:
    """The captioner's line as it is now; the next one begins after a `final` one."""

    participant: str
    text: str
    final: bool


@dataclass(frozen=True, slots=True)
class ConferenceEnded:
    pass


Event = (
    ParticipantJoined
    | ParticipantChanged
    | ParticipantLeft
    | ContentChanged
    | LayoutChanged
    | LockChanged
    | ChatSaid
    | Reacted
    | Captioned
    | ConferenceEnded
)

PASSING = (Reacted, Captioned)  # told to those who are there; neither stored nor part of the state
