"""The bodies of REST requests and answers; `/api/openapi.json` is made from these."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from mcu.signaling.values import (
    ChatLine,
    Keys,
    LayoutChoice,
    Name,
    Office,
    Participant,
    Role,
    Room,
    RoomAddress,
    RoomName,
    Sentence,
)

MAX_BODY_BYTES = 64 * 1024  # the largest, a custom layout of 36 slots, is under 8 KiB
MAX_TOKEN_SECONDS = 86_400

Title = Annotated[str, Meta(min_length=1, max_length=800)]


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what is sent to the server."""


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what the server answers."""


class NewConference(Body, frozen=True, kw_only=True):
    title: Title
    capacity: Annotated[int, Meta(ge=2, le=200)] | UnsetType = UNSET
    layout: LayoutChoice = LayoutChoice()


class CreatedConference(Resource, frozen=True, kw_only=True):
    """PIN and chair's key are shown only here."""

    id: str
    title: str
    link: Annotated[str, Meta(description="Opens the conference: /c/<link>")]
    url: Annotated[str, Meta(description="The link as an address of this server")]
    number: str
    pin: str
    chair_key: str
    capacity: int


class ConferenceSummary(Resource, frozen=True, kw_only=True):
    id: str
    title: str
    link: str
    number: str
    capacity: int
    participants: Annotated[int, Meta(description="How many are in the conference now")]
    created_at: str


class ConferenceList(Resource, frozen=True, kw_only=True):
    """`next` is the offset of the next page, null on the last."""

    conferences: tuple[ConferenceSummary, ...]
    total: int
    next: int | None


class ConferenceDetail(Resource, frozen=True, kw_only=True):
    id: str
    title: str
    link: str
    number: str
    capacity: int
    created_at: str
    locked: bool
    layout: LayoutChoice
    content: str | None
    participants: tuple[Participant, ...]


class ParticipantList(Resource, frozen=True, kw_only=True):
    participants: tuple[Participant, ...]


class ChatLog(Resource, frozen=True, kw_only=True):
    """The last 100 lines, oldest first."""

    chat: tuple[ChatLine, ...]


class ChangeConference(Body, frozen=True, kw_only=True):
    """What is left out stays."""

    locked: bool | UnsetType = UNSET
    layout: LayoutChoice | UnsetType = UNSET


class ChangeParticipant(Body, frozen=True, kw_only=True):
    """`muted`: the chair's mute. `hand`: false lowers it."""

    muted: bool | UnsetType = UNSET
    hand: Literal[False] | UnsetType = UNSET


class NewToken(Body, frozen=True, kw_only=True):
    """A token for one participant who sends (whip) or watches (whep) with a standard client."""

    kind: Literal["whip", "whep"]
    name: Name
    office: Office = ""
    lifetime_seconds: Annotated[int, Meta(ge=60, le=MAX_TOKEN_SECONDS)] = 14_400


class CreatedToken(Resource, frozen=True, kw_only=True):
    """Sent as `Authorization: Bearer <token>` to `url`; shown only here."""

    token: str
    url: str
    participant: str
    role: Role
    expires_at: str


class AddRoom(Body, frozen=True, kw_only=True):
    """A room for the list; an address that is there already may be renamed so. `call`: begin the call at once."""

    address: RoomAddress
    name: RoomName = ""
    office: Office = ""
    call: bool = True


class AddedRoom(Resource, frozen=True, kw_only=True):
    room: Room


class RoomList(Resource, frozen=True, kw_only=True):
    rooms: tuple[Room, ...]


class SendKeys(Body, frozen=True, kw_only=True):
    keys: Keys


class Health(Resource, frozen=True, kw_only=True):
    status: Literal["ok"]


class Readiness(Resource, frozen=True, kw_only=True):
    """`database` says whether it takes writes; `message`, when not ready, what to do."""

    ready: bool
    database: bool
    processors: int
    message: Sentence | UnsetType = UNSET


class Problem(Resource, frozen=True, kw_only=True):
    """RFC 9457, application/problem+json. `code` is stable; `message` is for people."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    message: Sentence
    detail: str | UnsetType = UNSET
