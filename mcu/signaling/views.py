"""Between the conference's values and the protocol's messages: one place where each is turned into the other."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from mcu import control
from mcu.conference import events as e
from mcu.conference.layout import Layout
from mcu.conference.participant import Participant
from mcu.config import Picture
from mcu.controller.member import (
    Admitted,
    MediaChanged,
    MediaCondition,
    MembershipEnded,
    News,
    Room,
    RoomsChanged,
)
from mcu.h323.events import EndReason
from mcu.signaling import protocol as p
from mcu.signaling.messages import CALL_ENDS, sentence
from mcu.signaling.values import CallEnd

CACHED = 256  # messages; each goes to everybody in a conference, so it is made once


def layout_choice(layout: Layout) -> p.LayoutChoice:
    return msgspec.convert(layout, p.LayoutChoice, from_attributes=True)


def layout(choice: p.LayoutChoice) -> Layout:
    return msgspec.convert(choice, Layout, from_attributes=True)


def participant(value: Participant) -> p.Participant:
    return p.Participant(
        participant=value.id,
        name=value.name,
        office=value.office,
        role=value.role.value,
        seat=value.seat,
        muted=value.silent,
        muted_by_chair=value.muted_by_chair,
        camera_off=value.camera_off,
        hand=value.hand,
        captioner=value.captioner,
        presence="connected" if value.connected else "reconnecting",
        kind=value.kind.value,
        labels=value.labels,
    )


def room(value: Room) -> p.Room:
    return p.Room(
        room=value.id,
        address=value.address,
        name=value.name,
        office=value.office,
        said=value.said,
        state=value.condition.value,
        reason=msgspec.convert(value.reason, CallEnd),
        participant=value.participant,
        message=_end_of_call(value.reason) if value.reason else msgspec.UNSET,
    )


def _end_of_call(reason: str) -> p.Sentence:
    return CALL_ENDS[EndReason(reason)] if reason in EndReason.__members__.values() else sentence(reason)


def chat_line(line: e.ChatLine) -> p.ChatLine:
    return p.ChatLine(
        line=line.number, participant=line.participant, name=line.name, office=line.office, text=line.text, at=line.at
    )


def entered(news: Admitted, *, picture: Picture, ice_servers: tuple[p.IceServer, ...]) -> p.Entered:
    snapshot, you = news.snapshot, news.participant
    return p.Entered(
        conference=p.ConferenceView(
            id=snapshot.settings.id,
            title=snapshot.settings.title,
            number=snapshot.settings.number,
            locked=snapshot.locked,
            layout=layout_choice(snapshot.layout),
            content=snapshot.content,
            picture=p.PictureSize(width=picture.width, height=picture.height, fps=picture.fps),
        ),
        you=p.You(participant=you.id, secret=news.secret, role=you.role.value, seat=you.seat),
        participants=tuple(participant(value) for value in snapshot.roster),
        chat=tuple(chat_line(line) for line in snapshot.chat),
        ice_servers=ice_servers,
        resumed=news.resumed,
    )


def message(news: News) -> p.ServerMessage | None:
    """The message for `news`, None when there is none. `Admitted` needs more: see `entered`."""
    match news:
        case e.ParticipantJoined(value):
            return p.ParticipantJoined(participant=participant(value))
        case e.ParticipantChanged(value):
            return p.ParticipantChanged(participant=participant(value))
        case e.ParticipantLeft(who, reason):
            return p.ParticipantLeft(participant=who, reason=reason.value)
        case e.ContentChanged(owner):
            return p.ContentChanged(participant=owner)
        case e.LayoutChanged(chosen):
            return p.LayoutChanged(choice=layout_choice(chosen))
        case e.LockChanged(locked):
            return p.LockChanged(locked=locked)
        case e.ChatSaid(line):
            return p.ChatMessage(message=chat_line(line))
        case e.Reacted(who, reaction):
            return p.Reacted(participant=who, reaction=reaction.value)
        case e.Captioned(who, words, final):
            return p.Captioned(participant=who, text=words, final=final)
        case control.TilesChanged():
            return _tiles(news)
        case control.SpeakerChanged(_, speaker, speaking):
            return p.Speaker(speaker=speaker, speaking=speaking)
        case control.LinesChanged(_, poor, strained):
            return p.Lines(poor=poor, strained=strained)
        case control.PictureNeeded(_, picture):
            return p.PictureNeeded(
                picture=None if picture is None else msgspec.convert(picture, p.NeededPicture, from_attributes=True)
            )
        case RoomsChanged(rooms):
            return p.Rooms(rooms=tuple(room(each) for each in rooms))
        case MediaChanged(MediaCondition.CLOSED, reason):
            return p.MediaRestart(reason=reason)
        case MembershipEnded(reason):
            return p.Ended(reason=reason.value, message=sentence(reason.value))
    return None


@lru_cache(maxsize=CACHED)
def text(news: News) -> str | None:
    """`message` as JSON text."""
    made = message(news)
    return None if made is None else p.encode(made)


def _tiles(news: control.TilesChanged) -> p.Tiles:
    return p.Tiles(
        revision=news.revision,
        layout=news.layout,
        width=news.width,
        height=news.height,
        tiles=tuple(msgspec.convert(tile, p.Tile, from_attributes=True) for tile in news.tiles),
    )
