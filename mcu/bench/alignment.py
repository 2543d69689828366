"""What is left of the difference between two pictures when one may lie a fraction of a pixel beside the other. Pure.

A tile cuts whole pixels off its source, so that sources of different sizes come to lie up to half a pixel apart, and
are stretched by half a percent. Nobody sees that, but at the edges of drawn pictures it is most of the squared error.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mcu.media.types import Plane


def residual(wanted: Plane, got: Plane) -> NDArray[np.float64]:
    """`got` less `wanted`, less what moving and stretching `wanted` explains: to first order, by least squares."""
    true = wanted.astype(np.float64)
    difference: NDArray[np.float64] = got - true
    down, across = np.gradient(true)
    lines = np.linspace(-1, 1, true.shape[0])[:, None]
    columns = np.linspace(-1, 1, true.shape[1])[None, :]
    moves = np.stack([across, down, across * columns, down * lines]).reshape(4, -1)
    products = moves @ moves.T + 1e-6 * np.eye(4)  # a flat picture can be moved at will
    amounts = np.linalg.solve(products, moves @ difference.reshape(-1))
    explained: NDArray[np.float64] = np.clip(amounts, -1, 1) @ moves
    return difference - explained.reshape(difference.shape)
