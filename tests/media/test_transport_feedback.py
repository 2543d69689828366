from __future__ import annotations

import random
import struct

import pytest

from mcu.errors import ProtocolError
from mcu.media.transport_feedback import (
    MAX_GAP,
    MAX_PACKETS_PER_FEEDBACK,
    MAX_STATUSES,
    TICKS_PER_SECOND,
    ArrivalRecorder,
    Arrivals,
    decode,
    encode,
)


def test_the_example_of_every_chunk_type_is_read_again() -> None:
    ticks = (1_000, None, 1_001, 1_400, 1_399, None, None, *range(1_500, 1_600), *[None] * 50, 2_000, 30_000)
    arrivals = Arrivals(65_500, ticks, 200)
    assert decode(encode(arrivals)) == arrivals


def test_the_layout_is_that_of_the_draft() -> None:
    # base 10, two packets, reference time 1 (64 ms), feedback 3; a vector with two small deltas: 4 and 1 ticks
    assert encode(Arrivals(10, (260, 261), 3)).hex() == "000a000200000103b0000401"


def test_random_arrivals_survive_the_wire() -> None:
    rng = random.Random(1)
    for _ in range(300):
        clock = rng.randrange(1 << 20)
        ticks: list[int | None] = []
        for _ in range(rng.randint(1, 120)):
            clock += rng.choice((0, 1, 40, 255, 256, 3_000, -20))
            ticks.append(clock if rng.random() < 0.8 else None)
        decoded = decode(encode(Arrivals(1, tuple(ticks), 0)))
        assert decoded.ticks == tuple(ticks)


def test_each_packet_is_reported_once_and_losses_are_seen() -> None:
    rng = random.Random(2)
    recorder = ArrivalRecorder()
    arrived: dict[int, float] = {}
    reported: dict[int, int] = {}
    missing: set[int] = set()
    now = 1_000.0
    for number in range(65_000, 68_000):
        now += rng.choice((0.0001, 0.001, 0.03))
        if rng.random() < 0.9:
            recorder.record(number & 0xFFFF, now)
            arrived[number & 0xFFFF] = now
        if number % 97 == 0 or number == 67_999:
            for data in recorder.take():
                arrivals = decode(data)
                for index, ticks in enumerate(arrivals.ticks):
                    sequence = (arrivals.base + index) & 0xFFFF
                    if ticks is None:
                        missing.add(sequence)
                    else:
                        assert sequence not in reported
                        reported[sequence] = ticks
    assert reported.keys() == arrived.keys()
    assert all(abs(reported[key] / TICKS_PER_SECOND - arrived[key]) < 0.001 for key in arrived)
    assert not missing & arrived.keys()
    assert not recorder.pending


def test_late_packets_are_reported_by_themselves() -> None:
    recorder = ArrivalRecorder()
    for number in (1, 2, 5, 6):
        recorder.record(number, 1.0)
    (first,) = recorder.take()
    assert [ticks is not None for ticks in decode(first).ticks] == [True, True, False, False, True, True]
    recorder.record(3, 1.1)
    recorder.record(7, 1.1)
    late, rest = (decode(data) for data in recorder.take())
    assert (late.base, len(late.ticks)) == (3, 1)
    assert (rest.base, len(rest.ticks)) == (7, 1)


def test_packets_that_overtake_and_come_twice_are_reported_in_order_with_their_first_arrival() -> None:
    recorder = ArrivalRecorder()
    for number, at in ((10, 1.0), (12, 1.25), (11, 1.5), (12, 1.75), (13, 2.25)):
        recorder.record(number, at)
    (arrivals,) = (decode(data) for data in recorder.take())
    assert arrivals.base == 10
    first = arrivals.ticks[0]
    assert first is not None
    assert [(ticks or 0) - first for ticks in arrivals.ticks] == [0, 2_000, 1_000, 5_000]
    assert not recorder.pending


def test_large_numbers_of_packets_are_split_and_jumps_start_anew() -> None:
    recorder = ArrivalRecorder()
    for number in range(1_000):
        recorder.record(number, 1.0 + number / 1_000)
    feedback = [decode(data) for data in recorder.take()]
    assert [len(part.ticks) for part in feedback] == [MAX_PACKETS_PER_FEEDBACK, MAX_PACKETS_PER_FEEDBACK, 200]
    assert [part.number for part in feedback] == [0, 1, 2]
    recorder.record((1_000 + MAX_GAP) & 0xFFFF, 3.0)
    (jumped,) = recorder.take()
    assert len(decode(jumped).ticks) == 1


@pytest.mark.parametrize(
    "data", [b"", bytes(7), bytes.fromhex("0001000500000000"), bytes.fromhex("00010005000000002005")]
)
def test_cut_feedback_is_a_protocol_error(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode(data)


def test_a_few_bytes_cannot_claim_tens_of_thousands_of_packets() -> None:
    runs = struct.pack("!8H", *[8_191] * 8) + struct.pack("!H", 7)
    with pytest.raises(ProtocolError):
        decode(struct.pack("!HHI", 0, 65_535, 0) + runs)
    assert len(decode(struct.pack("!HHIH", 0, MAX_STATUSES, 0, MAX_STATUSES)).ticks) == MAX_STATUSES
