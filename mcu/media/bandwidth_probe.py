"""Asking a line whether it carries more: short paced clusters on top of the media, and what came of them.

Rules:
1. A screening adds at most SCREEN_QUEUE of queue to a line that carries no more than now. What passes is confirmed.
   It is a few packets, so those sent in the SETTLE behind it are witnesses as well: they find the queue that it left.
2. A result is judged against the queue that a line of exactly the wanted rate would have had: our bursts are no sign.
3. Waits double after failures: up to MAX_SCREEN_WAIT when no harm was done, up to MAX_WAIT when some may have been.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from mcu.media.bandwidth_cluster import MIN_PACKETS, judge
from mcu.media.bandwidth_feedback import Acknowledged, AcknowledgedPacket

SCREEN_QUEUE = 0.1  # seconds
SCREEN_MAX, CONFIRM = 0.15, 0.5  # seconds of sending
HEADROOM = 1.05  # of the wanted rate is sent, so that a frame a little too large still fits afterwards
SCREEN_RATE = 100_000  # bit/s at least: about one full packet, which any line carries that carries sound
ABORT_QUEUE = 0.08  # seconds above what stood before
MAX_PACKETS = 2_000  # looked at in one probe; half a second at 35 Mbit/s
SETTLE = 0.06  # seconds of later packets that must be reported, so that those overtaken are in
TIMEOUT = 1.0  # seconds after the round trip, without them
SHADOW = 0.5  # seconds after the round trip in which the queue is still that of the probe
MIN_WAIT, MAX_SCREEN_WAIT = 1.0, 6.0  # seconds
FIRST_WAIT, MAX_WAIT = 4.0, 30.0  # seconds
FALL_WAIT = 3.0  # seconds of rest after the line was full
CLIMB_WATCH = 10.0  # seconds in which falling again means that the climb was wrong
STALE = 5.0  # seconds after which a screening says nothing any more
SAME = 1.05  # a screening stands for a target up to this factor larger


@dataclass(frozen=True, slots=True)
class Probe:
    """Send `bytes` of RTX or padding evenly over `seconds`, beginning now, while `probing` holds."""

    bitrate: int  # bit/s, media and probe together
    bytes: int
    packets: int  # at least, so that there is something to measure
    seconds: float


@dataclass(frozen=True, slots=True)
class ProbeResult:
    target: int  # bit/s that was asked for
    accepted: bool
    reason: str  # "carried", "queue", "loss", "not sent", "no answer"


class Prober:
    """One per receiver. At most one probe at a time."""

    def __init__(self) -> None:
        self.counters = {"screenings": 0, "confirmations": 0, "accepted": 0, "refused": 0, "inconclusive": 0}
        self.result: ProbeResult | None = None  # the last that was final
        self._probe: Probe | None = None
        self._target = 0
        self._screened = 0  # bit/s that passed a screening, to be confirmed
        self._begin = self._end = 0.0
        self._ended = -inf  # when the last one was judged
        self._next = -inf
        self._screen_wait, self._wait = MIN_WAIT, FIRST_WAIT
        self._climbed = -inf
        self._refused = self._next_high = -inf
        self._refused_target = 0  # waits after failures are for this bitrate and above
        self._standing = 0.0  # seconds of queue before it began
        self._packets: list[AcknowledgedPacket] = []
        self._first = self._after = -1  # transport sequences: of the first of the probe, and of the first behind it

    def wanted(self, target: int, carried: float, standing: float, now: float) -> Probe | None:
        """Begin a probe for `target` bit/s in all if it is time; `carried` bit/s is what goes through now."""
        if self._probe or not 0 <= carried < target or now < self._next:
            return None
        if target >= self._refused_target and now < self._next_high:
            return None
        if now > self._ended + STALE:
            self._screened = 0
        total = target * HEADROOM
        self._target, self._standing = target, standing
        if self._confirming:
            seconds = CONFIRM
        else:
            seconds = min(SCREEN_MAX, SCREEN_QUEUE * max(carried, SCREEN_RATE) / (total - carried))
        self.counters["confirmations" if self._confirming else "screenings"] += 1
        self._begin, self._end = now, now + seconds
        self._packets = []
        self._first = self._after = -1
        size = int((total - carried) * seconds / 8)
        self._probe = Probe(int(total), size, max(MIN_PACKETS, size // 1_100), seconds)
        return self._probe

    @property
    def active(self) -> bool:
        return self._probe is not None

    @property
    def lost(self) -> bool:
        """The last probe was refused for its own losses."""
        return self.result is not None and self.result.reason == "loss"

    @property
    def _confirming(self) -> bool:
        return 0 < self._target <= self._screened * SAME

    def sending(self, now: float) -> bool:
        return self._probe is not None and self._begin <= now <= self._end

    def shadow(self, rtt: float, now: float) -> bool:
        """What the queue shows now may be the probe's doing."""
        return self._probe is not None or now < self._ended + SHADOW + rtt

    def observe(self, acknowledged: Acknowledged, base: float, queue: float, own_loss: float) -> int:
        """Enter feedback during a probe; `base` is the delay of an empty queue. Returns bit/s shown to be carried."""
        probe = self._probe
        if probe is None:
            return 0
        begin, end = self._begin, self._end
        packets = acknowledged.packets()
        if len(self._packets) < MAX_PACKETS:
            last = end if self._confirming else end + SETTLE
            self._packets += [packet for packet in packets if begin <= packet[1] <= last]
            self._note_edges(packets)
        newest = max([packet[1] for packet in packets if packet[3] is not None], default=0.0)
        if newest > begin and queue > self._standing + ABORT_QUEUE:
            return self._judged("queue", newest)
        if newest > end + SETTLE:
            return self._judged(self._verdict(probe.seconds, base, own_loss), newest)
        return 0

    def handle_timer(self, rtt: float, now: float) -> None:
        """Give up a probe that nobody answers."""
        if self._probe and not self._begin <= now < self._end + rtt + TIMEOUT:
            self._judged("no answer", now)

    def _note_edges(self, packets: Sequence[AcknowledgedPacket]) -> None:
        """The numbers of the probe's packets begin behind the last one sent before, and end at the first one after."""
        for packet in packets:
            if packet[1] < self._begin:
                behind = (packet[0] + 1) & 0xFFFF
                if self._first < 0 or (behind - self._first) & 0xFFFF < 0x8000:
                    self._first = behind
            elif packet[1] > self._end:
                if self._after < 0:
                    self._after = packet[0]
                return

    def _count(self) -> int:
        """Packets sent in the probe; 0 when the feedback around it was lost."""
        return (self._after - self._first) & 0xFFFF if self._first >= 0 and self._after >= 0 else 0

    def _verdict(self, seconds: float, base: float, own_loss: float) -> str:
        return judge(
            self._packets,
            end=self._end,
            count=self._count(),
            bitrate=self._target,
            seconds=seconds,
            base=base,
            standing=self._standing,
            own_loss=own_loss,
            screening=not self._confirming,
        )

    def _judged(self, reason: str, now: float) -> int:
        confirmed = self._confirming
        self._probe = None
        self._packets = []
        self._ended = now
        if reason == "carried" and not confirmed:
            self._screened = self._target
            return 0
        self._screened = 0
        self.result = ProbeResult(self._target, reason == "carried", reason)
        if reason == "carried":
            self.counters["accepted"] += 1
            self._screen_wait = MIN_WAIT
            self._climbed = now
            return self._target
        if reason in {"not sent", "no answer"}:
            self.counters["inconclusive"] += 1
            self._next = now + MIN_WAIT
            return 0
        self.counters["refused"] += 1
        if confirmed:
            self._refuse(now)
            self._next = now + MIN_WAIT
        else:
            self._refused_target, self._next_high = self._target, now + self._screen_wait
            self._next = now + MIN_WAIT
            self._screen_wait = min(2 * self._screen_wait, MAX_SCREEN_WAIT)
        return 0

    def _refuse(self, now: float) -> None:
        self._refused = now
        self._refused_target, self._next_high = self._target, now + self._wait
        self._wait = min(2 * self._wait, MAX_WAIT)

    def fell(self, now: float) -> None:
        """The line was full without a probe."""
        self._probe = None
        self._screened = 0
        self._screen_wait = MIN_WAIT
        if 0.0 <= now - self._climbed < CLIMB_WATCH:
            self._refuse(now)
            self._climbed = -inf
        elif not now - self._refused < 2 * MAX_WAIT:
            self._wait = FIRST_WAIT
        self._next = now + FALL_WAIT

    def retry(self, now: float) -> None:
        """The line was away and is back: nothing that was known about it holds."""
        self._next = now + MIN_WAIT
        self._next_high = -inf
