"""Where the tiles of a layout are: pure geometry, no people.

Rules:
1. Every coordinate is in pixels of the composite and even, so that a tile owns whole chroma samples (4:2:0).
2. One gap, everywhere: between tiles and at the edge of the composite.
3. A tile that is the layout's own is never wider than 16:9; a grid may make it narrower, down to `MIN_GRID_ASPECT`.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

MAX_TILES = 36  # 6 × 6: at 1280×720 a tile is then 196×110, the least in which a face and a name can be told
MAX_STRIP = 16  # two columns or rows of eight: smaller tiles show nobody
MIN_TILE = 16  # pixels; one macroblock, below that there is nothing to see
ASPECT = Fraction(16, 9)  # of nearly every camera
MIN_GRID_ASPECT = Fraction(3, 2)  # cuts at most one sixth off a 16:9 camera, and fills 6×5 and 5×4 to the edge
GAP_DIVISOR = 90  # gap = height / 90: 8 pixels at 720p, 12 at 1080p, 4 at 360p
COLUMN_UNITS = 5  # tiles of one fifth of the height fill a column exactly, leaving 4/5 of the width to the large one
ONE_COLUMN = 8  # strip tiles that fit into one column before a second is opened


class Holds(enum.StrEnum):
    """Who may stand in a slot."""

    ROLLING = "rolling"  # whoever is next
    SPEAKER = "speaker"  # the active speaker
    SEAT = "seat"  # the holder of one seat
    CONTENT = "content"  # the shared screen
    LECTURER = "lecturer"  # the one large tile of a lecture


@dataclass(frozen=True, slots=True)
class Slot:
    """One rectangle and who may stand in it. `seat` is set with `Holds.SEAT` only."""

    x: int
    y: int
    width: int
    height: int
    holds: Holds = Holds.ROLLING
    seat: int = 0


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle in which slots are laid out, with the gap between them. Its edges carry no gap."""

    x: int
    y: int
    width: int
    height: int
    gap: int

    @classmethod
    def of_composite(cls, width: int, height: int) -> Area:
        """The composite less one gap at each edge."""
        gap = max(2, even(height / GAP_DIVISOR))
        return cls(gap, gap, even(width - 2 * gap), even(height - 2 * gap), gap)

    def cell(self, columns: int, rows: int) -> tuple[int, int]:
        """Size of one cell when the area is cut into columns × rows with gaps between."""
        width = (self.width - (columns - 1) * self.gap) // columns
        height = (self.height - (rows - 1) * self.gap) // rows
        return even(width), even(height)


def even(value: float | Fraction) -> int:
    """The largest even integer that is not above `value`."""
    return int(value) // 2 * 2


def within(width: int, height: int, *, least: Fraction = ASPECT) -> tuple[int, int]:
    """The largest even size inside width × height whose aspect lies between `least` and 16:9."""
    if width > height * ASPECT:
        return even(height * ASPECT), height
    if width < height * least:
        return width, even(width / least)
    return width, height


