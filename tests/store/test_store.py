"""What was written is there after reopening, whatever happened in between."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from mcu.conference import events as e
from mcu.conference.layout import Holds, Layout, LayoutName, Slot
from mcu.conference.participant import Departure, Participant, Role
from mcu.errors import ConfigurationError, StorageError
from mcu.store.database import create_engine, migrate, open_store
from mcu.store.models import Base
from mcu.store.records import ConferenceRecord, TokenRecord
from mcu.store.store import Store

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def record(number: int = 1) -> ConferenceRecord:
    return ConferenceRecord(
        id=f"conference{number}",
        link=f"{number:022}",
        number=f"{number:09}",
        pin_salt=b"salt",
        pin_hash=b"pin",
        chair_hash=b"chair",
        title="부단체장 회의",
        capacity=36,
        created_at=AT + timedelta(seconds=number),
    )


def mayor(**changes: object) -> Participant:
    values = {"id": "p1", "name": "김하나", "office": "종로구청장", "role": Role.CHAIR, "seat": 1} | changes
    return Participant(**values)  # type: ignore[arg-type]


async def test_conference_is_found_by_id_link_and_number(store: Store) -> None:
    assert await store.add_conference(record())
    assert await store.conference("conference1") == record()
    assert await store.conference_by_link(record().link) == record()
    assert await store.conference_by_number("000000001") == record()
    assert await store.conference_by_number("000000002") is None


async def test_taken_number_is_refused(store: Store) -> None:
    assert await store.add_conference(record())
    assert not await store.add_conference(record())
    assert await store.count_conferences() == 1


async def test_list_is_newest_first_and_cut(store: Store) -> None:
    for number in (1, 2, 3):
        await store.add_conference(record(number))
    assert [c.id for c in await store.conferences(offset=0, limit=2)] == ["conference3", "conference2"]
    assert [c.id for c in await store.conferences(offset=2, limit=2)] == ["conference1"]


async def test_people_and_chat_survive_reopening(url: str) -> None:
    line = e.ChatLine(
        number=1, participant="p1", name="김하나", office="", text="안녕하세요", at="2026-11-21T09:30:00Z"
    )
    async with open_store(url) as store:
        await store.add_conference(record())
        await store.record("conference1", [e.ParticipantJoined(mayor())], at=AT, secrets={"p1": b"hash"})
        await store.record("conference1", [e.ParticipantChanged(mayor(muted=True, captioner=True))], at=AT)
        await store.record("conference1", [e.ChatSaid(line)], at=AT)
    async with open_store(url) as store:
        people = await store.people("conference1")
        assert people.present == (mayor(muted=True, captioner=True),)
        assert people.chat == (line,)
        assert await store.peopled() == ("conference1",)
        found = await store.participant("conference1", "p1")
        assert found is not None
        assert found.secret_hash == b"hash"
        assert found.state == "present"
        assert await store.participant("another", "p1") is None


async def test_lost_participant_returns_with_the_same_secret(store: Store) -> None:
    await store.add_conference(record())
    await store.record("conference1", [e.ParticipantJoined(mayor())], at=AT, secrets={"p1": b"hash"})
    await store.record("conference1", [e.ParticipantLeft("p1", Departure.LOST)], at=AT)
    people = await store.people("conference1")
    assert (people.present, people.former) == ((), (mayor(),))
    await store.record("conference1", [e.ParticipantJoined(mayor(seat=2))], at=AT)
    found = await store.participant("conference1", "p1")
    assert found is not None
    assert (found.state, found.secret_hash, found.participant.seat) == ("present", b"hash", 2)


async def test_only_the_last_lines_of_chat_are_loaded(store: Store) -> None:
    await store.add_conference(record())
    lines = [e.ChatLine(number=n, participant="p", name="n", office="", text=str(n), at="") for n in range(1, 131)]
    await store.record("conference1", [e.ChatSaid(line) for line in lines], at=AT)
    chat = (await store.people("conference1")).chat
    assert [line.number for line in chat] == list(range(31, 131))


async def test_layout_and_lock_are_kept(store: Store) -> None:
    layout = Layout(name=LayoutName.CUSTOM, slots=(Slot(x=0, y=0, width=960, height=1080, holds=Holds.SPEAKER),))
    await store.add_conference(record())
    await store.record("conference1", [e.LayoutChanged(layout), e.LockChanged(True)], at=AT)
    found = await store.conference("conference1")
    assert found is not None
    assert (found.layout, found.locked) == (layout, True)


async def test_end_deletes_personal_data(store: Store) -> None:
    await store.add_conference(record())
    await store.record("conference1", [e.ParticipantJoined(mayor())], at=AT, secrets={"p1": b"hash"})
    await store.add_token(token("a", AT + timedelta(hours=1)), now=AT)
    await store.record("conference1", [e.ConferenceEnded()], at=AT)
    found = await store.conference("conference1")
    assert found is not None
    assert found.ended_at == AT
    assert await store.participant("conference1", "p1") is None
    assert await store.token(b"a") is None
    assert await store.conferences(offset=0, limit=10) == ()


def token(name: str, expires_at: datetime) -> TokenRecord:
    return TokenRecord(
        token_hash=name.encode(),
        conference_id="conference1",
        participant="p9",
        kind="whip",
        name="카메라",
        office="",
        expires_at=expires_at,
    )


async def test_expired_tokens_are_forgotten(store: Store) -> None:
    await store.add_conference(record())
    await store.add_token(token("old", AT), now=AT)
    await store.add_token(token("new", AT + timedelta(days=1)), now=AT + timedelta(hours=1))
    assert await store.token(b"old") is None
    assert await store.token(b"new") == token("new", AT + timedelta(days=1))


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_sqlite_syncs_every_commit_and_is_private(url: str, tmp_path: Path) -> None:
    async with open_store(url):
        engine = create_engine(url)
        async with engine.connect() as connection:
            modes = [await connection.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous")]
        await engine.dispose()
        assert modes == ["wal", 2]
        assert stat.S_IMODE(os.stat(tmp_path / "store" / "mcu.sqlite3").st_mode) == 0o600


async def test_migrations_give_the_tables_of_the_models(url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        migrate(connection)
        return compare_metadata(MigrationContext.configure(connection), Base.metadata)

    engine = create_engine(url)
    async with engine.begin() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_errors_tell_no_personal_data(url: str) -> None:
    line = e.ChatLine(number=1, participant="p1", name="김하나", office="", text="비밀입니다", at="")
    async with open_store(url) as store:
        await store.add_conference(record())
        engine = create_async_engine(url)
        async with engine.begin() as connection:
            await connection.execute(text("DROP TABLE chat_lines"))
        await engine.dispose()
        with pytest.raises(StorageError, match="chat_lines") as error:
            await store.record("conference1", [e.ChatSaid(line)], at=AT)
    assert "김하나" not in str(error.value)
    assert "비밀입니다" not in str(error.value)


@pytest.mark.parametrize("url", ["nonsense", "sqlite+aiosqlite:////proc/none/mcu.sqlite3", "mysql+none://x"])
async def test_unusable_url_tells_the_operator(url: str) -> None:
    with pytest.raises(ConfigurationError, match="database"):
        async with open_store(url):
            raise AssertionError("opened")
