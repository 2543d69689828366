"""The original through the window of what was sent: as the compositor cuts it, at any size."""

from __future__ import annotations

import numpy as np
import pytest

from mcu.bench.through import Size, seen_through
from mcu.media.types import Picture
from mcu.mixer.compositor import Compositor
from mcu.mixer.layout import Tile
from mcu.mixer.style import TileStyle

TILE = (204, 134)
RIM = 8  # what is drawn at the edge of a tile


def waves(width: int, height: int, *, periods: float = 3.0) -> Picture:
    """The same slow waves in any size."""

    def plane(columns: int, rows: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
        across, down = (np.arange(columns) + 0.5) / columns, (np.arange(rows) + 0.5) / rows
        wave = np.sin(2 * np.pi * periods * across)[None, :] * np.cos(2 * np.pi * periods * down)[:, None]
        return np.rint(128 + 100 * wave).astype(np.uint8)

    chroma = plane((width + 1) // 2, (height + 1) // 2)
    return Picture(plane(width, height), chroma, chroma)


def composed(picture: Picture, tile: Size) -> list[np.ndarray[tuple[int, int], np.dtype[np.int64]]]:
    compositor = Compositor(640, 360)
    compositor.compose([Tile("p", 8, 8, *tile)], {"p": TileStyle()}, {("p", False): picture})
    y, u, v = (np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size) for plane in compositor.frame.planes)
    right, bottom = 8 + tile[0], 8 + tile[1]
    whole = [y[8:bottom, 8:right], *(each[4 : bottom // 2, 4 : right // 2] for each in (u, v))]
    return [each.astype(np.int64) for each in whole]


@pytest.mark.parametrize("sent", [(320, 180), (238, 134), (239, 135), (256, 144), (640, 480), (1280, 720), (204, 152)])
def test_what_was_sent_is_cut_as_the_compositor_does(sent: Size) -> None:
    """The original in another size, through the window of `sent`, is what the compositor makes of `sent`."""
    aspect = sent[0] / sent[1]
    original = waves(round(720 * aspect), 720)
    seen = seen_through(original, sent, TILE)
    for part, (wanted, got) in enumerate(zip(composed(waves(*sent), TILE), (seen.y, seen.u, seen.v), strict=True)):
        rim = RIM if part == 0 else RIM // 2
        inside = np.s_[rim:-rim, rim:-rim]
        beside = part > 0 and sent[0] % 2  # half a sample of colours, where the last of them is half outside
        assert np.abs(wanted[inside] - got[inside]).mean() < (4.0 if beside else 1.0), (part, sent)


def test_another_window_is_another_picture() -> None:
    original = waves(320, 180, periods=20)
    one, other = (seen_through(original, sent, TILE) for sent in ((238, 134), (320, 180)))
    assert np.abs(one.y.astype(int) - other.y).mean() > 2


def test_a_picture_of_the_tile_s_size_is_itself() -> None:
    original = waves(*TILE)
    seen = seen_through(original, TILE, TILE)
    for wanted, got in ((original.y, seen.y), (original.u, seen.u), (original.v, seen.v)):
        assert np.array_equal(wanted, got)


def test_what_is_blurred_on_the_way_counts() -> None:
    """A picture sent with 144 lines for 134 is judged by the sharp original."""
    stripes = np.zeros((180, 320), np.uint8)
    stripes[:, ::4] = stripes[:, 1::4] = 200
    grey = np.full((90, 160), 128, np.uint8)
    original = Picture(stripes, grey, grey)
    sharp = seen_through(original, (256, 144), TILE)
    sent = seen_through(original, (256, 144), (256, 144))
    shown, _, _ = composed(sent, TILE)
    inside = np.s_[RIM:-RIM, RIM:-RIM]
    assert np.std(shown[inside]) < 0.9 * np.std(sharp.y[inside])
