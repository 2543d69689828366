"""Speech-like sound made from nothing: pulses with a moving pitch through formants, in syllables with pauses."""

from __future__ import annotations

import random

import numpy as np

from mcu.media.types import SAMPLE_RATE, AudioBlock

FORMANTS = ((700.0, 80.0), (1200.0, 100.0), (2600.0, 160.0))  # Hz: centre and width of an open vowel


def voice(seconds: float, *, seed: int = 1, pitch: float = 120.0, pauses: bool = True) -> AudioBlock:
    """A voiced sound at about -20 dBov. Without pauses it never stops, so that every gap is somebody's fault."""
    rng = random.Random(seed)
    count = int(seconds * SAMPLE_RATE)
    time = np.arange(count) / SAMPLE_RATE
    frequency = pitch * (1 + 0.1 * np.sin(2 * np.pi * 0.7 * time) + 0.03 * np.sin(2 * np.pi * 2.3 * time))
    phase = 2 * np.pi * np.cumsum(frequency) / SAMPLE_RATE
    sound = np.zeros(count)
    for harmonic in range(1, 30):
        tone = harmonic * frequency
        gain = sum(1 / (1 + ((tone - centre) / width) ** 2) for centre, width in FORMANTS) + 0.02
        sound += gain * np.sin(harmonic * phase)
    if pauses:
        sound *= _syllables(count, rng)
    sound *= 0.1 / np.sqrt(np.mean(sound**2))
    return sound.astype(np.float32)


def tone(seconds: float, frequency: float, amplitude: float = 0.3) -> AudioBlock:
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (amplitude * np.sin(2 * np.pi * frequency * time)).astype(np.float32)


def _syllables(count: int, rng: random.Random) -> AudioBlock:
    envelope = np.zeros(count, np.float32)
    at = 0
    while at < count:
        length = int(rng.uniform(0.12, 0.35) * SAMPLE_RATE)
        piece = envelope[at : at + length]
        piece[:] = np.sin(np.pi * np.arange(len(piece)) / length) ** 0.5
        at += length + int(rng.choice((0.02, 0.05, 0.3)) * SAMPLE_RATE)
    return envelope
