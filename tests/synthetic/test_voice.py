"""Voices: distinct, speech-like in rhythm and level, loops without a seam."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from mcu.media.types import SAMPLE_RATE
from mcu.synthetic import voice
from mcu.synthetic.people import people

SECONDS = 4.0


@pytest.fixture(scope="module")
def spoken() -> list[np.ndarray]:
    return [
        voice.speak(voice.voice_of(person.number, woman=person.woman), seconds=SECONDS, seed=str(person.number))
        for person in people(8)
    ]


def pitch(sound: np.ndarray) -> float:
    """The strongest period of the voiced parts, between 70 and 320 Hz, in Hz (mean of autocorrelations)."""
    coarse = sound[::4]
    rate = SAMPLE_RATE // 4
    windows = coarse[: len(coarse) // 600 * 600].reshape(-1, 600)
    loud = windows[np.sqrt(np.mean(windows**2, axis=1)) > 0.05]
    total = sum(np.correlate(window, window, "full")[599:] / np.sum(window**2) for window in loud)
    first, last = rate // 320, rate // 70
    return rate / (first + int(np.argmax(total[first:last])))


def spectrum(sound: np.ndarray) -> np.ndarray:
    """The long-term spectrum in 100 Hz bands up to 5 kHz, as a unit vector."""
    power = np.abs(np.fft.rfft(sound)) ** 2
    band = round(100 * len(sound) / SAMPLE_RATE)
    bands = np.sqrt(power[: band * 50].reshape(50, band).sum(axis=1))
    return bands / np.linalg.norm(bands)


def test_length_is_exact(spoken: list[np.ndarray]) -> None:
    assert all(len(sound) == round(SECONDS * SAMPLE_RATE) for sound in spoken)


def test_voices_differ(spoken: list[np.ndarray]) -> None:
    """Any two differ in pitch by half a semitone or clearly in timbre."""
    for (one, two), (first, second) in zip(
        itertools.combinations([pitch(sound) for sound in spoken], 2),
        itertools.combinations([spectrum(sound) for sound in spoken], 2),
        strict=True,
    ):
        assert abs(np.log2(one / two)) > 1 / 24 or float(first @ second) < 0.95


def test_women_speak_higher_than_men() -> None:
    pitches = {person.number: voice.voice_of(person.number, woman=person.woman).pitch for person in people(25)}
    men = max(pitches[person.number] for person in people(25) if not person.woman)
    women = min(pitches[person.number] for person in people(25) if person.woman)
    assert men < women


def test_the_same_person_says_the_same_everywhere() -> None:
    timbre = voice.voice_of(3, woman=True)
    assert np.array_equal(voice.speak(timbre, seconds=2, seed="a"), voice.speak(timbre, seconds=2, seed="a"))
    assert not np.array_equal(voice.speak(timbre, seconds=2, seed="a"), voice.speak(timbre, seconds=2, seed="b"))


def test_rhythm_is_that_of_speech(spoken: list[np.ndarray]) -> None:
    """Most of the loop is voiced, and its loudness moves 2 to 8 times a second."""
    for sound in spoken:
        envelope = voice.loudness(sound, rate=50)
        assert 0.4 < np.mean(envelope > 0.02) < 0.95
        modulation = np.abs(np.fft.rfft(envelope - envelope.mean())) ** 2
        hertz = np.fft.rfftfreq(len(envelope), 1 / 50)
        syllabic = modulation[(hertz >= 2) & (hertz < 8)].sum()
        assert syllabic > modulation[hertz >= 8].sum()


def test_level_is_even_and_never_clips(spoken: list[np.ndarray]) -> None:
    for sound in spoken:
        envelope = voice.loudness(sound, rate=50)
        active = float(np.sqrt(np.mean(envelope[envelope > 0.02] ** 2)))
        assert 0.06 < active < 0.13
        assert np.abs(sound).max() <= voice.PEAK


def test_loops_begin_and_end_in_silence(spoken: list[np.ndarray]) -> None:
    edge = round(0.1 * SAMPLE_RATE)
    for sound in spoken:
        assert np.abs(sound[:edge]).max() < 1e-3
        assert np.abs(sound[-edge:]).max() < 1e-3


@pytest.mark.parametrize("frequency", [440.0, 333.3, 1000.7])
def test_tones_are_pure_and_seamless(frequency: float) -> None:
    sound = voice.tone(frequency, seconds=1.0)
    power = np.abs(np.fft.rfft(np.tile(sound, 2))) ** 2
    assert power.max() > 0.9999 * power.sum()
    assert np.argmax(power) / 2 == round(frequency)


def test_room_is_quiet_and_seamless() -> None:
    sound = voice.room(seconds=1.0, seed="x")
    step = abs(sound[0] - sound[-1])
    assert -70 < 20 * np.log10(np.sqrt(np.mean(sound**2))) < -60
    assert step < 4 * np.sqrt(np.mean(np.diff(sound) ** 2))


def test_loudness_covers_the_whole_sound() -> None:
    sound = np.concatenate([np.zeros(SAMPLE_RATE // 2), np.full(SAMPLE_RATE // 2, 0.5)])
    assert voice.loudness(sound, rate=4) == pytest.approx([0, 0, 0.5, 0.5])
    assert len(voice.loudness(sound, rate=15)) == 15
