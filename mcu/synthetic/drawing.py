"""A small canvas for smooth, antialiased shapes, in units that do not depend on the picture's size.

One unit is 1/180 of the picture's height, so that a 16:9 picture is 320 × 180 units whatever its pixels. Points are
float arrays of shape (n, 2): x to the right, y downwards.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

UNITS_HIGH = 180.0
SUPERSAMPLE = 2  # drawn this much larger, then averaged: enough antialiasing for a picture that a codec coarsens anyway
SEGMENTS = 6  # straight pieces between two control points of a curve

Points = NDArray[np.float64]
Colour = tuple[int, int, int]


def points(*pairs: tuple[float, float]) -> Points:
    """The pairs as an array of shape (n, 2)."""
    return np.array(pairs, dtype=np.float64)


def mirrored(half: Points) -> Points:
    """A closed outline from its right half, which runs from top to bottom and touches the axis x = 0 at both ends."""
    left = half[1:-1][::-1] * (-1.0, 1.0)
    return np.concatenate([half, left])


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """`first` with `share` (0 to 1) of `second` in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def ellipse(x: float, y: float, radius_x: float, radius_y: float, corners: int = 24) -> Points:
    """The outline of an ellipse."""
    outline: Points = _circle(corners) * (radius_x, radius_y) + (x, y)
    return outline


@functools.cache
def _circle(corners: int) -> Points:
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


@functools.cache
def _basis(count: int, closed: bool) -> NDArray[np.float64]:
    """The Catmull-Rom spline through `count` points as one matrix: curve = matrix @ points."""
    steps = np.linspace(0, 1, SEGMENTS, endpoint=False)
    weights = 0.5 * np.stack(
        [
            -steps + 2 * steps**2 - steps**3,
            2 - 5 * steps**2 + 3 * steps**3,
            steps + 4 * steps**2 - 3 * steps**3,
            -(steps**2) + steps**3,
        ],
        axis=1,
    )
    spans = count if closed else count - 1
    matrix = np.zeros((spans * SEGMENTS + (0 if closed else 1), count))
    for span in range(spans):
        for tap in range(4):
            index = span + tap - 1
            column = index % count if closed else min(max(index, 0), count - 1)
            matrix[span * SEGMENTS : (span + 1) * SEGMENTS, column] += weights[:, tap]
    if not closed:
        matrix[-1, -1] = 1.0
    return matrix


def closed_curve(control: Points) -> Points:
    """A smooth closed outline through the control points."""
    outline: Points = _basis(len(control), True) @ control
    return outline


def open_curve(control: Points) -> Points:
    """A smooth line through the control points."""
    line: Points = _basis(len(control), False) @ control
    return line


class Canvas:
    """Something to draw on. `picture()` gives what was drawn at the size asked for."""

    def __init__(
        self, width: int, height: int, *, ground: Image.Image | None = None, zoom: float = 1.0, shift: float = 0.0
    ) -> None:
        """`ground` is an earlier canvas's `large` copy to start from.

        `zoom` enlarges what is drawn from the middle of the upper edge, `shift` then moves it down by units.
        """
        self.large = ground or Image.new("RGB", (width * SUPERSAMPLE, height * SUPERSAMPLE))
        unit = height * SUPERSAMPLE / UNITS_HIGH
        self.scale = unit * zoom  # pixels a unit
        self.width = width / height * UNITS_HIGH  # units, unzoomed
        self._origin = np.array([self.width / 2 * unit * (1 - zoom), shift * unit])
        self._draw = ImageDraw.Draw(self.large)

    def polygon(self, outline: Points, colour: Colour) -> None:
        """Fill the outline."""
        self._draw.polygon((outline * self.scale + self._origin).ravel().tolist(), fill=colour)

    def shape(self, control: Points, colour: Colour) -> None:
        """Fill the smooth outline through the control points."""
        self.polygon(closed_curve(control), colour)

    def stroke(self, control: Points, colour: Colour, thickness: float) -> None:
        """Draw a smooth line through the control points, round at its ends."""
        line = open_curve(control) * self.scale + self._origin
        width = max(1, round(thickness * self.scale))
        self._draw.line(line.ravel().tolist(), fill=colour, width=width, joint="curve")
        if width > 2:
            radius = width / 2 - 0.5
            for x, y in (line[0], line[-1]):
                self._draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

    def rectangle(
        self, x: float, y: float, width: float, height: float, colour: Colour, *, round_by: float = 0
    ) -> None:
        """Fill a rectangle with rounded corners."""
        corners = points((x, y), (x + width, y + height)) * self.scale + self._origin
        self._draw.rounded_rectangle(corners.ravel().tolist(), radius=round_by * self.scale, fill=colour)

    def picture(self) -> NDArray[np.uint8]:
        """What was drawn: shape (height, width, 3), RGB."""
        return np.asarray(self.large.reduce(SUPERSAMPLE))
