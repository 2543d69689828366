"""One direction of a bad line, without I/O: packets in at one time, out at another or never, by a seeded dice.

Rules:
1. A packet passes the bottleneck first (a queue of bounded length in front of a rate), then flies (delay and jitter),
   and may be lost in flight: what is lost has taken its time at the bottleneck, as on a radio link.
2. `weather` may be changed at any time. What waits at the bottleneck goes on at the new rate; what flies, flies on.
3. Two lines with equal seeds, packets, times and weathers do the same.
"""

from __future__ import annotations

import heapq
import math
import random
from collections import deque
from dataclasses import asdict, dataclass

from mcu.synthetic.network.weather import Weather

MAX_FLYING = 50_000  # packets: ten seconds of 60 Mbit/s


@dataclass(slots=True)
class LineCounters:
    """Packets since the start, unless the name says otherwise. `entered` is the sum of all others but `held_back`."""

    entered: int = 0
    entered_bytes: int = 0
    left: int = 0
    left_bytes: int = 0
    blackholed: int = 0
    lost: int = 0  # by the dice of `Weather.loss`
    lost_in_bursts: int = 0
    queue_full: int = 0  # dropped in front of the bottleneck
    overflowed: int = 0  # more in flight than MAX_FLYING
    held_back: int = 0  # reordered


@dataclass(frozen=True, slots=True)
class _Flying:
    due: float
    number: int  # breaks ties in the order of entering
    packet: bytes

    def __lt__(self, other: _Flying) -> bool:
        return (self.due, self.number) < (other.due, other.number)


class Line:
    """`push` packets, `take_due` at `next_timer`. Times are monotonic seconds and never go back."""

    def __init__(self, *, seed: int, weather: Weather | None = None) -> None:
        self.counters = LineCounters()
        self._weather = weather or Weather()
        self._chance = random.Random(seed)
        self._burst = False  # the bad state of Gilbert and Elliott
        self._queue: deque[bytes] = deque()  # in front of the bottleneck; the first is being sent
        self._queued_bytes = 0
        self._sent_at = math.inf  # when the first of the queue will have passed
        self._flying: list[_Flying] = []
        self._number = 0
        self._last_due = -math.inf  # of what keeps its order
        self._jitter = 0.0  # seconds, as drawn last
        self._redraw = -math.inf  # when to draw it anew

    @property
    def weather(self) -> Weather:
        return self._weather

    def change(self, weather: Weather, now: float) -> None:
        """New weather from now on."""
        self._advance(now)
        left = max(0.0, self._sent_at - now) * self._weather.rate if self._queue else 0.0  # bits of the first packet
        if weather.bursts is None:
            self._burst = False
        self._weather = weather
        self._redraw = -math.inf
        if self._queue:
            self._sent_at = now + (left / weather.rate if weather.rate else 0.0)
            self._advance(now)

    def push(self, packet: bytes, now: float) -> None:
        """One packet enters."""
        self._advance(now)
        weather, counters = self._weather, self.counters
        counters.entered += 1
        counters.entered_bytes += len(packet)
        if weather.blackhole:
            counters.blackholed += 1
        elif not weather.rate:
            self._fly(packet, now)
        elif self._queue and self._queued_bytes + len(packet) > weather.queue_bytes:
            counters.queue_full += 1
        else:
            self._queue.append(packet)
            self._queued_bytes += len(packet)
            if len(self._queue) == 1:
                self._sent_at = now + 8 * len(packet) / weather.rate

    def take_due(self, now: float) -> list[bytes]:
        """Packets that arrive at the other end, in the order of their arrival."""
        self._advance(now)
        arrived = []
        while self._flying and self._flying[0].due <= now:
            arrived.append(heapq.heappop(self._flying).packet)
        self.counters.left += len(arrived)
        self.counters.left_bytes += sum(map(len, arrived))
        return arrived

    def next_timer(self) -> float:
        """When `take_due` may have something; math.inf for never."""
        flying = self._flying[0].due if self._flying else math.inf
        return min(flying, self._sent_at)

    def queue_delay(self, now: float) -> float:
        """Seconds that a packet pushed now would wait at the bottleneck."""
        self._advance(now)
        if not self._queue:
            return 0.0
        behind = self._queued_bytes - len(self._queue[0])
        return self._sent_at - now + 8 * behind / self._weather.rate

    def numbers(self, now: float) -> dict[str, float]:
        """The counters, and what waits, by name."""
        return asdict(self.counters) | {
            "waiting": len(self._queue) + len(self._flying),
            "waiting_bytes": self._queued_bytes,
            "queue_delay": self.queue_delay(now),
        }

    # --- inside -----------------------------------------------------------------------------------------

    def _advance(self, now: float) -> None:
        """Let through the bottleneck what has passed it by now."""
        while self._queue and self._sent_at <= now:
            packet = self._queue.popleft()
            self._queued_bytes -= len(packet)
            passed = self._sent_at
            self._sent_at = math.inf
            if self._queue:
                rate = self._weather.rate
                self._sent_at = passed + (8 * len(self._queue[0]) / rate if rate else 0.0)
            self._fly(packet, passed)

    def _fly(self, packet: bytes, begin: float) -> None:
        """From the bottleneck to the other end, or into nothing."""
        if self._is_lost():
            return
        if len(self._flying) >= MAX_FLYING:
            self.counters.overflowed += 1
            return
        weather = self._weather
        due = begin + weather.delay + self._draw_jitter(begin)
        if weather.reorder and self._chance.random() < weather.reorder:
            self.counters.held_back += 1
            due += weather.reorder_by
        elif not weather.jitter_reorders:
            due = self._last_due = max(due, self._last_due)
        self._number += 1
        heapq.heappush(self._flying, _Flying(due, self._number, packet))

    def _is_lost(self) -> bool:
        weather, bursts = self._weather, self._weather.bursts
        if bursts is not None:
            turn = bursts.leave if self._burst else bursts.enter
            self._burst ^= self._chance.random() < turn
            share = bursts.loss_inside if self._burst else bursts.loss_outside
            if share and self._chance.random() < share:
                self.counters.lost_in_bursts += 1
                return True
        if weather.loss and self._chance.random() < weather.loss:
            self.counters.lost += 1
            return True
        return False

    def _draw_jitter(self, now: float) -> float:
        """Seconds added to the delay; drawn anew for each packet, or every `jitter_every` seconds."""
        weather = self._weather
        if not weather.jitter:
            return 0.0
        if now >= self._redraw:
            self._redraw = now + weather.jitter_every
            self._jitter = weather.jitter * weather.distribution.draw(self._chance)
        return self._jitter
