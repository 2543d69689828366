"""Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01): written and read.

Rules:
1. Arrival times are integers in ticks of 250 µs; the wire carries a 24-bit base in units of 256 ticks and deltas.
2. The recorder reports each packet once; what never came is reported missing by the next feedback that spans it.
3. What comes after its number was reported missing is then reported as received, by itself.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from mcu.errors import ProtocolError
from mcu.media.sequence import Unwrapper

TICKS_PER_SECOND = 4_000  # 250 µs
TICKS_PER_BASE = 256  # 64 ms
MAX_PACKETS_PER_FEEDBACK = 400  # at most 2 bytes of delta and 2/7 of a chunk each: fits 1,000 bytes
MAX_GAP = 5_000  # numbers; a larger jump is a new start, not loss
INTERVAL = 0.1  # seconds between feedbacks; libwebrtc's middle value, enough for the sender's estimator

NOT_RECEIVED, SMALL_DELTA, LARGE_DELTA = 0, 1, 2
RUN_MAX = (1 << 13) - 1
MAX_STATUSES = (
    2_048  # read from one feedback: as many packets as a sender remembers; runs could claim 65,535 in 26 bytes
)
ONE_BIT_SYMBOLS, TWO_BIT_SYMBOLS = 14, 7

_PREFIX = struct.Struct("!HHI")  # base sequence, packet status count, reference time (24) and feedback count (8)


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
        self._arrivals: dict[int, int] = {}  # extended number -> ticks, not yet reported
        self._next = -1  # first number that no feedback has covered
        self._number = 0

    @property
    def pending(self) -> bool:
        return bool(self._arrivals)

    def record(self, sequence: int, now: float) -> None:
        """Packet with transport-wide `sequence` (16 bits) arrived at `now` (monotonic seconds)."""
        arrivals = self._arrivals
        before = self._unwrapper.highest
        number = self._unwrapper.extend(sequence)
        if number != before + 1 and before >= 0 and not -MAX_GAP < number - before < MAX_GAP:
            self.dropped += len(arrivals)
            arrivals.clear()
            self._unwrapper.highest = self._next = number
        if len(arrivals) >= MAX_GAP:
            self.dropped += 1
            return
        ticks = int(now * TICKS_PER_SECOND)
        arrivals.setdefault(number, ticks)

    def take(self) -> list[bytes]:
        """Feedback data for everything that arrived since the last call, in one or more parts."""
        feedback = []
        while self._arrivals:
            base, last = self._span()
            ticks = [self._arrivals.pop(number, None) for number in range(base, last + 1)]
            feedback.append(_encode(base & 0xFFFF, ticks, self._number))
            self._number = (self._number + 1) & 0xFF
            self._next = max(self._next, last + 1)
        return feedback

    def _span(self) -> tuple[int, int]:
        """First and last number of the next feedback."""
        first = last = min(self._arrivals)
        if first < self._next:  # late ones: only themselves, so that nothing reported before is contradicted
            while last + 1 < self._next and last + 1 in self._arrivals:
                last += 1
            return first, min(last, first + MAX_PACKETS_PER_FEEDBACK - 1)
        base = self._next if self._next >= 0 and first - self._next < MAX_PACKETS_PER_FEEDBACK // 2 else first
        return base, min(max(self._arrivals), base + MAX_PACKETS_PER_FEEDBACK - 1)


def encode(arrivals: Arrivals) -> bytes:
    """Feedback control information. A delta too large for 16 bits is reported as not received."""
    return _encode(arrivals.base, arrivals.ticks, arrivals.number)


def _encode(base: int, arrivals: Sequence[int | None], feedback: int) -> bytes:
    came = [ticks for ticks in arrivals if ticks is not None]
    first = came[0] if came else 0
    reference = first // TICKS_PER_BASE
    previous = reference * TICKS_PER_BASE
    symbols: list[int] = []
    deltas = bytearray()
    for ticks in arrivals:
        delta = 0 if ticks is None else ticks - previous
        if ticks is None or not -0x8000 <= delta <= 0x7FFF:
            symbols.append(NOT_RECEIVED)
            continue
        previous = ticks
        if 0 <= delta <= 0xFF:
            symbols.append(SMALL_DELTA)
            deltas.append(delta)
        else:
            symbols.append(LARGE_DELTA)
            deltas += struct.pack("!h", delta)
    prefix = _PREFIX.pack(base, len(symbols), (reference & 0xFFFFFF) << 8 | feedback)
    return prefix + _pack_symbols(symbols) + bytes(deltas)


def decode(data: bytes) -> Arrivals:
    """Read feedback control information; ticks count from the wire's reference time. Raises ProtocolError."""
    if len(data) < _PREFIX.size:
        raise ProtocolError("transport feedback: cut short")
    base, count, word = _PREFIX.unpack_from(data)
    if count > MAX_STATUSES:
        raise ProtocolError("transport feedback: too many packets")
    reference = word >> 8
    reference -= (reference & 0x800000) << 1
    symbols, position = _unpack_symbols(data, count)
    clock = reference * TICKS_PER_BASE
    ticks: list[int | None] = []
    try:
        for symbol in symbols:
            if symbol == SMALL_DELTA:
                clock += data[position]
                position += 1
            elif symbol == LARGE_DELTA:
                clock += struct.unpack_from("!h", data, position)[0]
                position += 2
            ticks.append(clock if symbol in (SMALL_DELTA, LARGE_DELTA) else None)
    except (IndexError, struct.error) as error:
        raise ProtocolError("transport feedback: deltas cut short") from error
    return Arrivals(base, tuple(ticks), word & 0xFF)


