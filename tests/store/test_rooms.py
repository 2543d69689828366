"""The list of rooms of a conference on disk, in SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa
from alembic import command
from alembic.config import Config as MigrationConfig
from sqlalchemy import Connection, text

from mcu.conference import events as e
from mcu.conference.participant import Kind
from mcu.store.database import MIGRATIONS, create_engine, migrate, open_store
from mcu.store.records import RoomRecord
from mcu.store.store import Store
from tests.store.test_store import AT, mayor, record


def room(number: int, conference: str = "conference1") -> RoomRecord:
    return RoomRecord(
        id=f"room{number}",
        conference_id=conference,
        address=f"192.0.2.{number}",
        name="대회의실",
        office="종로구청장",
        added_at=AT + timedelta(microseconds=number),
    )


async def test_rooms_are_kept_in_order_renamed_and_removed(store: Store) -> None:
    for number in (1, 2):
        await store.add_conference(record(number))
    await store.put_rooms([room(2), room(1), room(3)])
    await store.put_rooms([room(4, "conference2")])
    await store.put_rooms([replace(room(2), name="소회의실")])
    await store.remove_room("room3")
    await store.remove_room("none")
    assert await store.rooms("conference1") == (room(1), replace(room(2), name="소회의실"))
    assert await store.rooms("conference2") == (room(4, "conference2"),)


async def test_rooms_go_with_their_conference(store: Store) -> None:
    await store.add_conference(record())
    await store.put_rooms([room(1)])
    await store.record("conference1", [e.ConferenceEnded()], at=AT)
    assert await store.rooms("conference1") == ()


async def test_participant_stays_a_room(store: Store) -> None:
    await store.add_conference(record())
    await store.record("conference1", [e.ParticipantJoined(mayor(kind=Kind.ROOM))], at=AT)
    assert [who.kind for who in (await store.people("conference1")).present] == [Kind.ROOM]


async def test_participants_of_before_are_people(url: str) -> None:
    def older(connection: Connection) -> None:
        config = MigrationConfig()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")

    engine = create_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(older)
        assert "rooms" not in await connection.run_sync(lambda c: sa.inspect(c).get_table_names())
    await engine.dispose()
    async with open_store(url):
        pass  # brings the tables to the newest form
    engine = create_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(migrate)
        columns = await connection.run_sync(lambda c: sa.inspect(c).get_columns("participants"))
        assert await connection.scalar(text("SELECT count(*) FROM rooms")) == 0
    await engine.dispose()
    assert "person" in next(str(column["default"]) for column in columns if column["name"] == "kind")
