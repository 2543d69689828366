"""What the line to one receiver carries, in bit/s, from its transport-wide feedback (docs/decisions/0012).

Rules:
1. It falls on congestion, and rises only to what was acknowledged or a probe has shown. Our silence changes nothing.
2. Sound is not decided about: the pacer sends it at once, and MIN_BITRATE has room for it.
3. Nothing that a receiver reports raises or leads out of MIN_BITRATE to MAX_BITRATE.
"""

from __future__ import annotations

from math import inf, isfinite

from mcu.media.bandwidth_delay import DelayDetector
from mcu.media.bandwidth_feedback import Acknowledged
from mcu.media.bandwidth_loss import LossJudge, LossVerdict
from mcu.media.bandwidth_probe import Probe, Prober, ProbeResult
from mcu.media.bandwidth_rates import Rates

MIN_BITRATE = 50_000  # sound at 40 kbit/s with its headers, and reports
MAX_BITRATE = 20_000_000  # more than any rung needs
FALL = 0.9  # of the rate that a full line delivered: the rest empties the queue (the draft has 0.85, without draining)
NOT_AGAIN = 0.95  # of what was sent when the line was full: the same rung fits again only when a probe said so
AGAIN = 3.0  # seconds after draining in which a full line means that its rate was taken for more than it is
GROW_SHARE = 1.1  # times what was acknowledged: no further
GROW_RATE = 40_000  # bit/s each second: a packet each quarter of a second; additive, so that shares become equal
QUEUE_TREND, QUEUE_TREND_MAX = 0.085, 0.14  # seconds of queue that make a trend believable: jitter of 80 ms is common
FULL_RATE = 1_000_000  # bit/s with QUEUE_TREND; who sends less waits longer: the larger of two yields first
QUEUE_FULL = 0.15  # seconds: a queue that stands here is too long for a conversation, whatever the trend
QUEUE_DEEP = 0.4  # seconds: emptied on purpose, whatever the rates
QUEUE_GONE = 0.05  # seconds: less is no queue, and with more of it loss means a full line
FALLING = -2.0  # trend in ms: the queue becomes shorter by 2.5 % of the time
DRAIN_QUEUE = 0.5  # seconds of queue at which nothing but sound is sent
MAX_DRAIN = 2.5  # seconds
REACTION = 0.15  # seconds that a sender takes to act; packets sent before are no reason to fall again
EXTRA_LOSS = 0.08  # share beyond the line's own
REMB_SECONDS = 10.0  # that a limit holds unless it is said again: receivers do so every second
FEEDBACK_TIMEOUT = 1.5  # seconds; feedback comes at least four times a second


