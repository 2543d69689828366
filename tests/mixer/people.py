"""People for tests of layouts."""

from __future__ import annotations

from mcu.control import ParticipantState


def people(count: int, *, seats: dict[int, int] | None = None) -> list[ParticipantState]:
    """p0, p1, ... in roster order; `seats` gives a number in that order its seat."""
    return [
        ParticipantState(f"p{number}", f"참석자 {number}", "종로구청장", seat=(seats or {}).get(number, 0))
        for number in range(count)
    ]
