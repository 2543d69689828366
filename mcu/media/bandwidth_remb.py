"""The line to a receiver without transport-wide feedback, in bit/s of pictures: from REMB, reported loss and probes.

REMB (draft-alvestrand-rmcat-remb) follows what arrives: after a queue it is 0.85 times that, and it rises by some 8 % a
second, to 1.5 times that at most. Who is sent little, because the picture is simple, says little.

Rules:
1. A REMB is the estimate when it is less than FITS of what is sent and does not rise, or less than NEARLY_FITS
   and the receiver sees a queue for FULL_SECONDS; else it says no more than that what is sent arrives.
2. A receiver that sees a queue says so at once: by a REMB that fell, or by one after the other (aiortc). It takes
   little for one, so this is an alarm only while it asks for less than FITS of what is sent.
3. Probes go up by STEP at most. One was carried when there was no lasting alarm, and REMB rose or named what was sent.
4. Heavy loss in receiver reports (RFC 3550) is known only after a while; then, and only then, no picture is sent.
"""

from __future__ import annotations

from collections import deque
from math import inf

from mcu.media.bandwidth_cluster import MIN_PACKETS
from mcu.media.bandwidth_probe import CLIMB_WATCH, FALL_WAIT, FIRST_WAIT, HEADROOM, MAX_WAIT, Probe

AFTER_QUEUE = 0.85  # of what came through: what receivers ask for when they saw a queue
FITS = 0.8  # of what is sent: below AFTER_QUEUE, as an alarm that was none shall lower nothing
NEARLY_FITS = 0.9  # what a line that is only just full leaves of it
FELL = 0.97  # of the REMB before: less than this is told at once by libwebrtc
HASTE = 0.25  # seconds after the REMB before: sooner than any regular one
FULL_SECONDS = 1.0  # of one REMB after the other
MARK_SECONDS = 0.4  # between REMBs of which one is compared with the other: below the regular interval
RISING = 1.003  # of an earlier REMB; near its maximum it rises by a packet each response time
RISE_SECONDS = 2.5  # since it last rose; REMB comes at least once a second
RATE_SECONDS, LEAST_RATE_SECONDS = 1.0, 0.5  # over which the sent rate is measured, as receivers do
UNDER_WAY = 0.2  # seconds until what is sent shows in REMB; what a round trip of more adds is forgiven
REACTION = 1.0  # seconds that a fall takes to show in REMB
STEP, STEP_FROM = 2.0, 120_000  # times what is known to be carried, bit/s: alarms end it before there is much queue
PROBE_SECONDS = 1.0  # receivers measure over one second
ABORT_SECONDS = 0.25  # of alarms in a row end a probe
ANSWER, ANSWER_MOST = 1.0, 3.0  # seconds after a probe in which a receiver report comes, and REMB rises
CAME = 0.95  # of a probe that must have come through
FILLED = 0.7  # of a probe's bytes, to be judged
UNSURE_WAIT = 5.0  # seconds after a probe without alarm and without a rise: it did no harm
PROBE_LOSS = 0.05  # more reported loss than before the probe
RADIO_LOSS = 0.18  # reported at most, for a probe: more is a full line as likely
HEAVY, RELIEVED = 0.3, 0.15  # share lost: beyond what repairs mend in a picture; and what it must fall to
HEAVY_SECONDS = 5.0  # some five reports
FIRST_RELIEF, MAX_RELIEF = 10.0, 120.0  # seconds without heavy loss until pictures are tried again


