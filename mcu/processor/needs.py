"""How much of a camera a tile shows, and what its sender is told. Pure; time is an argument.

Rules:
1. What is needed has the source's aspect, and a shorter side out of STEPS: a tile a little larger changes nothing.
2. It is larger than what is shown by HEADROOM at least, or exactly as large.
3. More is told at once, less only when it has been enough for LOWER_SECONDS.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction

from mcu.control import NeededPicture
from mcu.media.types import Picture
from mcu.mixer.geometry import even
from mcu.mixer.layout import COVER, Tile

# Pixels of the shorter side.
STEPS = (90, 144, 180, 216, 270, 360, 540, 720, 1080)
HEADROOM = Fraction(10, 9)  # a picture that is scaled by a hair is blurred: 144 lines shown in 134 lose 2.6 dB
BITS = 2.7  # a (pixel ** 0.75) and picture: 180 kbit/s for 256×144 at 25 fps, 2 Mbit/s for 720p
LOWER_SECONDS = 5.0  # two people who talk to each other change places more often than this
USUAL_ASPECT = 16 / 9
SAME_ASPECT = 0.02  # of it: sizes are rounded to even pixels, which makes another camera of nobody
MOST_CUT = 0.5  # "cover" shows at least this much of a picture, as mcu/_native/planes_scaler.c has it
KEPT = 0.75  # where a tile would cut more, it shows this much between bars


def picture_needed(tiles: Iterable[Tile], *, aspect: float, fps: int) -> NeededPicture | None:
    """What the largest of `tiles`, all of one person, needs of a source of `aspect`; None for no tile."""
    shown = max((_shown_height(tile, aspect) for tile in tiles), default=0.0) * min(1.0, aspect)
    if not shown:
        return None
    shorter = _step(shown)
    width, height = (shorter, even(shorter / aspect)) if aspect < 1 else (even(shorter * aspect), shorter)
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


class Told:
    """What one sender has been told, and when it is told less."""

    def __init__(self) -> None:
        self.picture: NeededPicture | None = None
        self._begun = False  # was told anything
        self._lower_at = math.inf
        self._most: NeededPicture | None = None  # that was needed since less is enough

    def take(self, needed: NeededPicture | None, now: float) -> bool:
        """Whether the sender is to be told `picture` now."""
        if not self._begun or _exceeds(needed, self.picture):
            return self._tell(needed)
        if needed == self.picture:
            self._lower_at = math.inf
            return False
        if self._lower_at == math.inf:
            self._lower_at, self._most = now + LOWER_SECONDS, needed
        elif _exceeds(needed, self._most):
            self._most = needed
        if now < self._lower_at:
            return False
        self._tell(self._most)
        if needed != self.picture:  # less still, since a moment that nobody took note of
            self._lower_at, self._most = now + LOWER_SECONDS, needed
        return True

    def _tell(self, picture: NeededPicture | None) -> bool:
        self.picture, self._begun, self._lower_at = picture, True, math.inf
        return True


def _shown_height(tile: Tile, aspect: float) -> float:
    """Pixels of the composite that the whole height of the source would take, what is cut included."""
    least, most = sorted((tile.width / aspect, float(tile.height)))
    if tile.fit != COVER:
        return least
    return most if least >= MOST_CUT * most else least / KEPT


def _step(shown: float) -> int:
    for step in STEPS:
        if step == shown or step >= shown * HEADROOM:
            return step
    return math.ceil(shown / 2) * 2


def _exceeds(needed: NeededPicture | None, other: NeededPicture | None) -> bool:
    if needed is None or other is None:
        return needed is not None and other is None
    return needed.width > other.width or needed.height > other.height or needed.fps > other.fps
