"""When to ask a sender for a keyframe: at once when it is needed, a few times soon again, then ever more rarely."""

from __future__ import annotations

from math import inf

FIRST_REPEAT = 0.3  # seconds: longer than a round trip and the coding of a keyframe, short enough after a lost request
LAST_REPEAT = 2.4  # seconds: a sender that cannot answer is not flooded
BACKOFF = 1.5
EAGER = 3  # requests before the first wait grows: a line that loses one in five loses three in a row once in 125


class KeyframeRequests:
    """Paces the requests for one received stream. Monotonic seconds."""

    def __init__(self) -> None:
        self.sent = 0
        self.due = inf  # when to send a request; inf when no keyframe is needed
        self._last = -inf
        self._interval = FIRST_REPEAT
        self._unanswered = 0

    def need(self, now: float) -> None:
        """A keyframe is needed; idempotent while one is awaited."""
        if self.due == inf:
            self.due = max(now, self._last + FIRST_REPEAT)

    def satisfy(self) -> None:
        """A keyframe came, or it goes on without one: the next need starts afresh."""
        self.due = inf
        self._answered()

    def begin(self, now: float) -> None:
        """A keyframe has begun to arrive: the sender does answer, and if this one is lost the next try is soon."""
        self._answered()
        if self.due != inf:
            self.due = min(self.due, now + FIRST_REPEAT)

    def take_due(self, now: float, rtt: float) -> bool:
        """Whether to send a request now."""
        if now < self.due:
            return False
        self.sent += 1
        self._last = now
        self.due = now + max(self._interval, 1.5 * rtt)
        self._unanswered += 1
        if self._unanswered >= EAGER:
            self._interval = min(BACKOFF * self._interval, LAST_REPEAT)
        return True

    def _answered(self) -> None:
        self._interval = FIRST_REPEAT
        self._unanswered = 0
