"""Clicks: places where the sound goes on elsewhere than it was, as no voice and no codec makes them. Pure.

A codec keeps nothing above 20 kHz; a jump has a little of every frequency. What is left of decoded speech above
20.5 kHz is less than that of a jump by 0.0005, so one ten times as high stands out of any voice.
Only what is torn after the last coding shows; what is torn before it is coded like any sound.
"""

from __future__ import annotations

import functools
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mcu.media.types import SAMPLE_RATE

HIGH = 20_500.0  # Hz
TAPS = 97  # of the filter: 2 ms
BETA = 8.0  # of its Kaiser window: 80 dB of voice taken away
JUMP: Final = 0.005  # of full scale; a cut of 20 ms within speech is larger in 95 of 100
JOINT: Final = 0.06  # where losses were made up: codecs of telephones join what they make up with jumps of up to 0.035
TOGETHER = SAMPLE_RATE // 200  # samples: jumps nearer to each other than 5 ms are one click

Sound = NDArray[np.floating]


def clicks(sound: Sound, least: float = JUMP) -> list[int]:
    """Where in the sound, in samples, something jumps by `least` or more."""
    if len(sound) <= TAPS:
        return []
    left = np.abs(np.convolve(np.asarray(sound, np.float32), _filter(), mode="valid"))
    places = np.flatnonzero(left > least * _step()) + TAPS // 2
    if not len(places):
        return []
    first = np.concatenate(([True], np.diff(places) > TOGETHER))
    return [int(place) for place in places[first]]


@functools.cache
def _filter() -> NDArray[np.float32]:
    """Lets pass what is above HIGH."""
    place = np.arange(TAPS) - TAPS // 2
    share = 2 * HIGH / SAMPLE_RATE
    response = (place == 0) - share * np.sinc(share * place)
    taps: NDArray[np.float32] = (response * np.kaiser(TAPS, BETA)).astype(np.float32)
    return taps


@functools.cache
def _step() -> float:
    """The most that is left of a jump by 1."""
    return float(np.abs(np.cumsum(_filter())).max())
