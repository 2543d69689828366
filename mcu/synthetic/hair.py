"""Haircuts as data: each a few smooth outlines, a depth for every point, in the coordinates of `head`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcu.synthetic.drawing import Points, mirrored, points
from mcu.synthetic.look import Hair


@dataclass(frozen=True, slots=True, eq=False)
class Strand:
    """One smooth shape of hair; `light` from -1 (black) to 1 (white) is how far its colour is moved."""

    outline: Points
    depth: Points  # one number per point
    light: float = 0.0


def _strand(*triples: tuple[float, float, float], light: float = 0.0) -> Strand:
    """A strand from (x, y, depth) triples."""
    table = np.array(triples, dtype=np.float64)
    return Strand(outline=table[:, :2], depth=table[:, 2], light=light)


def _even(half: Points, depth: float, light: float = 0.0) -> Strand:
    """A symmetric strand of one depth from its right half."""
    outline = mirrored(half)
    return Strand(outline=outline, depth=np.full(len(outline), depth), light=light)


_SHINE = 0.13  # how much lighter the lit part of the hair is

_CAP_SHORT = _strand(
    (-36, 0, 0), (-40, -22, -4), (-33, -46, -4), (-14, -57, 0), (10, -57, 0), (31, -47, -4), (40, -22, -4),
    (36, 0, 0), (33, -14, 10), (28, -25, 18), (14, -30, 22), (-2, -28, 24), (-18, -30, 20), (-29, -24, 16),
    (-33, -14, 10),
)  # fmt: skip
_CAP_PARTED = _strand(
    (-36, 0, 0), (-40, -22, -4), (-32, -47, -4), (-16, -56, 0), (8, -58, 0), (31, -48, -4), (40, -23, -4),
    (36, 0, 0), (33.5, -14, 10), (31, -22, 14), (16, -29, 22), (-4, -36, 22), (-17, -38, 20), (-26, -30, 16),
    (-33, -13, 10),
)  # fmt: skip
_SWEEP = _strand(
    (-18, -40, 18), (-8, -52, 12), (12, -54, 10), (28, -44, 6), (33, -27, 10), (18, -31, 20), (-2, -38, 22),
    light=_SHINE,
)  # fmt: skip
_CAP_RECEDING = _strand(
    (-36, 2, 0), (-40, -20, -6), (-34, -42, -8), (-16, -53, -6), (12, -53, -6), (33, -42, -8), (40, -20, -6),
    (36, 2, 0), (34.5, -14, 6), (31, -28, 8), (21, -40, 10), (8, -42, 14), (-6, -42, 14), (-20, -41, 10),
    (-31, -28, 8), (-34.5, -14, 6),
)  # fmt: skip
_CAP_WAVY = _strand(
    (-36, 6, 0), (-43, -6, -4), (-43, -24, -4), (-38, -40, -4), (-27, -52, -2), (-12, -58, 0), (4, -61, 0),
    (20, -57, 0), (34, -46, -4), (42, -31, -4), (44, -14, -4), (36, 6, 0), (33.5, -10, 10), (29, -22, 16),
    (20, -27, 22), (8, -32, 24), (-5, -27, 24), (-18, -32, 20), (-28, -22, 16), (-33.5, -10, 10),
)  # fmt: skip
_CAP_FRINGE = _strand(
    (-36, 26, -2), (-43, 12, -6), (-42, -22, -6), (-32, -49, -4), (-12, -58, 0), (12, -58, 0), (32, -49, -4),
    (42, -22, -6), (43, 12, -6), (36, 26, -2), (34, 2, 8), (31, -14, 14), (22, -19, 22), (6, -22, 26),
    (-12, -21, 24), (-26, -17, 18), (-33, -2, 8),
)  # fmt: skip
_CAP_CENTRE = _strand(
    (-38, 34, -4), (-43, 10, -6), (-42, -22, -6), (-31, -49, -4), (-12, -58, 0), (12, -58, 0), (31, -49, -4),
    (42, -22, -6), (43, 10, -6), (38, 34, -4), (35, 6, 6), (31, -12, 14), (20, -27, 20), (2, -41, 20),
    (-17, -29, 20), (-30, -12, 14), (-35, 6, 6),
)  # fmt: skip
_CAP_DRAWN_BACK = _strand(
    (-36, -2, 0), (-39, -22, -4), (-31, -46, -4), (-12, -55, 0), (12, -55, 0), (31, -46, -4), (39, -22, -4),
    (36, -2, 0), (33, -17, 12), (26, -30, 16), (10, -38, 20), (-10, -38, 20), (-26, -30, 16), (-33, -17, 12),
)  # fmt: skip
_GLOSS = _strand((-24, -46, 0), (-8, -53, 4), (10, -53, 4), (2, -48, 8), (-12, -46, 6), light=_SHINE)

HAIR_FRONT: dict[Hair, tuple[Strand, ...]] = {
    Hair.SHORT: (_CAP_SHORT, _GLOSS),
    Hair.PARTED: (_CAP_PARTED, _SWEEP),
    Hair.RECEDING: (_CAP_RECEDING,),
    Hair.WAVY: (_CAP_WAVY, _GLOSS),
    Hair.BOB: (_CAP_FRINGE, _GLOSS),
    Hair.LONG: (_CAP_CENTRE, _GLOSS),
    Hair.BUN: (_CAP_DRAWN_BACK, _GLOSS),
}

_NAPE = points((0, -50), (30, -40), (40, -14), (38, 14), (26, 26), (0, 28))
_BOB_BACK = points((0, -56), (34, -46), (46, -12), (47, 24), (42, 44), (28, 50), (0, 50))
_LONG_BACK = points((0, -56), (34, -46), (46, -12), (48, 30), (52, 66), (44, 84), (20, 86), (0, 84))
_WAVY_BACK = points((0, -50), (34, -40), (46, -8), (44, 20), (34, 36), (0, 36))

HAIR_BEHIND: dict[Hair, tuple[Strand, ...]] = {
    Hair.SHORT: (_even(_NAPE, -18, -0.2),),
    Hair.PARTED: (_even(_NAPE, -18, -0.2),),
    Hair.RECEDING: (_even(_NAPE, -18, -0.2),),
    Hair.WAVY: (_even(_WAVY_BACK, -16, -0.15),),
    Hair.BOB: (_even(_BOB_BACK, -14, -0.2),),
    Hair.LONG: (_even(_LONG_BACK, -14, -0.2),),
    Hair.BUN: (
        _even(_NAPE, -18, -0.2),
        _even(points((0, -68), (12, -65), (17, -56), (13, -46), (0, -44)), -14),
    ),
}
