"""Spreads the packets of large frames over time, so that a keyframe to many receivers is no burst.

Ordinary frames leave at once. Sans-I/O: the driver calls `take` after `put` and at `next_timer`, and sends what it gets
to all receivers of the frame together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Generic, TypeVar

BURST_BYTES = 9_000  # leave at once: a common delta frame at 1.2 Mbit/s, and 8 packets to a queue at the bottleneck
RATE_FACTOR = 3.0  # times the bitrate while a frame is spread; libwebrtc uses 2.5
MAX_SPREAD = 0.030  # seconds: whatever its size, a frame is gone before the next one comes at 25 fps
MIN_SLEEP = 0.002  # seconds between two slices, to make system calls worth their while

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Slice(Generic[T]):
    """Payloads to send now. `last`: the frame ends here, and the last payload carries the marker."""

    frame: T
    payloads: list[bytes]
    last: bool


@dataclass(slots=True)
class _Queued(Generic[T]):
    frame: T
    payloads: list[bytes]
    position: int = 0


class Pacer(Generic[T]):
    """One per encoding profile. Never drops: a frame that is still waiting when the next one comes leaves at once."""

    def __init__(self, bitrate: int, *, spread: float = MAX_SPREAD) -> None:
        """`spread`: seconds in which a frame of any size is gone."""
        self.spread_frames = 0  # frames that did not leave at once
        self.queued_bytes = 0
        self._base_rate = RATE_FACTOR * bitrate / 8  # bytes/s
        self._rate = self._base_rate
        self._spread = spread
        self._budget = float(BURST_BYTES)  # bytes that may leave now; below zero after a packet larger than it
        self._refilled = -math.inf
        self._waiting: _Queued[T] | None = None

    def put(self, frame: T, payloads: list[bytes], now: float) -> list[Slice[T]]:
        """Queue a frame. Returns what was left of the one before, to be sent at once, and what may go of this one."""
        late = [self._cut(self._waiting, len(self._waiting.payloads))] if self._waiting else []
        self.queued_bytes = sum(map(len, payloads))
        self._rate = max(self._base_rate, self.queued_bytes / self._spread)
        self._waiting = _Queued(frame, payloads) if payloads else None
        slices = late + self.take(now)
        self.spread_frames += self._waiting is not None
        return slices

    def take(self, now: float) -> list[Slice[T]]:
        """What may leave now."""
        if now > self._refilled:
            self._budget = min(BURST_BYTES, self._budget + (now - self._refilled) * self._rate)
            self._refilled = now
        queued = self._waiting
        if queued is None or self._budget <= 0:
            return []
        end = queued.position
        while end < len(queued.payloads) and self._budget > 0:
            self._budget -= len(queued.payloads[end])
            end += 1
        return [self._cut(queued, end)]

    def next_timer(self) -> float:
        """When `take` will have something; math.inf when nothing waits."""
        if self._waiting is None:
            return math.inf
        return self._refilled + max(MIN_SLEEP, -self._budget / self._rate)

    def _cut(self, queued: _Queued[T], end: int) -> Slice[T]:
        payloads = queued.payloads[queued.position : end]
        queued.position = end
        self.queued_bytes -= sum(map(len, payloads))
        last = end == len(queued.payloads)
        if last:
            self._waiting = None
        return Slice(queued.frame, payloads, last)
