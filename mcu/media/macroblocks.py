"""Which macroblocks of a composite need coding: those that changed, and now and then those that did not.

Rules:
1. A macroblock that differs from the reference picture is always coded. Only frames of the base layer are references.
2. One that stopped changing is coded again a little later and then every so often: what was coded coarsely, because
   much moved at once, gets the bits that are free afterwards, until somebody says that it is `sharp`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SIDE = 16  # pixels, RFC 6386 section 5
SETTLED = 5  # frames without a change after which a macroblock counts as still; cameras of 8 fps and more never do
REFINED = 30  # frames in which it is then coded again: with 4, many cards that moved no more were 0.9 dB worse
REFRESH = 8  # frames between two times from then on, a few rows of macroblocks at a time
BLEED = 2  # pixels next to a changed rectangle that scaling the picture changes, too
FOREVER = 255
MAX_PARTS = 256  # rectangles remembered: several layouts

Rectangle = tuple[int, int, int, int]  # x, y, width, height in pixels


class Macroblocks:
    """The macroblocks of one encoder's pictures."""

    def __init__(self, width: int, height: int, *, settled: int = SETTLED) -> None:
        self._width, self._height = width, height
        self._settled = settled
        shape = ((height + SIDE - 1) // SIDE, (width + SIDE - 1) // SIDE)
        self._differs = np.ones(shape, np.uint8)  # from the last frame of the base layer
        self._still = np.zeros(shape, np.uint8)  # frames since the last change, at most FOREVER
        self._sharp = np.zeros(shape, np.uint8)  # coded so finely that it needs no more while it is still
        self._phase = (np.arange(shape[0]) * 11 % REFRESH).astype(np.uint8)[:, None]  # rows are refreshed in turns
        self._frame = 0  # modulo REFRESH
        self._size = (width, height)  # of the pictures that the rectangles below are of
        self._parts: dict[Rectangle, tuple[slice, slice]] = {}  # where known rectangles lie; tiles seldom move

    def active(self, changed: Sequence[Rectangle], size: tuple[int, int], *, reference: bool) -> NDArray[np.uint8]:
        """1 where the next frame needs coding, shape (rows, columns).

        `changed` holds what was painted since the last call, in pixels of a picture of `size`; that picture is scaled
        to the encoder's size. `reference` says that the frame is of the base layer.
        """
        self._frame = (self._frame + 1) % REFRESH
        still = self._still
        still += still < FOREVER
        if size != self._size or len(self._parts) > MAX_PARTS:
            self._size, self._parts = size, {}
        for rectangle in changed:
            part = self._parts.get(rectangle)
            if part is None:
                part = self._parts[rectangle] = self._covered(rectangle, size)
            self._differs[part] = 1
            still[part] = self._sharp[part] = 0
        refined = (still >= self._settled) & (still < self._settled + REFINED)
        refreshed = (still >= self._settled) & (self._phase == self._frame)
        active: NDArray[np.uint8] = self._differs | ((refined | refreshed) & (self._sharp == 0)).astype(np.uint8)
        if reference:
            self._differs[:] = 0
        return active

    def sharp(self, active: NDArray[np.uint8] | None) -> None:
        """What was active in the last frame, None for all of it, was coded finely enough for good."""
        self._sharp |= 1 if active is None else active

    def all_changed(self, *, reference: bool) -> None:
        """The next frame is coded as a whole."""
        self._still[:] = self._sharp[:] = 0
        self._differs[:] = not reference

    def _covered(self, rectangle: Rectangle, size: tuple[int, int]) -> tuple[slice, slice]:
        x, y, width, height = rectangle
        across, down, bleed = 1.0, 1.0, 0
        if size != (self._width, self._height):
            across, down, bleed = self._width / size[0], self._height / size[1], BLEED
        return _span(y * down - bleed, (y + height) * down + bleed), _span(
            x * across - bleed, (x + width) * across + bleed
        )


def _span(first: float, end: float) -> slice:
    """The macroblocks that lie between two pixel positions, as a whole or in part."""
    return slice(max(0, int(first // SIDE)), max(0, int(-(-end // SIDE))))
