"""The head of a synthetic person: outline, ears, eyes, nose, mouth. Hair is in `hair`.

The head is a shallow relief: each point has a depth, and turning the head moves deep and raised points differently.
Coordinates are relative to the middle of the face.
"""

from __future__ import annotations

import math

import numpy as np

from mcu.synthetic.drawing import Canvas, Colour, Points, closed_curve, ellipse, mirrored, mix, points
from mcu.synthetic.hair import HAIR_BEHIND, HAIR_FRONT, Strand
from mcu.synthetic.look import Look
from mcu.synthetic.motion import Pose

HEAD_CENTRE = 88.0  # units from the top: the face stands clear of a name label at the bottom
NECK_BELOW = 46.0  # units from the centre of the face down to the joint it rolls about
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (24, 20, 24)
SHADOW: Colour = (150, 84, 66)  # what skin tends to in the shade
BLUSH: Colour = (236, 132, 118)
MOUTH_INSIDE: Colour = (110, 44, 46)
TONGUE: Colour = (204, 108, 104)

_OUTLINE = points((0, -46), (19, -43), (32, -29), (36, -7), (34.5, 12), (29, 29), (17, 42), (0, 47))
_EYE_X, _EYE_Y = 14.2, -2.0
_EAR = points((34, -4), (39, -7), (42, -1), (40.5, 7), (36, 14), (33, 12))


class Relief:
    """Where points of a head in a given pose are on the canvas."""

    def __init__(self, canvas: Canvas, look: Look, pose: Pose) -> None:
        self._stretch = np.array([look.face_width, 1.0])
        self._turn = np.array([math.cos(pose.yaw), math.cos(pose.pitch)])
        self._shift = np.array([math.sin(pose.yaw), math.sin(pose.pitch)])
        cos, sin = math.cos(pose.roll), math.sin(pose.roll)
        self._roll = np.array([[cos, sin], [-sin, cos]])
        self._joint = np.array([0.0, NECK_BELOW])
        self._centre = np.array([canvas.width / 2, HEAD_CENTRE])

    def __call__(self, shape: Points, depth: float | Points) -> Points:
        """`shape` as it appears; `depth` towards the viewer in units, one number or one per point."""
        raised = np.asarray(depth, dtype=np.float64).reshape(-1, 1)
        flat = shape * self._stretch * self._turn + raised * self._shift
        placed: Points = (flat - self._joint) @ self._roll + self._joint + self._centre
        return placed


def draw_hair_behind(canvas: Canvas, look: Look, pose: Pose) -> None:
    """What hangs behind neck and shoulders."""
    _draw_strands(canvas, look, Relief(canvas, look, pose), HAIR_BEHIND[look.hair])


def draw_head(canvas: Canvas, look: Look, pose: Pose) -> None:
    """The head with everything in front of the neck."""
    place = Relief(canvas, look, pose)
    shade = mix(look.skin, SHADOW, 0.22)
    for side in (-1.0, 1.0):
        canvas.shape(place(_EAR * (side, 1.0), -6), mix(look.skin, SHADOW, 0.12))
        canvas.shape(place((_EAR * 0.72 + (10.4, 1.2)) * (side, 1.0), -6), shade)
    outline = _outline(look, pose)
    canvas.shape(place(outline, 0), look.skin)
    _draw_face_shade(canvas, look, place)
    for side in (-1.0, 1.0):
        canvas.polygon(place(ellipse(side * 20, 15, 7.5, 4.8), 24), mix(look.skin, BLUSH, 0.09))
        canvas.polygon(place(ellipse(side * 20, 15, 5.0, 3.0), 24), mix(look.skin, BLUSH, 0.16))
        _draw_eye(canvas, look, pose, place, side)
        _draw_brow(canvas, look, pose, place, side)
        if look.age > 0.45:
            line = points((side * 9.5, 14), (side * 13.5, 19), (side * 15, 25))
            canvas.stroke(place(line, 26), mix(look.skin, SHADOW, 0.30 * look.age), 0.9)
    _draw_nose(canvas, look, place)
    _draw_mouth(canvas, look, pose, place)
    if look.glasses:
        _draw_glasses(canvas, place)
    _draw_strands(canvas, look, place, HAIR_FRONT[look.hair])


def _outline(look: Look, pose: Pose) -> Points:
    """The face, with its own jaw; an open mouth lowers the chin."""
    outline = _OUTLINE.copy()
    low = np.clip(outline[:, 1] / 47, 0, 1)
    outline[:, 0] *= 1 + (look.jaw - 1) * low
    outline[:, 1] += 3.0 * pose.mouth * low**2
    return mirrored(outline)


def _draw_face_shade(canvas: Canvas, look: Look, place: Relief) -> None:
    """A soft shadow on the side away from the light, and under the lower lip."""
    side = points((20, -40), (32, -28), (35.4, -7), (34, 12), (28, 29), (16, 41.5), (24, 27), (29, 8), (29, -14))
    side = side * (1 + (look.jaw - 1) * 0.6, 1.0)
    canvas.shape(place(side, 0), mix(look.skin, SHADOW, 0.12))


