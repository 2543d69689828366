"""What the agent knows of its own people, in the place of what the server says of them. Pure.

Rules:
1. Of whom anything is known the roster is not believed: they are what they are known to be, and nothing in between.
2. Whoever is of another agent, or of no agent, is as the roster has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from operator import attrgetter

from loadtests.recording import Known, Present, Recording

MAX_KNOWN = 20_000  # states of one check, as of the roster

Run = tuple[float, float, bool]  # from when to when something was so


def accounts(recording: Recording) -> Mapping[int, Sequence[Known]]:
    """The states of each person in order of time, of `recording.known`."""
    states = sorted(recording.known[:MAX_KNOWN], key=attrgetter("person", "since"))
    return {person: list(each) for person, each in groupby(states, key=attrgetter("person"))}


def runs(states: Sequence[Known], aspect: Callable[[Known], bool | None], end: float) -> Iterator[Run]:
    """How long on end an aspect was known to be so; nothing for the time in which it was not known."""
    ends = [*(state.since for state in states[1:]), end]
    spans = [(state.since, until, aspect(state)) for state, until in zip(states, ends, strict=True)]
    for value, group in groupby(spans, key=lambda span: span[2]):
        same = list(group)
        if value is not None and same[0][0] < end:
            yield same[0][0], min(end, same[-1][1]), value


def seen(recording: Recording) -> list[Present]:
    """The roster, with those who are known as they are in the picture: who has a seat, and a camera that is on."""
    known = accounts(recording)
    sure = (
        Present(state.since, person, bool(state.muted), state.camera_off is not False, state.here)
        for person, states in known.items()
        for state in states
    )
    return [*(state for state in recording.present if state.person not in known), *sure]


def muted(states: Sequence[Known]) -> list[Present]:
    """Of one person, as others have to hear or not to hear it: here while it is known whether it is muted."""
    return [
        Present(state.since, state.person, bool(state.muted), False, state.here and state.muted is not None)
        for state in states
    ]


def changes(recording: Recording) -> list[float]:
    """When anybody came, left or got another seat, as the server told it or as it is known: reasons for new tiles."""
    first = min((state.since for state in recording.present), default=recording.begin)
    by_person: dict[tuple[bool, int], list[tuple[float, bool]]] = {}
    for state in recording.present:
        by_person.setdefault((False, state.person), [(first, False)]).append(
            (state.since, state.here and not state.hidden)
        )
    for known in recording.known[:MAX_KNOWN]:
        by_person.setdefault((True, known.person), [(first, False)]).append((known.since, known.here))
    return sorted(
        after[0]
        for (_, person), states in by_person.items()
        for before, after in pairwise(states)
        if after[0] > first and (before[1] != after[1] or person < 0)
    )
