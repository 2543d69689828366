"""Order and numbers: wrapping, gaps, jumps, bounds."""

from __future__ import annotations

import pytest

from mcu._native.opus import OpusEncoder
from mcu.media.jitter_buffer import MAX_PACKETS, JitterBuffer
from tests.fakes.audio_line import CN, CODECS, OPUS, PCMU
from tests.fakes.packets import FakePacket
from tests.fakes.voices import tone

PAYLOAD = OpusEncoder().encode(tone(0.02, 440))


def packet(number, *, timestamp=None, **fields):
    timestamp = number * 960 if timestamp is None else timestamp
    fields = {"payload_type": OPUS, "payload": PAYLOAD, "ssrc": 1} | fields
    return FakePacket(sequence_number=number & 0xFFFF, timestamp=timestamp & 0xFFFFFFFF, **fields)


def taken(buffer):
    numbers = []
    while (head := buffer.head()) is not None:
        numbers.append(head.sequence)
        buffer.take(head)
    return numbers


def test_order_is_restored_across_the_wrap_of_number_and_time():
    buffer = JitterBuffer(CODECS)
    start = 65_534
    for number in (start, start + 2, start + 1, start + 4, start + 3):
        buffer.receive(packet(number, timestamp=4_294_967_000 + (number - start) * 960), 0.0)
    head = buffer.head()
    assert taken(buffer) == [start + n for n in range(5)]
    assert head.time == 4_294_967_000
    assert buffer.counters.lost == 0


def test_a_hole_is_lost_when_what_follows_is_taken():
    buffer = JitterBuffer(CODECS)
    for number in (1, 2, 5):
        buffer.receive(packet(number), 0.0)
    taken(buffer)
    assert buffer.counters.lost == 2
    buffer.receive(packet(4), 0.0)
    buffer.receive(packet(4), 0.0)
    buffer.receive(packet(5), 0.0)
    assert (buffer.counters.late, buffer.counters.discarded) == (1, 2)


def test_one_wild_number_is_dropped_and_two_in_a_row_are_believed():
    buffer = JitterBuffer(CODECS)
    buffer.receive(packet(1), 0.0)
    buffer.receive(packet(30_000), 0.0)
    buffer.receive(packet(2), 0.0)
    assert (buffer.counters.discarded, buffer.counters.restarts) == (1, 0)
    buffer.receive(packet(40_000), 0.0)
    buffer.receive(packet(40_001), 0.0)
    assert buffer.counters.restarts == 1
    assert taken(buffer) == [40_001]


def test_a_number_far_behind_is_a_restart_too():
    buffer = JitterBuffer(CODECS)
    for number in (5000, 5001, 4000, 4001, 4002):
        buffer.receive(packet(number), 0.0)
    assert taken(buffer) == [4001, 4002]


def test_no_more_than_the_bound_is_kept_and_the_oldest_go():
    buffer = JitterBuffer(CODECS)
    for number in range(MAX_PACKETS + 7):
        buffer.receive(packet(number), 0.0)
    assert taken(buffer) == list(range(7, MAX_PACKETS + 7))
    assert buffer.counters.discarded == 7


@pytest.mark.parametrize(
    ("fields", "silent"),
    [
        ({}, False),
        ({"payload": PAYLOAD[:1]}, True),
        ({"audio_level": 127}, True),
        ({"audio_level": 60}, False),
        ({"payload_type": CN, "payload": b"\x40"}, True),
        ({"payload_type": PCMU, "payload": bytes(160)}, False),
    ],
)
def test_packets_that_say_they_are_silent(fields, silent):
    buffer = JitterBuffer(CODECS)
    buffer.receive(packet(1, **fields), 0.0)
    assert buffer.head().silent is silent


def test_media_time_is_in_samples_at_48_khz_for_g711_too():
    buffer = JitterBuffer(CODECS)
    for number in (1, 2):
        buffer.receive(packet(number, timestamp=number * 160, payload_type=PCMU, payload=bytes(160)), 0.0)
    first = buffer.head()
    buffer.take(first)
    assert (buffer.head().time - first.time, first.samples) == (960, 960)


def late_by(number):
    """When a packet that was sent on time comes, with a steady delay."""
    return number * 0.02 + 0.05


@pytest.mark.parametrize("ahead", [48_000, 480_000, 1 << 30])
@pytest.mark.parametrize("order", [(10, 11), (11, 10), (10, 11, 10)])
def test_a_packet_with_a_wild_time_goes_when_its_successor_has_a_good_one(ahead, order):
    buffer = JitterBuffer(CODECS)
    for number in (*range(10), *order, 12):
        wild = ahead if number == 10 else 0
        buffer.receive(packet(number, timestamp=number * 960 + wild), late_by(number))
        buffer.observe(late_by(number))
    assert taken(buffer) == [*range(10), 11, 12]
    assert buffer.counters.discarded == len(order) - 1
    assert (buffer.counters.lost, buffer.counters.restarts) == (1, 0)


def test_times_that_jump_for_good_are_kept():
    buffer = JitterBuffer(CODECS)
    for number in (*range(10), 11, 10, 12, 13, 14, 15):
        jump = 1 << 30 if number >= 10 else 0
        buffer.receive(packet(number, timestamp=number * 960 + jump), late_by(number))
        buffer.observe(late_by(number))
    assert buffer.counters.restarts == 1
    assert buffer.counters.discarded == 0
