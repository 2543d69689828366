"""Seats: places in the picture that belong to an office, not to a connection.

Rules:
1. An office gets back the seat it had, however often its people leave and come.
2. A seat without an office is free again as soon as its occupant leaves.
3. The lowest number that belongs to nobody is given first; when MAX_SEATS numbers are in use, the office that has been
   away longest loses its seat.
"""

from __future__ import annotations

from dataclasses import dataclass

MAX_SEATS = 400  # twice the largest conference that can be configured


@dataclass(slots=True)
class _Seat:
    office: str
    occupant: str | None
    vacated: int = 0  # order in which seats became empty


class Seats:
    """Numbers from 1 with their office and occupant. `choose` only looks; `occupy` and `vacate` change."""

    def __init__(self) -> None:
        self._seats: dict[int, _Seat] = {}
        self._vacations = 0

    def choose(self, office: str, *, wanted: int = 0) -> int:
        """The number for somebody of `office` ("" for none) who had seat `wanted` before, if any."""
        if wanted and self._is_open(wanted, office):
            return wanted
        if office:
            for number, seat in sorted(self._seats.items()):
                if seat.office == office and seat.occupant is None:
                    return number
        if len(self._seats) < MAX_SEATS:
            return next(number for number in range(1, MAX_SEATS + 1) if number not in self._seats)
        return min(
            (number for number, seat in self._seats.items() if seat.occupant is None),
            key=lambda number: self._seats[number].vacated,
        )

    def occupy(self, number: int, *, office: str, occupant: str) -> None:
        """Seat `occupant` at `number`, which `choose` returned."""
        self._seats[number] = _Seat(office, occupant)

    def vacate(self, occupant: str) -> None:
        """Empty the occupant's seat; the office keeps it."""
        for number, seat in list(self._seats.items()):
            if seat.occupant == occupant:
                if seat.office:
                    self._vacations += 1
                    seat.occupant, seat.vacated = None, self._vacations
                else:
                    del self._seats[number]

    def _is_open(self, number: int, office: str) -> bool:
        seat = self._seats.get(number)
        return seat is None or (seat.occupant is None and seat.office == office)
