"""The colours of the composite in sRGB, and their way into video: ITU-R BT.601, limited range, as browsers assume."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]  # red, green, blue; 0 to 255

CANVAS: Colour = (15, 18, 24)  # between the tiles
TILE: Colour = (28, 33, 41)  # behind a picture that does not fill its tile, and a place kept for nobody yet
LABEL: Colour = (10, 13, 18)  # the label's plate
LABEL_ALPHA = 0.72  # lets the picture be felt, keeps 4.5:1 contrast for white on a white wall
NAME: Colour = (255, 255, 255)
OFFICE: Colour = (196, 205, 216)
MUTED: Colour = (255, 107, 107)
SPEAKING: Colour = (52, 211, 137)
AVATAR_TEXT: Colour = (245, 247, 250)

# Cards of those without a picture: calm, dark, of one lightness, so that no person weighs more than another.
CARDS: tuple[tuple[Colour, Colour], ...] = (  # (card, disc)
    ((34, 44, 61), (66, 95, 142)),  # steel blue
    ((29, 48, 54), (44, 110, 122)),  # teal
    ((43, 42, 66), (94, 90, 156)),  # indigo
    ((53, 40, 58), (126, 82, 132)),  # plum
    ((31, 50, 46), (54, 116, 98)),  # pine
    ((57, 41, 50), (142, 84, 106)),  # rose
    ((40, 48, 58), (92, 110, 132)),  # slate
    ((32, 47, 66), (52, 112, 158)),  # azure
)

_YUV = (  # rows: Y, U, V of (red, green, blue), all in 0...255
    (0.256788, 0.504129, 0.097906),
    (-0.148223, -0.290993, 0.439216),
    (0.439216, -0.367788, -0.071427),
)
_OFFSET = (16.0, 128.0, 128.0)


def yuv(colour: Colour) -> tuple[int, int, int]:
    """One colour as (Y, U, V)."""
    y, u, v = (
        round(offset + sum(factor * part for factor, part in zip(row, colour, strict=True)))
        for row, offset in zip(_YUV, _OFFSET, strict=True)
    )
    return y, u, v


def to_yuv(rgb: NDArray[np.float32]) -> NDArray[np.float32]:
    """An image of shape (height, width, 3) in 0...255 as Y, U, V of the same shape.

    Sums and not a matrix product: the product would wake a BLAS thread on every core for a plate of 100 × 20 pixels.
    """
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    out = np.empty_like(rgb)
    for channel, ((r, g, b), offset) in enumerate(zip(_YUV, _OFFSET, strict=True)):
        out[..., channel] = r * red + g * green + b * blue + offset
    return out


def card_of(participant: str) -> tuple[Colour, Colour]:
    """The card's and the disc's colour of a participant: the same in every process and at every start."""
    return CARDS[zlib.crc32(participant.encode()) % len(CARDS)]
