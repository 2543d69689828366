"""The values inside the browser's messages: people, layouts, tiles. See `mcu.signaling.protocol`."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

LinkId = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{22}$", description="Unguessable id in the link /c/<id>")]
Identifier = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{1,64}$")]
Secret = Annotated[str, Meta(min_length=16, max_length=64)]
ChairKey = Annotated[
    str, Meta(min_length=1, max_length=64, description="As somebody typed it; of a wrong length it is a wrong key")
]
MeetingNumber = Annotated[str, Meta(pattern="^[0-9]{9}$", description="Nine digits, to be told by telephone")]
Pin = Annotated[str, Meta(pattern="^[0-9]{6}$")]
Name = Annotated[str, Meta(min_length=1, max_length=400)]
Office = Annotated[str, Meta(max_length=400)]
ChatText = Annotated[str, Meta(min_length=1, max_length=16_000)]
CaptionText = Annotated[str, Meta(max_length=2_400)]
RoomAddress = Annotated[
    str,
    Meta(min_length=1, max_length=400, description="Numeric address, host##alias, alias@host, number, name"),
]
RoomName = Annotated[str, Meta(max_length=400, description="Empty: as the room calls itself")]
Keys = Annotated[
    str, Meta(min_length=1, max_length=100, description="At most 32 of 0 to 9, *, # and A to D, in their order")
]
Sdp = Annotated[str, Meta(min_length=1, max_length=65_536)]
CandidateLine = Annotated[str, Meta(max_length=1_024)]

Role = Literal["chair", "attendee", "viewer"]
Language = Literal["ko", "en"]
Presence = Literal["connected", "reconnecting"]
Kind = Literal["person", "room"]
RoomState = Literal["idle", "calling", "ringing", "entering", "connected", "redialling", "ended"]
CallEnd = Literal[
    "",
    "hung-up",
    "busy",
    "declined",
    "no-answer",
    "not-found",
    "unreachable",
    "nothing-in-common",
    "not-allowed",
    "no-bandwidth",
    "resources",
    "timed-out",
    "protocol-error",
    "connection-lost",
    "conference-ended",
    "replaced",
    "no-gatekeeper",
    "address-invalid",
    "address-unknown",
    "address-unreachable",
    "gatekeeper-silent",
    "gatekeeper-password",
    "gatekeeper-refused",
    "ports-taken",
]
Reaction = Literal["applause", "good", "thanks", "smile", "surprise", "celebrate"]
LayoutName = Literal["grid", "speaker", "single", "lecture", "presentation", "custom"]


def snake_case(name: str) -> str:
    """The "type" of the message of class `name`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """Base of values inside messages."""


class StrictValue(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of values inside messages that a client sends."""


class Slot(StrictValue, frozen=True, kw_only=True):
    """One rectangle of a custom layout on its logical canvas, and who may stand in it."""

    x: Annotated[int, Meta(ge=0, le=7680)]
    y: Annotated[int, Meta(ge=0, le=7680)]
    width: Annotated[int, Meta(ge=1, le=7680)]
    height: Annotated[int, Meta(ge=1, le=7680)]
    holds: Literal["seat", "speaker", "content", "rolling"] = "rolling"
    seat: Annotated[int, Meta(ge=0, le=1000, description='With holds="seat": its number, from 1')] = 0


class LayoutChoice(StrictValue, frozen=True, kw_only=True):
    """A layout by name, with its data where the name is "custom"."""

    name: LayoutName = "grid"
    strip: Annotated[int, Meta(ge=1, le=35, description="Small tiles beside the large one")] = 5
    fit: Literal["cover", "contain"] = "cover"
    slots: Annotated[tuple[Slot, ...], Meta(max_length=36)] = ()
    canvas: tuple[Annotated[int, Meta(ge=16, le=7680)], Annotated[int, Meta(ge=16, le=7680)]] = (1920, 1080)


class Sentence(Value, frozen=True, kw_only=True):
    """One sentence for people, in both languages."""

    ko: str
    en: str


class Participant(Value, frozen=True, kw_only=True):
    """One line of the roster."""

    participant: str
    name: str
    office: str
    role: Role
    seat: Annotated[int, Meta(description="Place in the picture, from 1; 0 for a viewer")]
    muted: Annotated[bool, Meta(description="Not heard, by whomever")]
    muted_by_chair: Annotated[bool, Meta(description="Only the chair can lift it")]
    camera_off: bool
    hand: Annotated[bool, Meta(description="Hand raised")]
    captioner: Annotated[bool, Meta(description="May write captions")]
    presence: Presence
    kind: Annotated[Kind, Meta(description="A room is a terminal, or a bridge with several")] = "person"
    labels: Annotated[tuple[str, ...], Meta(description="Names of the terminals behind a bridge")] = ()


class NewRoom(StrictValue, frozen=True, kw_only=True):
    """A room to be put on the list."""

    address: RoomAddress
    name: RoomName = ""
    office: Office = ""


class Room(Value, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the list of rooms."""

    room: str
    address: Annotated[str, Meta(description="As it was typed")]
    name: Annotated[str, Meta(description="As listed; may be empty")]
    office: str
    said: Annotated[str, Meta(description="What the room calls itself; empty until it has said so")]
    state: RoomState
    reason: Annotated[CallEnd, Meta(description="Why the last call ended; empty before the end")]
    participant: Annotated[str, Meta(description="Who the room is in the roster; empty until it is there")]
    message: Annotated[Sentence | UnsetType, Meta(description="`reason` in words")] = UNSET


class ChatLine(Value, frozen=True, kw_only=True):
    """One line of chat. `name` and `office` are those of the writer at the time of writing."""

    line: Annotated[int, Meta(description="Counts up from 1 in each conference")]
    participant: str
    name: str
    office: str
    text: str
    at: Annotated[str, Meta(description="UTC, ISO 8601")]


class PictureSize(Value, frozen=True, kw_only=True):
    """The composite, in pixels and frames per second."""

    width: int
    height: int
    fps: int


class NeededPicture(Value, frozen=True, kw_only=True):
    """The most that is shown of a camera: a picture of this size, upright, and its rates. More is of no use."""

    width: int
    height: int
    fps: Annotated[int, Meta(description="Pictures per second, at most")]
    bitrate: Annotated[int, Meta(description="Bits per second, at most")]


class ConferenceView(Value, frozen=True, kw_only=True):
    """What a participant sees of the conference itself."""

    id: str
    title: str
    number: str
    locked: bool
    layout: LayoutChoice
    content: Annotated[str | None, Meta(description="Participant whose content is shown")]
    picture: PictureSize


class You(Value, frozen=True, kw_only=True):
    """What only the participant is told. `secret` opens `resume`; it never belongs in a URL."""

    participant: str
    secret: str
    role: Role
    seat: int


class IceServer(Value, frozen=True, kw_only=True, omit_defaults=True):
    """As RTCIceServer in WebRTC; credentials are limited in time."""

    urls: tuple[str, ...]
    username: str | UnsetType = UNSET
    credential: str | UnsetType = UNSET


class Tile(Value, frozen=True, kw_only=True):
    """Where one participant stands in the composite, in pixels of the composite."""

    participant: str
    x: int
    y: int
    width: int
    height: int
    content: bool
