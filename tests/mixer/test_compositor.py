"""The composite: what is shown, and that only what changed is painted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mcu._native.planes import available_kernels
from mcu.control import LayoutChoice, ParticipantState
from mcu.media.types import Picture
from mcu.mixer import palette
from mcu.mixer.compositor import Compositor
from mcu.mixer.layout import Tile, arrange
from mcu.mixer.style import TileStyle, style_of
from tests.mixer.people import people

WIDTH, HEIGHT = 640, 360
STYLES = {f"p{number}": TileStyle(f"참석자 {number}") for number in range(40)}


def flat(value: int, *, width: int = 320, height: int = 180) -> Picture:
    chroma = np.full((height // 2, width // 2), 128, np.uint8)
    return Picture(np.full((height, width), value, np.uint8), chroma, chroma)


def luma(compositor: Compositor) -> NDArray[np.uint8]:
    plane = compositor.frame.planes[0]
    return np.frombuffer(plane, np.uint8).reshape(HEIGHT, plane.line_size)[:, :WIDTH].copy()


def middle(compositor: Compositor, tile: Tile) -> int:
    return int(luma(compositor)[tile.y + tile.height // 3, tile.x + tile.width // 3])


def grid(count: int) -> tuple[Tile, ...]:
    return arrange(LayoutChoice(), members=people(count), speaker=None, content=None, width=WIDTH, height=HEIGHT)


def of(*values: int) -> dict[tuple[str, bool], Picture]:
    return {(f"p{number}", False): flat(value) for number, value in enumerate(values)}


class TestWhatIsShown:
    def test_each_in_the_own_tile(self) -> None:
        compositor, tiles = Compositor(WIDTH, HEIGHT), grid(4)
        assert compositor.compose(tiles, STYLES, of(50, 100, 150, 200))
        assert [middle(compositor, tile) for tile in tiles] == [50, 100, 150, 200]

    def test_between_the_tiles_is_the_canvas(self) -> None:
        compositor = Compositor(WIDTH, HEIGHT)
        compositor.compose(grid(4), STYLES, of(50, 100, 150, 200))
        assert luma(compositor)[0, 0] == palette.yuv(palette.CANVAS)[0]

    def test_a_card_until_the_first_picture(self) -> None:
        compositor, tiles = Compositor(WIDTH, HEIGHT), grid(2)
        compositor.compose(tiles, STYLES, {})
        card = palette.yuv(palette.card_of("p0")[0])[0]
        assert luma(compositor)[tiles[0].y + 12, tiles[0].x + 12] == card
        assert compositor.compose(tiles, STYLES, of(90, 91))
        assert [middle(compositor, tile) for tile in tiles] == [90, 91]

    def test_a_card_at_the_next_tick_when_the_camera_goes_off(self) -> None:
        compositor, tiles, pictures = Compositor(WIDTH, HEIGHT), grid(2), of(200, 201)
        compositor.compose(tiles, STYLES, pictures)
        off = STYLES | {"p0": replace(STYLES["p0"], camera_off=True)}
        assert compositor.compose(tiles, off, pictures)
        area = luma(compositor)[tiles[0].y : tiles[0].y + tiles[0].height, tiles[0].x : tiles[0].x + tiles[0].width]
        assert not (area == 200).any()
        assert middle(compositor, tiles[1]) == 201

    def test_no_old_picture_after_the_pictures_end(self) -> None:
        compositor, tiles = Compositor(WIDTH, HEIGHT), grid(1)
        compositor.compose(tiles, STYLES, of(200))
        compositor.compose(tiles, STYLES, {})
        assert (luma(compositor) == 200).sum() < 50  # a few pixels of the letters' edges

    def test_nothing_of_the_old_layout_stays(self) -> None:
        compositor = Compositor(WIDTH, HEIGHT)
        compositor.compose(grid(9), STYLES, of(*range(200, 209)))
        assert compositor.compose((), STYLES, {})
        assert np.unique(luma(compositor)).tolist() == [palette.yuv(palette.CANVAS)[0]]

    def test_content_is_whole_and_without_words(self) -> None:
        tiles = arrange(LayoutChoice(), members=people(2), speaker=None, content="p1", width=WIDTH, height=HEIGHT)
        compositor = Compositor(WIDTH, HEIGHT)
        compositor.compose(tiles, STYLES, {("p1", True): flat(222, width=640, height=480), **of(60, 61)})
        assert middle(compositor, tiles[0]) == 222
        shown = luma(compositor)[:, : tiles[0].x + tiles[0].width]
        assert set(np.unique(shown[20:-20])) <= {palette.yuv(palette.CANVAS)[0], palette.yuv(palette.TILE)[0], 222}

    def test_an_empty_place_is_calm(self) -> None:
        compositor = Compositor(WIDTH, HEIGHT)
        compositor.compose((Tile(None, 100, 100, 200, 100),), STYLES, {})
        assert luma(compositor)[150, 200] == palette.yuv(palette.TILE)[0]

    def test_a_picture_that_cannot_be_shown_is_counted(self) -> None:
        compositor, tiles = Compositor(WIDTH, HEIGHT), grid(2)
        pictures = of(200, 201)
        pictures["p0", False] = flat(200, width=8, height=8)
        compositor.compose(tiles, STYLES, pictures)
        assert compositor.pictures_refused == 1
        assert middle(compositor, tiles[1]) == 201

    def test_one_who_speaks_has_a_border(self) -> None:
        compositor, tiles = Compositor(WIDTH, HEIGHT), grid(2)
        compositor.compose(tiles, STYLES | {"p1": replace(STYLES["p1"], speaking=True)}, of(50, 50))
        edges = [int(luma(compositor)[tile.y, tile.x + tile.width // 2]) for tile in tiles]
        assert edges == [50, palette.yuv(palette.SPEAKING)[0]]


class TestOnlyWhatChanged:
    def test_nothing_changed_nothing_painted(self) -> None:
        compositor, tiles, pictures = Compositor(WIDTH, HEIGHT), grid(4), of(50, 100, 150, 200)
        compositor.compose(tiles, STYLES, pictures)
        before = compositor.tiles_painted
        assert not compositor.compose(tiles, STYLES, dict(pictures))
        assert not compositor.compose(tuple(replace(tile) for tile in tiles), dict(STYLES), pictures)
        assert compositor.tiles_painted == before

    def test_one_picture_one_tile(self) -> None:
        compositor, tiles, pictures = Compositor(WIDTH, HEIGHT), grid(4), of(50, 100, 150, 200)
        compositor.compose(tiles, STYLES, pictures)
        assert compositor.compose(tiles, STYLES, pictures | {("p2", False): flat(99)})
        assert compositor.tiles_painted == 5
        assert middle(compositor, tiles[2]) == 99

    def test_one_style_one_tile(self) -> None:
        compositor, tiles, pictures = Compositor(WIDTH, HEIGHT), grid(4), of(50, 100, 150, 200)
        compositor.compose(tiles, STYLES, pictures)
        assert compositor.compose(tiles, STYLES | {"p3": replace(STYLES["p3"], muted=True)}, pictures)
        assert compositor.tiles_painted == 5

    def test_two_who_change_places_are_two_tiles(self) -> None:
        compositor, tiles, pictures = Compositor(WIDTH, HEIGHT), grid(4), of(50, 100, 150, 200)
        compositor.compose(tiles, STYLES, pictures)
        swapped = (replace(tiles[0], participant="p1"), replace(tiles[1], participant="p0"), *tiles[2:])
        assert compositor.compose(swapped, STYLES, pictures)
        assert compositor.tiles_painted == 6
        assert [middle(compositor, tile) for tile in tiles] == [100, 50, 150, 200]

    def test_a_tile_over_another_is_painted_again_with_it(self) -> None:
        compositor = Compositor(WIDTH, HEIGHT)
        tiles = (Tile("p0", 0, 0, 640, 360), Tile("p1", 400, 200, 200, 112))
        compositor.compose(tiles, {}, of(50, 200))
        compositor.compose(tiles, {}, {**of(60, 0), ("p1", False): flat(200)})
        painted = compositor.tiles_painted
        compositor.compose(tiles, {}, {**of(70, 0), ("p1", False): flat(200)})
        assert compositor.tiles_painted == painted + 2
        assert (middle(compositor, tiles[0]), middle(compositor, tiles[1])) == (70, 200)

    def test_a_tile_under_another_stays_when_that_changes(self) -> None:
        compositor = Compositor(WIDTH, HEIGHT)
        tiles = (Tile("p0", 0, 0, 640, 360), Tile("p1", 400, 200, 200, 112))
        pictures = of(50, 200)
        compositor.compose(tiles, {}, pictures)
        compositor.compose(tiles, {}, pictures | {("p1", False): flat(210)})
        assert compositor.tiles_painted == 3


def test_kernels_agree_on_a_whole_composite() -> None:
    generator = np.random.default_rng(8)
    members = people(30)
    tiles = arrange(LayoutChoice(), members=members, speaker=None, content=None, width=1280, height=720)
    styles = {member.participant: style_of(member, speaking=member.participant == "p4") for member in members}
    pictures = {
        (member.participant, False): Picture(
            *(generator.integers(0, 256, shape, dtype=np.uint8) for shape in ((180, 320), (90, 160), (90, 160))),
            rotation=number % 4 * 90,
        )
        for number, member in enumerate(members)
        if number % 5
    }
    frames = []
    for kernels in available_kernels():
        compositor = Compositor(1280, 720, kernels=kernels)
        compositor.compose(tiles, styles, pictures)
        frames.append([bytes(plane) for plane in compositor.frame.planes])
    assert all(frame == frames[0] for frame in frames)


def test_who_is_muted_is_not_shown_as_speaking() -> None:
    member = ParticipantState("p0", "정문헌", "종로구청장", muted=True, camera_off=True)
    assert style_of(member, speaking=True) == TileStyle("정문헌", muted=True, camera_off=True, office="종로구청장")
    assert style_of(people(1)[0], speaking=True).speaking


def test_a_camera_of_the_composites_size_is_shown_sample_by_sample() -> None:
    generator = np.random.default_rng(9)
    shapes = ((HEIGHT, WIDTH), (HEIGHT // 2, WIDTH // 2), (HEIGHT // 2, WIDTH // 2))
    picture = Picture(*(generator.integers(0, 256, shape, dtype=np.uint8) for shape in shapes))
    compositor = Compositor(WIDTH, HEIGHT)
    compositor.compose(grid(1), {"p0": TileStyle(speaking=True)}, {("p0", False): picture})
    np.testing.assert_array_equal(luma(compositor), picture.y)
