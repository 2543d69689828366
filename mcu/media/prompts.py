"""The sentences that are spoken to callers who can press keys only. `tools/prompts` makes the files."""

from __future__ import annotations

import functools
from pathlib import Path

import av
import numpy as np

from mcu.media.types import BLOCK_SAMPLES, SAMPLE_RATE, AudioBlock

FOLDER = Path(__file__).parent / "prompts"
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.ogg")))  # LANGUAGE-SENTENCE: "ko-number"


@functools.lru_cache(maxsize=64)  # there are a dozen, of 100 to 400 kB each once decoded
def load(name: str) -> tuple[AudioBlock, ...]:
    """The blocks of a prompt, each of shape (BLOCK_SAMPLES,); the last is padded with silence. Raises KeyError."""
    if name not in NAMES:
        raise KeyError(name)
    resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
    pieces: list[AudioBlock] = []
    with av.open(str(FOLDER / f"{name}.ogg")) as container:
        for frame in container.decode(audio=0):
            pieces += [np.asarray(part.to_ndarray(), np.float32).reshape(-1) for part in resampler.resample(frame)]
    samples = np.concatenate([*pieces, np.zeros(BLOCK_SAMPLES, np.float32)])
    count = len(samples) // BLOCK_SAMPLES
    blocks = samples[: count * BLOCK_SAMPLES].reshape(count, BLOCK_SAMPLES)
    blocks.setflags(write=False)
    return tuple(blocks)
