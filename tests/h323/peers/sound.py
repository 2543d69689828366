"""What a peer has recorded, judged by its spectrum."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

NEAR_HZ = 40.0  # what counts as the tone itself: the window's main lobe over half a second and more


def read_wav(path: Path) -> tuple[NDArray[np.float64], int]:
    """Samples of -1 to 1, and how many of them make a second."""
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2), f"{path}: 16 bits of one channel expected"
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return samples / 32768.0, file.getframerate()


def tone(samples: NDArray[np.float64], rate: int) -> tuple[float, float]:
    """The strongest frequency in Hz, and its share of all power: 1 for a pure tone. (0, 0) for silence."""
    if not samples.any():
        return 0.0, 0.0
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    frequencies = np.fft.rfftfreq(len(samples), 1 / rate)
    strongest = frequencies[np.argmax(power)]
    near = np.abs(frequencies - strongest) <= NEAR_HZ
    return float(strongest), float(power[near].sum() / power.sum())


def loud_part(samples: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """From the first to the last block of 20 ms that is louder than -40 dB."""
    block = rate // 50
    blocks = samples[: len(samples) // block * block].reshape(-1, block)
    loud = np.flatnonzero(np.sqrt((blocks**2).mean(axis=1)) > 0.01)
    return samples[loud[0] * block : (loud[-1] + 1) * block] if len(loud) else samples[:0]
