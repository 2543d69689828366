"""`planes`: every kernel against the arithmetic it promises, and each against its plain twin, byte for byte."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from mcu._native.planes import Canvas, Paint, Sprite, available_kernels
from mcu.media.types import Picture

Bytes = NDArray[np.uint8]

GREY = (40, 128, 128)
BEYOND = 77  # what stands in memory that must not be touched
BOTH = pytest.mark.parametrize("kernels", available_kernels())


class Target:
    """Three planes with room around them, and a canvas that may touch the inside only."""

    def __init__(self, width: int, height: int, kernels: str) -> None:
        self.whole = [np.full((rows, columns + 5), BEYOND, np.uint8) for rows, columns in _shapes(width, height)]
        strides = [plane.strides[0] for plane in self.whole]
        self.canvas = Canvas(self.whole, strides, width, height, kernels=kernels)
        self.planes = [p[:, :c] for p, (_, c) in zip(self.whole, _shapes(width, height), strict=True)]

    def bytes(self) -> bytes:
        return b"".join(plane.tobytes() for plane in self.whole)


def _shapes(width: int, height: int) -> list[tuple[int, int]]:
    return [(height, width), ((height + 1) // 2, (width + 1) // 2), ((height + 1) // 2, (width + 1) // 2)]


def noise(generator: np.random.Generator, width: int, height: int, rotation: int = 0, pad: int = 3) -> Picture:
    """A picture of noise whose rows lie apart, as a decoder's do."""
    planes = (generator.integers(0, 256, (r, c + pad), dtype=np.uint8)[:, :c] for r, c in _shapes(width, height))
    return Picture(*planes, rotation)


def smooth(width: int, height: int) -> Picture:
    """Slow waves: what scaling must keep."""
    planes = []
    for rows, columns in _shapes(width, height):
        y, x = np.mgrid[0:rows, 0:columns]
        wave = np.sin(x / columns * 9) * np.cos(y / rows * 7 + 1)
        planes.append((128 + 100 * wave).astype(np.uint8))
    return Picture(*planes)


def painted(
    picture: Picture | None, *, width: int, height: int, kernels: str, cover: bool = True, inset: int = 0
) -> Target:
    target = Target(width + 2 * inset, height + 2 * inset, kernels)
    target.canvas.fill(0, 0, width + 2 * inset, height + 2 * inset, GREY)
    paint = Paint(x=inset, y=inset, width=width, height=height, cover=cover, background=(60, 100, 150))
    target.canvas.paint([(paint, picture)])
    return target


def area_mean(plane: Bytes, width: int, height: int) -> NDArray[np.float64]:
    """The exact mean of what each output sample covers, at least one source sample wide."""

    def weights(before: int, after: int) -> NDArray[np.float64]:
        half = max(before / after, 1) / 2
        centre = (np.arange(after) + 0.5) * before / after
        low, high = (centre - half)[:, None], (centre + half)[:, None]
        edge = np.arange(-2, before + 2)
        cover = np.clip(np.minimum(high, edge + 1) - np.maximum(low, edge), 0, None) / (2 * half)
        folded = np.zeros((after, before))
        for column, position in enumerate(np.clip(edge, 0, before - 1)):
            folded[:, position] += cover[:, column]
        return folded

    return weights(plane.shape[0], height) @ plane.astype(float) @ weights(plane.shape[1], width).T


