"""What the store hands out and takes in, besides the conference's own events."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from mcu.conference.events import ChatLine
from mcu.conference.layout import Layout
from mcu.conference.participant import Participant


@dataclass(frozen=True, slots=True, kw_only=True)
class ConferenceRecord:
    """A conference as stored. `pin_hash` is scrypt over `pin_salt`, `chair_hash` SHA-256."""

    id: str
    link: str
    number: str
    pin_salt: bytes
    pin_hash: bytes
    chair_hash: bytes
    title: str
    capacity: int
    created_at: datetime
    locked: bool = False
    layout: Layout = field(default_factory=Layout)
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who is and was in a conference: `present`, `former` (longest gone first) and the last lines of chat."""

    present: tuple[Participant, ...]
    former: tuple[Participant, ...]
    chat: tuple[ChatLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantRecord:
    """A participant with the hash of the secret; `state` is "present", "lost", "left" or "removed"."""

    conference_id: str
    participant: Participant
    secret_hash: bytes | None
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomRecord:
    """A room on the list of a conference; `address` as it was typed, `name` and `office` may be ""."""

    id: str
    conference_id: str
    address: str
    name: str
    office: str
    added_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRecord:
    """A bearer token: `kind` is "whip" or "whep"."""

    token_hash: bytes
    conference_id: str
    participant: str
    kind: str
    name: str
    office: str
    expires_at: datetime
