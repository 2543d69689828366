"""Keys in the sound are told once each, whatever is lost, repeated or overtaken (RFC 4733)."""

from __future__ import annotations

import random

from mcu._native.rtp_packet import RtpPacket
from mcu.h323.key_tones import KEYS, KeyTones, duration


def event(
    key: int, timestamp: int, *, units: int = 160, end: bool = False, marker: bool = False, ssrc: int = 1
) -> RtpPacket:
    payload = bytes((key, 0x80 * end | 10)) + units.to_bytes(2, "big")
    return RtpPacket(payload_type=101, timestamp=timestamp & 0xFFFFFFFF, marker=marker, ssrc=ssrc, payload=payload)


def press(key: int, timestamp: int, steps: int = 5) -> list[RtpPacket]:
    """As a sender does it: a packet every 20 ms, and the last one three times."""
    first = [event(key, timestamp, units=160 * (n + 1), marker=n == 0) for n in range(steps)]
    return [*first, *[event(key, timestamp, units=160 * steps, end=True)] * 3]


def told(packets: list[tuple[RtpPacket, float]]) -> str:
    tones = KeyTones()
    return "".join(tones.receive(packet, now) for packet, now in packets)


def timed(packets: list[RtpPacket], begin: float = 0.0) -> list[tuple[RtpPacket, float]]:
    return [(packet, begin + 0.02 * n) for n, packet in enumerate(packets)]


def test_every_key_is_told_once() -> None:
    packets = [pair for n in range(16) for pair in timed(press(n, 8_000 * n), float(n))]
    assert told(packets) == KEYS


def test_the_same_key_twice_is_told_twice() -> None:
    assert told(timed(press(5, 1_000)) + timed(press(5, 4_000), 0.4)) == "55"


def test_any_packet_may_be_lost_and_any_two_may_change_places() -> None:
    for seed in range(200):
        rng = random.Random(seed)
        packets = []
        for n, key in enumerate((1, 1, 9, 0)):
            one = timed(press(key, 0xFFFFF000 + 4_000 * n), 0.5 * n)
            del one[rng.randrange(len(one))]
            at = rng.randrange(len(one) - 1)
            one[at], one[at + 1] = one[at + 1], one[at]
            packets += one
        assert told(packets) == "1190", seed


def test_a_straggler_of_the_press_before_is_no_press() -> None:
    first, second = press(1, 1_000), press(2, 5_000)
    packets = timed(first[:-1]) + timed(second[:3], 0.5) + [(first[-1], 0.57)] + timed(second[3:], 0.58)
    assert told(packets) == "12"


def test_a_long_press_in_segments_is_one() -> None:
    segments = [event(7, 1_000, units=0xFFFF, marker=True), event(7, 1_000 + 0xFFFF, units=800, end=True)]
    assert told(timed(segments)) == "7"


def test_a_sender_that_starts_anew_may_press_the_same_key() -> None:
    assert told([*timed(press(3, 1_000)), (event(3, 900, ssrc=2), 1.0)]) == "33"


def test_other_events_are_no_keys() -> None:
    assert told(timed([event(key, 1_000 * key, marker=True) for key in (16, 32, 70, 255)])) == ""


def test_nobody_presses_a_thousand_keys_a_second() -> None:
    tones = KeyTones()
    keys = [tones.receive(event(n % 10, 10 * n, marker=True), n / 1_000) for n in range(1_000)]
    assert 20 <= sum(map(bool, keys)) <= 25
    assert tones.dropped > 900


def test_what_is_too_short_is_counted() -> None:
    tones = KeyTones()
    assert tones.receive(RtpPacket(payload_type=101, payload=b"\1\2\3"), 0.0) == ""
    assert tones.dropped == 1
    assert duration(b"\1\2\3") == 0
