"""Who is who by name: the roster tells names, and everybody of a run is called after their number."""

from __future__ import annotations

import functools

from mcu.synthetic.people import person
from mcu.synthetic.picture_code import MAX_PERSON

STRANGER = -1  # not of this run


def who_is(name: str) -> int:
    """The number of the participant of this name; STRANGER for others."""
    return _numbers().get(name, STRANGER)


@functools.cache
def _numbers() -> dict[str, int]:
    return {person(number).name: number for number in range(MAX_PERSON + 1)}
