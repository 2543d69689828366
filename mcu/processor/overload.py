"""How much an MP sheds: finds the least step of STEPS at which sound keeps its beat and pictures are not old.

Rules:
1. Sound is never shed. Judged is what people notice: ticks that come late, pictures and frames that wait.
2. More is shed after two bad looks in a row (one, after a step back), several at once when many ticks are missed;
   less after a calm, and one step at a time. A step back that turned out wrong doubles the calm that the next one
   needs, unless the CPU is free: who hardly waits for a CPU is not held up by one.
3. Reads no clock and no files.

Why these steps in this order: docs/decisions/0017-too-little-cpu.md.
"""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass

LOOK_SECONDS = 0.25  # between two looks: a dozen ticks of the sound
LATE_SECONDS = 0.012  # of a tick: of the 20 ms after which it is missed
LATE_SHARE = 0.25  # of the ticks of a look: more are bad
MANY_MISSED, MOST_MISSED = 0.2, 0.5  # of the ticks of a look: two steps at once, and three
RECENT_LOOKS, OFTEN = 8, 3  # a tick missed in so many of the last looks (two seconds) is bad as well
OLD_SECONDS, FRESH_SECONDS = 0.15, 0.08  # that a frame waited to be decoded, or a picture to be composed
CALM_SECONDS = 1.0  # of good looks before a step back while the CPU is free
HOLD_FIRST, HOLD_MOST = 10.0, 80.0  # seconds of them while it is not: a try that fails costs a dozen ticks
QUOTA_HOLD = 30.0  # seconds at least, while a quota is used up even as it is
REGRET_SECONDS = 5.0  # a step back that goes bad within this time was wrong
FREE_SHARE = 0.5  # of the time in which the main thread wanted a CPU: when it waits less, and no quota ended, the CPU
# is free. Seen: 0.2 to 0.4 beside others, 0.6 to 0.8 where there is too little
BUSY_LEVEL = 2  # from here on nobody new is let in
FEW_LEGS = 6  # with fewer, what is missing is not what people cost: a browser that starts beside the server, say


class Moving(enum.Enum):
    """Whose picture moves; the others' stand still, and are renewed now and then."""

    ALL = "all"
    SPEAKING = "speaking"  # and who spoke a moment ago
    SPEAKER = "speaker"  # the dominant one alone; while many talk at once and none is, whoever began first


@dataclass(frozen=True, slots=True)
class Step:
    """What is left."""

    divisor: int  # every how many ticks a picture is composed
    moving: Moving = Moving.ALL
    bitrate: float = 1.0  # share of the composite's
    reduction: int = 1  # of its width and height
    pauses: bool = False  # who stands still is asked to send no picture at all
    adapt_every: int = 1  # ticks of the sound between two looks at the lines of the receivers


STEPS = (
    Step(1),
    Step(2, bitrate=0.8),
    Step(3, bitrate=0.7),
    Step(3, Moving.SPEAKING, bitrate=0.6),
    Step(5, Moving.SPEAKING, bitrate=0.4),
    Step(5, Moving.SPEAKING, bitrate=0.35, pauses=True, adapt_every=25),
    Step(5, Moving.SPEAKING, bitrate=0.25, reduction=2, pauses=True, adapt_every=25),
    Step(5, Moving.SPEAKER, bitrate=0.2, reduction=2, pauses=True, adapt_every=25),
)


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen since the look before."""

    ticks: int  # of the sound, missed ones included
    late: int  # by LATE_SECONDS, missed ones included
    missed: int  # or made up: the next was due already
    waited: float  # seconds: the longest wait of a frame for its decoder, or of a picture for its composing
    wanted: float  # seconds in which the main thread ran or waited for a CPU
    waiting: float  # of those, waited
    throttled: int = 0  # times that a control group's quota was used up; 0 where that is not known

    @property
    def bad(self) -> bool:
        return self.late > LATE_SHARE * self.ticks or self.missed > 1 or self.waited > OLD_SECONDS

    @property
    def good(self) -> bool:
        return self.late == 0 and self.waited < FRESH_SECONDS


class Overload:
    """`level` is an index into STEPS."""

    def __init__(self, *, now: float) -> None:
        self.level = 0
        self.sheds = 0  # changes to a higher level so far
        self._bad = 0  # looks in a row
        self._recent: deque[bool] = deque(maxlen=RECENT_LOOKS)  # whether a tick was missed, since the last change
        self._calm = _Calm()
        self._hold = HOLD_FIRST
        self._looked = now
        self._went_back = now - REGRET_SECONDS

    @property
    def step(self) -> Step:
        return STEPS[self.level]

    def refuses(self, legs: int) -> bool:
        """Whether somebody new would be one too many, beside so many connections of the MP."""
        return self.level >= BUSY_LEVEL and legs >= FEW_LEGS

    def rest(self, now: float) -> None:
        """Nobody is there: nothing to shed, and what was seen says nothing about those who come next."""
        self._change(0)
        self._hold = HOLD_FIRST
        self._looked, self._went_back = now, now - REGRET_SECONDS

    def take(self, look: Look, now: float) -> bool:
        """Judge; whether the level changed."""
        elapsed, self._looked = now - self._looked, now
        self._recent.append(look.missed > 0)
        often = look.missed > 0 and sum(self._recent) >= OFTEN
        before = self.level
        if look.bad or often:
            self._bad += 1
            self._calm = _Calm()
            regretted = now - self._went_back < REGRET_SECONDS
            if self._bad >= 2 or often or regretted:
                self._shed(look, regretted=regretted)
        else:
            self._bad = 0
            if look.good:
                self._calm.add(look, elapsed)
                self._maybe_back(now)
        return self.level != before

    def _shed(self, look: Look, *, regretted: bool) -> None:
        if self.level == len(STEPS) - 1:
            return
        if regretted:
            self._hold = min(HOLD_MOST, 2 * self._hold)
        steps = 1
        if not regretted:
            steps += (look.missed > MANY_MISSED * look.ticks) + (look.missed > MOST_MISSED * look.ticks)
        self.sheds += 1
        self._change(min(len(STEPS) - 1, self.level + steps))

    def _maybe_back(self, now: float) -> None:
        if self.level == 0:
            return
        needed = CALM_SECONDS if self._calm.free else self._hold
        if self._calm.seconds < (max(needed, QUOTA_HOLD) if self._calm.throttled else needed):
            return
        self._went_back = now
        self._change(self.level - 1)
        if self.level == 0:
            self._hold = HOLD_FIRST

    def _change(self, level: int) -> None:
        self.level = level
        self._bad = 0
        self._recent.clear()
        self._calm = _Calm()


class _Calm:
    """Good looks since the last bad one, or the last change."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._newest: deque[Look] = deque(maxlen=round(CALM_SECONDS / LOOK_SECONDS))

    def add(self, look: Look, elapsed: float) -> None:
        self.seconds += elapsed
        self._newest.append(look)

    @property
    def throttled(self) -> bool:
        """Whether a quota was used up in the newest of them."""
        return any(look.throttled for look in self._newest)

    @property
    def free(self) -> bool:
        """Whether the main thread hardly waited for a CPU in the newest of them, and no quota was used up."""
        waiting, wanted = (sum(times) for times in zip(*((n.waiting, n.wanted) for n in self._newest), strict=True))
        return waiting < FREE_SHARE * wanted and not self.throttled
