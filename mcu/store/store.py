"""What survives a restart: conferences, participants, chat, tokens, rooms. Every method is one transaction.

When a conference ends, names, secrets, tokens, rooms and chat are deleted with it; its own row stays for a while, so
that an old link can be answered and its number is not given out again.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from mcu.conference.conference import CHAT_KEPT
from mcu.conference.events import Event
from mcu.conference.seats import MAX_SEATS
from mcu.errors import StorageError
from mcu.store import rows
from mcu.store.complaints import reason
from mcu.store.models import ChatRow, ConferenceRow, ParticipantRow, PulseRow, RoomRow, TokenRow
from mcu.store.records import ConferenceRecord, ParticipantRecord, People, RoomRecord, TokenRecord

PRESENT = "present"


class Store:
    """Made by `mcu.store.database.open_store`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)
        in_file = engine.url.get_backend_name() == "sqlite" and engine.url.database not in (None, "", ":memory:")
        self.folder = Path(str(engine.url.database)).parent if in_file else None  # whose disk it fills; None elsewhere

    @contextlib.asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncSession]:
        """Committed at the end. What the database complains about becomes StorageError, except broken uniqueness."""
        try:
            async with self._sessions.begin() as session:
                yield session
        except IntegrityError:
            raise
        except (SQLAlchemyError, OSError) as error:
            raise StorageError(f"{type(error).__name__}: {reason(error)}") from error

    async def ping(self, *, at: datetime) -> None:
        """Write a few bytes and have them synced. Raises StorageError when the database does not do that.

        Reading would still work on a full disk, and SQLite leaves a row alone that is given the values it has.
        """
        async with self._transaction() as session:
            await session.execute(update(PulseRow).values(at=at))

    # --- conferences --------------------------------------------------------------------------------

    async def add_conference(self, record: ConferenceRecord) -> bool:
        """False when id, link or number is taken already."""
        try:
            async with self._transaction() as session:
                session.add(rows.conference_row(record))
        except IntegrityError:
            return False
        return True

    async def conference(self, conference_id: str) -> ConferenceRecord | None:
        return await self._one(ConferenceRow.id == conference_id)

    async def conference_by_link(self, link: str) -> ConferenceRecord | None:
        return await self._one(ConferenceRow.link == link)

    async def conference_by_number(self, number: str) -> ConferenceRecord | None:
        return await self._one(ConferenceRow.number == number)

    async def conferences(self, *, offset: int, limit: int) -> tuple[ConferenceRecord, ...]:
        """Those that have not ended, newest first."""
        query = (
            select(ConferenceRow)
            .where(ConferenceRow.ended_at.is_(None))
            .order_by(ConferenceRow.created_at.desc(), ConferenceRow.id)
            .offset(offset)
            .limit(limit)
        )
        async with self._transaction() as session:
            return tuple(rows.conference_record(row) for row in await session.scalars(query))

    async def count_conferences(self) -> int:
        """How many have not ended."""
        query = select(func.count()).select_from(ConferenceRow).where(ConferenceRow.ended_at.is_(None))
        async with self._transaction() as session:
            return int(await session.scalar(query) or 0)

    async def end_idle(
        self, *, before: datetime, at: datetime, sparing: Collection[str], links: Collection[str], limit: int
    ) -> int:
        """End at most `limit` conferences in which nobody is and nobody was since `before`; how many there were.

        `sparing` are ids, `links` are links of conferences that stay.
        """
        of_it = ParticipantRow.conference_id == ConferenceRow.id
        since = or_(
            ParticipantRow.state == PRESENT, ParticipantRow.entered_at >= before, ParticipantRow.departed_at >= before
        )
        token = exists().where(TokenRow.conference_id == ConferenceRow.id, TokenRow.expires_at >= before)
        idle = (
            select(ConferenceRow.id)
            .where(ConferenceRow.ended_at.is_(None), ConferenceRow.created_at < before)
            .where(ConferenceRow.id.not_in(sparing), ConferenceRow.link.not_in(links))
            .where(~exists().where(of_it, since), ~token)
            .order_by(ConferenceRow.created_at)
            .limit(limit)
        )
        async with self._transaction() as session:
            found = (await session.scalars(idle)).all()
            for conference_id in found:
                for statement in rows.ending(conference_id, at=at):
                    await session.execute(statement)
        return len(found)

    async def forget_ended(self, *, before: datetime) -> int:
        """Delete the rows of conferences that ended before this moment; how many there were."""
        async with self._transaction() as session:
            gone = await session.scalars(
                delete(ConferenceRow).where(ConferenceRow.ended_at < before).returning(ConferenceRow.id)
            )
            return len(gone.all())

    async def peopled(self) -> tuple[str, ...]:
        """Ids of conferences in which somebody was present when the server stopped."""
        query = select(ParticipantRow.conference_id).where(ParticipantRow.state == PRESENT).distinct()
        async with self._transaction() as session:
            return tuple(await session.scalars(query))

    async def people(self, conference_id: str) -> People:
        """Everybody who is needed to continue the conference."""
        mine = select(ParticipantRow).where(ParticipantRow.conference_id == conference_id)
        present = mine.where(ParticipantRow.state == PRESENT).order_by(ParticipantRow.entered_at, ParticipantRow.id)
        former = (
            mine.where(ParticipantRow.state != PRESENT, ParticipantRow.seat > 0)
            .order_by(ParticipantRow.departed_at.desc())
            .limit(MAX_SEATS)
        )
        chat = (
            select(ChatRow)
            .where(ChatRow.conference_id == conference_id)
            .order_by(ChatRow.number.desc())
            .limit(CHAT_KEPT)
        )
        async with self._transaction() as session:
            return People(
                present=tuple(rows.participant(row) for row in await session.scalars(present)),
                former=tuple(rows.participant(row) for row in reversed((await session.scalars(former)).all())),
                chat=tuple(rows.chat_line(row) for row in reversed((await session.scalars(chat)).all())),
            )

    # --- what happens in a conference ---------------------------------------------------------------

    async def record(
        self, conference_id: str, events: Sequence[Event], *, at: datetime, secrets: Mapping[str, bytes] | None = None
    ) -> None:
        """Write `events` of one conference. `secrets` are the hashed secrets of those who join."""
        statements = [s for event in events for s in rows.statements(conference_id, event, at=at)]
        async with self._transaction() as session:
            for statement in statements:
                if isinstance(statement, ParticipantRow):
                    if secrets and statement.id in secrets:
                        statement.secret_hash = secrets[statement.id]
                    await self._put_participant(session, statement)
                else:
                    await session.execute(statement)

    async def participant(self, conference_id: str, participant_id: str) -> ParticipantRecord | None:
        async with self._transaction() as session:
            row = await session.get(ParticipantRow, participant_id)
            if row is None or row.conference_id != conference_id:
                return None
            return ParticipantRecord(
                conference_id=conference_id,
                participant=rows.participant(row),
                secret_hash=row.secret_hash,
                state=row.state,
            )

    # --- tokens -------------------------------------------------------------------------------------

    async def add_token(self, record: TokenRecord, *, now: datetime) -> None:
        """Keep `record`, and forget those that expired before `now`."""
        async with self._transaction() as session:
            await session.execute(delete(TokenRow).where(TokenRow.expires_at < now))
            session.add(rows.token_row(record))

    async def token(self, token_hash: bytes) -> TokenRecord | None:
        async with self._transaction() as session:
            row = await session.get(TokenRow, token_hash)
            return None if row is None else rows.token_record(row)

    # --- rooms --------------------------------------------------------------------------------------

    async def rooms(self, conference_id: str) -> tuple[RoomRecord, ...]:
        """The list of a conference, in the order in which they were put on it."""
        query = select(RoomRow).where(RoomRow.conference_id == conference_id).order_by(RoomRow.added_at, RoomRow.id)
        async with self._transaction() as session:
            return tuple(rows.room_record(row) for row in await session.scalars(query))

    async def put_rooms(self, records: Sequence[RoomRecord]) -> None:
        """Put them on their lists, or write anew what they are called and where they are."""
        async with self._transaction() as session:
            for record in records:
                await session.merge(rows.room_row(record))

    async def remove_room(self, room_id: str) -> None:
        async with self._transaction() as session:
            await session.execute(delete(RoomRow).where(RoomRow.id == room_id))

    async def _one(self, condition: Any) -> ConferenceRecord | None:
        async with self._transaction() as session:
            row = (await session.scalars(select(ConferenceRow).where(condition))).one_or_none()
            return None if row is None else rows.conference_record(row)

    async def _put_participant(self, session: AsyncSession, row: ParticipantRow) -> None:
        """Insert, or bring back somebody who was here before under the same id."""
        known = await session.get(ParticipantRow, row.id)
        if known is None:
            session.add(row)
            await session.flush()
            return
        values = rows.participant_values(rows.participant(row)) | {"state": PRESENT, "departed_at": None}
        await session.execute(update(ParticipantRow).where(ParticipantRow.id == row.id).values(values))