class BandwidthEstimator:
    """One per receiver. Give it each feedback, read `bitrate` and `congested` after it."""

    def __init__(self, start_bitrate: int) -> None:
        self.congested = False  # what is sent now is too much: act at once
        self.counters = {"feedbacks": 0, "falls": 0, "drains": 0, "queues_accepted": 0, "silences": 0}
        self.delay = DelayDetector()
        self.losses = LossJudge()
        self.prober = Prober()
        self.rates = Rates()
        self._estimate = float(min(max(start_bitrate, MIN_BITRATE), MAX_BITRATE))
        self._limit = MAX_BITRATE  # REMB
        self._limited = -inf  # when it was last said
        self._restore = 0.0  # estimate before a trial
        self._draining_since = inf
        self._drained = -inf  # when that last ended
        self._line = 0.0  # bit/s that the full line delivered
        self._fell = -inf
        self._silent_since = -inf  # last feedback, or last fall for want of one
        self._away = False

    @property
    def bitrate(self) -> int:
        """Bit/s for sound and pictures together, headers of IP and UDP not counted."""
        estimate = min(self._estimate, self._limit)
        if self._draining_since < inf:
            estimate = min(estimate, FALL * self._line * (1.0 - (self.delay.queue - QUEUE_GONE) / DRAIN_QUEUE))
        return int(min(max(estimate, MIN_BITRATE), MAX_BITRATE))

    @property
    def loss(self) -> float:
        """Share of packets lost in the last 3 s."""
        return self.losses.share

    @property
    def rtt(self) -> float:
        """Seconds until feedback came, smoothed; 0.0 before the first."""
        return self.rates.rtt

    @property
    def probe_result(self) -> ProbeResult | None:
        return self.prober.result

    def probing(self, now: float) -> bool:
        """The probe that was last wanted shall still be sent."""
        return self.prober.sending(now)

    def probe_wanted(self, target_bitrate: int, now: float) -> Probe | None:
        """A probe to be sent from now on, if `target_bitrate` is not known to be carried and it is time to ask."""
        self.prober.handle_timer(self.rates.rtt, now)
        unfit = self.congested or self.losses.trying or self._away or not self.rates.sent
        if unfit or target_bitrate <= self._estimate or target_bitrate > self._limit or self.delay.queue > QUEUE_GONE:
            return None
        return self.prober.wanted(target_bitrate, min(self.rates.sent, self.rates.throughput), self.delay.standing, now)

    def remb(self, bitrate: int, now: float) -> None:
        """The receiver wants no more than this; without transport-wide feedback for a while it is the estimate, too."""
        self._limit, self._limited = max(bitrate, MIN_BITRATE), now
        if not now - self.rates.last < FEEDBACK_TIMEOUT:
            self._estimate = float(min(self._limit, MAX_BITRATE))

    def no_feedback(self, now: float) -> None:
        """Call now and then while packets go out; falls when nobody reports on them for too long. Ends an old REMB."""
        self.prober.handle_timer(self.rates.rtt, now)
        if not now - self._limited < REMB_SECONDS:
            self._limit = MAX_BITRATE
        if self._silent_since == -inf or not now - self._silent_since >= FEEDBACK_TIMEOUT:
            return
        self._silent_since = now
        self._away = self.congested = True
        self._estimate = max(self._estimate / 2, MIN_BITRATE)
        self._draining_since = inf
        self.counters["silences"] += 1

    def acknowledged(self, packets: Acknowledged, now: float) -> None:
        """Enter one feedback, in order of transport sequence."""
        if not packets.count or not isfinite(now):
            return
        self.counters["feedbacks"] += 1
        delay, losses, rates = self.delay, self.losses, self.rates
        size = delay.add(packets, now)
        losses.add(packets, now)
        elapsed = rates.add(packets, size, losses.recent, now)
        self._silent_since = now
        if self._away and size:
            self._away = False
            self.prober.retry(now)
            losses.forget(rates.newest)
        if self.prober.active:
            before = self.prober.result
            carried = self.prober.observe(packets, delay.base, delay.queue, losses.share)
            self._estimate = max(self._estimate, min(carried, MAX_BITRATE))
            if self.prober.result is not before and self.prober.lost:
                losses.forget(rates.newest)
        if self._draining_since < inf:
            self._drain(now)
        if self._full():
            if not self.prober.shadow(rates.rtt, now):
                self._fall(now)
        elif self._draining_since == inf:
            self._judge_loss(now)
            goal = GROW_SHARE * rates.throughput
            if self._estimate < goal and not losses.trying and delay.queue < QUEUE_GONE:
                self._estimate = min(goal, self._estimate + GROW_RATE * elapsed, MAX_BITRATE)
        if self.congested and self._draining_since == inf and rates.sent <= self._estimate:
            self.congested = False

    def _full(self) -> bool:
        """The delay says that the line is full now."""
        delay, losses = self.delay, self.losses
        if delay.overusing:
            patience = min(max(QUEUE_TREND * FULL_RATE / (self.rates.sent or FULL_RATE), QUEUE_TREND), QUEUE_TREND_MAX)
            return delay.queue > patience
        if delay.standing > QUEUE_GONE and losses.recent > losses.own + EXTRA_LOSS:
            return True
        return delay.standing > QUEUE_FULL and delay.trend > FALLING

    def _fall(self, now: float) -> None:
        delivery = self.delay.delivery()
        if delivery is None or self.rates.newest < self._fell + REACTION:
            return
        rate = max(delivery[0], delivery[1] * self.rates.sent * (1.0 - self.losses.missing))
        deep = self.delay.standing > QUEUE_DEEP
        if FALL * rate < self._estimate:
            self.counters["falls"] += 1
            self._estimate = max(FALL * rate, MIN_BITRATE)
            self.losses.forget(now + REACTION)
            self.prober.fell(now)
        elif self._draining_since < inf or not deep:
            return
        self._fell = now
        self._line = rate
        sent = min(self.rates.sent, self.rates.usual)
        if not deep and self._estimate >= sent:
            return
        if self._draining_since == inf:
            self.counters["drains"] += 1
            self._draining_since = now
            if now - self._drained < AGAIN:
                self._estimate *= FALL
        self.congested = True
        self._estimate = max(min(self._estimate, NOT_AGAIN * sent), MIN_BITRATE)

    def _drain(self, now: float) -> None:
        """Stop draining when the queue is gone, or is not ours."""
        empty = self.delay.queue < QUEUE_GONE and self.rates.newest >= self._fell + REACTION
        if empty or not 0.0 <= now - self._draining_since < MAX_DRAIN:
            self._draining_since = inf
            self._drained = now
            if self.delay.standing > QUEUE_GONE:
                self.counters["queues_accepted"] += 1
                self.delay.accept_queue()
            self.losses.forget(self.rates.newest)  # what did not fit into the queue

    def _judge_loss(self, now: float) -> None:
        verdict = self.losses.judge(now)
        if verdict is LossVerdict.RESTORE:
            self._estimate = max(self._estimate, self._restore)
        elif verdict is LossVerdict.TRY_LESS:
            self._restore = self._estimate
            came_through = self.rates.sent * (1.0 - max(self.losses.recent, self.losses.share))
            tried = NOT_AGAIN * min(came_through, self.rates.throughput)
            self._estimate = min(self._estimate, max(tried, MIN_BITRATE))
            self.congested = self._estimate < self.rates.sent
            self.prober.fell(now)
