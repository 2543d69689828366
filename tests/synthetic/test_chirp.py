"""The audible mark: found where it was put, through codecs and among voices, and told from others'."""

from __future__ import annotations

import numpy as np
import pytest

from mcu._native.opus import OpusDecoder, OpusEncoder
from mcu.media.types import BLOCK_SAMPLES, SAMPLE_RATE
from mcu.synthetic import chirp, voice
from mcu.synthetic.people import person

SECONDS = 3.0
LOOKAHEAD = 312  # samples: what one Opus encoder delays


def speech(number: int) -> chirp.Sound:
    timbre = voice.voice_of(number, woman=person(number).woman)
    return voice.speak(timbre, seconds=SECONDS, seed=f"chirp {number}")


def coded(sound: chirp.Sound) -> chirp.Sound:
    encoder, decoder = OpusEncoder(bitrate=32_000), OpusDecoder()
    blocks = sound.astype(np.float32).reshape(-1, BLOCK_SAMPLES)
    return np.concatenate([decoder.decode(encoder.encode(block)) for block in blocks]).astype(np.float64)


def around(start: int) -> tuple[int, int]:
    return max(0, start - 500), start + 4_000


@pytest.mark.parametrize("number", range(10))
def test_is_found_where_it_was_put(number: int) -> None:
    sound = chirp.marked(voice.room(seconds=SECONDS, seed="quiet"), number)
    for start in chirp.starts(number, len(sound)):
        found = chirp.find(sound, number, first=around(start)[0], last=around(start)[1])
        assert found is not None
        assert found.place == pytest.approx(start, abs=0.1)


def test_is_found_in_a_mix_of_three_voices_that_was_coded_twice() -> None:
    voices = [coded(chirp.marked(speech(number), number)) for number in range(3)]
    mix = coded(np.sum(voices, axis=0))
    for number in range(3):
        for start in chirp.starts(number, len(mix)):
            found = chirp.find(mix, number, first=around(start)[0], last=around(start)[1])
            assert found is not None
            assert found.strength > 1.3 * chirp.MIN_STRENGTH
            assert found.place - start == pytest.approx(2 * LOOKAHEAD, abs=5)  # a tenth of a millisecond


def test_is_not_found_in_speech_alone() -> None:
    mix = np.sum([speech(number) for number in range(3)], axis=0)
    assert not any(chirp.find(mix, number) for number in range(10))


def test_neighbours_are_told_apart() -> None:
    length = round(SECONDS * SAMPLE_RATE)
    begins = [next(chirp.starts(number, length)) % chirp.PERIOD for number in range(10)]
    assert len({(begin, number % 2) for number, begin in enumerate(begins)}) == 10
    for number in range(8):
        assert not np.array_equal(chirp.wave(number), chirp.wave(number + 1))
        apart = abs(begins[number] - begins[number + 2])
        assert min(apart, chirp.PERIOD - apart) >= 0.35 * SAMPLE_RATE


def test_the_other_direction_is_not_taken_for_one() -> None:
    silence = np.zeros(SAMPLE_RATE)
    silence[10_000 : 10_000 + chirp.LENGTH] = chirp.wave(1)
    rng = np.random.default_rng(1)
    found = chirp.find(silence + 0.001 * rng.standard_normal(len(silence)), 0)
    assert found is None


def test_marks_are_whole() -> None:
    for number in range(5):
        for length in range(0, 2 * SAMPLE_RATE, 4_801):
            assert all(start + chirp.LENGTH <= length for start in chirp.starts(number, length))


def test_nothing_is_found_where_nothing_fits() -> None:
    assert chirp.find(np.zeros(0), 0) is None
    assert chirp.find(np.zeros(chirp.LENGTH - 1), 0) is None
    assert chirp.find(np.zeros(SAMPLE_RATE), 0) is None
    assert chirp.find(np.zeros(SAMPLE_RATE), 0, first=100, last=50) is None
    assert chirp.find(np.zeros(SAMPLE_RATE), 0, first=SAMPLE_RATE * 2) is None


def test_stays_within_what_a_limiter_lets_pass() -> None:
    assert float(np.abs(chirp.marked(speech(0), 0)).max()) < 1.0
    assert float(np.abs(chirp.wave(0)).max()) <= chirp.LEVEL
