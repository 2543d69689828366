"""Who stands where in the composite: every layout, computed and never painted.

`arrange` is pure. It chooses the geometry from the number of people, then seats them so that whoever was in the
picture keeps the place when somebody else speaks: only the tiles that must change do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mcu.control import LayoutChoice, ParticipantState, SlotRule
from mcu.errors import RefusedError
from mcu.mixer import geometry
from mcu.mixer.geometry import MAX_STRIP, MAX_TILES, Area, Holds, Slot
from mcu.mixer.seating import seat

COVER = "cover"  # crop to the tile
CONTAIN = "contain"  # show all, with bars
NAMES = ("grid", "speaker", "single", "lecture", "presentation", "custom")
MAX_CANVAS = 1 << 14  # logical units; four times 4K, so that products stay far from any limit
L_SHAPE_FROM = 5  # small tiles; fewer than that stand in a column, where they are larger


@dataclass(frozen=True, slots=True)
class Tile:
    """One rectangle of the composite, in even pixels. `participant` is None where a place is kept for nobody yet."""

    participant: str | None
    x: int
    y: int
    width: int
    height: int
    content: bool = False  # shows the content stream of `participant`
    fit: str = COVER
    holds: Holds = Holds.ROLLING  # by which rule `participant` stands here


def arrange(
    choice: LayoutChoice,
    *,
    members: Sequence[ParticipantState],
    speaker: str | None,
    content: str | None,
    width: int,
    height: int,
    previous: Sequence[Tile] = (),
    priority: Sequence[str] = (),
) -> tuple[Tile, ...]:
    """The tiles of a composite of width × height pixels, from bottom to top.

    `members` are in roster order; those with `seen` False take no tile. `speaker` is the dominant one or None.
    `content` is the participant whose content stream is shown. `previous` is what this function gave last time and
    is what makes people keep their place; a None in it is a place given up. `priority` ranks people for rolling tiles,
    best first (roster order where it is silent). a `Director` keeps both.
    """
    seen = [member for member in members if member.seen]
    slots = _slots(choice, len(seen), content is not None, width, height)
    people = seat(
        slots,
        members=seen,
        speaker=speaker,
        content=content,
        previous=[tile.participant for tile in previous if not tile.content],
        priority=priority,
    )
    fit = CONTAIN if choice.fit == CONTAIN else COVER
    return tuple(
        Tile(
            person,
            slot.x,
            slot.y,
            slot.width,
            slot.height,
            content=slot.holds is Holds.CONTENT,
            fit=CONTAIN if slot.holds is Holds.CONTENT else fit,
            holds=slot.holds,
        )
        for slot, person in zip(slots, people, strict=True)
    )


def check(choice: LayoutChoice) -> None:
    """Raise RefusedError("layout-invalid") when `choice` names nothing that `arrange` can show as asked."""
    if choice.name not in NAMES:
        raise RefusedError("layout-invalid", f"no layout {choice.name[:32]!r}")
    if choice.fit not in (COVER, CONTAIN):
        raise RefusedError("layout-invalid", f"fit {choice.fit[:32]!r}")
    if not 0 <= choice.strip <= MAX_STRIP:
        raise RefusedError("layout-invalid", f"strip of {choice.strip}")
    if choice.name == "custom":
        _check_slots(choice)


def _check_slots(choice: LayoutChoice) -> None:
    across, down = choice.canvas
    if not (1 <= across <= MAX_CANVAS and 1 <= down <= MAX_CANVAS):
        raise RefusedError("layout-invalid", f"canvas of {across}×{down}")
    if not 1 <= len(choice.slots) <= MAX_TILES:
        raise RefusedError("layout-invalid", f"{len(choice.slots)} slots")
    for number, rule in enumerate(choice.slots, 1):
        inside = 0 <= rule.x < rule.x + rule.width <= across and 0 <= rule.y < rule.y + rule.height <= down
        if not inside:
            raise RefusedError("layout-invalid", f"slot {number} leaves the canvas")
        if rule.holds not in _HOLDS or (rule.holds == Holds.SEAT and rule.seat < 1):
            raise RefusedError("layout-invalid", f"slot {number} holds {rule.holds[:32]!r} {rule.seat}")


_HOLDS = {name: Holds(name) for name in ("seat", "speaker", "content", "rolling")}


def _slots(choice: LayoutChoice, people: int, content: bool, width: int, height: int) -> tuple[Slot, ...]:
    area = Area.of_composite(width, height)
    if choice.name == "custom":
        return tuple(geometry.scaled([_slot(rule) for rule in choice.slots], choice.canvas, width=width, height=height))
    slots = _own_slots(choice, area, people, content)
    if len(slots) == 1:  # alone it needs no gap, and a camera of the composite's size is shown as it is
        return geometry.single(Area(0, 0, geometry.even(width), geometry.even(height), area.gap), slots[0].holds)
    return slots


def _own_slots(choice: LayoutChoice, area: Area, people: int, content: bool) -> tuple[Slot, ...]:
    strip = min(max(0, choice.strip), MAX_STRIP)
    if content:  # whatever the layout, a shared screen is what people came to read
        return geometry.beside(area, 0 if choice.name == "single" else min(strip, people), Holds.CONTENT)
    small = min(strip, people - 1)
    match choice.name:
        case _ if people == 0:
            return ()
        case "single":
            return geometry.single(area, Holds.SPEAKER)
        case "lecture":
            return geometry.above(area, small, Holds.LECTURER)
        case "speaker" | "presentation":
            shape = geometry.corner if small >= L_SHAPE_FROM else geometry.beside
            return shape(area, small, Holds.SPEAKER)
        case _:
            least = geometry.ASPECT if choice.fit == CONTAIN else geometry.MIN_GRID_ASPECT
            return geometry.grid(area, min(people, MAX_TILES), least=least)


def _slot(rule: SlotRule) -> Slot:
    return Slot(rule.x, rule.y, rule.width, rule.height, _HOLDS.get(rule.holds, Holds.ROLLING), rule.seat)
