"""One timer for many: everything that has a `next_timer` waits in slots, and those due together wake together."""

from __future__ import annotations

import heapq
from math import inf
from typing import Protocol

TICK_SECONDS = 0.005  # width of a slot: half of the shortest interval anybody asks for, so lateness stays unnoticed

_TICK = TICK_SECONDS


class Timed(Protocol):
    """Something with deadlines. Being woken early or a tick late must not matter to it."""

    def handle_timer(self, now: float) -> None: ...
    def next_timer(self) -> float: ...  # monotonic seconds, inf for never
    def __hash__(self) -> int: ...


class TimerWheel:
    """At most one deadline per entry; setting a new one replaces the old."""

    def __init__(self) -> None:
        self._slots: dict[int, set[Timed]] = {}
        self._slot_of: dict[Timed, int] = {}
        self._order: list[int] = []  # heap of the keys of _slots

    def __len__(self) -> int:
        return len(self._slot_of)

    def schedule(self, entry: Timed, when: float) -> None:
        """Wake `entry` in the first tick at or after `when`; inf for never."""
        if when == inf:
            self.cancel(entry)
            return
        slot = int(when / _TICK)
        if slot * _TICK < when:
            slot += 1
        if self._slot_of.get(entry) == slot:
            return
        self.cancel(entry)
        self._slot_of[entry] = slot
        waiting = self._slots.get(slot)
        if waiting is None:
            waiting = self._slots[slot] = set()
            heapq.heappush(self._order, slot)
        waiting.add(entry)

    def cancel(self, entry: Timed) -> None:
        """Never wake `entry`. Its slot may stay behind, empty, until its time."""
        slot = self._slot_of.pop(entry, None)
        if slot is not None:
            self._slots[slot].discard(entry)

    def expire(self, now: float) -> list[Timed]:
        """Those whose time has come; they are no longer scheduled."""
        due: list[Timed] = []
        while self._order and self._order[0] * _TICK <= now:
            for entry in self._slots.pop(heapq.heappop(self._order)):
                del self._slot_of[entry]
                due.append(entry)
        return due

    def next_timer(self) -> float:
        """When `expire` next has something to do; inf when nothing waits."""
        return self._order[0] * _TICK if self._order else inf
