"""How much of a camera a tile shows: the sizes that its sender may be told. Pure; when it is told is in `told`.

Rules:
1. What is needed has the source's aspect, and comes in two sizes: `exact` is shown sample by sample, `ample` serves a
   tile a little larger as well.
2. `ample` has a shorter side out of STEPS, and is larger than what is shown by HEADROOM at least, or exactly as large.
3. `exact` follows the compositor (mcu/_native/planes_scaler.c): what it cuts and how it rounds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from mcu.control import NeededPicture
from mcu.media.types import Picture
from mcu.mixer.geometry import even
from mcu.mixer.layout import COVER, Tile

# Pixels of the shorter side.
STEPS = (90, 144, 180, 216, 270, 360, 540, 720, 1080)
HEADROOM = Fraction(10, 9)  # a picture that is scaled by a hair is blurred: 144 lines shown in 134 lose 2.6 dB
BITS = 2.7  # a (pixel ** 0.75) and picture: 180 kbit/s for 256×144 at 25 fps, 2 Mbit/s for 720p
USUAL_ASPECT = 16 / 9
SAME_ASPECT = 0.02  # of it: sizes are rounded to even pixels, which makes another camera of nobody
MOST_CUT = 0.5  # "cover" shows at least this much of a picture, as mcu/_native/planes_scaler.c has it
KEPT = 0.75  # where a tile would cut more, it shows this much between bars
THIN_BARS = 1 / 64  # of a side: what is to be contained fills the tile instead, there too


@dataclass(frozen=True, slots=True)
class Need:
    """What all tiles of one person need."""

    exact: NeededPicture
    ample: NeededPicture


def picture_needed(tiles: Iterable[Tile], *, aspect: float, fps: int) -> Need | None:
    """What the largest of `tiles`, all of one person, needs of a source of `aspect`; None for no tile."""
    shown = max(((_shown_height(tile, aspect), tile) for tile in tiles), default=None, key=lambda pair: pair[0])
    if shown is None or not shown[0]:
        return None
    height, tile = shown
    shorter = _step(height * min(1.0, aspect))
    ample = (shorter, even(shorter / aspect)) if aspect < 1 else (even(shorter * aspect), shorter)
    exact = _exact_size(tile, aspect)
    return Need(sized(*(exact if min(exact) >= STEPS[0] else ample), fps), sized(*ample, fps))


def sized(width: int, height: int, fps: int) -> NeededPicture:
    """A picture of this size and rate, with the bitrate that it is worth."""
    return NeededPicture(width, height, fps, round(BITS * (width * height) ** 0.75 * fps / 1000) * 1000)


def aspect_of(picture: Picture | None, known: float) -> float:
    """Width by height as it is shown; `known` stays where there is no picture, or hardly a difference."""
    if picture is None:
        return known
    aspect = picture.width / picture.height
    if picture.rotation in (90, 270):
        aspect = 1 / aspect
    return known if abs(aspect / known - 1) < SAME_ASPECT else aspect


def tiles_by_person(tiles: Iterable[Tile]) -> Mapping[str, list[Tile]]:
    """Where everybody's camera is shown; one person may stand in two places."""
    found: dict[str, list[Tile]] = {}
    for tile in tiles:
        if tile.participant is not None and not tile.content:
            found.setdefault(tile.participant, []).append(tile)
    return found


def _shown_height(tile: Tile, aspect: float) -> float:
    """Pixels of the composite that the whole height of the source would take, what is cut included."""
    least, most = sorted((tile.width / aspect, float(tile.height)))
    if tile.fit != COVER:
        return least
    return most if least >= MOST_CUT * most else least / KEPT


def _exact_size(tile: Tile, aspect: float) -> tuple[int, int]:
    """The even size, not smaller than what is shown of it, of which the tile shows every sample as it is."""
    across = tile.width / aspect  # lines of a source as wide as the tile
    narrower = across > tile.height  # it is, than the tile
    less, more = sorted((across, float(tile.height)))
    if tile.fit == COVER and less < MOST_CUT * more:
        if narrower:
            height = _even_above(tile.height / KEPT)
            return _even_near(height * aspect), height
        width = _even_above(tile.width / KEPT)
        return width, _even_near(width / aspect)
    wide, high = (tile.width, _even_near(across)), (_even_near(tile.height * aspect), tile.height)
    covering, between_bars = (wide, high) if narrower else (high, wide)
    bar = max(1 - between_bars[0] / tile.width, 1 - between_bars[1] / tile.height)
    return covering if tile.fit == COVER or bar <= THIN_BARS else between_bars


def _even_near(value: float) -> int:
    return round(value / 2) * 2


def _even_above(value: float) -> int:
    return math.ceil(value / 2) * 2


def _step(shown: float) -> int:
    for step in STEPS:
        if step == shown or step >= shown * HEADROOM:
            return step
    return math.ceil(shown / 2) * 2
