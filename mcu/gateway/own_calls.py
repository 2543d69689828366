"""Calls that this server placed, to know them when they come back: two conferences must not be joined twice.

A call is known by what its SETUP says, callIdentifier or conferenceID: a gatekeeper or a bridge between leaves them.
Conferences that such a call joins are neighbours; another call between two that are neighbours already, be it over
others, is a loop in which everybody would hear themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

from mcu.h323.call_options import CallIdentifiers


@dataclass(slots=True)
class _Placed:
    identifiers: CallIdentifiers
    conference: str
    arrived_in: str = ""  # the conference that it came back into


class OwnCalls:
    """Calls by the id that the gateway gave them; as many as there are calls."""

    def __init__(self) -> None:
        self._placed: dict[str, _Placed] = {}

    def placed(self, call: str, identifiers: CallIdentifiers, *, conference: str) -> None:
        """`conference` calls somebody."""
        self._placed[call] = _Placed(identifiers, conference)

    def over(self, call: str) -> None:
        self._placed.pop(call, None)

    def is_own(self, call_identifier: bytes, conference_id: bytes) -> bool:
        """Whether a call that came is one of these."""
        return self._found(call_identifier, conference_id) is not None

    def is_loop(self, call_identifier: bytes, conference_id: bytes, *, into: str) -> bool:
        """A call came for the conference `into`: whether it must not go in."""
        placed = self._found(call_identifier, conference_id)
        if placed is None:
            return False
        placed.arrived_in = ""
        if into in self._neighbours(placed.conference):
            return True
        placed.arrived_in = into
        return False

    def _found(self, call_identifier: bytes, conference_id: bytes) -> _Placed | None:
        for placed in self._placed.values():
            if call_identifier == placed.identifiers.call or conference_id == placed.identifiers.conference:
                return placed
        return None

    def _neighbours(self, conference: str) -> set[str]:
        """Those that hear `conference` by such calls, itself included."""
        joined = [{each.conference, each.arrived_in} for each in self._placed.values() if each.arrived_in]
        found, before = {conference}, 0
        while len(found) > before:
            before = len(found)
            found = found.union(*(pair for pair in joined if pair & found))
        return found
