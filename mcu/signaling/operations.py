"""REST in one table: routes are made from it, and so is the OpenAPI document."""

from __future__ import annotations

from dataclasses import dataclass

from mcu.signaling import resources as r


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """`name` is also the handler's name in `rest` or `rest_rooms`. `refusals` are codes of the table of messages."""

    method: str
    path: str
    name: str
    summary: str
    body: type[r.Body] | None = None
    answer: type[r.Resource] | None = None
    status: int = 200
    open: bool = False  # needs no key
    refusals: tuple[str, ...] = ()
    query: tuple[str, ...] = ()  # integers, all optional


_CONFERENCES = "/api/v1/conferences"
_CONFERENCE = _CONFERENCES + "/{conference}"
_PARTICIPANT = _CONFERENCE + "/participants/{participant}"
_ROOMS = _CONFERENCE + "/rooms"
_ROOM = _ROOMS + "/{room}"
_GONE = ("no-such-conference", "conference-ended")
_CALLING = ("h323-off", "busy")

OPERATIONS = (
    Operation(
        method="POST",
        path=_CONFERENCES,
        name="create_conference",
        summary="Create a conference",
        body=r.NewConference,
        answer=r.CreatedConference,
        status=201,
        refusals=("title-empty", "title-too-long", "layout-invalid"),
    ),
    Operation(
        method="GET",
        path=_CONFERENCES,
        name="list_conferences",
        summary="List the conferences that have not ended, newest first",
        answer=r.ConferenceList,
        query=("offset", "limit"),
    ),
    Operation(
        method="GET",
        path=_CONFERENCE,
        name="get_conference",
        summary="One conference with its participants",
        answer=r.ConferenceDetail,
        refusals=_GONE,
    ),
    Operation(
        method="PATCH",
        path=_CONFERENCE,
        name="change_conference",
        summary="Lock or unlock, choose the layout",
        body=r.ChangeConference,
        answer=r.ConferenceDetail,
        refusals=(*_GONE, "layout-invalid"),
    ),
    Operation(
        method="DELETE",
        path=_CONFERENCE,
        name="end_conference",
        summary="End the conference for everybody and delete its personal data",
        status=204,
        refusals=_GONE,
    ),
    Operation(
        method="GET",
        path=_CONFERENCE + "/participants",
        name="list_participants",
        summary="Who is in the conference",
        answer=r.ParticipantList,
        refusals=_GONE,
    ),
    Operation(
        method="PATCH",
        path=_PARTICIPANT,
        name="change_participant",
        summary="Mute, unmute, lower the hand",
        body=r.ChangeParticipant,
        answer=r.ParticipantList,
        refusals=(*_GONE, "no-such-participant"),
    ),
    Operation(
        method="DELETE",
        path=_PARTICIPANT,
        name="remove_participant",
        summary="Remove a participant",
        status=204,
        refusals=(*_GONE, "no-such-participant"),
    ),
    Operation(
        method="GET",
        path=_CONFERENCE + "/chat",
        name="list_chat",
        summary="The last lines of chat",
        answer=r.ChatLog,
        refusals=_GONE,
    ),
    Operation(
        method="POST",
        path=_CONFERENCE + "/tokens",
        name="create_token",
        summary="A bearer token for WHIP or WHEP",
        body=r.NewToken,
        answer=r.CreatedToken,
        status=201,
        refusals=(*_GONE, "name-empty", "name-too-long", "office-too-long"),
    ),
    Operation(
        method="GET",
        path=_ROOMS,
        name="list_rooms",
        summary="The rooms that can be called into the conference, and how their calls stand",
        answer=r.RoomList,
        refusals=(*_GONE, "h323-off"),
    ),
    Operation(
        method="POST",
        path=_ROOMS,
        name="add_room",
        summary="Put a room on the list and call it",
        body=r.AddRoom,
        answer=r.AddedRoom,
        status=201,
        refusals=(*_GONE, *_CALLING, "address-invalid", "name-too-long", "office-too-long", "too-many-rooms"),
    ),
    Operation(
        method="POST",
        path=_ROOMS + "/call",
        name="call_rooms",
        summary="Call all rooms that are neither being called nor connected",
        answer=r.RoomList,
        refusals=(*_GONE, *_CALLING),
    ),
    Operation(
        method="POST",
        path=_ROOM + "/call",
        name="call_room",
        summary="Call one room, unless it is being called or connected",
        answer=r.RoomList,
        refusals=(*_GONE, *_CALLING, "no-such-room"),
    ),
    Operation(
        method="POST",
        path=_ROOM + "/hang-up",
        name="hang_up_room",
        summary="End the call to a room, or the waiting for it",
        answer=r.RoomList,
        refusals=(*_GONE, "h323-off", "no-such-room"),
    ),
    Operation(
        method="DELETE",
        path=_ROOM,
        name="remove_room",
        summary="Take a room off the list, and out of the conference",
        status=204,
        refusals=(*_GONE, "h323-off", "no-such-room"),
    ),
    Operation(
        method="POST",
        path=_PARTICIPANT + "/keys",
        name="send_keys",
        summary="Press keys (DTMF) at a room that is in the conference, as for the menu of a bridge",
        body=r.SendKeys,
        status=204,
        refusals=(*_GONE, "h323-off", "no-such-participant", "not-a-room", "keys-invalid", "too-fast"),
    ),
    Operation(method="GET", path="/healthz", name="health", summary="The process answers", answer=r.Health, open=True),
    Operation(
        method="GET",
        path="/readyz",
        name="readiness",
        summary="A media processor is ready and the database takes writes; 503, with what to do, otherwise",
        answer=r.Readiness,
        open=True,
    ),
)
