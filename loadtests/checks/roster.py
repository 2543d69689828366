"""Who was in the conference and who could speak when, by what the server said. Pure.

Rules:
1. What was said of somebody counts until the next that was said. What was said first of all was so before, too.
2. Where nothing was said of anybody there is no roster: whoever sends is in, and open.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from loadtests.checks.spans import Span, joined
from loadtests.recording import Present, Recording

MAX_STATES = 20_000  # of one check: two hundred people who change something every second


class Roster:
    """Of one recording."""

    def __init__(self, recording: Recording) -> None:
        self._states: dict[int, list[Present]] = {}
        for state in sorted(recording.present[:MAX_STATES], key=lambda state: state.since):
            self._states.setdefault(state.person, []).append(state)
        self._first = min((state.since for state in recording.present), default=-math.inf)
        self._senders = frozenset(sent.person for sent in recording.sent)

    @property
    def known(self) -> bool:
        return bool(self._states)

    def people(self, begin: float, end: float) -> frozenset[int]:
        """Who was in at any time of a span."""
        if not self._states:
            return self._senders
        return frozenset(person for person in self._states if any(self._spans(person, begin, end, muted=None)))

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
        states: Sequence[Present] = self._states.get(person, ())
        since = [-math.inf if state.since <= self._first else state.since for state in states]
        for state, first, until in zip(states, since, [*since[1:], math.inf], strict=False):
            if state.here and muted in (None, state.muted) and first <= end and until > begin:
                yield max(begin, first), min(end, until)
