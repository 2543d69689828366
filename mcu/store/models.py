"""The tables. Secrets are stored as hashes only; times are UTC."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, ForeignKey, Index, LargeBinary, MetaData, String, Text, TypeDecorator, false
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMES = {  # PostgreSQL and SQLite give constraints the same names, so that later migrations can name them
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime in every database; SQLite itself would forget the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)


class ConferenceRow(Base):
    """`link` is the unguessable id in the address; `pin_hash` is scrypt, `chair_hash` SHA-256 of 128 random bits."""

    __tablename__ = "conferences"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    link: Mapped[str] = mapped_column(String(22), unique=True)
    number: Mapped[str] = mapped_column(String(9), unique=True)
    pin_salt: Mapped[bytes] = mapped_column(LargeBinary)
    pin_hash: Mapped[bytes] = mapped_column(LargeBinary)
    chair_hash: Mapped[bytes] = mapped_column(LargeBinary)
    title: Mapped[str] = mapped_column(Text)
    capacity: Mapped[int]
    locked: Mapped[bool] = mapped_column(default=False)
    layout: Mapped[str] = mapped_column(Text, default="{}")  # JSON
    created_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment, default=None)


class ParticipantRow(Base):
    """`state` is "present", or how the participant departed; a "lost" one may come back with the secret."""

    __tablename__ = "participants"
    __table_args__ = (Index(None, "conference_id", "state"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    conference_id: Mapped[str] = mapped_column(ForeignKey("conferences.id", ondelete="CASCADE"))
    secret_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(Text)
    office: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(8))
    seat: Mapped[int]
    muted: Mapped[bool]
    muted_by_chair: Mapped[bool]
    camera_off: Mapped[bool]
    hand: Mapped[bool]
    captioner: Mapped[bool] = mapped_column(server_default=false())
    kind: Mapped[str] = mapped_column(String(8), server_default="person")
    entered_at: Mapped[datetime] = mapped_column(Moment)
    departed_at: Mapped[datetime | None] = mapped_column(Moment, default=None)


class ChatRow(Base):
    __tablename__ = "chat_lines"

    conference_id: Mapped[str] = mapped_column(ForeignKey("conferences.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    participant: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(Text)
    office: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[str] = mapped_column(String(32))


class RoomRow(Base):
    """A room that the chair may have called: where it is, and what it is called in this conference."""

    __tablename__ = "rooms"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    conference_id: Mapped[str] = mapped_column(ForeignKey("conferences.id", ondelete="CASCADE"), index=True)
    address: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    office: Mapped[str] = mapped_column(Text)
    added_at: Mapped[datetime] = mapped_column(Moment)


class TokenRow(Base):
    """A bearer token for WHIP or WHEP: whose media it lets in or out, under which name."""

    __tablename__ = "tokens"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    conference_id: Mapped[str] = mapped_column(ForeignKey("conferences.id", ondelete="CASCADE"), index=True)
    participant: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(4))
    name: Mapped[str] = mapped_column(Text)
    office: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(Moment)


class PulseRow(Base):
    """The only row is written to find out whether the database takes writes."""

    __tablename__ = "pulse"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime | None] = mapped_column(Moment, default=None)
