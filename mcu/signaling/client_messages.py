"""What a browser sends: strict, unknown fields are refused. See `mcu.signaling.protocol`."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from mcu.signaling.values import (
    CandidateLine,
    CaptionText,
    ChairKey,
    ChatText,
    Identifier,
    Keys,
    Language,
    LayoutChoice,
    LinkId,
    MeetingNumber,
    Name,
    NewRoom,
    Office,
    Pin,
    Reaction,
    Sdp,
    Secret,
    snake_case,
)


class ClientMessage(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=snake_case, forbid_unknown_fields=True
):
    """Base of what a client sends."""


class Enter(ClientMessage, frozen=True, kw_only=True):
    """First message: enter by link id, or by number and PIN. With the chair's key the role becomes chair."""

    conference: LinkId | UnsetType = UNSET
    number: MeetingNumber | UnsetType = UNSET
    pin: Pin | UnsetType = UNSET
    name: Name
    office: Office = ""
    role: Literal["attendee", "viewer"] = "attendee"
    chair_key: ChairKey | UnsetType = UNSET
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
    """Begin or stop showing own content stream. `sound`: own audio carries its sound, even while muted."""

    active: bool
    sound: bool = False


class Layout(ClientMessage, frozen=True, kw_only=True):
    """Chair: choose the layout of the composite."""

    choice: LayoutChoice


class Lock(ClientMessage, frozen=True, kw_only=True):
    """Chair: a locked conference lets nobody new in; those who resume are let in."""

    locked: bool


class Chat(ClientMessage, frozen=True, kw_only=True):
    """One line of chat to everybody."""

    text: ChatText


class React(ClientMessage, frozen=True, kw_only=True):
    """Show everybody a reaction for a moment."""

    reaction: Reaction


class Caption(ClientMessage, frozen=True, kw_only=True):
    """Captioner: the line that is being typed, as it is now. `final`: it is complete, the next one begins."""

    text: CaptionText
    final: bool = False


class Moderate(ClientMessage, frozen=True, kw_only=True):
    """Chair: mute, unmute or remove a participant, or say who writes captions.

    "unmute" only lifts the chair's own mute.
    """

    participant: Identifier
    action: Literal["mute", "unmute", "lower_hand", "appoint_captioner", "dismiss_captioner", "stop_content", "remove"]


class AddRooms(ClientMessage, frozen=True, kw_only=True):
    """Chair: put rooms on the list, all or none of them, and call them. One that is there already may be renamed."""

    rooms: Annotated[tuple[NewRoom, ...], Meta(min_length=1, max_length=60)]
    call: bool = True


class CallRooms(ClientMessage, frozen=True, kw_only=True):
    """Chair: call these rooms, or all that are on the list. Who is being called or connected is left alone."""

    rooms: Annotated[tuple[Identifier, ...], Meta(min_length=1, max_length=60)] | UnsetType = UNSET


class HangUpRoom(ClientMessage, frozen=True, kw_only=True):
    """Chair: end the call to a room, or the waiting for it."""

    room: Identifier


class RemoveRoom(ClientMessage, frozen=True, kw_only=True):
    """Chair: take a room off the list, and out of the conference."""

    room: Identifier


class SendKeys(ClientMessage, frozen=True, kw_only=True):
    """Chair: press keys at a room that is in the conference, as for the menu of a bridge."""

    participant: Identifier
    keys: Keys


class End(ClientMessage, frozen=True, kw_only=True):
    """Chair: end the conference for everybody."""


class Leave(ClientMessage, frozen=True, kw_only=True):
    """Leave for good; the secret is void afterwards. Answered by `ended`."""


class Ping(ClientMessage, frozen=True, kw_only=True):
    """Answered by `pong`."""


AnyClientMessage = (
    Enter
    | Resume
    | Offer
    | Candidate
    | SetSelf
    | Content
    | Layout
    | Lock
    | Chat
    | React
    | Caption
    | Moderate
    | AddRooms
    | CallRooms
    | HangUpRoom
    | RemoveRoom
    | SendKeys
    | End
    | Leave
    | Ping
)
