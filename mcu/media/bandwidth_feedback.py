"""Transport-wide feedback and our own record of what was sent, joined into one list of plain values."""

from __future__ import annotations

from collections.abc import Callable

from mcu.media.sequence import Unwrapper
from mcu.media.transport_feedback import TICKS_PER_SECOND, Arrivals

CLOCK_BITS = 32  # 24 bits of reference time in units of 256 ticks


# What became of one packet that we sent: transport-wide sequence (16 bits); sent, on our clock, in seconds; bytes of
# the datagram; arrival on the receiver's clock, in seconds from any zero, None: not received so far. A plain tuple:
# they are made and taken apart some thousand times a second.
AcknowledgedPacket = tuple[int, float, int, float | None]


class FeedbackReader:
    """One per transport: makes the wrapping clock of the feedbacks a steady one."""

    def __init__(self) -> None:
        self.forgotten = 0  # packets acknowledged that we have no record of: too old, or never sent
        self._clock = Unwrapper(CLOCK_BITS)

    def read(
        self, arrivals: Arrivals, sent_record: Callable[[int], tuple[float, int] | None]
    ) -> list[AcknowledgedPacket]:
        """`sent_record` is that of the SrtpTransport."""
        came, base = arrivals.ticks, arrivals.base
        first = None
        for ticks in came:
            if ticks is not None:
                first = ticks
                break
        shift = 0 if first is None else self._clock.extend(first & 0xFFFFFFFF) - first
        packets: list[AcknowledgedPacket] = []
        for index, ticks in enumerate(came):
            sequence = (base + index) & 0xFFFF
            record = sent_record(sequence)
            if record is None:
                self.forgotten += 1
                continue
            arrival = None if ticks is None else (ticks + shift) / TICKS_PER_SECOND
            packets.append((sequence, record[0], record[1], arrival))
        return packets
