"""Where one picture of a shared screen differs from the one before. Pure.

A sender repeats a still screen now and then, and most of a screen stays when a word is typed: what did not change is
not coded (`mcu.media.macroblocks`).
"""

from __future__ import annotations

import numpy as np

from mcu.media.macroblocks import SIDE, Rectangle
from mcu.media.types import Picture, Plane


def differences(before: Picture | None, after: Picture) -> list[Rectangle]:
    """The parts of `after` that are not as in `before`, one rectangle of whole macroblocks for each row of them."""
    if before is None or before.y.shape != after.y.shape:
        return [(0, 0, after.width, after.height)]
    found = []
    for top in range(0, after.height, SIDE):
        columns = _changed_columns(before, after, top)
        if columns.size:
            first, last = int(columns[0]) // SIDE, int(columns[-1]) // SIDE
            found.append((first * SIDE, top, (last + 1 - first) * SIDE, SIDE))
    return found


def _changed_columns(before: Picture, after: Picture, top: int) -> np.ndarray:
    """Columns of luma, in order, in which the macroblocks from row `top` on differ in light or colour."""
    half, middle = slice(top // 2, (top + SIDE) // 2), slice(top, top + SIDE)
    luma = _columns(before.y[middle], after.y[middle])
    u, v = _columns(before.u[half], after.u[half]), _columns(before.v[half], after.v[half])
    if not (u.size or v.size):
        return luma
    return np.unique(np.concatenate((luma, 2 * u, 2 * v)))


def _columns(before: Plane, after: Plane) -> np.ndarray:
    differs = before != after
    return np.flatnonzero(differs.any(axis=0)) if differs.any() else np.empty(0, np.intp)
