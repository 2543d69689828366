"""How a synthetic person looks: chosen by number, so the same everywhere, and unlike the neighbours."""

from __future__ import annotations

import enum
import random
from dataclasses import dataclass

from mcu.synthetic.drawing import Colour


class Hair(enum.StrEnum):
    """Cuts, by name."""

    SHORT = "short"
    PARTED = "parted"
    RECEDING = "receding"
    WAVY = "wavy"
    BOB = "bob"
    LONG = "long"
    BUN = "bun"


class Clothes(enum.StrEnum):
    """What is worn above the desk."""

    SUIT = "suit"
    OPEN_COLLAR = "open collar"
    BLOUSE = "blouse"
    KNIT = "knit"
    FIELD_JACKET = "field jacket"


class Backdrop(enum.StrEnum):
    """What is behind the person, out of focus."""

    SHELF = "shelf"
    WINDOW = "window"
    PLANT = "plant"
    FRAME = "frame"
    PANEL = "panel"


@dataclass(frozen=True, slots=True)
class Look:
    """Everything about a person's appearance that does not move."""

    skin: Colour
    hair: Hair
    hair_colour: Colour
    glasses: bool
    clothes: Clothes
    cloth: Colour
    accent: Colour  # tie, blouse or collar
    backdrop: Backdrop
    wall: Colour
    lips: Colour
    face_width: float  # 1 is average
    jaw: float  # width of the lower face; 1 is average
    brow: float  # thickness, units
    age: float  # 0 young to 1 old: lines and cheeks


SKINS: tuple[Colour, ...] = (
    (246, 211, 184),
    (239, 200, 168),
    (250, 220, 196),
    (230, 187, 153),
    (243, 205, 178),
    (222, 176, 140),
)
BLACK: Colour = (38, 33, 36)
DARK_BROWN: Colour = (62, 44, 38)
BROWN: Colour = (92, 63, 46)
GREY: Colour = (122, 120, 124)
SILVER: Colour = (188, 188, 192)
CLOTHS: tuple[Colour, ...] = (
    (47, 62, 92),
    (70, 74, 82),
    (36, 42, 56),
    (98, 88, 112),
    (60, 84, 82),
    (112, 78, 74),
    (86, 100, 124),
)
ACCENTS: tuple[Colour, ...] = (
    (168, 50, 56),
    (52, 96, 160),
    (196, 150, 62),
    (92, 132, 92),
    (130, 78, 134),
    (220, 130, 116),
    (70, 140, 150),
)
WALLS: tuple[Colour, ...] = (
    (206, 216, 222),
    (226, 216, 200),
    (196, 210, 200),
    (216, 206, 218),
    (190, 204, 222),
    (232, 222, 206),
    (204, 198, 190),
    (184, 206, 206),
)
FIELD_JACKET: Colour = (196, 186, 120)  # the ochre jacket that Korean officials wear in an emergency exercise

# One row per kind of person; the number picks the row, and the lists above rotate at different lengths.
_MEN = (
    (Hair.SHORT, BLACK, Clothes.SUIT),
    (Hair.PARTED, GREY, Clothes.SUIT),
    (Hair.RECEDING, DARK_BROWN, Clothes.OPEN_COLLAR),
    (Hair.PARTED, BLACK, Clothes.FIELD_JACKET),
    (Hair.SHORT, SILVER, Clothes.SUIT),
    (Hair.SHORT, DARK_BROWN, Clothes.KNIT),
    (Hair.PARTED, DARK_BROWN, Clothes.OPEN_COLLAR),
)
_WOMEN = (
    (Hair.BOB, BLACK, Clothes.BLOUSE),
    (Hair.LONG, DARK_BROWN, Clothes.BLOUSE),
    (Hair.BUN, BLACK, Clothes.BLOUSE),
    (Hair.BOB, BROWN, Clothes.KNIT),
    (Hair.WAVY, GREY, Clothes.BLOUSE),
    (Hair.LONG, BLACK, Clothes.FIELD_JACKET),
)


def look_of(number: int, *, woman: bool) -> Look:
    """The look of person `number` (from 0)."""
    choose = random.Random(f"look {number}")  # a str seeds the same way in every process
    rows = _WOMEN if woman else _MEN
    hair, hair_colour, clothes = rows[number // 2 % len(rows)]
    old = hair_colour in (GREY, SILVER) or hair is Hair.RECEDING
    return Look(
        skin=SKINS[number * 5 % len(SKINS)] if number % 2 else choose.choice(SKINS),
        hair=hair,
        hair_colour=hair_colour,
        glasses=number % 3 == 1,
        clothes=clothes,
        cloth=FIELD_JACKET if clothes is Clothes.FIELD_JACKET else CLOTHS[number * 3 % len(CLOTHS)],
        accent=ACCENTS[number * 4 % len(ACCENTS)],
        backdrop=tuple(Backdrop)[number * 2 % len(Backdrop)],
        wall=WALLS[number * 3 % len(WALLS)],
        lips=(196, 92, 96) if woman else (190, 122, 110),
        face_width=choose.uniform(0.93, 1.0) if woman else choose.uniform(0.96, 1.06),
        jaw=choose.uniform(0.86, 0.95) if woman else choose.uniform(0.96, 1.08),
        brow=choose.uniform(1.3, 1.8) if woman else choose.uniform(2.0, 2.9),
        age=choose.uniform(0.6, 1.0) if old else choose.uniform(0.0, 0.5),
    )
