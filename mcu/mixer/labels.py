"""The plate with a name in a tile's lower left corner: drawn once, then a sprite from a bounded cache."""

from __future__ import annotations

import functools

from mcu._native.planes import Sprite
from mcu.mixer import palette
from mcu.mixer.lettering import Weight, clean, line_height, mask_of, shortened, width_of
from mcu.mixer.sprites import Image, Layer, Placed, rounded, segment
from mcu.text import graphemes

LEAST_TILE = (72, 40)  # pixels; in a smaller tile a plate would hide the face
LEAST_OFFICE = 2  # characters of an office before its ellipsis; one alone tells nothing
LEAST_OFFICE_TILE = 80  # pixels of height; lower tiles give the face what the office would take
SMALLEST, LARGEST = 10, 24  # pixels of text: the least in which Hangul is readable, and enough for a full 720p picture
CACHED_LABELS = 512  # sprites of about 20 KB: a hundred people in a few sizes, muted and not

# The microphone, in a square of side 1: (from, to, thickness).
_CAPSULE = ((0.5, 0.24), (0.5, 0.46), 0.26)
_STAND = (((0.5, 0.72), (0.5, 0.86), 0.09), ((0.36, 0.88), (0.64, 0.88), 0.09))
_BOW = (0.5, 0.27, 0.09)  # centre's height, radius, thickness of the half circle below the capsule
_SLASH = ((0.16, 0.14), (0.84, 0.86), 0.10)


def text_size(tile_height: int) -> int:
    """Pixels of text in a tile: grows slower than the tile, so that a large picture is not shouted over."""
    return min(LARGEST, max(SMALLEST, round(8 + tile_height * 0.036)))


def label_of(name: str, office: str, *, muted: bool, width: int, height: int) -> Placed | None:
    """The label for a tile of width × height, or None where there is nothing to say or no room to say it."""
    if width < LEAST_TILE[0] or height < LEAST_TILE[1]:
        return None
    size = text_size(height)
    margin = _margin(size)
    room = width - 2 * margin - 2 * _padding(size) - (_icon(size) + _padding(size) // 2 if muted else 0)
    name, office = clean(name), clean(office)
    if not name:
        name, office = office, ""
    name, office = fitted(name, office if height >= LEAST_OFFICE_TILE else "", size, room=room)
    if not name and not muted:
        return None
    sprite = _plate(name, office, size, muted)
    return sprite, margin, height - margin - sprite.height


def fitted(name: str, office: str, size: int, *, room: int) -> tuple[str, str]:
    """Name and office as they fit side by side into `room` pixels. The name comes first and loses its end last."""
    name = shortened(name, size, Weight.BOLD, width=room)
    left = room - width_of(name, size, Weight.BOLD) - _between(size)
    short = shortened(office, _office_size(size), Weight.REGULAR, width=left) if office and left > 0 else ""
    whole_enough = short == office or len(graphemes(short)) > LEAST_OFFICE
    return name, short if whole_enough else ""


@functools.lru_cache(maxsize=CACHED_LABELS)
def _plate(name: str, office: str, size: int, muted: bool) -> Sprite:
    pieces: list[tuple[palette.Colour, Image, int]] = []  # colour, coverage, distance to the next
    if muted:
        pieces.append((palette.MUTED, _microphone(_icon(size)), _padding(size) // 2))
    if name:
        pieces.append((palette.NAME, mask_of(name, size, Weight.BOLD), _between(size)))
    if office:
        pieces.append((palette.OFFICE, mask_of(office, _office_size(size), Weight.REGULAR), 0))
    inner = sum(mask.shape[1] + gap for _, mask, gap in pieces) - pieces[-1][2]
    width, height = _even_up(inner + 2 * _padding(size)), line_height(size) + _even_up(size * 0.1)
    layer = Layer(width, height)
    layer.lay(palette.LABEL, rounded(width, height, size * 0.42) * palette.LABEL_ALPHA)
    x = _padding(size)
    for colour, mask, gap in pieces:
        layer.lay(colour, mask, x=x, y=(height - mask.shape[0]) // 2)
        x += mask.shape[1] + gap
    return layer.sprite()


def _microphone(side: int) -> Image:
    """A crossed-out microphone; the stroke stands free of the shape by its own width."""
    middle, radius, thickness = (value * side for value in _BOW)
    lines = sum(segment(side, start, end, width * side) for start, end, width in (_CAPSULE, *_STAND))
    ring = rounded(side, side, radius, inset=side / 2 - radius) - rounded(
        side, side, radius - thickness, inset=side / 2 - radius + thickness
    )
    ring[: round(middle)] = 0
    start, end, width = _SLASH
    free = segment(side, start, end, width * side * 3)
    image: Image = ((lines + ring).clip(0, 1) * (1 - free) + segment(side, start, end, width * side)).clip(0, 1)
    return image


def _office_size(size: int) -> int:
    return max(SMALLEST, size - 1)


def _icon(size: int) -> int:
    return _even_up(size * 1.1)


def _padding(size: int) -> int:
    return round(size * 0.55)


def _between(size: int) -> int:
    return round(size * 0.5)


def _margin(size: int) -> int:
    return _even_up(size * 0.45)


def _even_up(value: float) -> int:
    return -(-int(value) // 2) * 2
