"""The wheel on a loop, with a loop and a clock that stand still."""

from __future__ import annotations

import math
from collections.abc import Callable

from mcu.webrtc.alarm import Alarm
from mcu.webrtc.timer_wheel import TICK_SECONDS, Timed


class Loop:
    """Remembers the one timer."""

    def __init__(self) -> None:
        self.now = 0.0
        self.due = math.inf
        self.callback: Callable[[], None] = lambda: None

    def call_later(self, delay: float, callback: Callable[[], None]) -> Loop:
        assert self.due == math.inf, "more than one timer"
        self.due, self.callback = self.now + delay, callback
        return self

    def cancel(self) -> None:
        self.due = math.inf

    def run(self, until: float) -> None:
        while self.due <= until:
            self.now, self.due = self.due, math.inf
            self.callback()
        self.now = until


class Periodic:
    def __init__(self, period: float) -> None:
        self.period = period
        self.served: list[float] = []

    def handle_timer(self, now: float) -> None:
        self.served.append(now)

    def next_timer(self) -> float:
        return (self.served[-1] if self.served else 0.0) + self.period


def alarm() -> tuple[Loop, Alarm]:
    loop = Loop()

    def serve(entry: Timed, now: float) -> None:
        entry.handle_timer(now)

    return loop, Alarm(loop.call_later, clock=lambda: loop.now, serve=serve)


def test_each_is_served_at_its_own_pace_by_one_timer() -> None:
    loop, clock = alarm()
    fast, slow = Periodic(0.1), Periodic(1.0)
    for entry in (slow, fast):
        clock.schedule(entry, 0.0)
    loop.run(3.05)
    assert len(slow.served) == 3
    assert 28 <= len(fast.served) <= 30
    clock.cancel(fast)
    before = len(fast.served)
    loop.run(4.5)
    assert len(fast.served) == before
    clock.close()
    loop.run(9.0)
    assert len(slow.served) == 4


def test_who_is_always_late_does_not_stop_the_loop() -> None:
    loop, clock = alarm()
    greedy = Periodic(-1.0)
    clock.schedule(greedy, 0.0)
    loop.run(0.1)
    assert len(greedy.served) <= 0.1 / TICK_SECONDS + 1


def test_while_it_is_driven_it_sets_no_timer_and_serves_as_it_is_run() -> None:
    loop, clock = alarm()
    entry = Periodic(0.1)
    clock.schedule(entry, 0.0)
    clock.drive()
    assert loop.due == math.inf
    for step in range(1, 201):
        loop.now = step * 0.005
        clock.run(loop.now)
    assert loop.due == math.inf
    assert 9 <= len(entry.served) <= 10
    clock.release(loop.now)
    loop.run(2.05)
    assert 19 <= len(entry.served) <= 20
