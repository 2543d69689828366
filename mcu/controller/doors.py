"""How a conference is entered: what is handed to its creator, and what somebody must show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mcu.conference.layout import Layout
from mcu.conference.participant import Role
from mcu.controller import keys
from mcu.errors import RefusedError
from mcu.store.records import ConferenceRecord
from mcu.store.store import Store

_NOBODYS_SALT = keys.new_salt()  # hashed against for unknown numbers, so that they take as long as known ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """What only the creator is told. `conference` names it everywhere else; `link` opens it (/c/<link>)."""

    conference: str
    link: str
    number: str
    pin: str
    chair_key: str


@dataclass(frozen=True, slots=True)
class ByLink:
    link: str


@dataclass(frozen=True, slots=True)
class ByNumber:
    number: str
    pin: str


Door = ByLink | ByNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who wants in. `role` is attendee or viewer; only a right `chair_key` makes a chair.

    `invited`: a chair has called them, so that a lock does not matter.
    """

    name: str
    office: str = ""
    role: Role = Role.ATTENDEE
    chair_key: str | None = None
    muted: bool = False
    camera_off: bool = False
    invited: bool = False


async def draw(*, title: str, capacity: int, layout: Layout, at: datetime) -> tuple[Created, ConferenceRecord]:
    """A conference with fresh identifiers and secrets: for its creator, and for the store."""
    created = Created(
        conference=keys.new_identifier(),
        link=keys.new_secret(),
        number=keys.new_number(),
        pin=keys.new_pin(),
        chair_key=keys.new_secret(),
    )
    salt = keys.new_salt()
    record = ConferenceRecord(
        id=created.conference,
        link=created.link,
        number=created.number,
        pin_salt=salt,
        pin_hash=await keys.hash_pin(created.pin, salt),
        chair_hash=keys.hash_secret(created.chair_key),
        title=title,
        capacity=capacity,
        created_at=at,
        layout=layout,
    )
    return created, record


async def find(store: Store, door: Door) -> ConferenceRecord:
    """The conference behind `door`. Raises RefusedError."""
    match door:
        case ByLink(link):
            return require_open(await store.conference_by_link(link))
        case ByNumber(number, pin):
            record = await store.conference_by_number(number)
            salt, digest = (record.pin_salt, record.pin_hash) if record else (_NOBODYS_SALT, b"")
            if not await keys.pin_matches(pin, salt, digest):
                raise RefusedError("number-or-pin-wrong")
            return require_open(record)


def require_open(record: ConferenceRecord | None) -> ConferenceRecord:
    """Raises RefusedError when there is no such conference or it has ended."""
    if record is None:
        raise RefusedError("no-such-conference")
    if record.ended_at is not None:
        raise RefusedError("conference-ended")
    return record


def role_of(person: Person, record: ConferenceRecord) -> Role:
    """Raises RefusedError when a chair's key is shown and wrong."""
    if person.chair_key is None:
        return person.role
    if not keys.matches(person.chair_key, record.chair_hash):
        raise RefusedError("chair-key-wrong")
    return Role.CHAIR