def _draw_eye(canvas: Canvas, look: Look, pose: Pose, place: Relief, side: float) -> None:
    x, y = side * _EYE_X, _EYE_Y
    opened = (1 - pose.lids) * (1 - 0.22 * pose.smile)
    wide, tall = 6.8, 4.0 * opened
    lash = mix(look.hair_colour, BLACK, 0.7)
    if tall < 0.9:
        canvas.stroke(place(points((x - wide, y + 1), (x, y + 2.4), (x + wide, y + 1)), 27), lash, 1.3)
        return
    rim = points((x - wide, y + 0.6), (x - wide / 2, y - tall * 0.85), (x + wide / 2, y - tall * 0.85))
    lower = points((x + wide, y + 0.6), (x + wide / 2, y + tall * 0.75), (x - wide / 2, y + tall * 0.75))
    canvas.shape(place(np.concatenate([rim, lower]), 27), (250, 248, 246))
    iris = x + 2.3 * pose.gaze
    radius = 3.35
    disc = ellipse(iris, y, radius, radius, 18)
    disc[:, 1] = np.clip(disc[:, 1], y - tall * 0.80, y + tall * 0.72)  # the lids cover what sticks out
    canvas.polygon(place(disc, 27), (62, 42, 34))
    canvas.polygon(place(ellipse(iris + 1.1, y - min(1.2, tall * 0.4), 0.95, 0.95, 10), 27), WHITE)
    lid = points(
        (x - wide - 0.4, y + 0.8),
        (x - wide / 2, y - tall * 0.85),
        (x + wide / 2, y - tall * 0.85),
        (x + wide + 0.4, y + 0.8),
    )
    canvas.stroke(place(lid, 27), lash, 1.35)
    crease = points((x - wide * 0.8, y - tall - 1.0), (x, y - tall - 2.2), (x + wide * 0.8, y - tall - 1.0))
    canvas.stroke(place(crease, 26), mix(look.skin, SHADOW, 0.25), 0.7)


def _draw_brow(canvas: Canvas, look: Look, pose: Pose, place: Relief, side: float) -> None:
    lift = -11.5 - 2.6 * pose.brows
    arch = points((side * 6.8, lift + 0.9), (side * 14, lift - 1.4), (side * 22, lift + 1.3))
    canvas.stroke(place(arch, 26), mix(look.hair_colour, look.skin, 0.18), look.brow)


def _draw_nose(canvas: Canvas, look: Look, place: Relief) -> None:
    shade = mix(look.skin, SHADOW, 0.30)
    canvas.shape(place(points((0.6, -2), (3.2, 7), (5.2, 12), (0, 14.6), (1.4, 6)), 33), mix(look.skin, SHADOW, 0.10))
    canvas.stroke(place(points((-4.6, 12.2), (-2.4, 14.2), (0, 14.8), (2.4, 14.2), (4.6, 12.2)), 35), shade, 1.2)


def _draw_mouth(canvas: Canvas, look: Look, pose: Pose, place: Relief) -> None:
    wide = 10.6 * (1 - 0.30 * pose.roundness * min(1.0, 1.6 * pose.mouth)) + 1.2 * pose.smile
    corner = 26.6 - 2.6 * pose.smile
    gap = 8.5 * pose.mouth
    top = 26.4 - 0.25 * gap
    bottom = 27.6 + 0.85 * gap
    if gap < 0.8:
        canvas.stroke(
            place(points((-wide, corner), (-wide / 2, 26.9), (0, 27.6), (wide / 2, 26.9), (wide, corner)), 31),
            look.lips,
            1.9,
        )
    else:
        upper = points((-wide, corner), (-wide / 2, top - 0.4), (0, top), (wide / 2, top - 0.4), (wide, corner))
        under = points((wide * 0.62, bottom - 0.16 * gap), (0, bottom + 0.5), (-wide * 0.62, bottom - 0.16 * gap))
        ring = np.concatenate([upper, under])
        inside = closed_curve(place(ring, 31))
        canvas.polygon(inside, MOUTH_INSIDE)
        if gap > 2.2:
            canvas.polygon(place(ellipse(0, bottom - 0.22 * gap, wide * 0.46, 0.26 * gap, 16), 31), TONGUE)
        teeth = points(
            (-wide * 0.66, top - 0.1), (wide * 0.66, top - 0.1), (wide * 0.52, top + 1.7), (-wide * 0.52, top + 1.7)
        )
        canvas.polygon(place(teeth, 31), (250, 248, 244))
        canvas.stroke(np.concatenate([inside, inside[:1]]), look.lips, 1.7)
    canvas.stroke(
        place(points((-4, bottom + 4.0), (0, bottom + 4.8), (4, bottom + 4.0)), 30), mix(look.skin, SHADOW, 0.20), 1.0
    )


def _draw_glasses(canvas: Canvas, place: Relief) -> None:
    frame: Colour = (64, 58, 66)
    for side in (-1.0, 1.0):
        lens = ellipse(side * _EYE_X, _EYE_Y + 1.2, 10.2, 8.2)
        ring = closed_curve(lens)
        canvas.stroke(place(np.concatenate([ring, ring[:1]]), 30), frame, 1.1)
        canvas.stroke(
            place(points((side * 24.4, _EYE_Y - 0.4), (side * 35.5, _EYE_Y - 1.6)), np.array([30.0, 0.0])), frame, 1.1
        )
    canvas.stroke(place(points((-4.2, _EYE_Y - 0.4), (0, _EYE_Y - 1.6), (4.2, _EYE_Y - 0.4)), 33), frame, 1.1)


def _draw_strands(canvas: Canvas, look: Look, place: Relief, strands: tuple[Strand, ...]) -> None:
    for strand in strands:
        colour = mix(look.hair_colour, WHITE if strand.light > 0 else BLACK, abs(strand.light))
        canvas.shape(place(strand.outline, strand.depth), colour)