@BOTH
class TestScaling:
    def test_same_size_is_the_same_picture(self, kernels: str) -> None:
        picture = noise(np.random.default_rng(1), 66, 50)
        target = painted(picture, width=66, height=50, kernels=kernels)
        for plane, expected in zip(target.planes, (picture.y, picture.u, picture.v), strict=True):
            np.testing.assert_array_equal(plane, expected)

    @pytest.mark.parametrize(("cover", "size"), [(True, (210, 138)), (True, (239, 135)), (False, (208, 138))])
    def test_what_is_larger_by_a_hair_is_cut_and_not_scaled(
        self, kernels: str, cover: bool, size: tuple[int, int]
    ) -> None:
        picture = noise(np.random.default_rng(4), *size)
        target = painted(picture, width=204, height=134, kernels=kernels, cover=cover)
        left, top = (size[0] - 204) // 4 * 2, (size[1] - 134) // 4 * 2
        for plane, source in zip(target.planes, (picture.y, picture.u, picture.v), strict=True):
            part = 1 if plane is target.planes[0] else 2
            rows, columns = plane.shape
            expected = source[top // part : top // part + rows, left // part : left // part + columns]
            np.testing.assert_array_equal(plane, expected)

    @pytest.mark.parametrize(("cover", "size"), [(True, (212, 140)), (False, (210, 138))])
    def test_what_is_larger_by_more_is_scaled(self, kernels: str, cover: bool, size: tuple[int, int]) -> None:
        planes = [np.zeros(shape, np.uint8) for shape in _shapes(*size)]
        planes[0][::2] = 255  # lines that a copy would keep
        target = painted(Picture(*planes), width=204, height=134, kernels=kernels, cover=cover)
        assert np.count_nonzero((target.planes[0] > 0) & (target.planes[0] < 255)) > 204 * 134 // 2

    @pytest.mark.parametrize("size", [(204, 114), (318, 180), (322, 180), (160, 90), (640, 360), (64, 36), (1280, 720)])
    def test_a_sample_is_the_mean_of_what_it_covers(self, kernels: str, size: tuple[int, int]) -> None:
        picture = smooth(320, 180)
        target = painted(picture, width=size[0], height=size[1], kernels=kernels, cover=False)
        for plane, source in zip(target.planes, (picture.y, picture.u, picture.v), strict=True):
            expected = area_mean(source, plane.shape[1], plane.shape[0])
            inside = (slice(2, -2), slice(2, -2))  # cut or barred by a rounding of the aspect, at the edge
            assert np.abs(plane - expected)[inside].mean() < 2.5

    @pytest.mark.parametrize("value", [0, 1, 127, 128, 254, 255])
    @pytest.mark.parametrize("size", [(50, 34), (102, 58), (500, 282)])
    def test_flat_stays_flat(self, kernels: str, value: int, size: tuple[int, int]) -> None:
        planes = (np.full(shape, value, np.uint8) for shape in _shapes(320, 180))
        target = painted(Picture(*planes), width=size[0], height=size[1], kernels=kernels)
        assert all((plane == value).all() for plane in target.planes)

    def test_fine_stripes_become_grey_and_not_moiré(self, kernels: str) -> None:
        planes = [np.zeros(shape, np.uint8) for shape in _shapes(1280, 720)]
        planes[0][:, ::2] = 255
        target = painted(Picture(*planes), width=204, height=114, kernels=kernels)
        assert np.ptp(target.planes[0].astype(int)) <= 2
        assert abs(float(target.planes[0].mean()) - 127.5) < 1.5

    def test_nothing_beside_the_tile_is_touched(self, kernels: str) -> None:
        picture = noise(np.random.default_rng(2), 320, 180)
        target = painted(picture, width=46, height=30, kernels=kernels, inset=4)
        for plane, colour in zip(target.planes, GREY, strict=True):
            edge = 4 if plane is target.planes[0] else 2
            outside = plane.copy()
            outside[edge:-edge, edge:-edge] = colour
            assert (outside == colour).all()
        assert all((whole[:, -5:] == BEYOND).all() for whole in target.whole)


@BOTH
class TestAspect:
    def test_cover_cuts_both_sides_alike(self, kernels: str) -> None:
        planes = [np.zeros(shape, np.uint8) for shape in _shapes(320, 180)]
        planes[0][:, :40] = 255  # exactly what a tile of 4:3 must not show
        planes[0][:, 280:] = 255
        target = painted(Picture(*planes), width=240, height=180, kernels=kernels)
        assert target.planes[0].max() == 0

    def test_contain_shows_all_between_bars(self, kernels: str) -> None:
        planes = [np.full(shape, 200, np.uint8) for shape in _shapes(320, 180)]
        target = painted(Picture(*planes), width=160, height=120, kernels=kernels, cover=False)
        assert (target.planes[0][:14] == 60).all()
        assert (target.planes[0][16:104] == 200).all()
        assert (target.planes[0][106:] == 60).all()
        assert (target.planes[1][:7] == 100).all()
        assert (target.planes[2][:7] == 150).all()

    def test_cover_shows_three_quarters_of_an_upright_phone(self, kernels: str) -> None:
        planes = [np.full(shape, 200, np.uint8) for shape in _shapes(180, 320)]
        planes[0][:40] = planes[0][280:] = 0
        target = painted(Picture(*planes), width=320, height=180, kernels=kernels)
        assert (target.planes[0][:, :92] == 60).all()
        assert (target.planes[0][:, 92:226] == 200).all()
        assert (target.planes[0][:, 226:] == 60).all()

    @pytest.mark.parametrize("rotation", [0, 90])
    def test_wide_samples_are_shown_wide(self, kernels: str, rotation: int) -> None:
        """CIF of 12:11 fills a tile of 4:3, whichever way up it comes."""
        planes = [np.full(shape, 200, np.uint8) for shape in _shapes(352, 288)]
        size = (320, 240) if rotation == 0 else (240, 320)
        picture = Picture(*planes, rotation, aspect=12 / 11)
        target = painted(picture, width=size[0], height=size[1], kernels=kernels, cover=False)
        assert (target.planes[0] == 200).all()
        square = painted(Picture(*planes, rotation), width=size[0], height=size[1], kernels=kernels, cover=False)
        assert (square.planes[0][:, :10] == 60).all() if rotation == 0 else (square.planes[0][:10] == 60).all()

    @pytest.mark.parametrize("cover", [False, True])
    def test_a_circle_of_wide_samples_is_round(self, kernels: str, cover: bool) -> None:
        y, x = np.mgrid[0:288, 0:352]
        inside = ((x - 175.5) * 12 / 11) ** 2 + (y - 143.5) ** 2 < 80**2
        luma = np.where(inside, 255, 0).astype(np.uint8)
        grey = np.full((144, 176), 128, np.uint8)
        picture = Picture(luma, grey, grey, aspect=12 / 11)
        shown = painted(picture, width=640, height=360, kernels=kernels, cover=cover).planes[0] > 128
        rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
        assert abs((rows[-1] - rows[0]) - (columns[-1] - columns[0])) <= 2

    @pytest.mark.parametrize("aspect", [0.0, -1.0, 0.1, 5.0, 1e9, float("nan")])
    def test_an_impossible_aspect_is_not_shown(self, kernels: str, aspect: float) -> None:
        planes = [np.full(shape, 200, np.uint8) for shape in _shapes(64, 64)]
        target = painted(Picture(*planes, aspect=aspect), width=64, height=64, kernels=kernels)
        assert (target.planes[0] == 60).all()
        assert target.canvas.refused == 1


@BOTH
class TestRotation:
    @pytest.mark.parametrize("rotation", [0, 90, 180, 270])
    def test_turned_clockwise(self, kernels: str, rotation: int) -> None:
        picture = noise(np.random.default_rng(3), 66, 50, rotation)
        width, height = (66, 50) if rotation % 180 == 0 else (50, 66)
        target = painted(picture, width=width, height=height, kernels=kernels)
        for plane, source in zip(target.planes, (picture.y, picture.u, picture.v), strict=True):
            np.testing.assert_array_equal(plane, np.rot90(source, -rotation // 90))

    def test_upright_and_shrunk(self, kernels: str) -> None:
        planes = [np.zeros(shape, np.uint8) for shape in _shapes(640, 480)]
        planes[0][:, 560:] = 255  # the right of the sensor is the bottom after a quarter turn
        target = painted(Picture(*planes, 90), width=150, height=200, kernels=kernels)
        assert (target.planes[0][:172] == 0).all()
        assert (target.planes[0][178:] == 255).all()


@BOTH
class TestRefusedPictures:
    @pytest.mark.parametrize(
        "broken",
        [
            lambda g: Picture(g.y, g.u[:-1], g.v),
            lambda g: Picture(g.y, g.u, g.v[:, :-1]),
            lambda g: Picture(g.y[:, ::2], g.u, g.v),
            lambda g: Picture(g.y[0], g.u, g.v),
            lambda g: Picture(g.y[:8, :8], g.u[:4, :4], g.v[:4, :4]),
            lambda g: Picture(g.y.astype(np.uint16), g.u, g.v),
        ],
        ids=["short u", "narrow v", "columns apart", "one row", "too small", "wide samples"],
    )
    def test_background_in_their_place(self, kernels: str, broken: Callable[[Picture], Picture]) -> None:
        picture = noise(np.random.default_rng(4), 64, 64)
        target = painted(broken(picture), width=32, height=32, kernels=kernels)
        assert target.canvas.refused == 1
        assert (target.planes[0] == 60).all()

    def test_a_size_may_change_from_picture_to_picture(self, kernels: str) -> None:
        target = Target(64, 36, kernels)
        paint = Paint(x=0, y=0, width=64, height=36, cover=True, background=GREY)
        for width, height, value in ((320, 180, 10), (176, 144, 20), (16, 8, 40), (1280, 720, 30)):
            planes = (np.full(shape, value, np.uint8) for shape in _shapes(width, height))
            target.canvas.paint([(paint, Picture(*planes))])
            assert (target.planes[0] == value).all()
        assert target.canvas.refused == 1


def sprite_of(values: Bytes, alpha: Bytes) -> Sprite:
    return Sprite(values, values[::2, ::2].copy(), values[1::2, ::2].copy(), alpha, alpha[::2, ::2].copy())


@BOTH
class TestSprites:
    @pytest.mark.parametrize("size", [(2, 2), (8, 6), (22, 4), (64, 10), (118, 12)])
    def test_blended_by_alpha(self, kernels: str, size: tuple[int, int]) -> None:
        generator = np.random.default_rng(5)
        values, alpha = (generator.integers(0, 256, size[::-1], dtype=np.uint8) for _ in range(2))
        target = Target(128, 20, kernels)
        paint = Paint(
            x=0,
            y=0,
            width=128,
            height=20,
            cover=True,
            background=(90, 128, 128),
            sprites=[(sprite_of(values, alpha), 4, 2)],
        )
        target.canvas.paint([(paint, None)])
        expected = np.full((20, 128), 90, np.float64)
        share = alpha / 255
        area = expected[2 : 2 + size[1], 4 : 4 + size[0]]
        area += (values - area) * share
        assert np.abs(target.planes[0] - expected).max() <= 1

    def test_full_alpha_replaces_and_none_keeps(self, kernels: str) -> None:
        values = np.full((4, 40), 211, np.uint8)
        alpha = np.zeros((4, 40), np.uint8)
        alpha[:, :20] = 255
        target = Target(40, 4, kernels)
        paint = Paint(
            x=0, y=0, width=40, height=4, cover=True, background=(7, 8, 9), sprites=[(sprite_of(values, alpha), 0, 0)]
        )
        target.canvas.paint([(paint, None)])
        assert (target.planes[0][:, :20] == 211).all()
        assert (target.planes[0][:, 20:] == 7).all()
        assert (target.planes[1][:, 10:] == 8).all()


class TestTwins:
    """Whatever the processor has gives the same bytes as plain C."""

    @pytest.mark.parametrize("seed", range(60))
    def test_same_bytes(self, seed: int) -> None:
        generator = np.random.default_rng(seed)
        width, height = (int(value) for value in generator.integers(16, 420, 2))
        tile_width, tile_height = (int(value) * 2 for value in generator.integers(1, 160, 2))
        picture = noise(generator, width, height, int(generator.integers(0, 4)) * 90)
        cover = bool(generator.integers(0, 2))
        values, alpha = (
            generator.integers(0, 256, (tile_height // 4 * 2 + 2, tile_width // 4 * 2 + 2), dtype=np.uint8)
            for _ in range(2)
        )
        results = []
        for kernels in available_kernels():
            target = Target(tile_width + 4, tile_height + 4, kernels)
            paint = Paint(
                x=2,
                y=2,
                width=tile_width,
                height=tile_height,
                cover=cover,
                background=GREY,
                sprites=[(sprite_of(values[:tile_height, :tile_width], alpha[:tile_height, :tile_width]), 0, 0)]
                if min(tile_width, tile_height) > 2
                else [],
            )
            target.canvas.paint([(paint, picture)])
            results.append(target.bytes())
        assert all(result == results[0] for result in results)


class TestErrors:
    def test_unknown_kernels(self) -> None:
        with pytest.raises(ValueError, match="kernels"):
            Target(16, 16, "abacus")

    def test_plane_too_small(self) -> None:
        planes = [np.zeros(shape, np.uint8) for shape in _shapes(16, 16)]
        with pytest.raises(ValueError, match="smaller"):
            Canvas(planes, [16, 8, 8], 16, 18)

    def test_odd_canvas(self) -> None:
        planes = [np.zeros(shape, np.uint8) for shape in _shapes(16, 16)]
        with pytest.raises(ValueError, match="canvas"):
            Canvas(planes, [16, 8, 8], 15, 16)

    @pytest.mark.parametrize("rectangle", [(1, 0, 8, 8), (0, 0, 8, 7), (-2, 0, 8, 8), (0, 0, 0, 8)])
    def test_uneven_tile(self, rectangle: tuple[int, int, int, int]) -> None:
        x, y, width, height = rectangle
        with pytest.raises(ValueError, match="tile of"):
            Paint(x=x, y=y, width=width, height=height, cover=True, background=GREY)

    def test_tile_outside_the_canvas(self) -> None:
        target = Target(16, 16, "")
        paint = Paint(x=8, y=0, width=10, height=8, cover=True, background=GREY)
        with pytest.raises(ValueError, match="leaves the canvas"):
            target.canvas.paint([(paint, None)])

    def test_fill_outside_the_canvas(self) -> None:
        with pytest.raises(ValueError, match="leaves the canvas"):
            Target(16, 16, "").canvas.fill(0, 0, 18, 2, GREY)

    def test_one_tile_twice_in_a_call(self) -> None:
        target = Target(16, 16, "")
        paint = Paint(x=0, y=0, width=16, height=16, cover=True, background=GREY)
        with pytest.raises(ValueError, match="twice"):
            target.canvas.paint([(paint, None), (paint, None)])

    def test_sprite_outside_its_tile(self) -> None:
        sprite = sprite_of(np.zeros((4, 4), np.uint8), np.zeros((4, 4), np.uint8))
        with pytest.raises(ValueError, match="leaves its tile"):
            Paint(x=0, y=0, width=8, height=8, cover=True, background=GREY, sprites=[(sprite, 6, 0)])

    def test_planes_of_a_sprite_that_do_not_fit(self) -> None:
        plane = np.zeros((4, 4), np.uint8)
        with pytest.raises(ValueError, match="belong together"):
            Sprite(plane, plane, plane, plane, plane)

    def test_odd_sprite(self) -> None:
        plane = np.zeros((3, 4), np.uint8)
        with pytest.raises(ValueError, match="sprite of"):
            Sprite(plane, plane, plane, plane, plane)
