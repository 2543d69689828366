"""A sender of sound and of one of three rungs over a `Line`, with feedback as browsers give it, all in fake time."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from mcu.media.bandwidth_estimator import BandwidthEstimator
from mcu.media.bandwidth_feedback import AcknowledgedPacket, acknowledged
from tests.fakes.line import Line

AUDIO_BITRATE, AUDIO_BYTES = 40_000, 100  # each 20 ms
FPS = 25
PACKET = 1_100  # bytes
RUNGS = (1_200_000, 500_000, 200_000, 0)  # bit/s of pictures; the last: sound alone
KEYFRAME_FACTOR = 6  # times a common frame, spread over 30 ms as the pacer does
TICK = 0.001
CLOCK_OFFSET = 4_321.0  # the receiver's clock is another one
TICK_250_US = 4_000


@dataclass
class RungSender:
    """Chooses as simply as can be: falls at once when congested, climbs one rung when a probe said so."""

    line: Line
    estimator: BandwidthEstimator
    seed: int = 1
    interval: float = 0.1  # seconds between feedbacks
    return_delay: float = 0.02
    return_loss: Callable[[], bool] = lambda: False
    pictures: tuple[int, ...] = RUNGS
    repairs: bool = True  # lost video is asked for and sent once more
    whole_packets: bool = False  # probes repeat packets of the picture as they are
    keyframe_every: float = 0.0  # seconds; 0: only with a change of rung
    follow: bool = False  # one encoder for this receiver alone: the rate follows the estimate
    silent: tuple[float, float] = (0.0, 0.0)  # no feedback comes back from, to
    rung: int = 0
    history: list[tuple[float, int, int, bool]] = field(default_factory=list)  # now, rung, estimate, congested
    audio_sent: list[float] = field(default_factory=list)
    audio_lost: int = 0
    probes: int = 0

    def run(self, seconds: float) -> RungSender:
        drive([self], seconds)
        return self

    # What happens, by the driver.

    def prepare(self) -> None:
        self._dice = random.Random(self.seed)
        self._sequence = 0
        self._in_flight: dict[int, tuple[float, int, bool]] = {}
        self._arrived: list[tuple[float, int]] = []
        self._reported = 0
        self._unreported_highest = -1
        self._known: dict[int, float] = {}
        self._keyframe = True
        self._records: dict[int, tuple[float, int]] = {}
        self._feedbacks: list[tuple[float, int, list[AcknowledgedPacket]]] = []
        self._probe_left, self._probe_rate, self._probe_size, self._probe_credit = 0.0, 0.0, PACKET, 0.0
        self._repair: list[tuple[float, int]] = []
        self._paced: list[tuple[float, int]] = []
        self._next_audio, self._next_frame = 0.0, 0.003
        self._next_feedback = self.interval
        self._last_keyframe = 0.0

    def step(self, now: float) -> None:
        while self._feedbacks and self._feedbacks[0][0] <= now:
            at, _, packets = heapq.heappop(self._feedbacks)
            self.estimator.acknowledged(acknowledged(packets), at)
        self._choose(now)
        if now >= self._next_audio:
            self._next_audio += 0.02
            self.audio_sent.append(now)
            self._send(AUDIO_BYTES, now, audio=True)
        if now >= self._next_frame:
            self._next_frame += 1 / FPS
            self._send_frame(now)
        for queue in (self._paced, self._repair):
            while queue and queue[0][0] <= now:
                self._send(heapq.heappop(queue)[1], now, repair=queue is self._repair)
        self._send_probe(now)
        if now >= self._next_feedback:
            self._next_feedback += self.interval
            self._feed_back(now)

    @property
    def bitrate(self) -> int:
        return self.pictures[self.rung] + AUDIO_BITRATE

    def _choose(self, now: float) -> None:
        estimator = self.estimator
        if self._known:
            estimator.no_feedback(now)
        fitting = next((i for i, rate in enumerate(self.pictures) if rate + AUDIO_BITRATE <= estimator.bitrate), -1)
        fitting %= len(self.pictures)
        before = self.rung
        if fitting > self.rung or (fitting < self.rung and not estimator.congested):
            self.rung = fitting
        elif self.rung and not estimator.probing(now):
            probe = estimator.probe_wanted(int(1.03 * (self.pictures[self.rung - 1] + AUDIO_BITRATE)), now)
            if probe:
                self.probes += 1
                self._probe_left, self._probe_rate = probe.bytes, probe.bytes / probe.seconds
                self._probe_size = PACKET if self.whole_packets else max(100, min(PACKET, probe.bytes // probe.packets))
        self._keyframe |= self.rung != before
        self.history.append((now, self.rung, estimator.bitrate, estimator.congested))

    def _send_frame(self, now: float) -> None:
        rate = self.estimator.bitrate - AUDIO_BITRATE if self.follow else self.pictures[self.rung]
        if rate <= 0:
            return
        if self.keyframe_every and now - self._last_keyframe >= self.keyframe_every:
            self._keyframe = True
        size = int(rate / FPS / 8 * self._dice.uniform(0.75, 1.25))
        if self._keyframe:
            size *= KEYFRAME_FACTOR
            self._keyframe, self._last_keyframe = False, now
        count = -(-size // PACKET)
        for index in range(count):
            at = now if count <= 8 else now + 0.03 * index / count
            heapq.heappush(self._paced, (at, -(-size // count)))

    def _send_probe(self, now: float) -> None:
        if self._probe_left > 0 and self.estimator.probing(now):
            self._probe_credit += self._probe_rate * TICK
            while self._probe_credit > 0 and self._probe_left > 0:
                size = self._probe_size
                self._send(size, now)
                self._probe_credit -= size
                self._probe_left -= size

    def _send(self, size: int, now: float, *, audio: bool = False, repair: bool = False) -> None:
        sequence, self._sequence = self._sequence, self._sequence + 1
        self._records[sequence] = (now, size)
        arrival = self.line.send(size, now)
        if arrival is None:
            self.audio_lost += audio
            if self.repairs and not (audio or repair):  # asked for as soon as the next packet came
                heapq.heappush(self._repair, (now + self.line.delay + self.return_delay + 0.02, size))
        else:
            heapq.heappush(self._arrived, (arrival, sequence))
        self._known[sequence] = now

    def _feed_back(self, now: float) -> None:
        """As ArrivalRecorder does it: all from the first unreported to the highest, late ones by themselves."""
        came: dict[int, float] = {}
        while self._arrived and self._arrived[0][0] <= now:
            arrival, sequence = heapq.heappop(self._arrived)
            came[sequence] = arrival
        if not came:
            return
        packets = []
        numbers = [n for n in sorted(came) if n < self._reported] + list(range(self._reported, max(came) + 1))
        for sequence in numbers:
            at = came.get(sequence)
            arrival = None if at is None else int((at + CLOCK_OFFSET) * TICK_250_US) / TICK_250_US
            sent, size = self._records[sequence]
            packets.append((sequence & 0xFFFF, sent, size, arrival))
            self._known.pop(sequence, None)
        self._reported = max(self._reported, max(came) + 1)
        if self.return_loss() or self.silent[0] <= now < self.silent[1]:
            return
        heapq.heappush(self._feedbacks, (now + self.return_delay, self._sequence, packets))

    # What a test asks afterwards.

    def share_at(self, rung: int, since: float, until: float = float("inf")) -> float:
        """Share of the time at `rung` or better."""
        rungs = [entry[1] for entry in self.history if since <= entry[0] < until]
        return sum(entry <= rung for entry in rungs) / len(rungs)

    def first(self, condition: Callable[[int, int, bool], bool], since: float) -> float:
        """Seconds from `since` until rung, estimate and congestion are so; inf when never."""
        return next((e[0] - since for e in self.history if e[0] >= since and condition(*e[1:])), float("inf"))


def drive(senders: list[RungSender], seconds: float) -> None:
    """All senders in steps of a millisecond; those with the same `line` share it."""
    for sender in senders:
        sender.prepare()
    for tick in range(int(seconds * 1000)):
        for sender in senders:
            sender.step(tick / 1000)
