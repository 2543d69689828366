"""Small pictures with transparency for `planes`: rounded shapes computed from distances, and text from Pillow's masks.

A `Layer` is an image under construction: colour (height, width, 3) in 0...255 and coverage (height, width) in 0...1.
Edges are exact to the pixel's coverage, so nothing is drawn large and scaled down.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mcu._native.planes import Sprite
from mcu.mixer.palette import Colour, to_yuv

Image = NDArray[np.float32]
Placed = tuple[Sprite, int, int]  # a sprite and its even offset from a tile's top left corner


class Layer:
    """Colours laid over one another; sizes in pixels, even."""

    def __init__(self, width: int, height: int) -> None:
        self.colour: Image = np.zeros((height, width, 3), np.float32)
        self.alpha: Image = np.zeros((height, width), np.float32)

    def lay(self, colour: Colour, coverage: Image, *, x: int = 0, y: int = 0) -> None:
        """Lay `colour` over what is there, where `coverage` (0...1) says; the part outside the layer is cut off."""
        height = min(coverage.shape[0], self.alpha.shape[0] - y)
        width = min(coverage.shape[1], self.alpha.shape[1] - x)
        over = coverage[:height, :width]
        under = self.alpha[y : y + height, x : x + width]
        total = over + under * (1 - over)
        share = np.divide(over, total, out=np.zeros_like(total), where=total > 0)[..., None]
        area = self.colour[y : y + height, x : x + width]
        area += (np.array(colour, np.float32) - area) * share
        under[:] = total

    def sprite(self) -> Sprite:
        """The layer as planes. Colour of a chroma sample is the mean of what covers its four pixels."""
        height, width = self.alpha.shape
        values = to_yuv(self.colour)
        weighted = _quarters(values[..., 1:] * self.alpha[..., None])
        alpha = _quarters(self.alpha[..., None])
        chroma = np.divide(weighted, alpha, out=np.full_like(weighted, 128), where=alpha > 0)
        return Sprite(
            _bytes(values[..., 0]),
            _bytes(chroma[..., 0]),
            _bytes(chroma[..., 1]),
            _bytes(self.alpha * 255),
            _bytes(alpha.reshape(height // 2, width // 2) * 255),
        )


def rounded(width: int, height: int, radius: float, *, inset: float = 0.0) -> Image:
    """Coverage of a rectangle of width × height with round corners, `inset` pixels inside its edges."""
    x = np.abs(np.arange(width, dtype=np.float32) + 0.5 - width / 2) - (width / 2 - inset - radius)
    y = np.abs(np.arange(height, dtype=np.float32) + 0.5 - height / 2) - (height / 2 - inset - radius)
    outside = np.hypot(np.maximum(x, 0)[None, :], np.maximum(y, 0)[:, None])
    distance = outside + np.minimum(np.maximum(x[None, :], y[:, None]), 0) - radius
    coverage: Image = np.clip(0.5 - distance, 0, 1).astype(np.float32)
    return coverage


def segment(size: int, start: tuple[float, float], end: tuple[float, float], thickness: float) -> Image:
    """Coverage of a line with round ends in a square of `size` pixels; points as fractions of it, (x, y)."""
    grid = (np.arange(size, dtype=np.float32) + 0.5)[None, :], (np.arange(size, dtype=np.float32) + 0.5)[:, None]
    (ax, ay), (bx, by) = ((point[0] * size, point[1] * size) for point in (start, end))
    length = max((bx - ax) ** 2 + (by - ay) ** 2, 1e-6)
    along = np.clip(((grid[0] - ax) * (bx - ax) + (grid[1] - ay) * (by - ay)) / length, 0, 1)
    distance = np.hypot(grid[0] - ax - along * (bx - ax), grid[1] - ay - along * (by - ay))
    coverage: Image = np.clip(0.5 + thickness / 2 - distance, 0, 1).astype(np.float32)
    return coverage


def _quarters(values: Image) -> Image:
    height, width, depth = values.shape
    means: Image = values.reshape(height // 2, 2, width // 2, 2, depth).mean(axis=(1, 3), dtype=np.float32)
    return means


def _bytes(values: Image) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.clip(np.rint(values), 0, 255), dtype=np.uint8)
