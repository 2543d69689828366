"""Which macroblocks of a composite need coding: those that changed, and now and then those that did not.

Rules:
1. A macroblock that changed since the last frame is always coded.
2. One that stopped changing is coded again a little later and then every so often: what was coded coarsely, because
   much moved at once, gets the bits that are free afterwards, until somebody says that it is `sharp`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mcu._native.vpx import advance

SIDE = 16  # pixels, RFC 6386 section 5
SETTLED = 5  # frames without a change after which a macroblock counts as still; cameras of 8 fps and more never do
REFINED = 30  # frames in which it is then coded again: with 4, many cards that moved no more were 0.9 dB worse
REFRESH = 8  # frames between two times from then on, a few rows of macroblocks at a time
BLEED = 2  # pixels next to a changed rectangle that scaling the picture changes, too
MAX_PARTS = 256  # rectangles remembered: several layouts

Rectangle = tuple[int, int, int, int]  # x, y, width, height in pixels
Part = tuple[int, int, int, int]  # top, bottom, left, right in macroblocks, ends excluded


class Macroblocks:
    """The macroblocks of one encoder's pictures, at first as after a frame that was coded as a whole."""

    def __init__(self, width: int, height: int, *, settled: int = SETTLED) -> None:
        self._width, self._height = width, height
        self._settled = settled
        shape = ((height + SIDE - 1) // SIDE, (width + SIDE - 1) // SIDE)
        self._still = np.zeros(shape, np.uint8)  # frames since the last change, at most 255
        self._sharp = np.zeros(shape, np.uint8)  # coded so finely that it needs no more while it is still
        self._frame = 0  # modulo REFRESH
        self._size = (width, height)  # of the pictures that the rectangles below are of
        self._parts: dict[Rectangle, Part] = {}  # where known rectangles lie; tiles seldom move

    def active(self, changed: Sequence[Rectangle], size: tuple[int, int]) -> NDArray[np.uint8]:
        """1 where the next frame needs coding, shape (rows, columns).

        `changed` holds what was painted since the last call, in pixels of a picture of `size`; that picture is scaled
        to the encoder's size.
        """
        self._frame = (self._frame + 1) % REFRESH
        if size != self._size or len(self._parts) > MAX_PARTS:
            self._size, self._parts = size, {}
        known, parts = self._parts, []
        for rectangle in changed:
            part = known.get(rectangle)
            if part is None:
                part = known[rectangle] = self._covered(rectangle, size)
            parts.append(part)
        active = np.empty(self._still.shape, np.uint8)
        advance(
            self._still,
            self._sharp,
            active,
            parts,
            settled=self._settled,
            refined=REFINED,
            refresh=REFRESH,
            turn=self._frame,
        )
        return active

    def sharp(self, active: NDArray[np.uint8] | None) -> None:
        """What was active in the last frame, None for all of it, was coded finely enough for good."""
        self._sharp |= 1 if active is None else active

    def all_changed(self) -> None:
        """The next frame is coded as a whole."""
        self._still[:] = self._sharp[:] = 0

    def _covered(self, rectangle: Rectangle, size: tuple[int, int]) -> Part:
        x, y, width, height = rectangle
        rows, columns = self._still.shape
        across, down, bleed = 1.0, 1.0, 0
        if size != (self._width, self._height):
            across, down, bleed = self._width / size[0], self._height / size[1], BLEED
        top, bottom = _span(y * down - bleed, (y + height) * down + bleed, rows)
        left, right = _span(x * across - bleed, (x + width) * across + bleed, columns)
        return top, bottom, left, right


def _span(first: float, end: float, count: int) -> tuple[int, int]:
    """The macroblocks of `count` that lie between two pixel positions, as a whole or in part."""
    begin = min(max(0, int(first // SIDE)), count)
    return begin, min(max(begin, int(-(-end // SIDE))), count)
