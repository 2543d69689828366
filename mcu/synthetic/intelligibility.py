"""How well speech can be understood next to what it should be: STOI, and the distance of the two spectra. Pure.

STOI is the measure of Taal, Hendriks, Heusdens and Jensen ("An algorithm for intelligibility prediction of
time-frequency weighted noisy speech", 2011): 1 is as clear as the reference, 0 has nothing to do with it. It is here in
full, because the library that has it brings SciPy along; its figures are the same to three digits
(tests/synthetic/test_intelligibility.py).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mcu.media.types import SAMPLE_RATE

RATE = 10_000  # Hz
FRAME, HOP, SIZE = 256, 128, 512  # samples at RATE: 25.6 ms, half overlapping, padded
BANDS, LOWEST_BAND = 15, 150.0  # thirds of an octave from this middle frequency on, in Hz
SEGMENT = 30  # frames over which envelopes are compared: 384 ms
WORST = -15.0  # dB of signal to distortion below which nothing gets any worse
RANGE = 40.0  # dB under the loudest frame of the reference: quieter ones are left out
TINY = float(np.finfo(float).eps)

Sound = NDArray[np.float64]


def stoi(reference: NDArray[np.floating], heard: NDArray[np.floating]) -> float:
    """Of two equally long sounds at SAMPLE_RATE; nan when there is less than a segment of speech."""
    clean, degraded = _speech(_resampled(reference), _resampled(heard))
    wanted, got = _bands(clean), _bands(degraded)
    count = wanted.shape[1] - SEGMENT + 1
    if count < 1:
        return float("nan")
    windows = np.lib.stride_tricks.sliding_window_view
    x, y = windows(wanted, SEGMENT, axis=1), windows(got, SEGMENT, axis=1)
    scaled = y * (_norm(x) / (_norm(y) + TINY))
    limited = np.minimum(scaled, x * (1 + 10 ** (-WORST / 20)))
    return float(np.mean(np.sum(_unit(x) * _unit(limited), axis=2)))


def spectral_distance(reference: NDArray[np.floating], heard: NDArray[np.floating]) -> float:
    """Decibels by which the thirds of an octave differ, root mean square over the frames with speech."""
    clean, degraded = _speech(_resampled(reference), _resampled(heard))
    wanted, got = _bands(clean), _bands(degraded)
    if not wanted.size:
        return float("nan")
    floor = float(wanted.max()) * 10 ** (-RANGE / 20)
    difference = 20 * np.log10(np.maximum(got, floor) / np.maximum(wanted, floor))
    return float(np.sqrt(np.mean(difference**2)))


def _resampled(sound: NDArray[np.floating]) -> Sound:
    """To RATE, by cutting the spectrum off."""
    count = len(sound) * RATE // SAMPLE_RATE
    if count < FRAME:
        return np.zeros(0)
    spectrum = np.fft.rfft(np.asarray(sound, np.float64))[: count // 2 + 1]
    resampled: Sound = np.fft.irfft(spectrum, count) * (count / len(sound))
    return resampled


def _speech(reference: Sound, heard: Sound) -> tuple[Sound, Sound]:
    """Both without the frames in which the reference is silent, joined by overlapping."""
    first, second = _frames(reference), _frames(heard)
    if not len(first):
        return np.zeros(0), np.zeros(0)
    energy = 20 * np.log10(np.linalg.norm(first, axis=1) + TINY)
    loud = energy > energy.max() - RANGE
    return _joined(first[loud]), _joined(second[loud])


def _frames(sound: Sound) -> Sound:
    if len(sound) < FRAME:
        return np.zeros((0, FRAME))
    return np.lib.stride_tricks.sliding_window_view(sound, FRAME)[::HOP] * _window()


def _joined(frames: Sound) -> Sound:
    joined = np.zeros((len(frames) - 1) * HOP + FRAME)
    for index, frame in enumerate(frames):
        joined[index * HOP : index * HOP + FRAME] += frame
    return joined


def _bands(sound: Sound) -> Sound:
    """Amplitudes, shape (BANDS, frames)."""
    if len(sound) <= FRAME:
        return np.zeros((BANDS, 0))
    frames = _frames(sound[:-1])  # a frame that ends with the sound is left out
    power = np.abs(np.fft.rfft(frames, SIZE, axis=1)) ** 2
    bands: Sound = np.sqrt(_thirds() @ power.T)
    return bands


def _window() -> Sound:
    window: Sound = np.hanning(FRAME + 2)[1:-1]
    return window


def _thirds() -> Sound:
    """Which bins of a spectrum belong to which third of an octave: shape (BANDS, SIZE / 2 + 1)."""
    frequency = np.linspace(0, RATE, SIZE + 1)[: SIZE // 2 + 1]
    edges = LOWEST_BAND * 2 ** ((2 * np.arange(BANDS + 1) - 1) / 6)
    bins = np.argmin((frequency[None, :] - edges[:, None]) ** 2, axis=1)
    member = np.zeros((BANDS, len(frequency)))
    for band in range(BANDS):
        member[band, bins[band] : bins[band + 1]] = 1
    return member


def _norm(values: Sound) -> Sound:
    norm: Sound = np.linalg.norm(values, axis=2, keepdims=True)
    return norm


def _unit(values: Sound) -> Sound:
    centred = values - np.mean(values, axis=2, keepdims=True)
    unit: Sound = centred / (_norm(centred) + TINY)
    return unit
