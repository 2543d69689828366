"""The sent streams of a leg as RTCP sees them: sender reports, what the peer says it lacks, round-trip time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mcu.media.reception_statistics import ntp_time, round_trip
from mcu.media.rtcp import ReportBlock, SenderReport
from mcu.media.types import StreamKind

MAX_RTT = 5.0  # seconds; a larger measured value is a clock's fault


class SendsRtp(Protocol):
    """What is read of a sent stream; mcu._native.packets.SendStream has it all."""

    @property
    def ssrc(self) -> int: ...
    @property
    def packets(self) -> int: ...
    @property
    def octets(self) -> int: ...
    @property
    def last_timestamp(self) -> int: ...
    @property
    def last_sent(self) -> float: ...
    @property
    def clock_rate(self) -> int: ...
    def resend(self, sequence_numbers: Sequence[int], now: float) -> int: ...


class SentStream:
    """One SSRC that we send."""

    def __init__(self, kind: StreamKind, stream: SendsRtp) -> None:
        self.kind = kind
        self.stream = stream
        self.fraction_lost = 0.0  # what the peer last reported, 0..1
        self.jitter = 0.0  # seconds, likewise
        self._last_fir = -1

    def report(self, now: float, wall_clock: float, blocks: tuple[ReportBlock, ...]) -> SenderReport:
        """A sender report; the media clock is carried forward from the last packet to `now`."""
        stream = self.stream
        elapsed = int((now - stream.last_sent) * stream.clock_rate)
        return SenderReport(
            ssrc=stream.ssrc,
            ntp=ntp_time(wall_clock),
            rtp_timestamp=(stream.last_timestamp + elapsed) & 0xFFFFFFFF,
            packets=stream.packets & 0xFFFFFFFF,
            octets=stream.octets & 0xFFFFFFFF,
            reports=blocks,
        )

    def receive_block(self, block: ReportBlock, wall_clock: float) -> float | None:
        """Note what the peer reports; the round-trip time in seconds when it can be told."""
        self.fraction_lost = block.fraction_lost / 256
        self.jitter = block.jitter / self.stream.clock_rate
        rtt = round_trip(block, ntp_time(wall_clock))
        return rtt if rtt is not None and rtt <= MAX_RTT else None

    def is_new_fir(self, number: int) -> bool:
        """Whether a FIR is a new command and not the repeat of one (RFC 5104 section 4.3.1.2)."""
        new = number != self._last_fir
        self._last_fir = number
        return new
