"""Speech out of which all pauses are cut, so that every gap in what is heard of it is a loss."""

from __future__ import annotations

import numpy as np

from mcu.media.types import SAMPLE_RATE
from mcu.synthetic import voice

FRAME = SAMPLE_RATE // 100  # samples, 10 ms: the resolution of a cut
LOUD = 0.02  # root mean square of 10 ms, full scale is 1: what is kept
FADE = SAMPLE_RATE // 200  # samples, 5 ms over which pieces are joined
SPOKEN = 3  # times the wanted length is spoken: two thirds may be pauses


def speak(speaker: voice.Voice, *, seconds: float, seed: str) -> voice.Sound:
    """round(seconds * SAMPLE_RATE) samples at SAMPLE_RATE, mono float64 in [-1, 1]; what is too little is repeated."""
    spoken = voice.speak(speaker, seconds=SPOKEN * seconds, seed=seed)
    frames = spoken[: len(spoken) // FRAME * FRAME].reshape(-1, FRAME)
    loud = np.sqrt(np.mean(frames**2, axis=1)) > LOUD
    edges = np.flatnonzero(np.diff(np.concatenate(([0], loud.astype(np.int8), [0]))))
    joined = np.zeros(0)
    ramp = np.linspace(0, 1, FADE)
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        piece = spoken[first * FRAME : last * FRAME].copy()
        if len(joined):
            joined[-FADE:] = joined[-FADE:] * (1 - ramp) + piece[:FADE] * ramp
            piece = piece[FADE:]
        joined = np.concatenate((joined, piece))
    return np.resize(joined, round(seconds * SAMPLE_RATE))
