"""A receiver with REMB alone over a `Line` in fake time: the estimator is aiortc's own, the rungs are the server's."""

from __future__ import annotations

import heapq
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiortc.rate import RemoteBitrateEstimator

from mcu.media.receiver_line import ReceiverLine
from mcu.media.types import VideoProfile
from mcu.processor.rungs import RungChooser, ladder
from tests.fakes.line import Line

PROFILE = VideoProfile("VP8", 1280, 720, 25, 1_200_000)
TICK = 0.005  # seconds
LOOK = 0.1  # seconds between two looks at the line, as the server's
SOUND, SOUND_BYTES = 0.02, 130
PACKET = 1_100  # bytes
HEADERS = 40  # bytes of RTP, extensions and SRTP, which aiortc does not count
RETURN_DELAY = 0.02  # seconds


@dataclass
class RembReceiver:
    """Sends as a server would, and receives as a stock aiortc does. `run` may be called again and again."""

    line: Line
    activity: float = 1.0  # of a rung's bitrate is what the picture needs
    deliberate: int = 0  # bit/s: it asks for this and no more, whatever comes; 0: aiortc's estimate
    history: list[tuple[float, int, float]] = field(default_factory=list)  # (now, level, budget)
    packets: int = 1_000  # sent before, for probes to repeat
    rtx_ssrc: int = 9
    sequence_number: int = 2_000
    octets: int = 0
    rtx_octets: int = 0

    def __post_init__(self) -> None:
        self.now = 0.0
        self.server = ReceiverLine(3_000_000)
        self.rungs = ladder(PROFILE)
        self.chooser = RungChooser([rung.spare for rung in self.rungs], now=0.0)
        self.loss = 0.0
        self._estimator = RemoteBitrateEstimator()
        self._dice = random.Random(5)
        self._moving: list[tuple[float, int, int]] = []  # (arrival, sent in 6.18 fixed point, payload bytes)
        self._said: list[tuple[float, int]] = []  # (when it comes back, bit/s)
        self._reported = [0, 0]  # lost, of
        self._next_frame = self._next_sound = self._next_look = 0.0
        self._next_report = 1.0

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            self.now += TICK
            self._send()
            self._receive()
            self._hear_back()

    def level_at(self, since: float, until: float) -> set[int]:
        return {level for now, level, _ in self.history if since <= now < until}

    def back(self, since: float, level: int = 0) -> float:
        """Seconds from `since` until it is at `level` for good."""
        below = [now for now, at, _ in self.history if now >= since and at > level]
        return max(below, default=since) - since

    def resend(self, sequence_numbers: Sequence[int], now: float) -> int:
        for _ in sequence_numbers:
            self.rtx_octets += PACKET
            self._put(PACKET)
        return len(sequence_numbers)

    def _send(self) -> None:
        now = self.now
        if now >= self._next_look:
            self._next_look += LOOK
            self._look()
        if now >= self._next_sound:
            self._next_sound += SOUND
            self._reported[0] += self.line.send(SOUND_BYTES, now) is None
            self._reported[1] += 1
        if now >= self._next_frame and self.chooser.level < 3:
            rung = self.rungs[self.chooser.level].profile
            self._next_frame = max(now, self._next_frame + 1 / rung.fps)
            budget = self.server.budget(now, self._least)
            rate = min(rung.bitrate, max(self.rungs[self.chooser.level].least, budget)) * self.activity
            size = int(rate / rung.fps / 8 * self._dice.uniform(0.75, 1.25))
            while size > 0:
                self.octets += min(size, PACKET)
                self._put(min(size, PACKET))
                size -= PACKET
        if now >= self.server.next_timer():
            self.server.handle_timer(self, now)

    @property
    def _least(self) -> float:
        return self.rungs[-1].needs(self.rungs[-1].least)

    def _look(self) -> None:
        now = self.now
        self.server.observe(self.octets + self.rtx_octets, self.loss, now)
        budget = self.server.budget(now, self._least)
        needs = [rung.needs(rung.least) for rung in self.rungs]
        self.chooser.choose(budget, needs, now)
        wanted = self.chooser.wanted(needs, now)
        if wanted:
            self.server.want(wanted, now)
        self.history.append((now, self.chooser.level, budget))

    def _put(self, size: int) -> None:
        arrival = self.line.send(size + HEADERS, self.now)
        self._reported[0] += arrival is None
        self._reported[1] += 1
        if arrival is not None:
            heapq.heappush(self._moving, (arrival, int(self.now * (1 << 18)) & 0xFFFFFF, size))

    def _receive(self) -> None:
        while self._moving and self._moving[0][0] <= self.now:
            arrival, sent, size = heapq.heappop(self._moving)
            said = self._estimator.add(int(arrival * 1000), sent, size, 1)
            if said is not None:
                self._said.append((arrival + RETURN_DELAY, self.deliberate or said[0]))

    def _hear_back(self) -> None:
        while self._said and self._said[0][0] <= self.now:
            self.server.limited(self._said.pop(0)[1], False, self.now)
        if self.now >= self._next_report:
            self._next_report += 1.0
            lost, of = self._reported
            if of:
                self.loss += (lost / of - self.loss) / 4
            self._reported = [0, 0]
