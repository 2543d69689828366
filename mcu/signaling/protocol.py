"""The browser's protocol: every WebSocket message in both directions, subprotocol "mcu.v1", JSON text.

This file is the single source: `web-client/protocol.schema.json`, `web-client/protocol.d.ts` and the checks of
`docs/protocol.md` are made from it (`python -m mcu.signaling.schema`).

Rules:
1. Every message is an object with "type"; the type is the class name in snake case.
2. What a client sends is strict (unknown fields are refused); what the server sends may gain fields, which clients
   must ignore.
3. Lengths here are upper bounds in code points that keep hostile input small; the limits that people meet (40 and
   2000 grapheme clusters) are in `mcu.text`.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from mcu.errors import ProtocolError
from mcu.signaling.values import (
    CandidateLine,
    ChatLine,
    ChatText,
    ConferenceView,
    IceServer,
    Identifier,
    Language,
    LayoutChoice,
    LayoutName,
    LinkId,
    MeetingNumber,
    Name,
    Office,
    Participant,
    PictureSize,
    Pin,
    Presence,
    Role,
    Sdp,
    Secret,
    Sentence,
    Slot,
    Tile,
    You,
)

# Values that users of the protocol reach through this module.
__all__ = [
    "ChatLine",
    "ConferenceView",
    "IceServer",
    "LayoutChoice",
    "LayoutName",
    "Participant",
    "PictureSize",
    "Presence",
    "Role",
    "Sentence",
    "Slot",
    "Tile",
    "You",
]

SUBPROTOCOL = "mcu.v1"
MAX_MESSAGE_BYTES = 128 * 1024  # an SDP offer of a browser with three m-lines is 8–12 KiB; SDP is held to 64 KiB
MAX_DEPTH = 8  # the deepest message, layout.choice.slots[].x, is at 4

T = TypeVar("T")


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class ClientMessage(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=_snake, forbid_unknown_fields=True
):
    """Base of what a client sends."""


class ServerMessage(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=_snake):
    """Base of what the server sends."""


# --- client to server -------------------------------------------------------------------------------


class Enter(ClientMessage, frozen=True, kw_only=True):
    """First message: enter by link id, or by number and PIN. With the chair's key the role becomes chair."""

    conference: LinkId | UnsetType = UNSET
    number: MeetingNumber | UnsetType = UNSET
    pin: Pin | UnsetType = UNSET
    name: Name
    office: Office = ""
    role: Literal["attendee", "viewer"] = "attendee"
    chair_key: Secret | UnsetType = UNSET
    language: Language = "ko"
    muted: bool = False
    camera_off: bool = False


class Resume(ClientMessage, frozen=True, kw_only=True):
    """First message after a break: the same participant again. Answered by `entered`."""

    conference: Annotated[Identifier, Meta(description="`entered.conference.id`")]
    participant: Identifier
    secret: Secret


class Offer(ClientMessage, frozen=True, kw_only=True):
    """SDP offer. `restart`: ICE restart of the running connection; otherwise a new connection replaces the old."""

    sdp: Sdp
    restart: bool = False


class Candidate(ClientMessage, frozen=True, kw_only=True):
    """A trickled ICE candidate (RFC 8838), with or without "a="; "" is end-of-candidates."""

    candidate: CandidateLine


class SetSelf(ClientMessage, frozen=True, kw_only=True):
    """Own microphone, camera and hand; what is left out stays."""

    muted: bool | UnsetType = UNSET
    camera_off: bool | UnsetType = UNSET
    hand: bool | UnsetType = UNSET


class Content(ClientMessage, frozen=True, kw_only=True):
    """Begin or stop showing own content stream."""

    active: bool


class Layout(ClientMessage, frozen=True, kw_only=True):
    """Chair: choose the layout of the composite."""

    choice: LayoutChoice


class Lock(ClientMessage, frozen=True, kw_only=True):
    """Chair: a locked conference lets nobody new in; those who resume are let in."""

    locked: bool


class Chat(ClientMessage, frozen=True, kw_only=True):
    """One line of chat to everybody."""

    text: ChatText


class Moderate(ClientMessage, frozen=True, kw_only=True):
    """Chair: mute, unmute or remove a participant. "unmute" only lifts the chair's own mute."""

    participant: Identifier
    action: Literal["mute", "unmute", "lower_hand", "remove"]


class End(ClientMessage, frozen=True, kw_only=True):
    """Chair: end the conference for everybody."""