def grid_shape(area: Area, count: int, *, least: Fraction = MIN_GRID_ASPECT) -> tuple[int, int, int, int]:
    """(columns, rows, tile width, tile height): the largest tiles for `count`, then the fewest empty cells."""
    shapes = []
    for columns in range(1, count + 1):
        rows = -(-count // columns)
        width, height = within(*area.cell(columns, rows), least=least)
        shapes.append((width * height, -(columns * rows), columns, rows, width, height))
    _, _, columns, rows, width, height = max(shapes)
    return columns, rows, width, height


def grid(area: Area, count: int, *, least: Fraction = MIN_GRID_ASPECT) -> tuple[Slot, ...]:
    """`count` equal slots in rows; the block is centred in the area, and a last row that is not full in the block."""
    if count <= 0:
        return ()
    columns, rows, width, height = grid_shape(area, count, least=least)
    top = area.y + even((area.height - rows * height - (rows - 1) * area.gap) / 2)
    slots: list[Slot] = []
    for row in range(rows):
        in_row = min(columns, count - row * columns)
        left = area.x + even((area.width - in_row * width - (in_row - 1) * area.gap) / 2)
        y = top + row * (height + area.gap)
        slots += [Slot(left + column * (width + area.gap), y, width, height) for column in range(in_row)]
    return tuple(slots)


def single(area: Area, holds: Holds) -> tuple[Slot, ...]:
    """One slot, as large as 16:9 allows; content takes the whole area, whatever its aspect."""
    width, height = (area.width, area.height) if holds is Holds.CONTENT else within(area.width, area.height)
    return (Slot(*_centred(area, width, height), width, height, holds),)


def beside(area: Area, count: int, holds: Holds) -> tuple[Slot, ...]:
    """One large slot and a column of `count` small ones at its right: the presentation's shape."""
    if count <= 0:
        return single(area, holds)
    columns = 1 if count <= ONE_COLUMN else 2
    per_column = -(-count // columns)
    units = max(COLUMN_UNITS, per_column)
    widest = even((area.width / 2 - columns * area.gap) / columns)  # in an upright composite: half for the large one
    small_width, small_height = within(widest, even((area.height - (units - 1) * area.gap) / units))
    strip = columns * small_width + (columns - 1) * area.gap
    main = Area(area.x, area.y, even(area.width - strip - area.gap), area.height, area.gap)
    first = single(main, holds)[0]
    slots = [first]
    for column in range(columns):
        in_column = min(per_column, count - column * per_column)
        top = area.y + even((area.height - in_column * small_height - (in_column - 1) * area.gap) / 2)
        left = area.x + area.width - strip + column * (small_width + area.gap)
        slots += [
            Slot(left, top + index * (small_height + area.gap), small_width, small_height) for index in range(in_column)
        ]
    return tuple(slots)


def corner(area: Area, count: int, holds: Holds) -> tuple[Slot, ...]:
    """One large slot top left, `count` ≥ 3 small ones in an L at its right and below: the classic 1+5, 1+7, 1+N.

    With k small tiles to a side the L holds 2k - 1. The right side is filled first, then the bottom, then the corner,
    so that an L of even count misses its corner only.
    """
    side = count // 2 + 1
    width, height = within(*area.cell(side, side))
    left = area.x + even((area.width - side * width - (side - 1) * area.gap) / 2)
    top = area.y + even((area.height - side * height - (side - 1) * area.gap) / 2)
    step_x, step_y = width + area.gap, height + area.gap
    last = side - 1
    places = [(last, row) for row in range(last)] + [(column, last) for column in range(last)] + [(last, last)]
    large = Slot(left, top, last * step_x - area.gap, last * step_y - area.gap, holds)
    small = [Slot(left + column * step_x, top + row * step_y, width, height) for column, row in places[:count]]
    return (large, *small)


def above(area: Area, count: int, holds: Holds) -> tuple[Slot, ...]:
    """One large slot with rows of `count` small ones under it: the lecture's shape."""
    if count <= 0:
        return single(area, holds)
    rows = 1 if count <= ONE_COLUMN else 2
    per_row = -(-count // rows)
    small_width, small_height = area.cell(max(COLUMN_UNITS, per_row), max(COLUMN_UNITS, per_row))
    small_width, small_height = within(small_width, small_height)
    strip = rows * small_height + (rows - 1) * area.gap
    main = Area(area.x, area.y, area.width, even(area.height - strip - area.gap), area.gap)
    slots = [single(main, holds)[0]]
    for row in range(rows):
        in_row = min(per_row, count - row * per_row)
        left = area.x + even((area.width - in_row * small_width - (in_row - 1) * area.gap) / 2)
        y = area.y + area.height - strip + row * (small_height + area.gap)
        slots += [
            Slot(left + index * (small_width + area.gap), y, small_width, small_height) for index in range(in_row)
        ]
    return tuple(slots)


def scaled(slots: Sequence[Slot], canvas: tuple[int, int], *, width: int, height: int) -> Iterator[Slot]:
    """Slots of a logical canvas, in pixels of the composite, cut at its edges; what is then too small is left out."""
    across, down = Fraction(width, max(1, canvas[0])), Fraction(height, max(1, canvas[1]))
    for slot in slots:
        left, right = (_even_within(edge * across, width) for edge in (slot.x, slot.x + slot.width))
        top, bottom = (_even_within(edge * down, height) for edge in (slot.y, slot.y + slot.height))
        if right - left >= MIN_TILE and bottom - top >= MIN_TILE:
            yield Slot(left, top, right - left, bottom - top, slot.holds, slot.seat)


def _even_within(edge: Fraction, limit: int) -> int:
    """The even pixel nearest to `edge`, inside 0...limit. Shared edges stay shared."""
    return min(max(0, round(edge / 2) * 2), even(limit))


def _centred(area: Area, width: int, height: int) -> tuple[int, int]:
    return area.x + even((area.width - width) / 2), area.y + even((area.height - height) / 2)
