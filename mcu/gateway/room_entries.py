"""What is typed into the list of rooms: cleaned, and put together with what is on the list already."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mcu import text
from mcu.controller import keys
from mcu.errors import RefusedError
from mcu.gateway.dialing import Destination, destination, one_line
from mcu.store.records import RoomRecord

MAX_ROOMS = 60  # by conference: twice the mayors of the largest province
ADDRESS_GRAPHEMES = 200  # H.225.0 allows aliases of 256


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRoom:
    """As typed; without a name the room's own is shown."""

    address: str
    name: str = ""
    office: str = ""


def merged(
    rooms: Iterable[NewRoom], known: Iterable[RoomRecord], *, conference_id: str, at: datetime
) -> tuple[RoomRecord, ...]:
    """What to write for `rooms`, one record for each place; a place that is `known` keeps its id, and its name unless
    there is another.

    What is `known` stays, whatever would be said to it today. Raises RefusedError for an address that cannot be called,
    a text too long, and more than MAX_ROOMS on the list.
    """
    places = {_known_place(record.address): record for record in known}
    made: dict[str, RoomRecord] = {}
    for index, room in enumerate(rooms):
        one_line(room.address)
        address = text.clean_line(room.address, limit=ADDRESS_GRAPHEMES, code="address-invalid")
        name, office = text.clean_room(room.name), text.clean_office(room.office)
        where = place(address)
        before = places.get(where) or RoomRecord(
            id=keys.new_identifier(),
            conference_id=conference_id,
            address=address,
            name="",
            office="",
            added_at=at + timedelta(microseconds=index),  # so that the order in which they were typed stays
        )
        record = replace(before, name=name or before.name, office=office or before.office)
        places[where] = made[record.id] = record
    if len(places) > MAX_ROOMS:
        raise RefusedError("too-many-rooms", str(MAX_ROOMS))
    return tuple(made.values())


def place(address: str) -> Destination:
    """Equal for addresses that lead to the same room, however they are written. Raises RefusedError."""
    found = destination(address)
    return replace(found, host=found.host.lower())


def _known_place(address: str) -> Destination:
    try:
        return place(address)
    except RefusedError:
        return Destination(alias=address)