class RembEstimator:
    """One per receiver. Tell it of each REMB, and with `observe` every 0.1 s what was sent and lost."""

    def __init__(self, start_bitrate: int) -> None:
        self.bitrate = float(start_bitrate)
        self.counters = {"falls": 0, "probes": 0, "accepted": 0, "refused": 0, "inconclusive": 0}
        self.heavy = HeavyLoss()
        self._remb = 0.0
        self._said = self._rose = self._fell = -inf  # when REMB came, rose, and lowered the estimate
        self._mark = (-inf, inf)  # (when, bit/s) of an earlier REMB
        self._hasty_since = self._alarm_since = inf  # the first of those in a row
        self._samples: deque[tuple[float, int]] = deque(maxlen=64)  # (now, bytes sent so far)
        self._loss = 0.0
        self._trial: _Trial | None = None
        self._next = self._climbed = -inf
        self._wait = FIRST_WAIT

    def observe(self, octets: int, loss: float, now: float) -> None:
        """Payload bytes sent so far, repairs and probes included, and the share lost (0 to 1) by newest reports."""
        self._loss = loss
        self.heavy.observe(loss, now)
        samples = self._samples
        samples.append((now, octets))
        while not 0.0 <= now - samples[0][0] <= RATE_SECONDS + UNDER_WAY:
            samples.popleft()
        if self._trial is not None and now >= self._trial.end + ANSWER:
            verdict = self._trial.verdict(octets, loss, rose=self._rose >= self._trial.begin)
            if verdict is not None or now >= self._trial.end + ANSWER_MOST:
                self._conclude(verdict, now)

    def limited(self, bitrate: float, now: float) -> None:
        """REMB came, the sound's share taken off."""
        alarm = self._note(bitrate, now)
        if self._trial is not None:
            self._trial.note(bitrate, alarm, now)
            if alarm >= ABORT_SECONDS:
                self._conclude(False, now)
            return
        full = now - self._hasty_since >= FULL_SECONDS and bitrate < NEARLY_FITS * self.sent
        if not full and (now - self._rose < RISE_SECONDS or bitrate >= FITS * self.sent):
            self.bitrate = max(self.bitrate, bitrate)
        elif bitrate < self.bitrate and now >= self._fell + REACTION:
            self.counters["falls"] += 1
            self.bitrate = bitrate
            self._rose = -inf
            self._fell = now
            self.heavy.wait()
            self._next = max(self._next, now + FALL_WAIT)
            if now - self._climbed < CLIMB_WATCH:
                self._wait_longer(now)

    def _note(self, bitrate: float, now: float) -> float:
        """Follow how REMB changes. Seconds since the first of the alarms in a row, -1.0 when this is none."""
        hasty, fell = 0.0 <= now - self._said < HASTE, bitrate < FELL * self._remb
        self._remb, self._said = bitrate, now
        marked, mark = self._mark
        if hasty or fell or not 0.0 <= now - marked < MARK_SECONDS:
            self._rose = -inf if hasty or fell else now if bitrate > RISING * mark else self._rose
            self._mark = (now, bitrate)
        self._hasty_since = min(self._hasty_since, now) if hasty else inf
        alarmed = (hasty or fell) and bitrate < FITS * self.sent
        self._alarm_since = min(self._alarm_since, now) if alarmed else inf
        return now - self._alarm_since if alarmed else -1.0

    @property
    def sent(self) -> float:
        """Bit/s of the RATE_SECONDS whose packets have arrived; 0.0 while it is not known."""
        if not self._samples:
            return 0.0
        newest = self._samples[-1][0] - UNDER_WAY
        arrived = [sample for sample in self._samples if sample[0] <= newest]
        if not arrived or arrived[-1][0] - arrived[0][0] < LEAST_RATE_SECONDS:
            return 0.0
        return (arrived[-1][1] - arrived[0][1]) * 8 / (arrived[-1][0] - arrived[0][0])

    def probe_wanted(self, target: int, now: float) -> Probe | None:
        """A probe to be sent from now on, if `target` is not known to be carried and it is time to ask."""
        known = self._remb and self._samples and self._loss <= RADIO_LOSS
        if self._trial is not None or target <= self.bitrate or not known or now < self._next:
            return None
        goal = min(float(target), STEP * max(self.bitrate, STEP_FROM))
        total = goal * HEADROOM
        size = int(max(total - self.sent, 0.0) * PROBE_SECONDS / 8)
        probe = Probe(int(total), size, max(MIN_PACKETS, size // 1_100), PROBE_SECONDS)
        self.counters["probes"] += 1
        self._trial = _Trial(probe, goal=goal, octets=self._samples[-1][1], loss=self._loss, now=now)
        return probe

    def probing(self, now: float) -> bool:
        """The probe that was last wanted shall still be sent."""
        return self._trial is not None and now <= self._trial.end

    def _conclude(self, carried: bool | None, now: float) -> None:
        trial, self._trial = self._trial, None
        if trial is None:
            return
        if carried:
            self.counters["accepted"] += 1
            self.bitrate = max(self.bitrate, trial.goal)
            self._climbed = now
        elif carried is None:
            self.counters["inconclusive"] += 1
            self._next = now + UNSURE_WAIT
        else:
            self.counters["refused"] += 1
            self._wait_longer(now)

    def _wait_longer(self, now: float) -> None:
        self._next = now + self._wait
        self._wait = min(2 * self._wait, MAX_WAIT)


class _Trial:
    """A probe under way, and what is said to it."""

    def __init__(self, probe: Probe, *, goal: float, octets: int, loss: float, now: float) -> None:
        self.goal = goal  # bit/s
        self.begin = now
        self.end = now + probe.seconds
        self._probe = probe
        self._octets = octets
        self._loss = loss
        self._alarmed = -inf  # when last
        self._most = 0.0  # bit/s, largest REMB

    def note(self, bitrate: float, alarm: float, now: float) -> None:
        self._most = max(self._most, bitrate)
        if alarm >= 0.0:
            self._alarmed = now

    def verdict(self, octets: int, loss: float, *, rose: bool) -> bool | None:
        """Whether it was carried; None while nothing says so."""
        sent = octets - self._octets >= FILLED * self._probe.bytes
        if not sent or loss > min(self._loss + PROBE_LOSS, RADIO_LOSS) or self._alarmed >= self.end:
            return False
        return True if rose or self._most >= AFTER_QUEUE * CAME * self._probe.bitrate else None


class HeavyLoss:
    """Whether so much is lost, for so long, that a picture helps nobody."""

    def __init__(self) -> None:
        self.now = False
        self._since = inf  # of what would change `now`
        self._relief = FIRST_RELIEF

    def observe(self, loss: float, now: float) -> None:
        """`loss` is a share, smoothed over a few reports. After relief the next one takes twice as long."""
        if loss < RELIEVED if self.now else loss >= HEAVY:
            self._since = min(self._since, now)
        else:
            self._since = inf
        if now - self._since < (self._relief if self.now else HEAVY_SECONDS):
            return
        if self.now:
            self._relief = min(2 * self._relief, MAX_RELIEF)
        self.now = not self.now
        self._since = inf

    def wait(self) -> None:
        """Less is sent from now on: what was lost before says nothing."""
        if not self.now:
            self._since = inf
