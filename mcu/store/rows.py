"""Between the conference's values and the tables' rows: a statement for each event, a value for each row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Update, delete, insert, update
from sqlalchemy.sql.dml import Delete, Insert

from mcu.conference import events as e
from mcu.conference.layout import Layout
from mcu.conference.participant import Kind, Participant, Role
from mcu.store.models import ChatRow, ConferenceRow, ParticipantRow, RoomRow, TokenRow
from mcu.store.records import ConferenceRecord, RoomRecord, TokenRecord

Statement = Update | Delete | Insert | ParticipantRow

_COLUMNS = ("name", "office", "seat", "muted", "muted_by_chair", "camera_off", "hand", "captioner")


def statements(conference_id: str, event: e.Event, *, at: datetime) -> Iterator[Statement]:
    """What to write for `event`; a ParticipantRow is to be inserted, or updated when its id is known."""
    conference = update(ConferenceRow).where(ConferenceRow.id == conference_id)
    match event:
        case e.ParticipantJoined(joined):
            yield ParticipantRow(
                id=joined.id,
                conference_id=conference_id,
                state="present",
                entered_at=at,
                **participant_values(joined),
            )
        case e.ParticipantChanged(changed):
            yield update(ParticipantRow).where(ParticipantRow.id == changed.id).values(participant_values(changed))
        case e.ParticipantLeft(participant_id, reason):
            values = {"state": reason.value, "departed_at": at}
            yield update(ParticipantRow).where(ParticipantRow.id == participant_id).values(values)
        case e.LayoutChanged(layout):
            yield conference.values(layout=msgspec.json.encode(layout).decode())
        case e.LockChanged(locked):
            yield conference.values(locked=locked)
        case e.ChatSaid(line):
            values = {name: getattr(line, name) for name in ("number", "participant", "name", "office", "text", "at")}
            yield insert(ChatRow).values(conference_id=conference_id, **values)
        case e.ConferenceEnded():
            yield from ending(conference_id, at=at)
        case e.ContentChanged():
            return  # content ends with its connection, so it does not outlive a restart
        case e.Reacted() | e.Captioned():
            return  # told to those who are there, and kept nowhere


def ending(conference_id: str, *, at: datetime) -> Iterator[Update | Delete]:
    """End the conference: personal data goes, its own row stays."""
    for table in (ParticipantRow, ChatRow, TokenRow, RoomRow):
        yield delete(table).where(table.conference_id == conference_id)
    yield update(ConferenceRow).where(ConferenceRow.id == conference_id).values(ended_at=at)


def participant_values(value: Participant) -> dict[str, Any]:
    """The columns of ParticipantRow that come from the roster."""
    return {
        "role": value.role.value,
        "kind": value.kind.value,
        **{column: getattr(value, column) for column in _COLUMNS},
    }


def participant(row: ParticipantRow) -> Participant:
    columns = {column: getattr(row, column) for column in _COLUMNS}
    return Participant(id=row.id, role=Role(row.role), kind=Kind(row.kind), **columns)


def chat_line(row: ChatRow) -> e.ChatLine:
    return e.ChatLine(
        number=row.number, participant=row.participant, name=row.name, office=row.office, text=row.text, at=row.at
    )


def conference_row(record: ConferenceRecord) -> ConferenceRow:
    row = ConferenceRow(**{name: getattr(record, name) for name in _PLAIN})
    row.layout = msgspec.json.encode(record.layout).decode()
    return row


def conference_record(row: ConferenceRow) -> ConferenceRecord:
    plain = {name: getattr(row, name) for name in _PLAIN}
    return ConferenceRecord(**plain, layout=msgspec.json.decode(row.layout, type=Layout))


def token_row(record: TokenRecord) -> TokenRow:
    return TokenRow(**{name: getattr(record, name) for name in _TOKEN})


def token_record(row: TokenRow) -> TokenRecord:
    return TokenRecord(**{name: getattr(row, name) for name in _TOKEN})


def room_row(record: RoomRecord) -> RoomRow:
    return RoomRow(**{name: getattr(record, name) for name in _ROOM})


def room_record(row: RoomRow) -> RoomRecord:
    return RoomRecord(**{name: getattr(row, name) for name in _ROOM})


_PLAIN = tuple(name for name in ConferenceRecord.__slots__ if name != "layout")
_TOKEN = tuple(TokenRecord.__slots__)
_ROOM = tuple(RoomRecord.__slots__)
