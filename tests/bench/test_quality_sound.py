"""Listening measures: what mixing costs next to plain coding, by a sum of voices put together again."""

from __future__ import annotations

import math

import numpy as np

from mcu.bench.delay_audio import Sighting
from mcu.bench.observation import Observation, Packet
from mcu.bench.quality_sound import add_voice, aligned, measure, plainly_coded
from mcu.media.types import BLOCK_SAMPLES, SAMPLE_RATE
from mcu.synthetic import voice
from mcu.synthetic.intelligibility import spectral_distance, stoi
from tests.bench.sound_path import Sent, carried, clip, steady

SPEECH = voice.speak(voice.voice_of(3, woman=True), seconds=4, seed="stoi")


def test_plain_coding_is_clear_once_it_is_aligned() -> None:
    coded = plainly_coded(SPEECH)
    assert stoi(SPEECH, aligned(SPEECH, coded)) > 0.97
    assert spectral_distance(SPEECH, aligned(SPEECH, coded)) < 3


def test_alignment_finds_the_lag() -> None:
    late = np.concatenate((np.zeros(312), SPEECH))
    assert np.array_equal(aligned(SPEECH, late), SPEECH)


def test_a_voice_is_put_where_its_marks_were_heard() -> None:
    loop = [np.full(BLOCK_SAMPLES, float(number)) for number in range(10)]
    spoken = [(place % 10, place * 0.02) for place in range(30)]
    early = Sighting(2, 0.05, 5_000.0, 240 / SAMPLE_RATE, 0.03)
    later = Sighting(22, 0.45, 5_000.0 + 20 * BLOCK_SAMPLES + 100, 240 / SAMPLE_RATE, 0.03)
    total = np.zeros(40 * BLOCK_SAMPLES)
    add_voice(total, spoken, [early, later], loop)
    first = 5_000 - 240 - 2 * BLOCK_SAMPLES
    assert not total[:first].any()
    assert total[first + 5 * BLOCK_SAMPLES] == 5
    assert total[first + 25 * BLOCK_SAMPLES + 100] == 5  # 100 samples later from the middle between the two on
    assert total[first + 25 * BLOCK_SAMPLES + 99] == 4
    assert not total[first + 30 * BLOCK_SAMPLES + 100 :].any()


def test_a_voice_that_began_before_the_hearing_is_cut() -> None:
    loop = [np.ones(BLOCK_SAMPLES)] * 5
    total = np.zeros(BLOCK_SAMPLES)
    add_voice(total, [(place, 0.0) for place in range(5)], [Sighting(3, 0.0, 100.0, 0.0, 0.03)], loop)
    assert total.tolist() == [1.0] * BLOCK_SAMPLES


def listened(packets: list[Packet], spoken: list[Sent]) -> Observation:
    return Observation(
        begin=0.0,
        end=0.0,
        observer=9,
        performances=tuple(range(10)),
        frames=(),
        layouts=(),
        packets=tuple(packets),
        pictures={},
        sizes={},
        content=(),
        spoken={who: tuple(sent) for who, sent in enumerate(spoken)},
        late=0.0,
        left_out=0,
    )


def test_the_mix_is_as_clear_as_the_plain_way() -> None:
    packets, spoken = carried([0.003, 0.0097, 0.0164], steady, steady)
    quality = measure(listened(packets, spoken), {who: clip(who) for who in range(3)})
    assert quality.voices == 3
    assert quality.seconds > 5
    assert quality.plain > 0.95
    assert quality.server > quality.plain - 0.01
    assert quality.server_distance < quality.plain_distance + 0.5


def test_a_voice_that_is_not_mixed_in_shows() -> None:
    packets, spoken = carried([0.003, 0.0097, 0.0164], steady, steady)
    heard = listened(packets, spoken)
    without = listened(carried([0.003, 0.0097, 0.0164], steady, steady, mixed=2)[0], spoken)
    clips = {who: clip(who) for who in range(3)}
    assert measure(without, clips).voices == 2
    assert measure(heard, clips).voices == 3


def test_silence_has_no_figure() -> None:
    assert math.isnan(measure(listened([], []), {}).server)
