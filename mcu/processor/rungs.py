"""Which rung of a composite each receiver gets, and at what rate each rung is coded.

A receiver's budget is what its line carries beside its sound. Rungs go from best (0) to smallest; behind the last one
is sound alone, which needs no rung.

Rules:
1. Down at once when the budget no longer carries the rung; up only when it did so for a moment with something to
   spare, and after a hold time that doubles each time going up turned out wrong.
2. The best rung follows the best of its receivers, so that nobody's bad line changes the picture of the others; the
   smaller ones follow the weakest of theirs.
3. Pure: time is an argument, and nothing here knows of legs or encoders.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from mcu.media.types import VideoProfile

SHARES = (1.0, 0.36, 0.1)  # of the composite's bitrate: all of it, half the width and height, a quarter
SMALLEST = (0.6, 0.45, 0.5)  # of a rung's bitrate: with less it looks worse than the next one
DIVISORS = (1, 2, 4)  # of width and height
SLOW_FPS = 2  # the smallest rung leaves out every second frame
SMALLEST_SIDE = 90  # pixels; no rung is smaller
OVERHEAD = 1.08  # headers and repairs, as a share of the coded bits
ROUNDING = 1e-6  # bit/s: a whole number stays one after going through floats
SPARE = 0.1  # of a rung's most, beyond what it needs, to go up: its keyframe, 0.14 s of it, is a queue for 1.4 s
UP_SECONDS = 0.3  # for which it must be there
HOLD_FIRST, HOLD_MOST = 1.0, 30.0  # seconds on a rung before going up
REGRET_SECONDS = 10.0  # going down within this time of going up: it was wrong
COMPLAINTS, COMPLAINT_SECONDS = 3, 10.0  # so many keyframe requests within this time are more than a disturbance
SAME_COMPLAINT = 0.5  # seconds: browsers ask again until the keyframe is there
CONTENT_SECONDS = 60.0  # without going down: past mistakes are forgotten


@dataclass(frozen=True, slots=True)
class Rung:
    """One way to code a composite."""

    profile: VideoProfile
    least: int  # bit/s, coded; the profile's bitrate is the most

    def needs(self, bitrate: int) -> float:
        """The budget that carries this rung coded at `bitrate`, both in bit/s, and not a bit more."""
        return int(bitrate * OVERHEAD)

    @property
    def spare(self) -> float:
        """Bit/s beyond that which a line must have to go up to this rung: room in which its keyframe drains."""
        return SPARE * self.profile.bitrate


def ladder(profile: VideoProfile) -> tuple[Rung, ...]:
    """The rungs of a composite that is shown as `profile` to those whose line carries it, best first."""
    rungs = []
    for index, (share, smallest, divisor) in enumerate(zip(SHARES, SMALLEST, DIVISORS, strict=True)):
        height = even(profile.height / divisor)
        if index and height < SMALLEST_SIDE:
            break
        slow = index == len(SHARES) - 1 and profile.fps >= 2 * SLOW_FPS
        bitrate = round(profile.bitrate * share)
        rung = replace(
            profile,
            width=even(profile.width / divisor),
            height=height,
            fps=profile.fps // SLOW_FPS if slow else profile.fps,
            bitrate=bitrate,
        )
        rungs.append(Rung(rung, round(bitrate * smallest)))
    return tuple(rungs)


def best_bitrate(rung: Rung, budgets: Iterable[float]) -> int:
    """How to code the best rung: as the best line carries, within what the rung may have."""
    return _within(rung, max(budgets, default=0.0))


def shared_bitrate(rung: Rung, budgets: Iterable[float]) -> int:
    """How to code a smaller rung: as the weakest of its lines carries, within what the rung may have."""
    return _within(rung, min(budgets, default=0.0))


class Complaints:
    """Counts what a receiver could not mend without a keyframe."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=COMPLAINTS)

    def add(self, now: float) -> bool:
        """Note a keyframe request; True when there were too many, which are then forgotten."""
        if self._times and now - self._times[-1] < SAME_COMPLAINT:
            return False
        self._times.append(now)
        if len(self._times) < COMPLAINTS or now - self._times[0] > COMPLAINT_SECONDS:
            return False
        self._times.clear()
        return True


class RungChooser:
    """The choice for one receiver. `level` is an index into the ladder; its length means sound alone."""

    def __init__(self, spares: Sequence[float], *, now: float) -> None:
        """`spares`: see `Rung.spare`, of each rung, best first."""
        self.level = 0
        self.downs = 0  # changes so far
        self.ups = 0
        self._spares = tuple(spares)
        self._count = len(self._spares)
        self._hold = HOLD_FIRST
        self._changed = now
        self._went_up = -REGRET_SECONDS + now
        self._enough_since: float | None = None

    def choose(self, budget: float, needs: Sequence[float], now: float, limit: float = math.inf) -> int:
        """The level for a budget (bit/s); `needs` says what each rung of the ladder takes, best first. `limit` is the
        most that a budget can ever be: an agreement, not a line, and no reason to have anything to spare beyond it."""
        carried = next((level for level in range(self._count) if budget >= needs[level]), self._count)
        if carried > self.level:
            self._down(carried, now)
        elif self.level > 0:
            self._maybe_up(budget, needs, now, limit)
        elif now - self._changed > CONTENT_SECONDS:
            self._hold = HOLD_FIRST
        return self.level

    def wanted(self, needs: Sequence[float], now: float, limit: float = math.inf) -> float:
        """The budget that a probe should look for now, to go up; 0.0 when it is not the time."""
        if self.level == 0 or now - self._changed < self._hold:
            return 0.0
        return self._to_go_up(self.level - 1, needs, limit)

    def share(self, budget: float) -> float:
        """What of a budget counts for the rate of the best rung: who is below it needs some to spare to get there."""
        return budget if self.level == 0 else budget - self._spares[0] - 1.0

    def step_down(self, now: float) -> None:
        """One rung smaller, whatever the line carries, unless this is the last; with a wait before going up again that
        doubles each time."""
        if self.level < self._count - 1:
            self._hold = min(HOLD_MOST, max(REGRET_SECONDS, 2 * self._hold))
            self._down(self.level + 1, now)

    def _down(self, level: int, now: float) -> None:
        if now - self._went_up < REGRET_SECONDS:
            self._hold = min(HOLD_MOST, 2 * self._hold)
        self.level = level
        self.downs += 1
        self._changed = now
        self._enough_since = None

    def _to_go_up(self, level: int, needs: Sequence[float], limit: float) -> float:
        return max(needs[level], min(needs[level] + self._spares[level], limit))

    def _maybe_up(self, budget: float, needs: Sequence[float], now: float, limit: float) -> None:
        fits = (level for level in range(self.level) if budget >= self._to_go_up(level, needs, limit))
        level = next(fits, self.level)
        if level == self.level:
            self._enough_since = None
            return
        if self._enough_since is None:
            self._enough_since = now
        dark = self.level == self._count and self._hold == HOLD_FIRST  # any picture is better than none
        if now - self._enough_since < UP_SECONDS or (now - self._changed < self._hold and not dark):
            return
        if now - self._changed > CONTENT_SECONDS:
            self._hold = HOLD_FIRST
        self.level = level
        self.ups += 1
        self._changed = self._went_up = now
        self._enough_since = None


def _within(rung: Rung, budget: float) -> int:
    return int(min(rung.profile.bitrate, max(rung.least, budget / OVERHEAD + ROUNDING)))


def even(value: float) -> int:
    """The nearest even number of pixels."""
    return 2 * round(value / 2)
