"""One attendee, whatever they connect with, as an immutable value."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Role(enum.StrEnum):
    CHAIR = "chair"
    ATTENDEE = "attendee"
    VIEWER = "viewer"  # watches and listens: no seat, never heard


class Kind(enum.StrEnum):
    """What sits at the other end."""

    PERSON = "person"
    ROOM = "room"  # a meeting room's terminal, or a bridge with several of them


class Departure(enum.StrEnum):
    """Why a participant is no longer there."""

    LEFT = "left"
    REMOVED = "removed"
    LOST = "lost"  # the grace time passed; may come back with the secret


class Reaction(enum.StrEnum):
    """What somebody may show everybody for a moment without taking the floor."""

    APPLAUSE = "applause"
    GOOD = "good"
    THANKS = "thanks"
    SMILE = "smile"
    SURPRISE = "surprise"
    CELEBRATE = "celebrate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """A line of the roster.

    `seat` counts from 1, 0 for a viewer. `muted` is the participant's own switch, `muted_by_chair` the chair's; sound
    passes when both are off. `captioner`: the chair lets them write captions. `labels` are the names of what is behind
    a bridge. `lost_at` is None while connected, otherwise the monotonic second at which a broken connection stops
    counting as a short break.
    """

    id: str
    name: str
    office: str = ""
    role: Role = Role.ATTENDEE
    seat: int = 0
    muted: bool = False
    muted_by_chair: bool = False
    camera_off: bool = False
    hand: bool = False
    captioner: bool = False
    kind: Kind = Kind.PERSON
    labels: tuple[str, ...] = ()
    lost_at: float | None = None

    @property
    def silent(self) -> bool:
        """Not heard, by whomever."""
        return self.muted or self.muted_by_chair or self.role is Role.VIEWER

    @property
    def connected(self) -> bool:
        return self.lost_at is None
