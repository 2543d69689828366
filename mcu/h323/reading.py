"""How much of a peer's call control is read. Whoever says more is cut off. Pure: time is an argument.

Bytes count, and each message as MESSAGE_BYTES more: reading one takes 0.3 ms, however short it is. A whole call has
some 20 kB. What a full allowance holds is read in 0.1 s, and that is all that other calls may feel of one.
"""

from __future__ import annotations

from mcu.limits import Allowance, TokenBucket

MESSAGE_BYTES = 200
BYTES = Allowance(burst=65_536, rate=8_192)  # a SETUP of the greatest length twice; 30 short messages a second for good


class Reading:
    """The allowance of one call, for both of its connections."""

    def __init__(self, *, now: float) -> None:
        self._bucket = TokenBucket(BYTES, now=now)

    def bytes_came(self, count: int, now: float) -> bool:
        """Whether they are read at all."""
        return self._bucket.take(count, now=now)

    def message_came(self, now: float) -> bool:
        """Whether one more is read."""
        return self._bucket.take(MESSAGE_BYTES, now=now)
