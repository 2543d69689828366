"""Transport-wide feedback and our own record of what was sent, joined into one list of plain values."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from mcu.media.sequence import Unwrapper
from mcu.media.transport_feedback import TICKS_PER_SECOND, Arrivals

_new_tuple = tuple.__new__  # a NamedTuple's own constructor is a call of Python on top

CLOCK_BITS = 32  # 24 bits of reference time in units of 256 ticks


class AcknowledgedPacket(NamedTuple):
    """What became of one packet that we sent. A tuple: they are made and read some thousand times a second."""

    sequence: int  # transport-wide, 16 bits
    sent: float  # our clock, seconds
    size: int  # bytes of the datagram
    arrival: float | None  # the receiver's clock, seconds from any zero; None: not received so far


class FeedbackReader:
    """One per transport: makes the wrapping clock of the feedbacks a steady one."""

    def __init__(self) -> None:
        self.forgotten = 0  # packets acknowledged that we have no record of: too old, or never sent
        self._clock = Unwrapper(CLOCK_BITS)

    def read(
        self, arrivals: Arrivals, sent_record: Callable[[int], tuple[float, int] | None]
    ) -> list[AcknowledgedPacket]:
        """`sent_record` is that of the SrtpTransport."""
        first = None
        for ticks in arrivals.ticks:
            if ticks is not None:
                first = ticks
                break
        shift = 0 if first is None else self._clock.extend(first & 0xFFFFFFFF) - first
        packets = []
        for index, ticks in enumerate(arrivals.ticks):
            sequence = (arrivals.base + index) & 0xFFFF
            record = sent_record(sequence)
            if record is None:
                self.forgotten += 1
                continue
            arrival = None if ticks is None else (ticks + shift) / TICKS_PER_SECOND
            packets.append(_new_tuple(AcknowledgedPacket, (sequence, record[0], record[1], arrival)))
        return packets
