"""What is behind a synthetic person: a room out of focus, drawn once per person."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageFilter

from mcu.synthetic.drawing import SUPERSAMPLE, Canvas, Colour, ellipse, mix, points
from mcu.synthetic.look import Backdrop, Look

FOCUS_BLUR = 1.3  # units: soft, so that the face stands out and the codec spends its bits there
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (20, 20, 28)
BOOKS: tuple[Colour, ...] = (
    (150, 82, 76),
    (86, 110, 138),
    (176, 152, 108),
    (104, 128, 104),
    (128, 104, 132),
    (200, 190, 172),
)
LEAF: Colour = (92, 136, 96)
WOOD: Colour = (156, 124, 94)


def draw_backdrop(look: Look, width: int, height: int) -> Image.Image:
    """The room at drawing size (SUPERSAMPLE times `width` × `height`)."""
    canvas = Canvas(width, height, ground=_wall(look.wall, width, height))
    _SCENES[look.backdrop](canvas, look, random.Random(f"backdrop {look}"))
    return canvas.large.filter(ImageFilter.GaussianBlur(FOCUS_BLUR * canvas.scale))


def _wall(colour: Colour, width: int, height: int) -> Image.Image:
    """A wall with light from the upper left."""
    rows, columns = np.mgrid[0 : height * SUPERSAMPLE, 0 : width * SUPERSAMPLE]
    light = 1.06 - 0.20 * (rows / (height * SUPERSAMPLE)) - 0.10 * (columns / (width * SUPERSAMPLE))
    shaded = np.clip(light[..., None] * np.array(colour), 0, 255).astype(np.uint8)
    return Image.fromarray(shaded)


def _shelf(canvas: Canvas, look: Look, choose: random.Random) -> None:
    left = canvas.width - 104
    frame = mix(WOOD, look.wall, 0.25)
    canvas.rectangle(left, -10, 120, 200, frame)
    for board in range(4):
        top = 2 + 46 * board
        canvas.rectangle(left + 5, top, 120, 41, mix(frame, BLACK, 0.35))
        x = left + 8
        while x < canvas.width:
            thick, tall = choose.uniform(4, 9), choose.uniform(24, 37)
            canvas.rectangle(x, top + 41 - tall, thick, tall, mix(choose.choice(BOOKS), look.wall, 0.2))
            x += thick + choose.choice((0.8, 0.8, 0.8, 7))


def _window(canvas: Canvas, look: Look, choose: random.Random) -> None:
    canvas.rectangle(14, 10, 92, 112, mix(look.wall, WHITE, 0.8))
    canvas.rectangle(18, 14, 84, 104, (186, 214, 236))
    x = 18.0
    while x < 100:  # a skyline
        wide, tall = choose.uniform(9, 18), choose.uniform(18, 56)
        wide = min(wide, 102 - x)
        canvas.rectangle(x, 118 - tall, wide, tall, mix((140, 160, 182), WHITE, choose.uniform(0.0, 0.35)))
        x += wide
    canvas.rectangle(58, 14, 3, 104, mix(look.wall, WHITE, 0.8))
    canvas.rectangle(10, 118, 100, 6, mix(look.wall, WHITE, 0.6))


def _plant(canvas: Canvas, look: Look, choose: random.Random) -> None:
    root = points((44, 138))[0]
    for leaf in range(11):
        angle = np.pi * (0.12 + 0.76 * leaf / 10) + choose.uniform(-0.1, 0.1)
        reach = choose.uniform(44, 74)
        tip = root + reach * np.array([np.cos(angle), -np.sin(angle)])
        side = np.array([np.sin(angle), np.cos(angle)]) * 7
        middle = (root + tip) / 2
        canvas.shape(np.stack([root, middle + side, tip, middle - side]), mix(LEAF, WHITE, choose.uniform(0.0, 0.3)))
    canvas.shape(points((26, 134), (62, 134), (57, 176), (31, 176)), mix(WHITE, look.wall, 0.3))


def _frame(canvas: Canvas, look: Look, choose: random.Random) -> None:
    x = canvas.width - 92
    canvas.rectangle(x, 22, 70, 54, mix(WOOD, WHITE, 0.15))
    canvas.rectangle(x + 3, 25, 64, 48, (244, 240, 230))
    canvas.rectangle(x + 8, 30, 54, 38, (196, 214, 224))
    ridge = mix((96, 124, 116), WHITE, choose.uniform(0.1, 0.3))
    canvas.polygon(
        points((x + 8, 68), (x + 8, 56), (x + 24, 42), (x + 36, 54), (x + 48, 46), (x + 62, 58), (x + 62, 68)), ridge
    )
    canvas.polygon(ellipse(x + 50, 38, 4, 4), (246, 222, 170))


def _panel(canvas: Canvas, look: Look, choose: random.Random) -> None:
    wood = mix(WOOD, look.wall, choose.uniform(0.3, 0.5))
    for board in range(8):
        canvas.rectangle(board * 40 + 1, 0, 38, 190, mix(wood, BLACK if board % 2 else WHITE, 0.05), round_by=2)
    canvas.polygon(ellipse(54, 44, 17, 17), mix(WHITE, wood, 0.1))  # a clock
    canvas.stroke(points((54, 44), (54, 33)), BLACK, 1.6)
    canvas.stroke(points((54, 44), (62, 48)), BLACK, 1.6)


_SCENES: dict[Backdrop, Callable[[Canvas, Look, random.Random], None]] = {
    Backdrop.SHELF: _shelf,
    Backdrop.WINDOW: _window,
    Backdrop.PLANT: _plant,
    Backdrop.FRAME: _frame,
    Backdrop.PANEL: _panel,
}
