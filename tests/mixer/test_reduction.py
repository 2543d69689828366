"""Smaller rungs of the composite."""

from __future__ import annotations

import av
import numpy as np
import pytest

from mcu.mixer import palette
from mcu.mixer.reduction import Reduction


def frame_of(width: int, height: int, *, left: int, right: int) -> av.VideoFrame:
    image = np.full((height * 3 // 2, width), 128, np.uint8)
    image[:height, : width // 2] = left
    image[:height, width // 2 :] = right
    return av.VideoFrame.from_ndarray(image, format="yuv420p")


@pytest.mark.parametrize("size", [(640, 360), (320, 180), (1280, 720)])
def test_the_whole_picture_smaller(size: tuple[int, int]) -> None:
    reduction = Reduction(*size)
    small = reduction.reduce(frame_of(1280, 720, left=50, right=200)).to_ndarray()
    assert small.shape == (size[1] * 3 // 2, size[0])
    assert (small[: size[1], : size[0] // 2 - 2] == 50).all()
    assert (small[: size[1], size[0] // 2 + 2 :] == 200).all()


def test_bars_where_the_aspect_differs() -> None:
    small = Reduction(640, 480).reduce(frame_of(1280, 720, left=50, right=200)).to_ndarray()
    assert (small[:58, :640] == palette.yuv(palette.CANVAS)[0]).all()
    assert (small[62:418, :300] == 50).all()


def test_a_copy_with_wide_samples_keeps_the_true_shape() -> None:
    """16:9 in CIF, which is 4:3: a quarter of the height is bars, as with square samples in 4:3."""
    small = Reduction(352, 288, 12 / 11).reduce(frame_of(1280, 720, left=50, right=200)).to_ndarray()[:288]
    assert (small[:34] == palette.yuv(palette.CANVAS)[0]).all()
    assert (small[254:] == palette.yuv(palette.CANVAS)[0]).all()
    assert (small[38:250, :170] == 50).all()
    assert (small[38:250, 180:] == 200).all()


def test_the_same_frame_again_and_again() -> None:
    reduction = Reduction(640, 360)
    first = reduction.reduce(frame_of(1280, 720, left=50, right=200))
    assert reduction.reduce(frame_of(1280, 720, left=60, right=60)) is first
    assert (first.to_ndarray()[:360] == 60).all()
