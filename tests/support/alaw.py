"""A-law by tables made from the definition (ITU-T G.711, tables 1a and 1b): a judge of the server's own A-law.

A code is a sign, a segment and one of its 16 intervals. In segments 0 and 1 an interval is 16 wide (of 16-bit samples),
in each further one twice as wide as in the one before. A sample is decoded to the middle of its interval.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIGN = 0x80  # set for positive samples
INVERTED = 0x55  # every second bit is sent the other way round

_SEGMENTS, _INTERVALS = np.divmod(np.arange(128), 16)
_WIDTHS = 16 << np.maximum(_SEGMENTS - 1, 0)
_LOWEST = (_INTERVALS + 16 * (_SEGMENTS > 0)) * _WIDTHS  # of the samples of each interval
_MIDDLES = _LOWEST + _WIDTHS // 2
_SAMPLES = np.concatenate((-_MIDDLES, _MIDDLES)).astype(np.int16)[np.arange(256) ^ INVERTED]  # by code


def compress(samples: NDArray[np.int16]) -> bytes:
    """One code for each sample."""
    wide = samples.astype(np.int32)
    intervals = np.searchsorted(_LOWEST, np.where(wide < 0, ~wide, wide), side="right") - 1
    return ((intervals | np.where(wide < 0, 0, SIGN)) ^ INVERTED).astype(np.uint8).tobytes()


def expand(codes: bytes) -> NDArray[np.int16]:
    return _SAMPLES[np.frombuffer(codes, np.uint8)]
