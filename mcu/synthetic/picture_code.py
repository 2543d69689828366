"""A machine-readable mark in a picture: who it shows and which frame it is. Painted before coding, read from any tile.

Twelve columns by three rows of squares at the upper middle, where cropping to a tile and a name label leave it alone.
The four corner squares are fixed (two white, two black) and give the reading its threshold; the other 32 carry, most
significant bit first and row by row, 10 bits of person, 12 bits of frame number and 10 bits of checksum. White is 1.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from functools import lru_cache

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
KEPT = 1024  # samplings, of some ten kilobytes: those of thirty tiles in three sizes, with all their shifts

_CORNERS = {(0, 0): True, (0, COLUMNS - 1): False, (ROWS - 1, 0): False, (ROWS - 1, COLUMNS - 1): True}
_DATA = [(row, column) for row in range(ROWS) for column in range(COLUMNS) if (row, column) not in _CORNERS]
_WHITE = [row * COLUMNS + column for (row, column), white in _CORNERS.items() if white]
_BLACK = [row * COLUMNS + column for (row, column), white in _CORNERS.items() if not white]
_DATA_SQUARES = np.array([row * COLUMNS + column for row, column in _DATA])
_BIT_VALUES = 1 << np.arange(len(_DATA) - 1, -1, -1, dtype=np.int64)


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


def contained(x: float, y: float, width: float, height: float, *, aspect: float = 16 / 9) -> Window:
    """The window of a source of `aspect` that is shown as a whole in the tile, with bars: a shared screen."""
    whole_width, whole_height = min(width, height * aspect), min(height, width / aspect)
    return Window(x + (width - whole_width) / 2, y + (height - whole_height) / 2, whole_width, whole_height)


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
    height, width = luma.shape
    shown = window or Window(0, 0, width, height)
    for down in SHIFTS:
        for across in SHIFTS:
            sampling = _sampling(shown, across, down, width, height)
            code = _decoded(sampling.levels(luma)) if sampling is not None else None
            if code is not None:
                return code
    return None


@dataclass(frozen=True, slots=True)
class _Sampling:
    """How the levels of all squares come out of a plane: the means of their cores, as two small products."""

    left: int
    right: int
    top: int
    bottom: int
    rows: NDArray[np.float32]  # (ROWS, bottom - top)
    columns: NDArray[np.float32]  # (right - left, COLUMNS)

    def levels(self, luma: NDArray[np.uint8]) -> NDArray[np.float32]:
        """In the order of squares, row by row."""
        area: NDArray[np.float32] = luma[self.top : self.bottom, self.left : self.right].astype(np.float32)
        levels: NDArray[np.float32] = np.matmul(np.matmul(self.rows, area), self.columns).reshape(-1)
        return levels


@lru_cache(maxsize=KEPT)
def _sampling(shown: Window, across: float, down: float, width: int, height: int) -> _Sampling | None:
    """For a plane of width × height; None when a square has no pixel in it."""
    side = shown.width * SQUARE
    left = shown.x + (shown.width - COLUMNS * side) / 2 + across * side
    top = shown.y + shown.width * TOP + down * side
    vertical, horizontal = _cores(top, side, ROWS, height), _cores(left, side, COLUMNS, width)
    if vertical is None or horizontal is None:
        return None
    first_row, rows = vertical
    first_column, columns = horizontal
    return _Sampling(
        first_column, first_column + columns.shape[1], first_row, first_row + rows.shape[1], rows, columns.T.copy()
    )


def _cores(first: float, side: float, count: int, limit: int) -> tuple[int, NDArray[np.float32]] | None:
    """Along one side of the plane: the first pixel needed, and the weight of each from there on for each square."""
    middles = [first + (index + 0.5) * side for index in range(count)]
    begins = [round(middle - side * CORE / 2) for middle in middles]
    ends = [max(round(middle + side * CORE / 2), begin + 1) for middle, begin in zip(middles, begins, strict=True)]
    spans = [(max(0, begin), min(limit, end)) for begin, end in zip(begins, ends, strict=True)]
    if any(begin >= end for begin, end in spans):
        return None
    weights = np.zeros((count, spans[-1][1] - spans[0][0]), np.float32)
    for index, (begin, end) in enumerate(spans):
        weights[index, begin - spans[0][0] : end - spans[0][0]] = 1 / (end - begin)
    return spans[0][0], weights


def _decoded(levels: NDArray[np.float32]) -> Code | None:
    white, black = [float(levels[square]) for square in _WHITE], [float(levels[square]) for square in _BLACK]
    if min(white) - max(black) < MIN_CONTRAST:
        return None
    threshold = (sum(white) + sum(black)) / 4
    word = int((levels[_DATA_SQUARES] > threshold) @ _BIT_VALUES)
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
