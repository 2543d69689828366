"""Who was in the conference and who could speak when, as the agent knows it, and else by what the server said. Pure.

Rules:
1. What was said of somebody counts until the next that was said. What was said first of all was so before, too.
2. Where nothing was said of anybody there is no roster: whoever sends is in, and open.
3. Of whom the agent knows it on its own account (`accounts`) the server's word is not asked, but for who is in.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from loadtests.checks.accounts import accounts, muted
from loadtests.checks.spans import Span, covered, joined
from loadtests.recording import Present, Recording

UNSURE_SECONDS = 0.4  # of asking to be muted or heard, which go by unheard
MAX_STATES = 20_000  # of one check: two hundred people who change something every second


class Roster:
    """Of one recording."""

    def __init__(self, recording: Recording) -> None:
        self._states: dict[int, list[Present]] = {}
        for state in sorted(recording.present[:MAX_STATES], key=lambda state: state.since):
            self._states.setdefault(state.person, []).append(state)
        self._first = min((state.since for state in recording.present), default=-math.inf)
        self._known = {person: muted(states) for person, states in accounts(recording).items()}
        self._senders = frozenset(sent.person for sent in recording.sent)

    @property
    def known(self) -> bool:
        return bool(self._states)

    def knows(self, person: int) -> bool:
        """Whether the agent knows on its own account what this person may."""
        return person in self._known

    def is_sure(self, person: int, begin: float, end: float) -> bool:
        """Whether it is known all the time, or as good as that, what this person may."""
        return (
            person not in self._known
            or covered(joined(self._spans(person, begin, end, muted=None)), begin, end) >= end - begin - UNSURE_SECONDS
        )

    def people(self, begin: float, end: float) -> frozenset[int]:
        """Who was in at any time of a span, by the roster or as it is known."""
        if not self._states:
            return self._senders
        told = (person for person in self._states if any(self._told(person, begin, end, muted=None)))
        known = (person for person in self._known if any(self._spans(person, begin, end, muted=None)))
        return frozenset((*told, *known))

    def open(self, person: int, begin: float, end: float) -> list[Span]:
        """When between two times the person was in, and not muted."""
        if not self._states:
            return [(begin, end)] if person in self._senders else []
        return joined(self._spans(person, begin, end, muted=False))

    def muted_since(self, person: int, end: float) -> float | None:
        """From when on until `end` without a break the person was in and muted; None when not."""
        spans = joined(self._spans(person, -math.inf, end, muted=True))
        return spans[-1][0] if spans and spans[-1][1] == end else None

    def _spans(self, person: int, begin: float, end: float, *, muted: bool | None) -> Iterator[Span]:
        """When the person was in; None is muted or not."""
        known = self._known.get(person)
        if known is None:
            return self._told(person, begin, end, muted=muted)
        return _in(known, [state.since for state in known], begin, end, muted=muted)

    def _told(self, person: int, begin: float, end: float, *, muted: bool | None) -> Iterator[Span]:
        """Likewise, by the roster."""
        states: Sequence[Present] = self._states.get(person, ())
        since = [-math.inf if state.since <= self._first else state.since for state in states]
        return _in(states, since, begin, end, muted=muted)


def _in(
    states: Sequence[Present], since: Sequence[float], begin: float, end: float, *, muted: bool | None
) -> Iterator[Span]:
    for state, first, until in zip(states, since, [*since[1:], math.inf], strict=False):
        if state.here and muted in (None, state.muted) and first <= end and until > begin:
            yield max(begin, first), min(end, until)
