"""Audio delays from known arrivals: three voices in a mix, losses, clocks that wrap, loops that are cut off."""

from __future__ import annotations

import functools
import random

import numpy as np
import pytest

from mcu._native.opus import OpusDecoder, OpusEncoder
from mcu.bench import delay_audio
from mcu.bench.delay_audio import Beginning, Heard, beginnings, sightings
from mcu.bench.observation import Packet
from mcu.media.types import BLOCK_SAMPLES, SAMPLE_RATE
from mcu.synthetic import chirp, voice
from mcu.synthetic.clips import PACKET_SECONDS, Clip
from mcu.synthetic.encoding import encode_sound
from mcu.synthetic.people import person

SECONDS = 4.0
LOOKAHEAD = 312 / SAMPLE_RATE  # seconds: of the server's encoder, part of its delay
BEGIN = 50.0


@functools.cache
def clip(number: int) -> Clip:
    timbre = voice.voice_of(number, woman=person(number).woman)
    sound = chirp.marked(voice.speak(timbre, seconds=SECONDS, seed=f"delay {number}"), number)
    packets, levels = encode_sound(sound, bitrate=32_000)
    return Clip("VP8", 2, 2, 1, (b"x",), (0,), 0, packets, levels)


def spoken(number: int, *, begin: float = BEGIN) -> list[tuple[int, float]]:
    return [(place, begin + place * PACKET_SECONDS) for place in range(len(clip(number).packets))]


def mixed(shifts: dict[int, float], *, transit: float, timestamp: int = 7_000) -> list[Packet]:
    """The packets of a server that mixes each person shifted by whole samples, and encodes."""
    total = np.zeros(round(SECONDS * SAMPLE_RATE))
    for number, shift in shifts.items():
        decoder = OpusDecoder()
        decoded = np.concatenate([decoder.decode(packet) for packet in clip(number).packets])
        first = round(shift * SAMPLE_RATE)
        total[first:] += decoded[: len(total) - first]
    encoder = OpusEncoder(bitrate=32_000)
    blocks = total.astype(np.float32).reshape(-1, BLOCK_SAMPLES)
    return [
        Packet(
            BEGIN + index * PACKET_SECONDS + transit,
            (timestamp + index * BLOCK_SAMPLES) % (1 << 32),
            encoder.encode(block),
        )
        for index, block in enumerate(blocks)
    ]


def delays(packets: list[Packet], number: int, sent: list[tuple[int, float]] | None = None) -> list[float]:
    marks = beginnings(clip(number), number)
    return [each.delay for each in sightings(Heard(packets), sent or spoken(number), marks, number)]


def test_marks_are_calibrated_with_the_senders_own_packets() -> None:
    marks = beginnings(clip(0), 0)
    assert [mark.packet for mark in marks] == [55, 105, 155]  # the one at 5 is alone in silence, and coded badly
    assert [mark.seconds for mark in marks] == pytest.approx([LOOKAHEAD] * 3, abs=0.0002)


@pytest.mark.parametrize("transit", [0.001, 0.045])
def test_known_delays_of_three_voices_come_out(transit: float) -> None:
    shifts = {0: 0.020, 1: 0.0375, 2: 0.110}
    packets = mixed(shifts, transit=transit)
    for number, shift in shifts.items():
        found = delays(packets, number)
        assert len(found) >= 3
        assert found == pytest.approx([shift + transit + LOOKAHEAD] * len(found), abs=0.002)


def test_losses_and_disorder_do_not_move_it() -> None:
    choose = random.Random("audio losses")
    packets = [packet for packet in mixed({1: 0.03}, transit=0.02) if choose.random() > 0.03]
    for index in range(0, len(packets) - 1, 9):
        packets[index], packets[index + 1] = packets[index + 1], packets[index]
    found = delays([*packets, *packets[20:30]], 1)
    assert len(found) >= 2
    assert found == pytest.approx([0.05 + LOOKAHEAD] * len(found), abs=0.002)


def test_timestamps_may_wrap() -> None:
    packets = mixed({2: 0.03}, transit=0.02, timestamp=(1 << 32) - 100 * BLOCK_SAMPLES)
    found = delays(packets, 2)
    assert len(found) >= 3
    assert found == pytest.approx([0.05 + LOOKAHEAD] * len(found), abs=0.002)


def test_a_late_packet_is_a_longer_delay() -> None:
    packets = mixed({0: 0.02}, transit=0.01)
    late = [Packet(each.arrived + 0.1 * (i == 107), each.timestamp, each.payload) for i, each in enumerate(packets)]
    usual, slow = delays(packets, 0), delays(late, 0)
    assert max(slow) >= max(usual)
    assert slow[0] == pytest.approx(usual[0])
    assert len(slow) == len(usual)


def test_who_is_not_in_the_mix_is_not_heard() -> None:
    packets = mixed({0: 0.02, 1: 0.02}, transit=0.01)
    assert delays(packets, 2) == []


def test_a_mark_that_was_cut_off_does_not_count() -> None:
    packets = mixed({0: 0.02}, transit=0.01)
    cut = [pair for pair in spoken(0) if pair[0] not in (56, 57)]
    assert len(delays(packets, 0, cut)) == len(delays(packets, 0)) - 1


def test_nothing_heard_is_nothing_found() -> None:
    heard = Heard([])
    assert len(heard.samples) == 0
    assert sightings(heard, spoken(0), [Beginning(5, 0.0065)], 0) == []


def test_a_long_pause_is_cut_short() -> None:
    first, second = mixed({0: 0.0}, transit=0.01)[:2]
    far = Packet(first.arrived + 60, first.timestamp + 60 * SAMPLE_RATE, second.payload)
    heard = Heard([first, far])
    assert len(heard.samples) <= delay_audio.MAX_GAP + 2 * BLOCK_SAMPLES
    assert heard.time_of(len(heard.samples) - BLOCK_SAMPLES) == pytest.approx(far.arrived)
