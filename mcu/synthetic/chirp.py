"""An audible mark in sound: a short sweep in each second of speech, found again in a mix to less than a millisecond.

The sound's counterpart of `picture_code`. Ten neighbours differ in where in a second theirs comes or in its direction.
Of three in a row those with the same direction are 360 ms apart, as long as their seconds begin together.

Rules:
1. Sound is mono at SAMPLE_RATE in [-1, 1]; places are in samples.
2. What is sought is whitened first: voices are loud below a kilohertz, and the mark is as strong in every band.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mcu.media.types import SAMPLE_RATE

SECONDS = 0.040
LOWEST, HIGHEST = 300.0, 6_000.0  # Hz: what a voice codec keeps
LEVEL = 0.25  # peak; speech has 0.7 at most, and a limiter lets 0.8 pass
TAPER_SECONDS = 0.004  # of fading at both ends, so that no click spreads over all frequencies
PERIOD = SAMPLE_RATE  # samples from one mark of a person to the next
FIRST = SAMPLE_RATE // 10  # samples before the first one: a decoder has settled by then
SLOTS = 5  # in a second, 180 ms apart
SLOT = SAMPLE_RATE * 180 // 1000
DIRECTIONS = 2  # up and down
LENGTH = round(SECONDS * SAMPLE_RATE)
MIN_STRENGTH = 14.0  # times the usual correlation: coded twice and in a mix of three it is 23, marks of others reach 10
NEAR = SAMPLE_RATE // 400  # samples around a peak that belong to it

Sound = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Found:
    """A mark that was found."""

    place: float  # of its first sample
    strength: float  # of the correlation there, in times of its root mean square elsewhere


def starts(person: int, samples: int) -> Iterator[int]:
    """Where the marks of `person` begin in a loop of so many samples; each is there as a whole."""
    return iter(range(FIRST + person % SLOTS * SLOT, samples - LENGTH + 1, PERIOD))


def marked(sound: Sound, person: int) -> Sound:
    """A copy of a loop with the person's marks in it."""
    copy = sound.astype(np.float64)
    for start in starts(person, len(sound)):
        copy[start : start + LENGTH] += wave(person)
    return copy


def find(sound: NDArray[np.floating], person: int, *, first: int = 0, last: int | None = None) -> Found | None:
    """The surest mark of `person` that begins at samples `first` to `last` of `sound`; None when there is none.

    Half a second around the range should be in `sound`: by it the strength is judged.
    """
    correlation = _correlation(np.asarray(sound, np.float64), person)
    end = min(len(correlation), len(correlation) if last is None else last + 1)
    if end - first < 1:
        return None
    peak = first + int(np.argmax(np.abs(correlation[first:end])))
    rest = np.concatenate((correlation[: max(0, peak - NEAR)], correlation[peak + NEAR + 1 :]))
    usual = float(np.sqrt(np.mean(rest**2))) if len(rest) else 0.0
    strength = abs(float(correlation[peak])) / max(usual, 1e-12)
    return Found(_vertex(np.abs(correlation), peak), strength) if strength >= MIN_STRENGTH else None


@functools.cache
def wave(person: int) -> Sound:
    """The mark itself; not to be written to."""
    time = np.arange(LENGTH) / SAMPLE_RATE
    phase = 2 * np.pi * (LOWEST * time + (HIGHEST - LOWEST) / (2 * SECONDS) * time**2)
    fade = np.minimum(1.0, (np.arange(LENGTH) + 0.5) / (TAPER_SECONDS * SAMPLE_RATE))
    swept: Sound = LEVEL * np.sin(phase) * fade * fade[::-1]
    if person % DIRECTIONS:
        swept = swept[::-1].copy()
    swept.flags.writeable = False
    return swept


def _correlation(sound: Sound, person: int) -> Sound:
    """Of the whitened sound with the mark, at each place where the mark would fit."""
    if len(sound) < LENGTH:
        return np.zeros(0)
    size = 1 << (len(sound) + LENGTH).bit_length()
    spectrum = np.fft.rfft(sound, size)
    frequency = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    band = (frequency >= LOWEST) & (frequency <= HIGHEST)
    loudness = _smooth(np.abs(spectrum), round(size * 200 / SAMPLE_RATE))
    whitened = np.where(band, spectrum / np.maximum(loudness, 1e-9), 0)
    correlation: Sound = np.fft.irfft(whitened * np.conj(np.fft.rfft(wave(person), size)), size)
    return correlation[: len(sound) - LENGTH + 1]


def _smooth(values: Sound, width: int) -> Sound:
    """A moving average over an odd number of values near `width`."""
    half = max(1, width // 2)
    total = np.cumsum(np.concatenate((np.zeros(1), np.pad(values, half, mode="edge"))))
    return (total[2 * half + 1 :] - total[: -2 * half - 1]) / (2 * half + 1)


def _vertex(values: Sound, peak: int) -> float:
    """The top of the parabola through the peak and its neighbours."""
    if not 0 < peak < len(values) - 1:
        return float(peak)
    before, top, after = (float(value) for value in values[peak - 1 : peak + 2])
    bend = before - 2 * top + after
    return peak + 0.5 * (before - after) / bend if bend < 0 else float(peak)
