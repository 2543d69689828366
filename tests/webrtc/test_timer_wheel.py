"""One timer for many."""

from __future__ import annotations

import math

from mcu.webrtc.timer_wheel import TICK_SECONDS, TimerWheel


class Entry:
    def handle_timer(self, now: float) -> None: ...

    def next_timer(self) -> float:
        return math.inf


def test_entries_wake_in_the_tick_of_their_time_and_only_once() -> None:
    wheel, early, late = TimerWheel(), Entry(), Entry()
    wheel.schedule(late, 2.0)
    wheel.schedule(early, 1.0)
    assert 1.0 <= wheel.next_timer() < 1.0 + TICK_SECONDS + 1e-9
    assert wheel.expire(0.9) == []
    assert wheel.expire(1.0 + TICK_SECONDS) == [early]
    assert wheel.expire(3.0) == [late]
    assert wheel.expire(9.0) == []
    assert wheel.next_timer() == math.inf


def test_those_due_together_wake_together() -> None:
    wheel, entries = TimerWheel(), [Entry() for _ in range(10)]
    for number, entry in enumerate(entries):
        wheel.schedule(entry, 1.0 + number * TICK_SECONDS / 100)
    assert set(wheel.expire(1.0 + 2 * TICK_SECONDS)) == set(entries)


def test_a_new_deadline_replaces_the_old() -> None:
    wheel, entry = TimerWheel(), Entry()
    wheel.schedule(entry, 1.0)
    wheel.schedule(entry, 5.0)
    assert wheel.expire(2.0) == []
    wheel.schedule(entry, 3.0)
    assert wheel.expire(3.1) == [entry]
    assert len(wheel) == 0


def test_never_is_a_deadline_too() -> None:
    wheel, entry = TimerWheel(), Entry()
    wheel.schedule(entry, 1.0)
    wheel.schedule(entry, math.inf)
    wheel.cancel(entry)
    assert len(wheel) == 0
    assert wheel.expire(2.0) == []
