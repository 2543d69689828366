"""What a tile would show of a picture that was never coded: the same part of it as of the one that was sent. Pure.

A tile cuts whole samples off the picture that it is sent, so that it shows of a picture of one size a part that lies a
fraction of a sample beside that of another size. Nobody sees that; at the edges of drawn pictures it would be most of
the squared error. So the original is seen through the window of the picture that was sent, by the exact mean of what
each sample covers: no size is preferred, and what another scaling on the way blurs counts.
"""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray

from mcu.media.types import Picture

HAIR = 32  # a side that is larger by one of so many parts is cut, as mcu/_native/planes_scaler.c does
LEAST_HAIR = 4  # samples

Size = tuple[int, int]  # width, height in pixels


def seen_through(original: Picture, sent: Size, tile: Size) -> Picture:
    """`original` (upright, square samples) in the size of a tile that is covered by a picture of `sent`."""
    across, down = (_span(sent[axis], cut) for axis, cut in enumerate(_cut(sent, tile)))
    wide, high = original.width / sent[0], original.height / sent[1]
    planes = []
    for plane, part in ((original.y, 1), (original.u, 2), (original.v, 2)):
        columns = _taps(plane.shape[1], across[0] * wide / part, across[1] * wide / part, tile[0] // part)
        rows = _taps(plane.shape[0], down[0] * high / part, down[1] * high / part, tile[1] // part)
        shown = _means(_means(plane, rows).T, columns).T
        planes.append(np.rint(shown).astype(np.uint8, order="C"))
    y, u, v = planes
    return Picture(y, u, v)


def _cut(sent: Size, tile: Size) -> Size:
    """What the compositor shows of `sent`, less what it rounds off."""
    across, down = sent[0] * tile[1], sent[1] * tile[0]
    width, height = (down // tile[1], sent[1]) if across > down else (sent[0], across // tile[0])
    hairs = [max(LEAST_HAIR, side // HAIR) for side in tile]
    if 0 <= width - tile[0] <= hairs[0] and 0 <= height - tile[1] <= hairs[1]:
        return tile
    halvings = 0
    while width >> halvings > 2 * tile[0] or height >> halvings > 2 * tile[1]:
        halvings += 1
    unit = 2 << halvings
    return width // unit * unit, height // unit * unit


def _span(whole: int, cut: int) -> tuple[int, int]:
    begin = (whole - cut) // 4 * 2
    return begin, begin + cut


Taps = list[tuple[NDArray[np.intp], NDArray[np.float32]]]  # samples and their weights, each for all outputs


@functools.lru_cache(maxsize=64)  # a few kB each: two axes of two planes, for each tile size and source
def _taps(samples: int, begin: float, end: float, count: int) -> Taps:
    """Of the means of `count` equal parts of [begin, end), at least one sample wide each."""
    step = (end - begin) / count
    half = max(step, 1.0) / 2
    centre = begin + (np.arange(count) + 0.5) * step
    first = np.floor(centre - half).astype(np.intp)
    taps: Taps = []
    for tap in range(math.ceil(2 * half) + 1):
        at = first + tap
        covered = np.minimum(centre + half, at + 1) - np.maximum(centre - half, at)
        weight = np.clip(covered, 0, None) / (2 * half)
        taps.append((np.clip(at, 0, samples - 1), weight.astype(np.float32)))  # beyond the rim the last one goes on
    return taps


def _means(rows: NDArray[np.uint8] | NDArray[np.float32], taps: Taps) -> NDArray[np.float32]:
    total = np.zeros((len(taps[0][0]), rows.shape[1]), np.float32)
    for at, weight in taps:
        total += rows[at] * weight[:, None]
    return total
