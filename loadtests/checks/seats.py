"""How many people a layout of the server has a place for (mcu.mixer.layout), and whether tiles can stand so. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from loadtests.recording import Layout, Place
from mcu.mixer.geometry import MAX_STRIP, MAX_TILES
from mcu.mixer.layout import NAMES

CUSTOM = "custom"  # its slots are anybody's choice: who has none is not known to miss one
LEAST_SHARE = 1 / 12  # of the picture's width or height; the smallest tile of any layout has an eighth, less gaps
STRANGER = -1
SWITCH_SECONDS = 0.9  # from one speaker to the next in the picture (mcu.mixer.active_speaker; a test holds it there)
OVERLAP = 2  # pixels that are none


def seats(layout: Layout) -> int | None:
    """For people, a shared screen not counted; None where nobody knows."""
    name = layout.choice or layout.name
    strip = min(max(0, layout.strip), MAX_STRIP)
    if name not in NAMES or name == CUSTOM:
        return None
    if any(place.content for place in layout.places):
        return 0 if name == "single" else strip
    return {"grid": MAX_TILES, "single": 1}.get(name, 1 + strip)


def has_room(layout: Layout) -> bool:
    """Whether somebody without a tile should have one: people wait for one only where all are taken."""
    most, shown = seats(layout), [place.person for place in layout.places if not place.content]
    strangers = shown.count(STRANGER)  # who have one number for all
    return most is not None and len(set(shown) - {STRANGER}) + strangers < most


def is_known(layout: Layout) -> bool:
    """Whether the server has a layout of that name."""
    return layout.name in NAMES


def misplaced(layout: Layout) -> set[int]:
    """Whose tiles no layout can have: out of the picture, over another one, or too small to show anybody."""
    if CUSTOM in (layout.name, layout.choice):
        return set()
    return {place.person for place in layout.places if _is_odd(layout, place)} | set(_overlapping(layout.places))


def _is_odd(layout: Layout, place: Place) -> bool:
    inside = 0 <= place.x <= layout.width - place.width and 0 <= place.y <= layout.height - place.height
    small = place.width < layout.width * LEAST_SHARE and place.height < layout.height * LEAST_SHARE
    return small or not inside


def _overlapping(places: tuple[Place, ...]) -> Iterator[int]:
    for one, other in combinations(places, 2):
        across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
        down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
        if across > OVERLAP and down > OVERLAP:
            yield one.person
            yield other.person
