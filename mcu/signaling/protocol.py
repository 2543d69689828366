"""The browser's protocol: every WebSocket message in both directions, subprotocol "mcu.v1", JSON text.

The structs of `client_messages`, `server_messages` and `values`, which everybody takes from here, are the single
source: `web-client/protocol.schema.json`, `web-client/protocol.d.ts` and the checks of `docs/protocol.md` are made from
them (`python -m mcu.signaling.schema`).

Rules:
1. Every message is an object with "type"; the type is the class name in snake case.
2. What a client sends is strict (unknown fields are refused); what the server sends may gain fields, which clients
   must ignore.
3. Lengths here are upper bounds in code points that keep hostile input small; the limits that people meet (40 and
   2000 grapheme clusters) are in `mcu.text`.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from mcu.errors import ProtocolError
from mcu.signaling.client_messages import (
    AddRooms,
    AnyClientMessage,
    CallRooms,
    Candidate,
    Caption,
    Chat,
    ClientMessage,
    Content,
    End,
    Enter,
    HangUpRoom,
    Layout,
    Leave,
    Lock,
    Moderate,
    Offer,
    Ping,
    React,
    RemoveRoom,
    Resume,
    SendKeys,
    SetSelf,
)
from mcu.signaling.server_messages import (
    Answer,
    AnyServerMessage,
    Captioned,
    ChatMessage,
    ContentChanged,
    Ended,
    Entered,
    Error,
    LayoutChanged,
    Lines,
    LockChanged,
    MediaRestart,
    ParticipantChanged,
    ParticipantJoined,
    ParticipantLeft,
    PictureNeeded,
    Pong,
    Reacted,
    Rooms,
    ServerMessage,
    Speaker,
    Tiles,
    Welcome,
)
from mcu.signaling.values import (
    ChatLine,
    ConferenceView,
    IceServer,
    LayoutChoice,
    LayoutName,
    NeededPicture,
    NewRoom,
    Participant,
    PictureSize,
    Presence,
    Reaction,
    Role,
    Room,
    Sentence,
    Slot,
    Tile,
    You,
)

__all__ = [
    "MAX_DEPTH",
    "MAX_MESSAGE_BYTES",
    "SUBPROTOCOL",
    "AddRooms",
    "Answer",
    "AnyClientMessage",
    "AnyServerMessage",
    "CallRooms",
    "Candidate",
    "Caption",
    "Captioned",
    "Chat",
    "ChatLine",
    "ChatMessage",
    "ClientMessage",
    "ConferenceView",
    "Content",
    "ContentChanged",
    "End",
    "Ended",
    "Enter",
    "Entered",
    "Error",
    "HangUpRoom",
    "IceServer",
    "Layout",
    "LayoutChanged",
    "LayoutChoice",
    "LayoutName",
    "Leave",
    "Lines",
    "Lock",
    "LockChanged",
    "MediaRestart",
    "Moderate",
    "NeededPicture",
    "NewRoom",
    "Offer",
    "Participant",
    "ParticipantChanged",
    "ParticipantJoined",
    "ParticipantLeft",
    "PictureNeeded",
    "PictureSize",
    "Ping",
    "Pong",
    "Presence",
    "React",
    "Reacted",
    "Reaction",
    "RemoveRoom",
    "Resume",
    "Role",
    "Room",
    "Rooms",
    "SendKeys",
    "Sentence",
    "ServerMessage",
    "SetSelf",
    "Slot",
    "Speaker",
    "Tile",
    "Tiles",
    "Welcome",
    "You",
    "decode_client",
    "decode_server",
    "encode",
]

SUBPROTOCOL = "mcu.v1"
MAX_MESSAGE_BYTES = 128 * 1024  # an SDP offer of a browser with three m-lines is 8–12 KiB; SDP is held to 64 KiB
MAX_DEPTH = 8  # the deepest message, layout.choice.slots[].x, is at 4

T = TypeVar("T")

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
