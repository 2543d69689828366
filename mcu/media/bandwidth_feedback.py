"""Transport-wide feedback and our own record of what was sent, joined into one flat array of numbers."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from math import inf
from typing import Protocol

from mcu.media.sequence import Unwrapper
from mcu.media.transport_feedback import FIRST_ROOM, MISSING, TICKS_PER_SECOND, Feedback

CLOCK_BITS = 32  # 24 bits of reference time in units of 256 ticks
NEVER = -inf  # in place of an arrival: not received so far
PACKET_FIELDS = 4  # numbers; SentRecords write the first three


# What became of one packet that we sent: transport-wide sequence (16 bits); sent, on our clock, in seconds; bytes of
# the datagram; arrival on the receiver's clock, in seconds from any zero, None: not received so far.
AcknowledgedPacket = tuple[int, float, int, float | None]


class SentRecords(Protocol):
    """The part of an SrtpTransport that knows what was sent."""

    def sent_records(self, base: int, count: int, into: array[float]) -> None:
        """Write sequence, time and bytes of `count` packets from `base` on, the bytes of one that is unknown being 0,
        to places 0 to 2 of each PACKET_FIELDS numbers of `into`."""


class Acknowledged:
    """What became of `count` packets, in order of their numbers: the PACKET_FIELDS of each are in `values`, as in an
    AcknowledgedPacket, with NEVER for None. A flat array: tuples made and thrown away by the thousand are cold memory.
    """

    def __init__(self) -> None:
        self.count = 0
        self.numbers = array("d", [0.0]) * (PACKET_FIELDS * FIRST_ROOM)
        self.values = self.numbers  # the same, as compiled code sees it

    def make_room(self, count: int) -> None:
        """For so many packets; what was there is gone."""
        if PACKET_FIELDS * count > len(self.numbers):
            self.numbers = array("d", [0.0]) * (PACKET_FIELDS * count)
            self.values = self.numbers

    def packets(self) -> list[AcknowledgedPacket]:
        """As tuples, for what is done now and then only."""
        places = range(0, PACKET_FIELDS * self.count, PACKET_FIELDS)
        fields = [list(self.numbers[place : place + PACKET_FIELDS]) for place in places]
        return [(int(one), sent, int(size), None if came == NEVER else came) for one, sent, size, came in fields]


def acknowledged(packets: Iterable[AcknowledgedPacket]) -> Acknowledged:
    """The same as an array."""
    listed = list(packets)
    made = Acknowledged()
    made.make_room(len(listed))
    for place, (sequence, sent, size, arrival) in enumerate(listed):
        fields = array("d", (sequence, sent, size, NEVER if arrival is None else arrival))
        made.numbers[PACKET_FIELDS * place : PACKET_FIELDS * (place + 1)] = fields
    made.count = len(listed)
    return made


class FeedbackReader:
    """One per transport: makes the wrapping clock of the feedbacks a steady one."""

    def __init__(self) -> None:
        self.forgotten = 0  # packets acknowledged that we have no record of: too old, or never sent
        self._clock = Unwrapper(CLOCK_BITS)
        self._feedback = Feedback()
        self._packets = Acknowledged()

    def read(self, data: bytes, records: SentRecords) -> Acknowledged:
        """Feedback control information; what it gives is good until the next. Raises ProtocolError."""
        feedback, packets = self._feedback, self._packets
        feedback.read(data)
        count = feedback.count
        packets.make_room(count)
        records.sent_records(feedback.base, count, packets.numbers)
        ticks, values = feedback.ticks, packets.values
        fields, never, missing = PACKET_FIELDS, NEVER, MISSING
        shift, shifted = 0, False
        place = 0
        for index in range(count):
            at = ticks[index]
            if at != missing and not shifted:
                shift, shifted = self._clock.extend(at & 0xFFFFFFFF) - at, True
            read = index * fields
            if values[read + 2] == 0.0:
                self.forgotten += 1
                continue
            if place != read:
                values[place], values[place + 1], values[place + 2] = values[read], values[read + 1], values[read + 2]
            values[place + 3] = never if at == missing else (at + shift) / TICKS_PER_SECOND
            place += fields
        packets.count = place // fields
        return packets
