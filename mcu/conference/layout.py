"""How the picture is divided, as the people of a conference choose it. Geometry itself is the mixer's."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from mcu.errors import RefusedError

MAX_SLOTS = 36
MAX_STRIP = 35  # MAX_SLOTS less the large one


class LayoutName(enum.StrEnum):
    GRID = "grid"
    SPEAKER = "speaker"
    SINGLE = "single"
    LECTURE = "lecture"
    PRESENTATION = "presentation"
    CUSTOM = "custom"


class Holds(enum.StrEnum):
    """Who may stand in a slot of a custom layout."""

    SEAT = "seat"
    SPEAKER = "speaker"
    CONTENT = "content"
    ROLLING = "rolling"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One rectangle on the logical canvas; `seat` from 1, with Holds.SEAT only."""

    x: int
    y: int
    width: int
    height: int
    holds: Holds = Holds.ROLLING
    seat: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A layout by name; `slots` on `canvas` (logical width, height) when it is custom."""

    name: LayoutName = LayoutName.GRID
    strip: int = 5
    fit: str = "cover"
    slots: tuple[Slot, ...] = ()
    canvas: tuple[int, int] = (1920, 1080)


def check(layout: Layout) -> None:
    """Raise RefusedError("layout-invalid") for a layout that cannot be drawn."""
    if not 1 <= layout.strip <= MAX_STRIP or len(layout.slots) > MAX_SLOTS or layout.fit not in ("cover", "contain"):
        raise RefusedError("layout-invalid", "strip, fit or number of slots out of range")
    if (layout.name is LayoutName.CUSTOM) != bool(layout.slots):
        raise RefusedError("layout-invalid", "slots belong to a custom layout, and it needs some")
    width, height = layout.canvas
    for slot in layout.slots:
        inside = slot.x >= 0 and slot.x + slot.width <= width and slot.y >= 0 and slot.y + slot.height <= height
        if not inside or slot.width < 1 or slot.height < 1:
            raise RefusedError("layout-invalid", "a slot reaches out of its canvas")
        if (slot.holds is Holds.SEAT) != (slot.seat > 0):
            raise RefusedError("layout-invalid", "a seat's number belongs to a slot that holds a seat")
