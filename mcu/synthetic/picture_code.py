"""A machine-readable mark in a picture: who it shows and which frame it is. Painted before coding, read from any tile.

Twelve columns by three rows of squares at the upper middle, where cropping to a tile and a name label leave it alone.
The four corner squares are fixed (two white, two black) and give the reading its threshold; the other 32 carry, most
significant bit first and row by row, 10 bits of person, 12 bits of frame number and 10 bits of checksum. White is 1.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

COLUMNS, ROWS = 12, 3
SQUARE = 1 / 32  # of the picture's width: 10 pixels in 320, still 5 in a tile of 160
TOP = 1 / 40  # of the picture's width, above the first row
MARGIN = 0.4  # squares of grey around the mark, so that a bright or dark room does not bleed in
GREY = 128
WHITE_LEVEL, BLACK_LEVEL = 235, 16  # studio range: kept by every codec
PERSON_BITS, FRAME_BITS, CHECK_BITS = 10, 12, 10
MAX_PERSON, MAX_FRAME = (1 << PERSON_BITS) - 1, (1 << FRAME_BITS) - 1
CORE = 0.5  # of a square's side is averaged: the rest is smeared by scaling and coding
MIN_CONTRAST = 40  # levels between white and black squares; less is not a mark
SHIFTS = (0.0, -0.25, 0.25)  # of a square: a tile's position is rounded to even pixels

_CORNERS = {(0, 0): True, (0, COLUMNS - 1): False, (ROWS - 1, 0): False, (ROWS - 1, COLUMNS - 1): True}
_DATA = [(row, column) for row in range(ROWS) for column in range(COLUMNS) if (row, column) not in _CORNERS]


@dataclass(frozen=True, slots=True)
class Code:
    """Who and which frame."""

    person: int  # 0 to MAX_PERSON
    frame: int  # 0 to MAX_FRAME


@dataclass(frozen=True, slots=True)
class Window:
    """Where the whole source picture would lie in a plane, in pixels; with cropping it reaches over the edges."""

    x: float
    y: float
    width: float
    height: float

    def scaled(self, scale: float) -> Window:
        """The same place in a plane `scale` times as wide: who has a weak line is sent a smaller composite."""
        return Window(self.x * scale, self.y * scale, self.width * scale, self.height * scale)


def covering(x: float, y: float, width: float, height: float, *, aspect: float = 16 / 9) -> Window:
    """The window of a source of `aspect` that fills the tile and is cropped evenly at its middle."""
    full_width, full_height = max(width, height * aspect), max(height, width / aspect)
    return Window(x - (full_width - width) / 2, y - (full_height - height) / 2, full_width, full_height)


def paint(picture: NDArray[np.uint8], code: Code) -> None:
    """Paint the mark into an RGB or grey picture of shape (height, width, ...). Raises ValueError when out of range."""
    if not 0 <= code.person <= MAX_PERSON or not 0 <= code.frame <= MAX_FRAME:
        raise ValueError(f"{code} does not fit the mark")
    side = picture.shape[1] * SQUARE
    left, top = (picture.shape[1] - COLUMNS * side) / 2, picture.shape[1] * TOP
    pad = MARGIN * side
    _fill(picture, left - pad, top - pad, COLUMNS * side + 2 * pad, ROWS * side + 2 * pad, GREY)
    for (row, column), white in _squares(code).items():
        level = WHITE_LEVEL if white else BLACK_LEVEL
        _fill(picture, left + column * side, top + row * side, side, side, level)


def read(luma: NDArray[np.uint8], window: Window | None = None) -> Code | None:
    """The mark in a luma plane (or grey picture), None when there is none or it cannot be read surely."""
    shown = window or Window(0, 0, luma.shape[1], luma.shape[0])
    for down in SHIFTS:
        for across in SHIFTS:
            code = _read_at(luma, shown, across, down)
            if code is not None:
                return code
    return None


def _read_at(luma: NDArray[np.uint8], shown: Window, across: float, down: float) -> Code | None:
    side = shown.width * SQUARE
    left = shown.x + (shown.width - COLUMNS * side) / 2 + across * side
    top = shown.y + shown.width * TOP + down * side
    levels: dict[tuple[int, int], float] = {}
    for row in range(ROWS):
        for column in range(COLUMNS):
            middle_x, middle_y = left + (column + 0.5) * side, top + (row + 0.5) * side
            x0, x1 = round(middle_x - side * CORE / 2), round(middle_x + side * CORE / 2)
            y0, y1 = round(middle_y - side * CORE / 2), round(middle_y + side * CORE / 2)
            core = luma[max(0, y0) : max(y1, y0 + 1), max(0, x0) : max(x1, x0 + 1)]
            if core.size == 0:
                return None
            levels[row, column] = float(core.mean())
    white = [levels[place] for place, is_white in _CORNERS.items() if is_white]
    black = [levels[place] for place, is_white in _CORNERS.items() if not is_white]
    if min(white) - max(black) < MIN_CONTRAST:
        return None
    threshold = (sum(white) + sum(black)) / 4
    word = 0
    for place in _DATA:
        word = word << 1 | (levels[place] > threshold)
    value = word >> CHECK_BITS
    if word & ((1 << CHECK_BITS) - 1) != _checksum(value):
        return None
    return Code(value >> FRAME_BITS, value & MAX_FRAME)


def _squares(code: Code) -> dict[tuple[int, int], bool]:
    value = code.person << FRAME_BITS | code.frame
    word = value << CHECK_BITS | _checksum(value)
    bits = {place: bool(word >> (len(_DATA) - 1 - index) & 1) for index, place in enumerate(_DATA)}
    return _CORNERS | bits


def _checksum(value: int) -> int:
    return binascii.crc_hqx(value.to_bytes(3, "big"), 0xFFFF) >> 6 & ((1 << CHECK_BITS) - 1)


def _fill(picture: NDArray[np.uint8], x: float, y: float, width: float, height: float, level: int) -> None:
    picture[max(0, round(y)) : round(y + height), max(0, round(x)) : round(x + width)] = level
