"""What one sender has been told, and when it is told another size. Pure; time is an argument.

Rules:
1. Who begins to send is told the exact size: there is a keyframe in any case.
2. More is told at once, and amply: whoever makes room now may be followed by others.
3. Less is told only when it has been enough for LOWER_SECONDS, and then the most that was needed meanwhile: the exact
   size when the need was the same for as long, else the ample one.
4. Another rate alone changes no size.
"""

from __future__ import annotations

import math

from mcu.control import NeededPicture
from mcu.processor.needs import Need, sized

LOWER_SECONDS = 5.0  # two people who talk to each other change places more often than this


class Told:
    """Call `take` with what is needed whenever that may have changed or time has passed."""

    def __init__(self) -> None:
        self.picture: NeededPicture | None = None
        self._begun = False  # was told anything
        self._need: Need | None = None  # the last one
        self._since = -math.inf  # it has been the same
        self._lower_at = math.inf  # less may be told
        self._most: Need | None = None  # that was needed since less is enough

    def take(self, need: Need | None, now: float, *, may_shrink: bool = True) -> bool:
        """Whether the sender is to be told `picture` now; without `may_shrink` no smaller size than before."""
        if need != self._need:
            self._need, self._since = need, now
        if not self._begun or (self.picture is None and need is not None):
            return self._tell(need.exact if need else None)
        told = self.picture
        if told is None:  # and nothing is needed
            return False
        if need is not None and (_larger(need.exact, told) or need.exact.fps > told.fps):
            more = need.ample if _larger(need.exact, told) else told
            return self._tell(sized(more.width, more.height, need.exact.fps))
        if need is not None and need.exact == told:
            self._lower_at = math.inf
            return False
        if self._lower_at == math.inf:
            self._lower_at, self._most = now + LOWER_SECONDS, need
        elif _exceeds(need, self._most):
            self._most = need
        if now < self._lower_at:
            return False
        enough = self._enough(told, now)
        if not may_shrink and enough is not None and _larger(told, enough):
            return False
        self._tell(enough)
        if (need.exact if need else None) != enough:
            self._lower_at, self._most = max(now, self._since + LOWER_SECONDS), need
        return enough != told

    def _enough(self, told: NeededPicture, now: float) -> NeededPicture | None:
        """What served for LOWER_SECONDS, never larger than `told`."""
        if now - self._since >= LOWER_SECONDS:
            return self._need.exact if self._need else None
        if self._most is None:
            return None
        ample = self._most.ample
        size = ample if _larger(told, ample) and not _larger(ample, told) else told
        return sized(size.width, size.height, ample.fps)

    def _tell(self, picture: NeededPicture | None) -> bool:
        self.picture, self._begun, self._lower_at = picture, True, math.inf
        return True


def _larger(one: NeededPicture, other: NeededPicture) -> bool:
    return one.width > other.width or one.height > other.height


def _exceeds(need: Need | None, other: Need | None) -> bool:
    if need is None or other is None:
        return need is not None and other is None
    return _larger(need.exact, other.exact) or need.exact.fps > other.exact.fps
