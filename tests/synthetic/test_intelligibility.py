"""STOI as its authors' library counts it, and the distance of two spectra."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mcu.media.types import SAMPLE_RATE
from mcu.synthetic import voice
from mcu.synthetic.intelligibility import spectral_distance, stoi

SPEECH = voice.speak(voice.voice_of(3, woman=True), seconds=4, seed="stoi")


def noisy(decibels: float) -> voice.Sound:
    noise = np.random.default_rng(5)
    for _ in (30, 10, 0, -10):  # as drawn for the library
        drawn = noise.standard_normal(len(SPEECH))
        if _ == decibels:
            return SPEECH + drawn * np.sqrt(np.mean(SPEECH**2) / np.mean(drawn**2)) * 10 ** (-decibels / 20)
    raise AssertionError(decibels)


# Of pystoi 0.4.1 with SciPy 1.17, from the same samples.
@pytest.mark.parametrize(("decibels", "expected"), [(30, 0.99974), (10, 0.97680), (0, 0.87048), (-10, 0.62822)])
def test_stoi_is_that_of_the_library(decibels: float, expected: float) -> None:
    assert stoi(SPEECH, noisy(decibels)) == pytest.approx(expected, abs=0.001)


def test_the_same_is_perfect() -> None:
    assert stoi(SPEECH, SPEECH) == pytest.approx(1.0)
    assert spectral_distance(SPEECH, SPEECH) == pytest.approx(0.0, abs=1e-6)


def test_loudness_costs_distance_but_no_intelligibility() -> None:
    assert stoi(SPEECH, SPEECH / 2) == pytest.approx(1.0)
    assert spectral_distance(SPEECH, SPEECH / 2) == pytest.approx(6.02, abs=0.8)


@pytest.mark.parametrize("length", [0, 100, SAMPLE_RATE // 100, SAMPLE_RATE // 4])
def test_too_little_is_no_figure(length: int) -> None:
    assert math.isnan(stoi(SPEECH[:length], SPEECH[:length]))


def test_silence_is_no_figure_or_none_of_it() -> None:
    silence = np.zeros(SAMPLE_RATE)
    assert math.isnan(stoi(silence, silence)) or stoi(silence, silence) < 0.1
