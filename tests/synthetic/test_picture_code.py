"""The mark in the picture: painted, scaled to small tiles, coded at low rates, read again."""

from __future__ import annotations

import random

import av
import numpy as np
import pytest
from PIL import Image

from mcu.synthetic import picture_code
from mcu.synthetic.clips import MediaSettings
from mcu.synthetic.encoding import encode_pictures
from mcu.synthetic.figure import Artist
from mcu.synthetic.look import look_of
from mcu.synthetic.motion import Motion
from mcu.synthetic.picture_code import Code, Window, contained, covering, paint, read

CHOOSE = random.Random("codes")
CODES = [
    Code(person=CHOOSE.randrange(picture_code.MAX_PERSON + 1), frame=CHOOSE.randrange(picture_code.MAX_FRAME + 1))
    for _ in range(12)
]


def portrait(code: Code, index: int = 0) -> np.ndarray:
    artist = Artist(look_of(code.person, woman=bool(code.person % 2)), 320, 180)
    picture = artist.draw(Motion("test", seconds=4).pose(index)).copy()
    paint(picture, code)
    return picture


def luma(picture: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(picture).convert("L"))


@pytest.mark.parametrize("code", CODES[:4], ids=str)
def test_what_is_painted_is_read(code: Code) -> None:
    assert read(luma(portrait(code))) == code


@pytest.mark.parametrize("width", [160, 128, 213])
def test_small_tiles_are_read(width: int) -> None:
    for code in CODES[:4]:
        small = Image.fromarray(portrait(code)).resize((width, width * 9 // 16), Image.Resampling.BILINEAR)
        assert read(np.asarray(small.convert("L"))) == code


@pytest.mark.parametrize(("width", "height"), [(212, 144), (254, 144), (320, 360), (426, 240)])
def test_cropped_tiles_are_read(width: int, height: int) -> None:
    """A tile of another shape shows the middle of the picture."""
    code = CODES[0]
    window = covering(40, 20, width, height)
    plane = np.full((height + 60, width + 90), 60, dtype=np.uint8)
    scaled = Image.fromarray(luma(portrait(code))).resize((round(window.width), round(window.height)))
    left, top = round(40 - window.x), round(20 - window.y)
    plane[20 : 20 + height, 40 : 40 + width] = np.asarray(scaled)[top : top + height, left : left + width]
    assert read(plane, window) == code


def test_survives_scaling_to_160_by_90_and_a_low_rate() -> None:
    """Coded at 180 kbit/s, decoded, halved, coded again at 60 kbit/s: every mark is still read."""
    wanted = [Code(person=7, frame=index) for index in range(30)]
    sent = _through_vp8([portrait(code, index) for index, code in enumerate(wanted)], MediaSettings())
    small = [np.asarray(Image.fromarray(picture).resize((160, 90), Image.Resampling.BILINEAR)) for picture in sent]
    again = _through_vp8(small, MediaSettings(width=160, height=90, bitrate=60_000))
    assert [read(luma(picture)) for picture in again] == wanted


def test_pictures_without_a_mark_give_nothing() -> None:
    noise = np.random.default_rng(5)
    for _ in range(300):
        assert read(noise.integers(0, 256, (90, 160), dtype=np.uint8)) is None
    assert read(np.zeros((90, 160), dtype=np.uint8)) is None
    assert read(luma(Artist(look_of(3, woman=True), 320, 180).draw(Motion("x", seconds=4).pose(0)))) is None


def test_a_window_outside_the_plane_gives_nothing() -> None:
    assert read(np.zeros((90, 160), dtype=np.uint8), covering(500, 500, 160, 90)) is None


@pytest.mark.parametrize("place", [(0, -30), (-300, 0), (430, 0), (0, 356)], ids=str)
def test_a_mark_that_is_partly_outside_the_plane_gives_nothing(place: tuple[int, int]) -> None:
    plane = np.full((360, 640), 60, dtype=np.uint8)
    left, top = place
    shown = luma(portrait(CODES[0]))
    cut = shown[max(0, -top) : 360 - top, max(0, -left) : 640 - left]
    plane[max(0, top) : max(0, top) + cut.shape[0], max(0, left) : max(0, left) + cut.shape[1]] = cut
    assert read(plane, Window(left, top, 320, 180)) is None


@pytest.mark.parametrize(
    ("tile", "window"),
    [
        ((10, 20, 320, 180), Window(10, 20, 320, 180)),
        ((10, 20, 320, 240), Window(10, 50, 320, 180)),
        ((10, 20, 400, 180), Window(50, 20, 320, 180)),
    ],
    ids=str,
)
def test_a_screen_is_shown_as_a_whole(tile: tuple[int, int, int, int], window: Window) -> None:
    assert contained(*tile) == window


def test_values_out_of_range_are_refused() -> None:
    picture = np.zeros((180, 320, 3), dtype=np.uint8)
    with pytest.raises(ValueError, match="does not fit"):
        paint(picture, Code(person=picture_code.MAX_PERSON + 1, frame=0))
    with pytest.raises(ValueError, match="does not fit"):
        paint(picture, Code(person=0, frame=-1))


def _through_vp8(pictures: list[np.ndarray], settings: MediaSettings) -> list[np.ndarray]:
    frames, _ = encode_pictures(pictures, settings)
    decoder = av.CodecContext.create("vp8", "r")
    decoded = [frame for data in frames for frame in decoder.decode(av.Packet(data))]
    return [frame.to_ndarray(format="rgb24") for frame in decoded]
