"""What was sent, for tests of feedback without a transport."""

from __future__ import annotations

from array import array
from collections.abc import Callable

from mcu.media.bandwidth_feedback import PACKET_FIELDS


class Records:
    """The SentRecords of a function that gives time and bytes of a packet, or None."""

    def __init__(self, record: Callable[[int], tuple[float, int] | None]) -> None:
        self._record = record

    def sent_records(self, base: int, count: int, into: array[float]) -> None:
        for index in range(count):
            sequence = (base + index) & 0xFFFF
            sent, size = self._record(sequence) or (0.0, 0)
            into[PACKET_FIELDS * index : PACKET_FIELDS * index + 3] = array("d", (sequence, sent, size))
