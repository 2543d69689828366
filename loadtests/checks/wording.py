"""Numbers of people and spans of time as a finding says them. Pure."""

from __future__ import annotations

from collections.abc import Iterable


def people(numbers: Iterable[int]) -> str:
    """ "7", "3 and 7", "1, 3 and 7"."""
    *first, last = [str(number) for number in sorted(set(numbers))]
    return f"{', '.join(first)} and {last}" if first else last


def tiles(numbers: Iterable[int]) -> str:
    """ "the tile of 7", "the tiles of 3 and 7"."""
    found = set(numbers)
    return f"the tile{'s' if len(found) > 1 else ''} of {people(found)}"


def milliseconds(seconds: float) -> str:
    """ "412 ms"."""
    return f"{round(1000 * seconds)} ms"
