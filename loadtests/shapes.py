"""How many users there are when: pure functions of the time since the run began, and the locust shape that asks them.

Rules:
1. A pace is asked again and again, and gives the same stage as long as nothing changes: locust begins to count anew
   with each change.
2. Time begins when the conferences are made and the agents are there, not when the button is pressed.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable
from dataclasses import dataclass

from locust.shape import LoadTestShape

GATHERING_SECONDS = 8.0  # in which all devices come: the last ones have two of the ten to be in
HOMES_SECONDS = 55.0  # in which all home workers come; likewise with five of sixty
CALM_RATE = 2.0  # users a second where the coming itself is not what is tried
STEP_SECONDS = 5.0  # of a working day, at the least: what changes more often is never finished
WORKING_HOURS = 9.0
# Share of the users that are there at an hour of the working day, which begins at nine.
DAY: tuple[tuple[float, float], ...] = (
    (0.0, 0.1),
    (0.5, 0.5),
    (1.0, 1.0),
    (2.5, 0.8),
    (3.0, 0.2),
    (4.0, 0.1),
    (5.0, 0.7),
    (6.0, 1.0),
    (7.5, 0.6),
    (9.0, 0.1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a pace needs to know."""

    users: int
    duration: float  # seconds


@dataclass(frozen=True, slots=True)
class Stage:
    """So many users are wanted; they come or go at so many a second."""

    users: int
    rate: float


Pace = Callable[[float, Plan], Stage | None]


def gathering(now: float, plan: Plan) -> Stage | None:
    """Everybody within ten seconds."""
    return _constant(now, plan, plan.users / GATHERING_SECONDS)


def homes(now: float, plan: Plan) -> Stage | None:
    """Everybody within a minute."""
    return _constant(now, plan, plan.users / HOMES_SECONDS)


def calm(now: float, plan: Plan) -> Stage | None:
    """Everybody, one after the other, to stay."""
    return _constant(now, plan, CALM_RATE)


def steadily(rate: float) -> Pace:
    """Everybody at so many a second, to stay."""
    return lambda now, plan: _constant(now, plan, rate)


def working_day(now: float, plan: Plan) -> Stage | None:
    """A working day from nine to six within the duration: two peaks, and a break at noon."""
    if now >= plan.duration:
        return None
    steps = max(1, int(plan.duration / max(STEP_SECONDS, plan.duration / 100)))
    step = int(now / plan.duration * steps)
    wanted, before = (max(1, round(plan.users * share_at(each / steps * WORKING_HOURS))) for each in (step, step - 1))
    return Stage(wanted, max(1.0, abs(wanted - before) * steps / plan.duration))


def share_at(hour: float) -> float:
    """How many of all are there, by the hour since nine; between the rows of DAY in a straight line."""
    row = bisect.bisect_right(DAY, (hour, 2.0))
    if row == 0:
        return 0.0
    if row == len(DAY):
        return DAY[-1][1]
    (begin, low), (end, high) = DAY[row - 1], DAY[row]
    return low + (high - low) * (hour - begin) / (end - begin)


def _constant(now: float, plan: Plan, rate: float) -> Stage | None:
    return Stage(plan.users, rate) if now < plan.duration else None


class ScenarioShape(LoadTestShape):
    """Locust's shape: asks a pace, with what the options and the web page say now."""

    use_common_options = True  # the fields of users and run time stay in the web page, and mean what they say

    def __init__(self, pace: Pace, *, plan: Callable[[], Plan], running_for: Callable[[], float], extra: int) -> None:
        """`extra` users come beside those of the pace."""
        super().__init__()  # type: ignore[no-untyped-call]
        self._pace, self._plan, self._running_for, self._extra = pace, plan, running_for, extra

    def tick(self) -> tuple[int, float] | None:
        stage = self._pace(self._running_for(), self._plan())
        return None if stage is None else (stage.users + self._extra, stage.rate)
