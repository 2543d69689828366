"""A card that says something in large letters, in the middle of its tile: what to press at the entrance."""

from __future__ import annotations

import functools

from mcu._native.planes import Sprite
from mcu.mixer import palette
from mcu.mixer.lettering import Weight, clean, line_height, mask_of, shortened
from mcu.mixer.sprites import Layer, Placed

MAX_LINES = 3  # a title, the same in other words, and what was entered
LEAST_TILE = (160, 90)  # pixels
SHARES = (0.075, 0.05, 0.10)  # of the tile's height, for each line
COLOURS = (palette.NAME, palette.OFFICE, palette.NAME)
WEIGHTS = (Weight.BOLD, Weight.REGULAR, Weight.BOLD)
MARGIN = 0.05  # of the tile's width, on each side
CACHED_NOTICES = 32  # sprites of at most a megabyte; digits come slowly


def notice_of(lines: tuple[str, ...], *, width: int, height: int) -> Placed | None:
    """The lines, centred; None where there is nothing to say or no room. What is too long loses its end."""
    said = tuple(clean(line) for line in lines[:MAX_LINES])
    if not any(said) or width < LEAST_TILE[0] or height < LEAST_TILE[1]:
        return None
    sprite = _drawn(said, width, height)
    return sprite, (width - sprite.width) // 4 * 2, (height - sprite.height) // 4 * 2


@functools.lru_cache(maxsize=CACHED_NOTICES)
def _drawn(lines: tuple[str, ...], width: int, height: int) -> Sprite:
    room = int(width * (1 - 2 * MARGIN)) // 2 * 2
    sizes = [max(10, round(height * share)) for share in SHARES]
    layer = Layer(room, sum(line_height(size) for size in sizes[: len(lines)]))
    top = 0
    for line, size, colour, weight in zip(lines, sizes, COLOURS, WEIGHTS, strict=False):
        if line:
            mask = mask_of(shortened(line, size, weight, width=room), size, weight)
            layer.lay(colour, mask, x=max(0, (room - mask.shape[1]) // 2), y=top)
        top += line_height(size)
    return layer.sprite()
