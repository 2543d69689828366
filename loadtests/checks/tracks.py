"""What was to be seen of each person where the server said, composite by composite. Pure.

A composite counts for a place only where that was told all around the moment at which it was painted: from AHEAD
seconds after it arrived, which must be heard still, back to SETTLE seconds and the delay of pictures before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from loadtests.checks.looking import Look
from loadtests.checks.spans import Span, covered, longest
from loadtests.checks.told import Told, area_of
from mcu.synthetic.picture_code import Code

SETTLE = 0.5  # seconds after a change is told until pictures must show it: the next tick, coding, a keyframe that is
# sent over a third of a second, and a repair of it; and until a camera that was turned on can be seen
AHEAD = 0.3  # seconds that a picture may come before the words: they go through another process and over TCP
MIN_LOOKS = 3  # composites that show the same before it counts: one mark in a thousand that is spoilt reads as another

Doubles = Counter[tuple[int, int]]  # in how many composites, by who is seen and in whose tile


@dataclass(slots=True)
class Astray:
    """Somebody who was seen in tiles that were told anew meanwhile, and were never theirs."""

    looks: int = 0  # composites
    owners: set[int] = field(default_factory=set)  # who were told to stand there, one after the other


@dataclass(frozen=True, slots=True)
class Followed:
    """What was to be seen."""

    tracks: list[Track]
    doubles: Doubles
    astray: dict[int, Astray]  # by who is seen


@dataclass(slots=True)
class Track:
    """One person, or what they share."""

    person: int
    content: bool
    seen: list[tuple[float, Code | None]] = field(default_factory=list)  # in the order of time; None: nothing readable

    @property
    def right(self) -> bool:
        """Was seen here at all."""
        return any(code is not None and code.person == self.person for _, code in self.seen)

    def stranger(self) -> int | None:
        """Who else was seen here, the most often; None for nobody."""
        counts = Counter(code.person for _, code in self.seen if code is not None and code.person != self.person)
        who, count = max(counts.items(), key=lambda item: item[1], default=(None, 0))
        return who if count >= MIN_LOOKS else None

    def black(self, sent: Sequence[Span], late: float) -> float:
        """Seconds of the longest time in which nothing could be read, of pictures that were sent without a break."""
        found = [(when, code is None) for when, code in self.seen]
        return max((longest(sent, begin - late, end - late) for begin, end, dark in _runs(found) if dark), default=0.0)

    def frozen(self, sent: Sequence[Span], late: float) -> float:
        """Likewise, in which the number did not go on."""
        return self.stillness(sent, late)[0]

    def stillness(self, sent: Sequence[Span], late: float) -> tuple[float, Span]:
        """Likewise, and from which composite to which."""
        spans = ((longest(sent, begin - late, end - late), (begin, end)) for begin, end, _ in _runs(self.own))
        return max(spans, default=(0.0, (0.0, 0.0)))

    def fps(self, sent: Sequence[Span], late: float) -> float | None:
        """How often the number went on in a second of sending; None where that was less than one second."""
        own = self.own
        seconds = covered(sent, own[0][0] - late, own[-1][0] - late) if own else 0.0
        return sum(a[1] != b[1] for a, b in pairwise(own)) / seconds if seconds >= 1.0 else None

    def longest_run(self) -> Span:
        """From the first composite to the last of the longest time with one number, whatever was sent."""
        spans = ((begin, end) for begin, end, _ in _runs(self.own))
        return max(spans, key=lambda span: span[1] - span[0], default=(0.0, 0.0))

    @property
    def own(self) -> list[tuple[float, int]]:
        """The person's own numbers."""
        return [(when, code.frame) for when, code in self.seen if code is not None and code.person == self.person]


def follow(looks: Iterable[Look], told: Told, *, late: float, end: float) -> Followed:
    """All tracks, who was seen in several tiles at once, and who where nobody was told to be.

    `late` is how old pictures are when they arrive, in seconds, and `end` until when words were heard.
    """
    tracks: dict[tuple[int, bool], Track] = {}
    doubles: Doubles = Counter()
    astray: dict[int, Astray] = {}
    for look in looks:
        span = look.arrived - late - SETTLE, look.arrived + AHEAD
        if span[1] > end:
            break
        steady = told.places(*span)
        seen: dict[int, list[int]] = {}
        for place, code in look.codes.items():
            if place.person >= 0 and place not in steady and code is not None and not place.content:
                owners = told.tenants(*span).get(area_of(place), frozenset())
                if owners and min(owners) >= 0 and code.person not in owners:
                    found = astray.setdefault(code.person, Astray())
                    found.looks += 1
                    found.owners |= owners
            if place.person < 0 or place not in steady:
                continue
            if not place.content and not told.camera_on(place.person, *span):
                continue
            track = tracks.setdefault((place.person, place.content), Track(place.person, place.content))
            track.seen.append((look.arrived, code))
            if code is not None and not place.content:
                seen.setdefault(code.person, []).append(place.person)
        doubles.update((who, owner) for who, owners in seen.items() if len(owners) > 1 for owner in set(owners))
    return Followed(list(tracks.values()), doubles, astray)


def _runs(values: Iterable[tuple[float, int]]) -> Iterator[tuple[float, float, int]]:
    """(from, to, value) of what did not change, both inclusive."""
    for value, group in groupby(values, key=lambda each: each[1]):
        times = [when for when, _ in group]
        yield times[0], times[-1], value
