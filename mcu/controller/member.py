"""What connects a participant to a conference, seen from the conference: somebody to tell news to.

The registry knows members only through this file; browsers on a WebSocket, WHIP senders and terminals are members.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Protocol

from mcu import control
from mcu.conference.conference import Settings
from mcu.conference.events import ChatLine, Event
from mcu.conference.layout import Layout
from mcu.conference.participant import Participant


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A conference at one moment; `roster` by seat, `chat` oldest first."""

    settings: Settings
    layout: Layout
    locked: bool
    content: str | None
    roster: tuple[Participant, ...]
    chat: tuple[ChatLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """First news of a member; everything told later happened after `snapshot`. `secret` is "" for tokens."""

    participant: Participant
    secret: str
    snapshot: Snapshot
    resumed: bool


class EndReason(enum.StrEnum):
    """Why a member is told nothing more."""

    LEFT = "left"
    REMOVED = "removed"
    LOST = "lost"
    CONFERENCE_ENDED = "conference-ended"
    SUPERSEDED = "superseded"  # the same participant connected again


@dataclass(frozen=True, slots=True)
class MembershipEnded:
    """Last news of a member."""

    reason: EndReason


class MediaCondition(enum.StrEnum):
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"  # silent; may come back by itself
    CLOSED = "closed"  # gone: a new offer is needed


@dataclass(frozen=True, slots=True)
class MediaChanged:
    """How the member's own leg is; `reason` is a code for logs and the page."""

    condition: MediaCondition
    reason: str = ""


class RoomCondition(enum.StrEnum):
    """Where the call to a room on the list stands."""

    IDLE = "idle"  # not called since it was put on the list, or since the server began
    CALLING = "calling"
    RINGING = "ringing"
    ENTERING = "entering"  # answered, not in the conference yet
    CONNECTED = "connected"
    REDIALLING = "redialling"  # dropped; called once more in a few seconds
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A line of the list of rooms. `said` is what the room calls itself, `participant` who it is in the roster.

    `reason` says why the last call ended, by mcu.h323.events.EndReason, or which of mcu.gateway.reasons.TOLD_REFUSALS
    kept it from beginning; "" before the end.
    """

    id: str
    address: str
    name: str
    office: str
    condition: RoomCondition = RoomCondition.IDLE
    reason: str = ""
    participant: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class RoomsChanged:
    """The whole list of a conference's rooms, for its chairs alone: addresses are internal."""

    rooms: tuple[Room, ...]


News = (
    Admitted
    | Event
    | control.TilesChanged
    | control.SpeakerChanged
    | control.LinesChanged
    | control.PictureNeeded
    | control.KeyframeNeeded
    | control.DigitReceived
    | MediaChanged
    | RoomsChanged
    | MembershipEnded
)


class Member(Protocol):
    """Somebody who is told."""

    def notify(self, news: News) -> None:
        """Take note; must neither wait nor raise."""


class Pool(Protocol):
    """The media processors, as `mcu.controller.pool.ProcessorPool` provides them."""

    async def request(self, conference_id: str, body: control.Command) -> control.Answer:
        """Raises RefusedError."""

    async def place_beside(self, conference_id: str, other_id: str) -> bool:
        """Whether both conferences are on one MP. Raises RefusedError."""

    async def check_line(self, offer: str) -> str:
        """The SDP answer for somebody who only tries the line. Raises RefusedError."""

    async def wait_for_room(self, conference_id: str) -> None:
        """Raises RefusedError("busy") when one more participant would go on costing the others pictures."""

    @property
    def ready_count(self) -> int:
        """How many MPs can take a bridge."""

    @property
    def loads(self) -> dict[int, control.Load]:
        """The newest report of each MP."""
