"""What a receiver knows of one source: loss (RFC 3550 appendix A.3), jitter (A.8), the last sender report.

Also the sender's clock: which wall-clock time a media timestamp stands for, so that sound and picture can be aligned.
"""

from __future__ import annotations

from dataclasses import dataclass

from mcu.media.rtcp import ReportBlock, SenderReport
from mcu.media.sequence import Unwrapper, distance

MAX_DROPOUT = 3_000  # numbers; RFC 3550 appendix A.1: a larger jump needs a second packet to be believed
NTP_FRACTION = 1 << 32
COMPACT_SECOND = 65_536  # units of LSR and DLSR


@dataclass(frozen=True, slots=True)
class ClockMapping:
    """One point where the sender's wall clock and media clock were read together (RFC 3550 section 6.4.1)."""

    wall_clock: float  # seconds, NTP era 0 or whatever the sender counts
    timestamp: int  # media time, 32 bits
    clock_rate: int  # Hz

    def wall_clock_of(self, timestamp: int) -> float:
        """Sender's wall clock at media time `timestamp` (within 2**31 of the mapping)."""
        return self.wall_clock + distance(self.timestamp, timestamp, bits=32) / self.clock_rate


class ReceptionStatistics:
    """One per received SSRC."""

    def __init__(self, ssrc: int, clock_rate: int) -> None:
        self.ssrc = ssrc
        self.clock_rate = clock_rate
        self.received = 0
        self.arrived = 0.0  # when the newest packet came
        self.jumps = 0  # times the sequence started anew
        self.clock: ClockMapping | None = None  # set by the first sender report
        self._unwrapper = Unwrapper()
        self._base = -1  # first extended number
        self._suspect = -1  # 16-bit number that would confirm a jump
        self._transit = 0.0
        self._last_timestamp = -1
        self._jitter = 0.0
        self._expected_before = 0
        self._received_before = 0
        self._last_sr = 0
        self._last_sr_arrival = 0.0

    def receive(self, sequence_number: int, timestamp: int, now: float) -> None:
        """Count one packet that arrived at `now` (monotonic seconds)."""
        self.arrived = now
        unwrapper = self._unwrapper
        number = unwrapper.peek(sequence_number)
        ahead = number - unwrapper.highest
        if self._base < 0:
            self._restart(sequence_number)
        elif not -MAX_DROPOUT < ahead < MAX_DROPOUT:
            if sequence_number != self._suspect:
                self._suspect = (sequence_number + 1) & 0xFFFF
                return
            self.jumps += 1
            self._restart(sequence_number)
        elif ahead > 0:
            unwrapper.highest = number
        self.received += 1
        if timestamp != self._last_timestamp:  # only the first packet of a picture tells of transit
            transit = now * self.clock_rate - timestamp
            if self._last_timestamp >= 0:
                before, after = int(self._transit), int(transit)
                step = abs(distance(before & 0xFFFFFFFF, after & 0xFFFFFFFF, bits=32))
                self._jitter += (step - self._jitter) / 16
            self._transit = transit
            self._last_timestamp = timestamp

    def receive_report(self, report: SenderReport, now: float) -> None:
        """Remember the sender's clocks."""
        self._last_sr = report.ntp >> 16 & 0xFFFFFFFF
        self._last_sr_arrival = now
        self.clock = ClockMapping(report.ntp / NTP_FRACTION, report.rtp_timestamp, self.clock_rate)

    @property
    def expected(self) -> int:
        return self._unwrapper.highest - self._base + 1 if self._base >= 0 else 0

    @property
    def lost(self) -> int:
        """Packets missing since the start; negative when duplicates outnumber them."""
        return self.expected - self.received

    @property
    def jitter(self) -> float:
        """Seconds."""
        return self._jitter / self.clock_rate

    def report(self, now: float) -> ReportBlock:
        """A report block, whose loss fraction covers the time since the previous one."""
        expected = self.expected - self._expected_before
        lost = expected - (self.received - self._received_before)
        self._expected_before, self._received_before = self.expected, self.received
        return ReportBlock(
            ssrc=self.ssrc,
            fraction_lost=min(255, (lost << 8) // expected) if expected > 0 and lost > 0 else 0,
            packets_lost=self.lost,
            highest_sequence=(self._unwrapper.highest - 0x10000) & 0xFFFFFFFF,
            jitter=int(self._jitter) & 0xFFFFFFFF,
            last_sr=self._last_sr,
            delay_since_last_sr=self._delay_since_last_sr(now),
        )

    def _delay_since_last_sr(self, now: float) -> int:
        if not self._last_sr:
            return 0
        return min(0xFFFFFFFF, max(0, int((now - self._last_sr_arrival) * COMPACT_SECOND)))

    def _restart(self, sequence_number: int) -> None:
        self._unwrapper = Unwrapper()
        self._base = self._unwrapper.extend(sequence_number)
        self.received = self._expected_before = self._received_before = 0
        self._suspect = self._last_timestamp = -1


def ntp_time(seconds: float) -> int:
    """64-bit NTP time of a wall clock in seconds."""
    return int(seconds * NTP_FRACTION) & 0xFFFFFFFFFFFFFFFF


def round_trip(block: ReportBlock, ntp_now: int) -> float | None:
    """Seconds from our report to this answer (RFC 3550 section 6.4.1); None if it answers none."""
    if not block.last_sr:
        return None
    compact_now = ntp_now >> 16 & 0xFFFFFFFF
    elapsed = distance(block.last_sr, compact_now, bits=32) - block.delay_since_last_sr
    return elapsed / COMPACT_SECOND if elapsed >= 0 else None
