"""Who stood where, as the server said it, and whose camera was on: at a time, or all through a span of time. Pure.

Rules:
1. What was said counts from when it was heard until the next of its kind, in the order in which it was heard.
2. Nothing is known before the first that was said, so nothing is judged by it.
3. Who left, has no seat in the picture or is not in the roster has no camera that is on; of whom the agent knows that
   on its own account (`accounts`) the roster is not asked.
"""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

from loadtests.checks.accounts import seen
from loadtests.checks.roster import MAX_STATES
from loadtests.recording import Layout, Place, Present, Recording

MAX_LAYOUTS = 1_000  # of one check; a layout that rolls changes every eight seconds
MAX_PLACES = 64  # of one layout; the server shows 36 people at most, and a shared screen

Area = tuple[int, int, int, int]  # of a tile: x, y, width, height


class Told:
    """What was said until the end of a recording."""

    def __init__(self, recording: Recording) -> None:
        """`recording` is one that `validity.check` let pass."""
        self.layouts: Sequence[Layout] = recording.layouts[:MAX_LAYOUTS]
        self._since = _times(self.layouts)
        self._steady: dict[tuple[int, int], frozenset[Place]] = {}
        self._tenants: dict[tuple[int, int], dict[Area, frozenset[int]]] = {}
        self._states: dict[int, list[Present]] = {}
        for state in seen(recording)[: 2 * MAX_STATES]:
            self._states.setdefault(state.person, []).append(state)
        self._states_since = {person: _times(states) for person, states in self._states.items()}

    def layout_at(self, when: float) -> Layout | None:
        """The one in force, None before the first."""
        index = bisect.bisect_right(self._since, when) - 1
        return self.layouts[index] if index >= 0 else None

    def places(self, begin: float, end: float) -> frozenset[Place]:
        """What stood in the same place from `begin` to `end`."""
        key = self._between(begin, end)
        found = self._steady.get(key)
        if found is None:
            found = self._steady[key] = self._in_all(*key)
        return found

    def tenants(self, begin: float, end: float) -> Mapping[Area, frozenset[int]]:
        """Who stood, one after the other, in tiles that stayed from `begin` to `end`; shared screens left out."""
        key = self._between(begin, end)
        found = self._tenants.get(key)
        if found is None:
            found = self._tenants[key] = self._of_all(*key)
        return found

    def camera_on(self, person: int, begin: float, end: float) -> bool:
        """Here, with a seat in the picture and the camera on, all through."""
        since = self._states_since.get(person, ())
        first, last = bisect.bisect_right(since, begin) - 1, bisect.bisect_right(since, end)
        return first >= 0 and not any(
            state.camera_off or state.hidden or not state.here for state in self._states[person][first:last]
        )

    def changes(self, begin: float, end: float) -> list[float]:
        """The times between at which anything was said, in order, with both ends."""
        said = {*self._since, *(when for times in self._states_since.values() for when in times)}
        return [begin, *sorted(when for when in said if begin < when < end), end]

    def _between(self, begin: float, end: float) -> tuple[int, int]:
        return bisect.bisect_right(self._since, begin) - 1, bisect.bisect_right(self._since, end) - 1

    def _of_all(self, first: int, last: int) -> dict[Area, frozenset[int]]:
        if first < 0:
            return {}
        layouts = self.layouts[first : last + 1]
        if len({(layout.width, layout.height) for layout in layouts}) > 1:
            return {}
        found: dict[Area, set[int]] = {}
        count: Counter[Area] = Counter()
        for layout in layouts:
            areas = {area_of(place): place.person for place in layout.places[:MAX_PLACES] if not place.content}
            count.update(areas.keys())
            for area, person in areas.items():
                found.setdefault(area, set()).add(person)
        return {area: frozenset(people) for area, people in found.items() if count[area] == len(layouts)}

    def _in_all(self, first: int, last: int) -> frozenset[Place]:
        if first < 0:
            return frozenset()
        layouts = self.layouts[first : last + 1]
        if len({(layout.width, layout.height) for layout in layouts}) > 1:
            return frozenset()
        return frozenset.intersection(*(frozenset(layout.places[:MAX_PLACES]) for layout in layouts))


def area_of(place: Place) -> Area:
    return place.x, place.y, place.width, place.height


def _times(said: Iterable[Layout | Present]) -> list[float]:
    """When each was heard, none before the one that was heard earlier."""
    return list(accumulate((each.since for each in said), max))
