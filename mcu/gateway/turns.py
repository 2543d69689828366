"""When the calls of many requests begin: one after the other, so that a burst does not hurt.

GAP_SECONDS lie between two calls, and less when those of one request would take more than SPREAD_SECONDS: 20 rooms take
0.8 s, 60 take one second. A burst would have a processor reserve ports, and a gatekeeper admit, all at the same moment.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

GAP_SECONDS = 0.04
SPREAD_SECONDS = 1.0

T = TypeVar("T")


class Turns(Generic[T]):
    """What waits, in the order of its turn. Whoever puts bounds how much: see `__len__`."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[float, T]] = deque()
        self._free_at = 0.0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, request: Sequence[T], *, now: float) -> None:
        """Give each of one request its turn, after all that wait."""
        gap = min(GAP_SECONDS, SPREAD_SECONDS / max(1, len(request)))
        for each in request:
            at = max(now, self._free_at)
            self._waiting.append((at, each))
            self._free_at = at + gap

    def next_timer(self) -> float | None:
        return self._waiting[0][0] if self._waiting else None

    def due(self, now: float) -> Iterator[T]:
        """Those whose turn has come, taken out."""
        while self._waiting and self._waiting[0][0] <= now:
            yield self._waiting.popleft()[1]