class Leave(ClientMessage, frozen=True, kw_only=True):
    """Leave for good; the secret is void afterwards. Answered by `ended`."""


class Ping(ClientMessage, frozen=True, kw_only=True):
    """Answered by `pong`."""


AnyClientMessage = (
    Enter | Resume | Offer | Candidate | SetSelf | Content | Layout | Lock | Chat | Moderate | End | Leave | Ping
)

# --- server to client -------------------------------------------------------------------------------


class Welcome(ServerMessage, frozen=True, kw_only=True):
    """First message on a connection."""

    protocol: str
    server: str


class Entered(ServerMessage, frozen=True, kw_only=True):
    """Answer to `enter` and `resume`: the whole state; later messages change it."""

    conference: ConferenceView
    you: You
    participants: tuple[Participant, ...]
    chat: Annotated[tuple[ChatLine, ...], Meta(description="The last 100 lines")]
    ice_servers: tuple[IceServer, ...]
    resumed: bool


class Answer(ServerMessage, frozen=True, kw_only=True):
    """SDP answer to the last `offer`."""

    sdp: str


class ParticipantJoined(ServerMessage, frozen=True, kw_only=True):
    participant: Participant


class ParticipantChanged(ServerMessage, frozen=True, kw_only=True):
    """The whole new line of the roster."""

    participant: Participant


class ParticipantLeft(ServerMessage, frozen=True, kw_only=True):
    participant: str
    reason: Literal["left", "removed", "lost"]


class LayoutChanged(ServerMessage, frozen=True, kw_only=True):
    choice: LayoutChoice


class LockChanged(ServerMessage, frozen=True, kw_only=True):
    locked: bool


class Tiles(ServerMessage, frozen=True, kw_only=True):
    """Who stands where in the composite; `revision` counts up."""

    revision: int
    layout: str
    width: int
    height: int
    tiles: tuple[Tile, ...]


class Speaker(ServerMessage, frozen=True, kw_only=True):
    """The dominant speaker, and everybody who is audible now."""

    speaker: str | None
    speaking: tuple[str, ...]


class ContentChanged(ServerMessage, frozen=True, kw_only=True):
    """Whose content is shown; null when nobody's."""

    participant: str | None


class ChatMessage(ServerMessage, frozen=True, kw_only=True):
    message: ChatLine


class MediaRestart(ServerMessage, frozen=True, kw_only=True):
    """The media connection is gone: make a new RTCPeerConnection and offer again."""

    reason: str


class Error(ServerMessage, frozen=True, kw_only=True, rename={"regarding": "for"}, omit_defaults=True):
    """A message was refused; the connection stays unless a close follows. `for` is the type of the message."""

    code: str
    message: Sentence
    regarding: str | UnsetType = UNSET


class Ended(ServerMessage, frozen=True, kw_only=True):
    """Over for this connection: do not reconnect by yourself."""

    reason: Literal["left", "removed", "conference-ended", "superseded", "lost"]
    message: Sentence


class Pong(ServerMessage, frozen=True, kw_only=True):
    """Answer to `ping`."""


AnyServerMessage = (
    Welcome
    | Entered
    | Answer
    | ParticipantJoined
    | ParticipantChanged
    | ParticipantLeft
    | LayoutChanged
    | LockChanged
    | Tiles
    | Speaker
    | ContentChanged
    | ChatMessage
    | MediaRestart
    | Error
    | Ended
    | Pong
)

_encoder = msgspec.json.Encoder()
_client_decoder: msgspec.json.Decoder[AnyClientMessage] = msgspec.json.Decoder(AnyClientMessage)
_server_decoder: msgspec.json.Decoder[AnyServerMessage] = msgspec.json.Decoder(AnyServerMessage)


def encode(message: ServerMessage | ClientMessage) -> str:
    """The message as JSON text."""
    return _encoder.encode(message).decode()


def decode_client(text: str | bytes) -> AnyClientMessage:
    """What a client sent. Raises ProtocolError with a sentence that names the field."""
    return _decode(_client_decoder, text)


def decode_server(text: str | bytes) -> AnyServerMessage:
    """What the server sent; for clients made in Python, and tests. Raises ProtocolError."""
    return _decode(_server_decoder, text)


def _decode(decoder: msgspec.json.Decoder[T], text: str | bytes) -> T:
    try:
        return decoder.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ProtocolError(str(error)) from error
