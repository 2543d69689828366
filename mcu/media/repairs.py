"""What is sent again for a receiver that asked for it: a share of its line at most, and twice where loss is random.

Rules:
1. Repairs take no more than SHARE of what the line carries, as far as that is known; the rest is refused and counted.
2. A repair is repeated unasked when more than TWICE_LOSS is lost though no queue stands: one in five repairs is lost
   as well at 20 % loss, and the picture freezes for another round trip. A full line would only lose more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, MutableMapping, Sequence
from math import inf

from mcu.media.sent_streams import SendsRtp

SHARE = 0.25  # of the line's bit rate, when it may be full: repairs of repairs would fill it by themselves
SHARE_RANDOM = 0.5  # when it loses at random, and so has room
TWICE_LOSS = 0.05  # reported by the receiver; below it the first repair comes nearly always
LITTLE_LOSS = 0.01  # smoothed reports never come down to 0
TWICE_AFTER = 0.022  # seconds: a SendStream repeats nothing within 20 ms, and bursts of loss are shorter
MAX_SECOND = 512  # packets that wait for their second repair: as many as a SendStream remembers
PACKET = 1_200  # bytes of a repair, about
BURST_SECONDS = 1.0  # of the share that may be used at once: a keyframe is lost in one go
MIN_BURST = 16 * PACKET


def expected(loss: float) -> float:
    """What repairs add to pictures of which `loss` is lost, as a share of them; both 0 to 1."""
    if loss < LITTLE_LOSS:
        return 0.0
    return min(SHARE_RANDOM, 2 * loss) if loss > TWICE_LOSS else loss


class Repairs:
    """One per leg."""

    def __init__(self, counters: MutableMapping[str, int]) -> None:
        """Packets beyond the share count as "repairs_refused" in `counters`, second ones as "repairs_repeated"."""
        self.line = inf  # bit/s that the line carries beside the sound; inf when nobody knows
        self.random_loss = False  # what is lost, the line loses: it is not full
        self.bounds: Callable[[float], tuple[float, bool]] | None = None  # asked for these two when there are repairs
        self._counters = counters
        self._credit = inf  # bytes
        self._counted = 0.0  # until when `_credit` was given
        self._second: deque[tuple[float, SendsRtp, tuple[int, ...]]] = deque()
        self._waiting = 0  # packets in `_second`

    def ask(self, stream: SendsRtp, numbers: Sequence[int], loss: float, now: float) -> None:
        """The receiver, which lacks `loss` of what we send, asks for these packets."""
        self._look(now)
        allowed = self._allow(numbers, now)
        if not allowed:
            return
        self._send(stream, allowed, now)
        if self.random_loss and loss > TWICE_LOSS and self._waiting + len(allowed) <= MAX_SECOND:
            self._second.append((now + TWICE_AFTER, stream, tuple(allowed)))
            self._waiting += len(allowed)

    def handle_timer(self, now: float) -> None:
        """Second repairs that are due; none when the line has become full."""
        self._look(now)
        while self._second and self._second[0][0] <= now:
            _, stream, numbers = self._second.popleft()
            self._waiting -= len(numbers)
            if self.random_loss and (allowed := self._allow(numbers, now)):
                self._counters["repairs_repeated"] += self._send(stream, allowed, now)

    def next_timer(self) -> float:
        """When `handle_timer` has something to send; inf for never."""
        return self._second[0][0] if self._second else inf

    def _look(self, now: float) -> None:
        if self.bounds is not None:
            self.line, self.random_loss = self.bounds(now)

    def _allow(self, numbers: Sequence[int], now: float) -> Sequence[int]:
        """As many of the packets as the share has room for."""
        if self.line == inf:
            return numbers
        rate = (SHARE_RANDOM if self.random_loss else SHARE) * self.line / 8
        most = max(BURST_SECONDS * rate, MIN_BURST)
        self._credit = min(self._credit + rate * max(0.0, now - self._counted), most)
        self._counted = max(self._counted, now)
        allowed = numbers[: max(0, int(self._credit / PACKET))]
        self._counters["repairs_refused"] += len(numbers) - len(allowed)
        return allowed

    def _send(self, stream: SendsRtp, numbers: Sequence[int], now: float) -> int:
        sent = stream.resend(numbers, now)
        self._credit -= sent * PACKET
        return sent
