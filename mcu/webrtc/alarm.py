"""The timer wheel on an event loop: one timer of the loop for everybody in it, or none while it is driven."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Protocol

from mcu.webrtc.timer_wheel import TICK_SECONDS, Timed, TimerWheel


class Cancellable(Protocol):
    def cancel(self) -> None: ...


class Alarm:
    """`call_later` is the loop's; `serve` is called with an entry and the time whenever its `next_timer` has come.

    Whoever wakes up often enough anyway can `drive` it: then it sets no timer, and `run` is called instead.
    """

    def __init__(
        self,
        call_later: Callable[[float, Callable[[], None]], Cancellable],
        *,
        clock: Callable[[], float],
        serve: Callable[[Timed, float], None],
    ) -> None:
        self._call_later = call_later
        self._clock = clock
        self._serve = serve
        self._wheel = TimerWheel()
        self._timer: Cancellable | None = None
        self._armed_for = inf  # when the timer fires
        self._driven = False

    def schedule(self, entry: Timed, now: float) -> None:
        """Ask `entry` when it wants to be served next; not before the next tick."""
        self._wheel.schedule(entry, max(entry.next_timer(), now + TICK_SECONDS))
        self._arm(now)

    def cancel(self, entry: Timed) -> None:
        self._wheel.cancel(entry)

    def drive(self) -> None:
        """`run` will be called every few milliseconds, until `release`."""
        self._driven = True
        self.close()

    def release(self, now: float) -> None:
        """Wake up by a timer of the loop again."""
        self._driven = False
        self._arm(now)

    def run(self, now: float) -> None:
        """Serve those whose time has come."""
        for entry in self._wheel.expire(now):
            self._serve(entry, now)
            self.schedule(entry, now)
        self._arm(now)

    def close(self) -> None:
        """Serve nobody any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, now: float) -> None:
        """Have the loop's timer fire early enough; firing too early does no harm."""
        if self._driven:
            return
        due = self._wheel.next_timer()
        if self._timer is not None:
            if self._armed_for <= due:
                return
            self._timer.cancel()
            self._timer = None
        if due < inf:
            self._armed_for = due
            self._timer = self._call_later(max(0.0, due - now), self._wake)

    def _wake(self) -> None:
        self._timer = None
        self.run(self._clock())
