"""Marks that go with a tile's size, not with a name: round corners, the speaking border, the disc with initials."""

from __future__ import annotations

import functools

import numpy as np

from mcu._native.planes import Sprite
from mcu.mixer import palette
from mcu.mixer import sprites as shapes
from mcu.mixer.initials import initials
from mcu.mixer.lettering import Weight, mask_of
from mcu.mixer.palette import Colour
from mcu.mixer.sprites import Image, Layer, Placed
from mcu.text import graphemes

CACHED_CORNERS = 64  # a few layouts' radii, with and without border
CACHED_EDGES = 128  # two of a tile size
CACHED_DISCS = 128  # of 7 KB in a 30-tile grid, 110 KB in a full picture
LEAST_DISC = 20  # pixels of diameter; smaller tiles show their card's colour alone
LARGEST_DISC = 200


def radius_of(width: int, height: int) -> int:
    """Radius of a tile's corners."""
    return min(14, max(4, round(min(width, height) * 0.05)))


def border_of(width: int, height: int) -> int:
    """Thickness of the speaking border, even so that it owns its chroma."""
    return 2 if min(width, height) < 100 else 4


def outline(width: int, height: int, *, rounded: bool, speaking: bool) -> list[Placed]:
    """Round corners for a tile, and a border along its edges for one who speaks."""
    radius = radius_of(width, height) if rounded else 0
    border = border_of(width, height) if speaking else 0
    if not radius and not border:
        return []
    top_left, top_right, bottom_left, bottom_right = _corners(radius, border)
    side = top_left.width
    placed = [
        (top_left, 0, 0),
        (top_right, width - side, 0),
        (bottom_left, 0, height - side),
        (bottom_right, width - side, height - side),
    ]
    if border:
        across, down = _edge(width - 2 * side, border), _edge(border, height - 2 * side)
        placed += [(across, side, 0), (across, side, height - border), (down, 0, side), (down, width - border, side)]
    return placed


def disc(name: str, office: str, *, colour: Colour, width: int, height: int) -> Placed | None:
    """The placeholder's middle for a tile: initials on a disc."""
    diameter = min(height * 2 // 5, width // 3, LARGEST_DISC) // 4 * 4
    if diameter < LEAST_DISC:
        return None
    sprite = _disc(initials(name, office), colour, diameter)
    lift = height // 20 // 2 * 2  # the label below weighs, so the optical middle is higher
    return sprite, (width - diameter) // 4 * 2, (height - diameter) // 4 * 2 - lift


@functools.lru_cache(maxsize=CACHED_DISCS)
def _disc(text: str, colour: Colour, diameter: int) -> Sprite:
    layer = Layer(diameter, diameter)
    layer.lay(colour, shapes.rounded(diameter, diameter, diameter / 2 - 0.5, inset=0.5))
    if text:
        size = round(diameter * (0.36 if len(graphemes(text)) > 1 else 0.44))
        mask = mask_of(text, size, Weight.BOLD)[:, :diameter]
        layer.lay(
            palette.AVATAR_TEXT, mask, x=(diameter - mask.shape[1]) // 2, y=max(0, (diameter - mask.shape[0]) // 2)
        )
    return layer.sprite()


@functools.lru_cache(maxsize=CACHED_CORNERS)
def _corners(radius: int, border: int) -> tuple[Sprite, Sprite, Sprite, Sprite]:
    """Top left, top right, bottom left, bottom right: the canvas outside the curve, the border along it."""
    side = (max(radius, border) + 3) // 2 * 2
    outer = shapes.rounded(4 * side, 4 * side, radius)[:side, :side]
    inner = shapes.rounded(4 * side, 4 * side, max(0, radius - border), inset=border)[:side, :side] if border else outer
    sprites = []
    for flip_y, flip_x in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        layer = Layer(side, side)
        layer.lay(palette.SPEAKING, (outer - inner)[::flip_y, ::flip_x].clip(0, 1))
        corner = 1 - outer[::flip_y, ::flip_x]
        layer.colour += (np.array(palette.CANVAS, np.float32) - layer.colour) * _share(corner, layer.alpha)
        layer.alpha += corner
        sprites.append(layer.sprite())
    return sprites[0], sprites[1], sprites[2], sprites[3]


def _share(part: Image, rest: Image) -> Image:
    """How much of a pixel's colour `part` makes beside `rest`, where both lie side by side."""
    total = part + rest
    share: Image = np.divide(part, total, out=np.zeros_like(total), where=total > 0)[..., None]
    return share


@functools.lru_cache(maxsize=CACHED_EDGES)
def _edge(width: int, height: int) -> Sprite:
    layer = Layer(width, height)
    layer.lay(palette.SPEAKING, np.ones((height, width), np.float32))
    return layer.sprite()
