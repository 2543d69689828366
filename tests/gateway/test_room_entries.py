"""What is typed into the list of rooms."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mcu.errors import RefusedError
from mcu.gateway.room_entries import MAX_ROOMS, NewRoom, merged, place
from mcu.store.records import RoomRecord

AT = datetime(2026, 11, 21, tzinfo=UTC)


def put(*rooms: NewRoom, known: tuple[RoomRecord, ...] = ()) -> tuple[RoomRecord, ...]:
    return merged(rooms, known, conference_id="c", at=AT)


def test_texts_are_cleaned_and_order_is_kept() -> None:
    first, second = put(
        NewRoom(address=" 192.0.2.5 ", name=" 대회의실\u202e ", office="종로구청장"), NewRoom(address="7301")
    )
    assert (first.address, first.name, first.office) == ("192.0.2.5", "대회의실", "종로구청장")
    assert (second.address, second.name) == ("7301", "")
    assert first.added_at < second.added_at
    assert first.id != second.id


def test_same_place_is_one_room_that_takes_the_new_name() -> None:
    (known,) = put(NewRoom(address="7301@Room.Example", name="옛 이름", office="종로구청장"))
    assert put(NewRoom(address="h323:room.example:1720##7301"), known=(known,)) == (known,)
    assert place("7302@room.example") != place(known.address)
    (renamed,) = put(NewRoom(address="7301@room.example", name="새 이름"), known=(known,))
    assert renamed == replace(known, name="새 이름")
    once = put(NewRoom(address="192.0.2.5"), NewRoom(address="192.0.2.5:1720", name="둘째"))
    assert [(room.address, room.name) for room in once] == [("192.0.2.5", "둘째")]


def test_list_has_an_end() -> None:
    full = put(*(NewRoom(address=f"192.0.2.{n}") for n in range(MAX_ROOMS)))
    assert len(full) == MAX_ROOMS
    assert put(NewRoom(address="192.0.2.0", name="다시"), known=full)[0].id == full[0].id
    with pytest.raises(RefusedError, match="too-many-rooms"):
        put(NewRoom(address="198.51.100.1"), known=full)


@pytest.mark.parametrize(
    ("room", "code"),
    [
        (NewRoom(address=" "), "address-invalid"),
        (NewRoom(address="a@b c"), "address-invalid"),
        (NewRoom(address="10.1.1.999"), "address-invalid"),
        (NewRoom(address="http://10.1.1.1/"), "address-invalid"),
        (NewRoom(address="종로\n구청"), "address-invalid"),
        (NewRoom(address="192.0.2.5\t대회의실"), "address-invalid"),
        (NewRoom(address="x" * 201), "address-invalid"),
        (NewRoom(address="7301", name="가" * 41), "name-too-long"),
        (NewRoom(address="7301", office="가" * 41), "office-too-long"),
    ],
)
def test_what_cannot_be_called_or_shown_is_refused(room: NewRoom, code: str) -> None:
    with pytest.raises(RefusedError, match=code):
        put(NewRoom(address="192.0.2.1"), room)


def test_an_address_that_would_be_refused_today_stays_and_is_in_nobodys_way() -> None:
    (known,) = put(NewRoom(address="7301"))
    old = replace(known, id="old", address="10.1.1.999")
    (added,) = put(NewRoom(address="192.0.2.5"), known=(old,))
    assert added.address == "192.0.2.5"


def test_what_nobody_sees_is_taken_out_of_an_address() -> None:
    (room,) = put(NewRoom(address="192.0.2.5\u200e\ufeff"))
    assert room.address == "192.0.2.5"
