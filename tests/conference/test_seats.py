"""Seats belong to offices."""

from __future__ import annotations

from mcu.conference.seats import MAX_SEATS, Seats


def sit(seats: Seats, occupant: str, office: str = "", wanted: int = 0) -> int:
    number = seats.choose(office, wanted=wanted)
    seats.occupy(number, office=office, occupant=occupant)
    return number


def test_an_office_gets_its_seat_back() -> None:
    seats = Seats()
    assert [sit(seats, "a", "종로"), sit(seats, "b", "중구")] == [1, 2]
    seats.vacate("a")
    assert sit(seats, "c", "용산") == 3
    assert sit(seats, "d", "종로") == 1


def test_second_person_of_an_office_sits_elsewhere() -> None:
    seats = Seats()
    assert [sit(seats, "a", "종로"), sit(seats, "b", "종로")] == [1, 2]


def test_seat_without_office_is_free_at_once() -> None:
    seats = Seats()
    assert [sit(seats, "a"), sit(seats, "b")] == [1, 2]
    seats.vacate("a")
    assert sit(seats, "c") == 1


def test_wanted_seat_is_given_while_it_is_free_or_the_offices() -> None:
    seats = Seats()
    sit(seats, "a", "종로")
    sit(seats, "b", "중구")
    assert seats.choose("", wanted=5) == 5
    assert seats.choose("", wanted=1) == 3
    seats.vacate("a")
    assert seats.choose("용산", wanted=1) == 3
    assert seats.choose("종로", wanted=1) == 1


def test_office_away_longest_loses_its_seat_when_numbers_run_out() -> None:
    seats = Seats()
    for number in range(MAX_SEATS):
        sit(seats, f"p{number}", f"office {number}")
    for occupant in ("p7", "p3"):
        seats.vacate(occupant)
    assert sit(seats, "new", "another") == 8
    assert sit(seats, "back", "office 3") == 4
