"""The line to one receiver: what it carries beside the sound, and the probes that ask it for more. Sans-I/O.

Rules:
1. A receiver that gives neither transport-wide feedback nor REMB is taken to carry everything; with REMB alone
   mcu.media.bandwidth_remb decides.
2. Feedback about more packets than are ever sent is passed over: reading it would cost everybody's time.
3. A probe repeats packets of the picture as RTX (RFC 4588): a receiver drops them as known, and nothing can break.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from mcu.media.bandwidth_estimator import QUEUE_GONE, BandwidthEstimator
from mcu.media.bandwidth_feedback import FeedbackReader, SentRecords
from mcu.media.bandwidth_remb import RembEstimator
from mcu.media.rtcp_allowance import Allowance
from mcu.media.transport_feedback import status_count

SOUND_BITRATE = 56_000  # bit/s of the mix with its headers, and of RTCP
SLICE_SECONDS = 0.01  # between two parts of a probe, at least
MOST_LATE = 0.02  # seconds that a part is made up for; more at once would be a burst
STATUSES_PER_SECOND, MOST_STATUSES = 4_000, 8_000  # looked at: ten times what pictures, sound and a probe need
MEASURED_SECONDS = 10.0  # without transport-wide feedback, after which REMB decides again
REPEATED = 48  # packets of the picture that a probe goes round in: half a second of a small rung


class RepeatsPackets(Protocol):
    """The part of a SendStream that a probe needs."""

    @property
    def sequence_number(self) -> int: ...
    @property
    def packets(self) -> int: ...
    @property
    def rtx_ssrc(self) -> int: ...
    @property
    def rtx_octets(self) -> int: ...
    def resend(self, sequence_numbers: Sequence[int], now: float) -> int: ...


class ReceiverLine:
    """One per leg."""

    def __init__(self, start_bitrate: int) -> None:
        self.estimator = BandwidthEstimator(start_bitrate)
        self.remb = RembEstimator(start_bitrate)  # used until transport-wide feedback comes
        self.measured = False  # by transport-wide feedback that could be read
        self.probe_bytes = 0  # sent in probes so far
        self.refused = 0  # feedbacks that were passed over
        self._allowance = Allowance(STATUSES_PER_SECOND, MOST_STATUSES)
        self._reader = FeedbackReader()
        self._measured_at = -math.inf
        self._known = False  # the receiver said something
        self._left = 0.0  # bytes of the probe that are still to be sent
        self._rate = 0.0  # bytes/s
        self._due = math.inf
        self._place = 0  # in the round of repeated packets

    def acknowledged(self, data: bytes, records: SentRecords, now: float) -> None:
        """Transport-wide feedback came: its control information. Raises ProtocolError."""
        count = status_count(data)
        if not self._allowance.take(count, now):
            self.refused += 1
            return
        packets = self._reader.read(data, records)
        self._known = self.measured = True
        self._measured_at = now
        self.estimator.acknowledged(packets, now)

    def limited(self, bitrate: int, sound_too: bool, now: float) -> None:
        """REMB came, for pictures alone or for pictures and sound."""
        self._known = True
        if now - self._measured_at > MEASURED_SECONDS:
            self.measured = False
        if self.measured:
            self.estimator.remb(bitrate, now)
        else:
            self.remb.limited(float(max(0, bitrate - SOUND_BITRATE * sound_too)), now)

    def observe(self, octets: int, loss: float, now: float) -> None:
        """Payload bytes of pictures sent so far, and the share lost by receiver reports; until `measured`."""
        self.remb.observe(octets, loss, now)

    def budget(self, now: float, least: float = 0.0) -> float:
        """Bit/s for pictures; math.inf for a receiver that does not say what it gets.

        With REMB alone it is never below `least`, unless the receiver reports heavy loss for a while.
        """
        if not self._known:
            return math.inf
        if not self.measured:
            return 0.0 if self.remb.heavy.now else max(self.remb.bitrate, least)
        self.estimator.no_feedback(now)
        return max(0.0, self.estimator.bitrate - SOUND_BITRATE)

    @property
    def random_loss(self) -> bool:
        """What is lost is lost however little is sent: no queue stands, and the line is not suspected to be full."""
        estimator = self.estimator
        quiet = not estimator.congested and not estimator.losses.trying and estimator.delay.queue <= QUEUE_GONE
        return estimator.rtt > 0 and quiet

    def want(self, bitrate: float, now: float) -> None:
        """Find out whether the line carries so many bit/s of pictures; the answer is a larger `budget`, or none."""
        if not self._known or self._left > 0:
            return
        if self.measured:
            probe = self.estimator.probe_wanted(round(bitrate) + SOUND_BITRATE, now)
        else:
            probe = self.remb.probe_wanted(round(bitrate), now)
        if probe is not None:
            self._left, self._rate, self._due = float(probe.bytes), probe.bytes / probe.seconds, now

    def handle_timer(self, pictures: RepeatsPackets, now: float) -> None:
        """Send what is due of a probe."""
        if now < self._due:
            return
        probing = self.estimator.probing(now) if self.measured else self.remb.probing(now)
        if not probing or not pictures.rtx_ssrc or not pictures.packets:
            self.end_probe()
            return
        late = min(now - self._due, MOST_LATE)
        share = min(self._left, self._rate * (SLICE_SECONDS + late))
        before = pictures.rtx_octets
        for _ in range(REPEATED):
            if pictures.rtx_octets - before >= share:
                break
            self._place = self._place % min(REPEATED, pictures.packets) + 1
            pictures.resend([(pictures.sequence_number - self._place) & 0xFFFF], now)
        sent = pictures.rtx_octets - before
        self.probe_bytes += sent
        spent = max(sent, share / 4)  # a receiver whose repairs are used up is not asked for ever
        self._left -= spent
        # What a packet is larger than its part is waited for: with a packet in each part it would all go in a burst.
        self._due = now + max(SLICE_SECONDS, spent / self._rate - late) if self._left > 0 else math.inf

    @property
    def probing(self) -> bool:
        """There is more of a probe to be sent."""
        return self._left > 0

    def end_probe(self) -> None:
        """Send no more of it: its end has come, or there is nothing left to repeat."""
        self._left, self._due = 0.0, math.inf

    def next_timer(self) -> float:
        """When `handle_timer` has something to send; math.inf for never."""
        return self._due
