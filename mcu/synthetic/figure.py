"""Drawing a synthetic person: body and clothes here, the head in `head`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mcu.synthetic.backdrop import draw_backdrop
from mcu.synthetic.drawing import Canvas, Colour, Points, ellipse, mirrored, mix, points
from mcu.synthetic.head import HEAD_CENTRE, SHADOW, draw_hair_behind, draw_head
from mcu.synthetic.look import Clothes, Look
from mcu.synthetic.motion import Pose

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (16, 16, 24)
PEARL: Colour = (250, 244, 232)
SHIRT: Colour = (244, 246, 250)
BREATH_UNITS = 0.9  # how far the shoulders rise
ZOOM = 1.16  # as near as people sit to a laptop
ZOOM_SHIFT = -19.0  # units: puts the eyes above the middle, clear of a name label at the bottom

# Right halves around the axis of the body, y from the top of the picture.
_TORSO = points((0, 137), (13, 136), (28, 142), (62, 150), (83, 163), (94, 196), (0, 196))
_COLLAR = points((0, 158), (17, 131), (21, 137), (12, 156))
_LAPEL = points((0, 196), (18, 136), (33, 144), (31, 162), (14, 196))


class Artist:
    """Draws one person, pose after pose. The room is drawn once."""

    def __init__(self, look: Look, width: int, height: int) -> None:
        self._look = look
        self._size = (width, height)
        self._room = draw_backdrop(look, width, height)

    def draw(self, pose: Pose) -> NDArray[np.uint8]:
        """The person in that pose: shape (height, width, 3), RGB."""
        canvas = Canvas(*self._size, ground=self._room.copy(), zoom=ZOOM, shift=ZOOM_SHIFT)
        draw_hair_behind(canvas, self._look, pose)
        _WARDROBE[self._look.clothes](_Body(canvas, self._look, pose))
        draw_head(canvas, self._look, pose)
        return canvas.picture()


class _Body:
    """The canvas seen from the body: right halves are mirrored, the breath lifts everything."""

    def __init__(self, canvas: Canvas, look: Look, pose: Pose) -> None:
        self._canvas = canvas
        self._pose = pose
        self.look = look
        self._offset = np.array([canvas.width / 2, -BREATH_UNITS * pose.breath])

    def neck(self) -> None:
        """The neck, which follows the head at its upper end; before the collar, after what is behind it."""
        foot = self._canvas.width / 2
        x, y = foot + 6 * np.sin(self._pose.yaw), HEAD_CENTRE
        throat = points((x - 17, y + 24), (x + 17, y + 24), (foot + 18, 140), (foot, 152), (foot - 18, 140))
        self._canvas.polygon(throat, self.throat)

    @property
    def throat(self) -> Colour:
        """Skin in the shade of the chin."""
        return mix(self.look.skin, SHADOW, 0.22)

    def whole(self, half: Points, colour: Colour) -> None:
        """A smooth symmetric shape."""
        self._canvas.shape(mirrored(half) + self._offset, colour)

    def pair(self, half: Points, colour: Colour) -> None:
        """A shape with corners, on both sides."""
        self._canvas.polygon(half + self._offset, colour)
        self._canvas.polygon(half * (-1.0, 1.0) + self._offset, colour)

    def single(self, outline: Points, colour: Colour) -> None:
        """A shape with corners, as it is."""
        self._canvas.polygon(outline + self._offset, colour)

    def line(self, control: Points, colour: Colour, thickness: float) -> None:
        """A line."""
        self._canvas.stroke(control + self._offset, colour, thickness)


def _jacket(body: _Body, inside: Colour) -> None:
    """A jacket open over `inside`."""
    body.whole(_TORSO, body.look.cloth)
    body.single(points((-19, 132), (19, 132), (4, 196), (-4, 196)), inside)


def _lapels(body: _Body) -> None:
    body.pair(_LAPEL, mix(body.look.cloth, WHITE, 0.10))
    edge = mix(body.look.cloth, BLACK, 0.35)
    for side in (-1, 1):
        body.line(points((side * 17, 138), (side * 9, 168), (0, 196)), edge, 0.9)


def _suit(body: _Body) -> None:
    _jacket(body, SHIRT)
    body.neck()
    tie = body.look.accent
    body.single(points((-4.2, 150), (4.2, 150), (2.8, 158), (-2.8, 158)), mix(tie, BLACK, 0.18))
    body.single(points((-2.8, 158), (2.8, 158), (6, 196), (-6, 196)), tie)
    body.pair(_COLLAR, WHITE)
    _lapels(body)


def _open_collar(body: _Body) -> None:
    _jacket(body, SHIRT)
    body.neck()
    body.single(points((-17, 140), (17, 140), (0, 168)), body.throat)
    body.pair(np.add(_COLLAR, (1.5, 2.0)), WHITE)
    _lapels(body)


def _blouse(body: _Body) -> None:
    _jacket(body, mix(body.look.accent, WHITE, 0.72))
    body.neck()
    body.single(points((-17, 140), (17, 140), (0, 172)), body.throat)
    _lapels(body)
    for bead in range(-4, 5):  # a small necklace
        x = bead * 3.3
        body.single(ellipse(x, 155 - x * x / 17, 1.1, 1.1, 8), PEARL)


def _knit(body: _Body) -> None:
    wool = mix(body.look.accent, WHITE, 0.25)
    body.whole(_TORSO, wool)
    body.neck()
    body.whole(points((0, 148), (12, 144), (18, 136), (24, 140), (17, 153), (0, 160)), mix(wool, BLACK, 0.14))
    for side in (-1, 1):
        body.line(points((side * 50, 160), (side * 44, 176), (side * 43, 196)), mix(wool, BLACK, 0.2), 1.0)


def _field_jacket(body: _Body) -> None:
    cloth = body.look.cloth
    body.whole(_TORSO, cloth)
    body.single(points((-16, 134), (16, 134), (0, 176)), SHIRT)
    body.neck()
    body.pair(_COLLAR, WHITE)
    body.pair(points((0, 162), (18, 132), (28, 142), (14, 166)), mix(cloth, WHITE, 0.18))
    body.line(points((0, 160), (0, 178), (0, 196)), mix(cloth, BLACK, 0.4), 1.2)
    body.single(points((22, 168), (42, 168), (42, 174), (22, 174)), mix(cloth, WHITE, 0.55))  # name tape
    for side in (-1, 1):
        body.line(points((side * 51, 158), (side * 45, 174), (side * 44, 196)), mix(cloth, BLACK, 0.25), 1.0)


_WARDROBE: dict[Clothes, Callable[[_Body], None]] = {
    Clothes.SUIT: _suit,
    Clothes.OPEN_COLLAR: _open_collar,
    Clothes.BLOUSE: _blouse,
    Clothes.KNIT: _knit,
    Clothes.FIELD_JACKET: _field_jacket,
}
