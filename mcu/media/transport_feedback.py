"""Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01): written and read.

Rules:
1. Arrival times are integers in ticks of 250 µs; the wire carries a 24-bit base in units of 256 ticks and deltas.
2. The recorder reports each packet once; what never came is reported missing by the next feedback that spans it.
3. What comes after its number was reported missing is then reported as received, by itself.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from mcu.errors import ProtocolError
from mcu.media.sequence import Unwrapper

TICKS_PER_SECOND = 4_000  # 250 µs
TICKS_PER_BASE = 256  # 64 ms
MAX_PACKETS_PER_FEEDBACK = 400  # at most 2 bytes of delta and 2/7 of a chunk each: fits 1,000 bytes
MAX_GAP = 5_000  # numbers; a larger jump is a new start, not loss
INTERVAL = 0.12  # seconds between feedbacks; libwebrtc takes 0.05 to 0.25, by the line

SMALL_DELTA, LARGE_DELTA = 1, 2  # symbols; 0 is not received, 3 is reserved
RUN_MAX = (1 << 13) - 1
MAX_STATUSES = (
    2_048  # read from one feedback: as many packets as a sender remembers; runs could claim 65,535 in 26 bytes
)
ONE_BIT_SYMBOLS, TWO_BIT_SYMBOLS = 14, 7

MISSING = -(1 << 62)  # in place of ticks: no time at all
FIRST_ROOM = 64  # packets of one feedback, mostly
PREFIX_OCTETS = 8  # base sequence (16 bits), packet status count (16), reference time (24), feedback count (8)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """One feedback: `ticks[i]` says when packet `base + i` arrived, None for not received."""

    base: int  # transport-wide sequence number, 16 bits
    ticks: tuple[int | None, ...]
    number: int  # feedback packet count, 8 bits


class ArrivalRecorder:
    """The receiving side of a transport: remembers arrivals and writes feedback. At most MAX_GAP packets are held."""

    def __init__(self) -> None:
        self.dropped = 0  # arrivals that could not be reported: table full, or far too old
        self._unwrapper = Unwrapper()
        self._held = array("q", [0]) * (2 * FIRST_ROOM)  # pairs of extended number and ticks, not yet reported
        self._count = 0  # of the pairs that mean anything
        self._in_order = True  # their numbers rise
        self._next = -1  # first number that no feedback has covered
        self._number = 0

    @property
    def pending(self) -> bool:
        return self._count > 0

    def record(self, sequence: int, now: float) -> None:
        """Packet with transport-wide `sequence` (16 bits) arrived at `now` (monotonic seconds)."""
        before = self._unwrapper.highest
        number = self._unwrapper.extend(sequence)
        if number != before + 1 and before >= 0 and not -MAX_GAP < number - before < MAX_GAP:
            self.dropped += self._count
            self._count, self._in_order = 0, True
            self._unwrapper.highest = self._next = number
        count = self._count
        if count >= MAX_GAP:
            self.dropped += 1
            return
        if 2 * count == len(self._held):
            self._held = array("q", self._held) + array("q", [0]) * (2 * count)
        held = self._held
        if count and number <= held[2 * count - 2]:
            self._in_order = False
        held[2 * count], held[2 * count + 1] = number, int(now * TICKS_PER_SECOND)
        self._count = count + 1

    def take(self) -> list[bytes]:
        """Feedback data for everything that arrived since the last call, in one or more parts."""
        feedback: list[bytes] = []
        if not self._in_order:
            self._sort()
        held, count = self._held, self._count
        at = 0
        while at < count:
            base = last = held[2 * at]
            end = at + 1
            if base < self._next:  # late ones: only themselves, so that nothing reported before is contradicted
                most = min(self._next, base + MAX_PACKETS_PER_FEEDBACK)
                while end < count and last + 1 < most and held[2 * end] == last + 1:
                    last += 1
                    end += 1
            else:
                if self._next >= 0 and base - self._next < MAX_PACKETS_PER_FEEDBACK // 2:
                    base = self._next
                last = min(held[2 * count - 2], base + MAX_PACKETS_PER_FEEDBACK - 1)
                while end < count and held[2 * end] <= last:
                    end += 1
            feedback.append(_encode(held[2 * at : 2 * end], base, last - base + 1, self._number))
            self._number = (self._number + 1) & 0xFF
            self._next = max(self._next, last + 1)
            at = end
        self._count, self._in_order = 0, True
        return feedback

    def _sort(self) -> None:
        """Bring the numbers into rising order, each with its first arrival."""
        first: dict[int, int] = {}
        for index in range(self._count):
            first.setdefault(self._held[2 * index], self._held[2 * index + 1])
        for place, number in enumerate(sorted(first)):
            self._held[2 * place], self._held[2 * place + 1] = number, first[number]
        self._count = len(first)


def encode(arrivals: Arrivals) -> bytes:
    """Feedback control information. A delta too large for 16 bits is reported as not received."""
    pairs = array("q")
    for number, ticks in enumerate(arrivals.ticks, arrivals.base):
        if ticks is not None:
            pairs.extend((number, ticks))
    return _encode(pairs, arrivals.base, len(arrivals.ticks), arrivals.number)


def _encode(pairs: Sequence[int], base: int, count: int, feedback: int) -> bytes:
    """Of `count` packets from number `base` on, those in `pairs` of number and ticks came."""
    size = len(pairs)
    reference = pairs[1] // TICKS_PER_BASE if size else 0
    previous = reference * TICKS_PER_BASE
    symbols, deltas, out = bytearray(count), bytearray(), bytearray(PREFIX_OCTETS)
    for at in range(1, size, 2):
        ticks = pairs[at]
        delta = ticks - previous
        if not -0x8000 <= delta <= 0x7FFF:
            continue
        previous = ticks
        place = pairs[at - 1] - base
        if 0 <= delta <= 0xFF:
            symbols[place] = SMALL_DELTA
        else:
            symbols[place] = LARGE_DELTA
            deltas.append(delta >> 8 & 0xFF)
        deltas.append(delta & 0xFF)
    out[0], out[1], out[2], out[3] = base >> 8 & 0xFF, base & 0xFF, count >> 8 & 0xFF, count & 0xFF
    out[4], out[5], out[6], out[7] = reference >> 16 & 0xFF, reference >> 8 & 0xFF, reference & 0xFF, feedback
    _pack_symbols(symbols, out)
    out += deltas
    return bytes(out)


class Feedback:
    """What was read of one feedback: `ticks[i]` says when packet `base + i` arrived, MISSING for not received.

    Used again for the next one; a flat array, as a number made into an object for each packet is cold memory.
    """

    def __init__(self) -> None:
        self.base = 0  # transport-wide sequence number, 16 bits
        self.count = 0  # of `ticks` that mean anything
        self.number = 0  # feedback packet count, 8 bits
        self.ticks = array("q", [0]) * FIRST_ROOM

    def read(self, data: bytes) -> None:
        """Take in feedback control information; ticks count from the wire's reference time. Raises ProtocolError."""
        if len(data) < PREFIX_OCTETS:
            raise ProtocolError("transport feedback: cut short")
        count = status_count(data)
        if count > MAX_STATUSES:
            raise ProtocolError("transport feedback: too many packets")
        if count > len(self.ticks):
            self.ticks = array("q", [0]) * MAX_STATUSES
        self.base, self.count, self.number = data[0] << 8 | data[1], count, data[7]
        reference = data[4] << 16 | data[5] << 8 | data[6]
        reference -= (reference & 0x800000) << 1
        self._read_deltas(data, self._read_symbols(data), reference * TICKS_PER_BASE)

    def _read_symbols(self, data: bytes) -> int:
        """Put the symbol of each packet in the place of its time; where the deltas begin."""
        ticks, count, size = self.ticks, self.count, len(data)
        position, index = PREFIX_OCTETS, 0
        while index < count:
            if position + 2 > size:
                raise ProtocolError("transport feedback: chunks cut short")
            chunk = data[position] << 8 | data[position + 1]
            position += 2
            if chunk & 0x8000:
                width = 2 if chunk & 0x4000 else 1
                shift = 14 - width
                end = min(index + 14 // width, count)
                while index < end:
                    ticks[index] = chunk >> shift & (2 * width - 1)
                    shift -= width
                    index += 1
                continue
            if not chunk & RUN_MAX:
                raise ProtocolError("transport feedback: empty run")
            end = min(index + (chunk & RUN_MAX), count)
            while index < end:
                ticks[index] = chunk >> 13
                index += 1
        return position

    def _read_deltas(self, data: bytes, position: int, clock: int) -> None:
        ticks, size, missing = self.ticks, len(data), MISSING
        for index in range(self.count):
            symbol = ticks[index]
            if symbol != SMALL_DELTA and symbol != LARGE_DELTA:
                ticks[index] = missing
                continue
            if position + symbol > size:
                raise ProtocolError("transport feedback: deltas cut short")
            delta = data[position]
            if symbol == LARGE_DELTA:
                delta = delta << 8 | data[position + 1]
                delta -= (delta & 0x8000) << 1
            position += symbol
            clock += delta
            ticks[index] = clock


def status_count(data: bytes) -> int:
    """How many packets feedback control information is about, as it says itself; 0 when it is cut short."""
    return data[2] << 8 | data[3] if len(data) >= PREFIX_OCTETS else 0


def decode(data: bytes) -> Arrivals:
    """One feedback as a value. Raises ProtocolError."""
    feedback = Feedback()
    feedback.read(data)
    ticks = [None if at == MISSING else at for at in list(feedback.ticks)[: feedback.count]]
    return Arrivals(feedback.base, tuple(ticks), feedback.number)


def _pack_symbols(symbols: bytearray, out: bytearray) -> None:
    """Packet chunks: runs where they pay, else one-bit vectors of 14, else two-bit vectors of 7."""
    position, end = 0, len(symbols)
    while position < end:
        symbol = symbols[position]
        run = 1
        while run < RUN_MAX and position + run < end and symbols[position + run] == symbol:
            run += 1
        width = min(ONE_BIT_SYMBOLS, end - position)
        bits = 1
        for index in range(position, position + width):
            if symbols[index] == LARGE_DELTA:
                bits = 2
        if run >= TWO_BIT_SYMBOLS and (run >= ONE_BIT_SYMBOLS or bits == 2 or run == width):
            chunk = symbol << 13 | run
            position += run
        else:
            chunk = 0x8000 if bits == 1 else 0xC000
            shift = 14
            last = position + min(width, ONE_BIT_SYMBOLS // bits)
            while position < last:
                shift -= bits
                chunk |= symbols[position] << shift
                position += 1
        out.append(chunk >> 8 & 0xFF)
        out.append(chunk & 0xFF)
