"""A line to a receiver in fake time: one queue with a rate, then delay, jitter and loss by a seeded dice."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass
class Line:
    """Packets go in in order of time; `send` says when each comes out, or None when it is lost."""

    rates: list[tuple[float, float]]  # (from second, bit/s), ascending; the first from 0
    delay: float = 0.02  # seconds, one way, behind the queue
    max_queue: float = 1.0  # seconds of waiting from which on packets are dropped; how deep the buffer is
    policer: bool = False  # a bucket of 100 ms: what does not fit is dropped, and nothing waits
    loss: Callable[[], bool] = lambda: False
    jitter: Callable[[], float] = lambda: 0.0
    in_order: bool = False  # a late packet holds up those behind it
    busy: Sequence[tuple[float, float]] = ()  # (from, seconds): the receiver's machine runs at half speed
    dropped: int = 0
    longest_queue: float = 0.0
    _free: float = 0.0  # when the last packet in the queue will have left it
    _last: float = 0.0
    waits: list[tuple[float, float]] = field(default_factory=list)  # (sent, seconds in the queue)

    def send(self, size: int, now: float) -> float | None:
        start = max(now, self._free)
        end = self._leaves(start, size * 8)
        wait = end - now
        if wait > (0.1 if self.policer else self.max_queue):
            self.dropped += 1
            return None
        self._free = end
        if self.policer:
            end, wait = now, 0.0
        self.waits.append((now, wait))
        self.longest_queue = max(self.longest_queue, wait)
        if self.loss():
            return None
        arrival = end + self.delay + self.jitter()
        if self.in_order:
            arrival = self._last = max(arrival, self._last)
        for begin, seconds in self.busy:
            if begin <= arrival < begin + seconds:
                arrival = min(begin + 2 * (arrival - begin), begin + seconds)
        return arrival

    def _leaves(self, start: float, bits: float) -> float:
        """When `bits` that begin to be sent at `start` are through, the rate changing on the way."""
        for index, (begin, rate) in enumerate(self.rates):
            end = self.rates[index + 1][0] if index + 1 < len(self.rates) else float("inf")
            if start >= end:
                continue
            start = max(start, begin)
            if bits <= (end - start) * rate:
                return start + bits / rate
            bits -= (end - start) * rate
            start = end
        raise AssertionError("the last rate holds for ever")


def random_loss(share: float, seed: int) -> Callable[[], bool]:
    dice = random.Random(seed)
    return lambda: dice.random() < share


def burst_loss(enter: float, leave: float, seed: int) -> Callable[[], bool]:
    """Gilbert-Elliott: nothing is lost in the good state, everything in the bad one."""
    dice = random.Random(seed)
    bad = False

    def lost() -> bool:
        nonlocal bad
        bad = dice.random() >= leave if bad else dice.random() < enter
        return bad

    return lost


def wandering_jitter(longest: float, step: float, seed: int) -> Callable[[], float]:
    """Each packet's delay is near that of the one before."""
    dice = random.Random(seed)
    delay = longest / 2

    def wander() -> float:
        nonlocal delay
        delay = min(longest, max(0.0, delay + dice.gauss(0, step)))
        return delay

    return wander


def uniform_jitter(longest: float, seed: int) -> Callable[[], float]:
    dice = random.Random(seed)
    return lambda: dice.random() * longest
