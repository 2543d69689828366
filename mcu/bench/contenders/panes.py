"""Where in the composite each picture goes, and which part of it: the server's own layout, in words that other mixers
understand. Their composite then looks like ours, names and borders apart."""

from __future__ import annotations

from dataclasses import dataclass

from mcu.bench.media import CONTENT_HEIGHT, CONTENT_WIDTH
from mcu.bench.tiling import Tiling
from mcu.bench.workload import Workload
from mcu.mixer.geometry import even
from mcu.mixer.layout import COVER, Tile


@dataclass(frozen=True, slots=True)
class Pane:
    """One picture in the composite. All numbers are pixels and even."""

    participant: int
    content: bool  # their shared screen, else their camera
    left: int  # cut off the source at its four sides
    right: int
    top: int
    bottom: int
    cut_width: int  # of the source, what remains
    cut_height: int
    x: int  # in the composite
    y: int
    width: int
    height: int

    @property
    def is_cut(self) -> bool:
        return any((self.left, self.right, self.top, self.bottom))


def panes(workload: Workload) -> tuple[Pane, ...]:
    """Those that show somebody, from bottom to top; none where nobody sends a picture."""
    if workload.audio_only:
        return ()
    tiling = Tiling(workload)
    numbers = {member.participant: number for number, member in enumerate(tiling.members)}
    return tuple(
        _pane(tile, numbers[tile.participant], workload) for tile in tiling.tiles() if tile.participant is not None
    )


def _pane(tile: Tile, participant: int, workload: Workload) -> Pane:
    source_width, source_height = (CONTENT_WIDTH, CONTENT_HEIGHT) if tile.content else (workload.width, workload.height)
    cut_width, cut_height = source_width, source_height
    width, height = tile.width, tile.height
    if tile.fit == COVER:
        cut_width = min(source_width, even(source_height * tile.width / tile.height))
        cut_height = min(source_height, even(source_width * tile.height / tile.width))
    else:
        width = min(tile.width, even(tile.height * source_width / source_height))
        height = min(tile.height, even(tile.width * source_height / source_width))
    left, top = even((source_width - cut_width) / 2), even((source_height - cut_height) / 2)
    return Pane(
        participant=participant,
        content=tile.content,
        left=left,
        right=source_width - cut_width - left,
        top=top,
        bottom=source_height - cut_height - top,
        cut_width=cut_width,
        cut_height=cut_height,
        x=tile.x + even((tile.width - width) / 2),
        y=tile.y + even((tile.height - height) / 2),
        width=width,
        height=height,
    )
