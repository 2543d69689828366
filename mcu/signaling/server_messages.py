"""What the server sends: fields may be added, clients ignore those they do not know. See `mcu.signaling.protocol`."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from mcu.signaling.values import (
    ChatLine,
    ConferenceView,
    IceServer,
    LayoutChoice,
    NeededPicture,
    Participant,
    Reaction,
    Room,
    Sentence,
    Tile,
    You,
    snake_case,
)


class ServerMessage(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=snake_case):
    """Base of what the server sends."""


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


class Lines(ServerMessage, frozen=True, kw_only=True):
    """Whose line is poor, by participant; `strained`: the server does less for pictures, for want of CPU."""

    poor: tuple[str, ...]
    strained: bool


class PictureNeeded(ServerMessage, frozen=True, kw_only=True):
    """What to send of the own camera from now on; null: nothing, until told otherwise. No new offer is needed."""

    picture: NeededPicture | None


class ContentChanged(ServerMessage, frozen=True, kw_only=True):
    """Whose content is shown; null when nobody's."""

    participant: str | None


class ChatMessage(ServerMessage, frozen=True, kw_only=True):
    message: ChatLine


class Reacted(ServerMessage, frozen=True, kw_only=True):
    """Somebody shows a reaction, now; it is kept nowhere."""

    participant: str
    reaction: Reaction


class Captioned(ServerMessage, frozen=True, kw_only=True):
    """A captioner's line as it is now, in place of the one before; after `final` the next one begins."""

    participant: str
    text: str
    final: bool


class Rooms(ServerMessage, frozen=True, kw_only=True):
    """To chairs, where rooms can be called: the whole list, after `entered` and after each change."""

    rooms: tuple[Room, ...]


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
    | Lines
    | PictureNeeded
    | ContentChanged
    | ChatMessage
    | Reacted
    | Captioned
    | Rooms
    | MediaRestart
    | Error
    | Ended
    | Pong
)