def _pack_symbols(symbols: Sequence[int]) -> bytes:
    """Packet chunks: runs where they pay, else one-bit vectors of 14, else two-bit vectors of 7."""
    chunks = bytearray()
    position, end = 0, len(symbols)
    while position < end:
        symbol = symbols[position]
        run = 1
        while run < RUN_MAX and position + run < end and symbols[position + run] == symbol:
            run += 1
        narrow = symbols[position : position + ONE_BIT_SYMBOLS]
        if run >= TWO_BIT_SYMBOLS and (run >= ONE_BIT_SYMBOLS or LARGE_DELTA in narrow or run == len(narrow)):
            chunk = symbol << 13 | run
            position += run
        elif LARGE_DELTA not in narrow:
            chunk = 0x8000
            for index, value in enumerate(narrow):
                chunk |= value << (ONE_BIT_SYMBOLS - 1 - index)
            position += len(narrow)
        else:
            chunk = 0xC000
            wide = symbols[position : position + TWO_BIT_SYMBOLS]
            for index, value in enumerate(wide):
                chunk |= value << 2 * (TWO_BIT_SYMBOLS - 1 - index)
            position += len(wide)
        chunks.append(chunk >> 8)
        chunks.append(chunk & 0xFF)
    return bytes(chunks)


def _unpack_symbols(data: bytes, count: int) -> tuple[list[int], int]:
    """`count` symbols and where the deltas begin."""
    symbols: list[int] = []
    position = _PREFIX.size
    while len(symbols) < count:
        if position + 2 > len(data):
            raise ProtocolError("transport feedback: chunks cut short")
        chunk = data[position] << 8 | data[position + 1]
        position += 2
        match chunk >> 14:
            case 2:
                symbols += [chunk >> shift & 1 for shift in range(ONE_BIT_SYMBOLS - 1, -1, -1)]
            case 3:
                symbols += [chunk >> shift & 3 for shift in range(2 * TWO_BIT_SYMBOLS - 2, -1, -2)]
            case _:
                symbols += [chunk >> 13] * min(chunk & RUN_MAX, count - len(symbols))
                if not chunk & RUN_MAX:
                    raise ProtocolError("transport feedback: empty run")
    return symbols[:count], position
