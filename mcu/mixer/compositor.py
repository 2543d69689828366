"""Paints the composite: pictures into tiles, words and marks over them, only where something changed.

Rules:
1. A tile shows the newest picture of its participant, or a card; never a picture that is no longer given.
2. What depends on the layout or a style is prepared when it changes; a tick with new pictures is one native call.
3. Tiles are painted from bottom to top; one that lies over a repainted one is repainted too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import av

from mcu._native.planes import Canvas, Paint
from mcu.media.types import Picture
from mcu.mixer import palette
from mcu.mixer.labels import label_of
from mcu.mixer.layout import COVER, Tile
from mcu.mixer.marks import disc, outline
from mcu.mixer.notice import notice_of
from mcu.mixer.sprites import Placed
from mcu.mixer.style import TileStyle

__all__ = ["Compositor", "TileStyle"]

Rectangle = tuple[int, int, int, int]  # x, y, width, height in pixels

_NO_STYLE = TileStyle()


@dataclass(slots=True)
class _Painted:
    """What one tile shows now."""

    tile: Tile
    style: TileStyle
    picture: Picture | None
    paint: Paint
    below: frozenset[int]  # the tiles that lie under this one

    def looks(self, tile: Tile, style: TileStyle, picture: Picture | None) -> bool:
        """Whether `paint` still serves; identity is asked first because it nearly always is."""
        return (
            (tile is self.tile or tile == self.tile)
            and (style is self.style or style == self.style)
            and (picture is None) == (self.picture is None)
        )


class Compositor:
    """One composite of width × height pixels (even). Belongs to one thread."""

    def __init__(self, width: int, height: int, *, kernels: str = "") -> None:
        self.frame = av.VideoFrame(width, height, "yuv420p")  # the encoder takes it as it is; only `compose` writes it
        planes = self.frame.planes
        self._canvas = Canvas(planes, [plane.line_size for plane in planes], width, height, kernels=kernels)
        self._background = palette.yuv(palette.CANVAS)
        self._canvas.fill(0, 0, width, height, self._background)
        self._painted: dict[int, _Painted] = {}
        self._shape: list[Rectangle] = []
        self.tiles_painted = 0  # since the start

    @property
    def pictures_refused(self) -> int:
        """Pictures that could not be shown (see `Canvas.refused`): a card stood in their place."""
        return self._canvas.refused

    def compose(
        self,
        tiles: Sequence[Tile],
        styles: Mapping[str, TileStyle],
        pictures: Mapping[tuple[str, bool], Picture],
    ) -> list[Rectangle]:
        """Bring `frame` up to date; the rectangles that were painted, none when nothing changed.

        `tiles` are even rectangles inside the composite, from bottom to top. `pictures` holds the newest picture of
        each (participant, content); without one, or with the camera off, the tile shows a card.
        """
        shape = [(tile.x, tile.y, tile.width, tile.height) for tile in tiles]
        moved = shape != self._shape
        if moved:
            self._canvas.fill(0, 0, self._canvas.width, self._canvas.height, self._background)
            self._painted, self._shape = {}, shape
        work: list[tuple[Paint, Picture | None]] = []
        dirty: set[int] = set()
        for index, tile in enumerate(tiles):
            style, picture = _wanted(tile, styles, pictures)
            painted = self._painted.get(index)
            if painted is None or not painted.looks(tile, style, picture):
                painted = self._painted[index] = self._prepared(index, tile, style, picture)
            elif picture is painted.picture and dirty.isdisjoint(painted.below):
                continue
            painted.picture = picture
            dirty.add(index)
            work.append((painted.paint, picture))
        if work:
            self._canvas.paint(work)
            self.tiles_painted += len(work)
        return [(0, 0, self._canvas.width, self._canvas.height)] if moved else [shape[index] for index in sorted(dirty)]

    def _prepared(self, index: int, tile: Tile, style: TileStyle, picture: Picture | None) -> _Painted:
        below = frozenset(under for under in range(index) if _overlap(self._shape[under], self._shape[index]))
        paint = Paint(
            x=tile.x,
            y=tile.y,
            width=tile.width,
            height=tile.height,
            cover=tile.fit == COVER,
            background=palette.yuv(_card(tile, picture)),
            sprites=self._decoration(tile, style, picture, rounded=not below and not self._touches_edge(tile)),
        )
        return _Painted(tile, style, picture, paint, below)

    def _decoration(self, tile: Tile, style: TileStyle, picture: Picture | None, *, rounded: bool) -> list[Placed]:
        """What lies over the picture or the card, from bottom to top."""
        sprites: list[Placed] = []
        if style.notice:
            notice = notice_of(style.notice, width=tile.width, height=tile.height)
            return [notice] if notice else []
        if picture is None and tile.participant is not None and not tile.content:
            colour = palette.card_of(tile.participant)[1]
            middle = disc(style.label, style.office, colour=colour, width=tile.width, height=tile.height)
            sprites += [middle] if middle else []
        label = label_of(style.label, style.office, muted=style.muted, width=tile.width, height=tile.height)
        sprites += [label] if label else []
        alone = (tile.width, tile.height) == (self._canvas.width, self._canvas.height)
        speaking = style.speaking and not alone  # a border around everything tells nobody from anybody
        return sprites + outline(tile.width, tile.height, rounded=rounded, speaking=speaking)

    def _touches_edge(self, tile: Tile) -> bool:
        """A tile at the very edge of the composite keeps its corners: there is nothing to round towards."""
        right, bottom = tile.x + tile.width, tile.y + tile.height
        return tile.x == 0 or tile.y == 0 or right == self._canvas.width or bottom == self._canvas.height


def _wanted(
    tile: Tile, styles: Mapping[str, TileStyle], pictures: Mapping[tuple[str, bool], Picture]
) -> tuple[TileStyle, Picture | None]:
    """What a tile has to show: nothing for an empty place, a shared screen without words over it."""
    if tile.participant is None:
        return _NO_STYLE, None
    picture = pictures.get((tile.participant, tile.content))
    if tile.content:
        return _NO_STYLE, picture
    style = styles.get(tile.participant, _NO_STYLE)
    return style, None if style.camera_off else picture


def _card(tile: Tile, picture: Picture | None) -> palette.Colour:
    """The colour under everything else."""
    if picture is not None or tile.participant is None or tile.content:
        return palette.TILE
    return palette.card_of(tile.participant)[0]


def _overlap(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> bool:
    """Whether two rectangles (x, y, width, height) share a pixel."""
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]
