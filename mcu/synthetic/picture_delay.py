"""How long a picture is under way: from its last packet out of the sender to the composite that first shows it. Pure.

Rules:
1. Only the first composite with a picture counts. Numbers repeat: it is the newest sending before it that is meant.
2. Who is shown moves on in the order of sending. What was sent again for a keyframe is no new picture.
"""

from __future__ import annotations

import bisect
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

MAX_DELAY = 2.0  # seconds; a loop of listening repeats its numbers after four

Sending = Sequence[tuple[int, float]]  # (number, when), in the order of sending
Whose = TypeVar("Whose", bound=Hashable)


def first_appearances(composites: Iterable[tuple[float, Mapping[Whose, int]]]) -> dict[Whose, list[tuple[int, float]]]:
    """(number, when) of each change, from (when, numbers in it) of each composite; what is missing is unreadable."""
    found: dict[Whose, list[tuple[int, float]]] = {}
    for arrived, numbers in composites:
        for whose, number in numbers.items():
            changes = found.setdefault(whose, [])
            if not changes or changes[-1][0] != number:
                changes.append((number, arrived))
    return found


def delays(changes: Iterable[tuple[int, float]], sent: Sending, *, most: float = MAX_DELAY) -> list[float]:
    """Seconds of each change that can be told, in order; the first change is none, as its picture may be older.

    None is above `most`, which is less than a loop lasts.
    """
    places: dict[int, list[int]] = {}
    for place, (number, _) in enumerate(sent):
        places.setdefault(number, []).append(place)
    found: list[float] = []
    last = -1
    for index, (number, arrived) in enumerate(changes):
        same = places.get(number, [])
        newest = bisect.bisect_right(same, arrived, key=lambda place: sent[place][1]) - 1
        if newest < 0 or same[newest] <= last:
            continue
        delay = arrived - sent[same[newest]][1]
        if delay <= most:
            last = same[newest]
            if index:
                found.append(delay)
    return found
