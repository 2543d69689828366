"""The settings of the VP8 coder: what is left as it was follows what coding leaves undone."""

from __future__ import annotations

import av
import numpy as np
import pytest

from mcu.media.types import VideoProfile
from mcu.media.video_codecs import VideoDecoder, VideoEncoder
from mcu.media.vp8_coder import (
    BITSTREAM_VERSION,
    COARSE,
    COARSE_STATIC_THRESHOLD,
    FINE,
    STATIC_THRESHOLD,
    static_threshold,
)

PROFILE = VideoProfile("VP8", 320, 192, 25, 250_000)
HALF = PROFILE.width // 2
PLATE = np.s_[160:176, HALF + 16 : HALF + 144]  # bright letters on dark, in the half that does not move


def paint(frame: av.VideoFrame, index: int) -> np.ndarray:
    """Noise in the left half, other noise in every frame; on the right a wall with a nameplate. Luma."""
    picture = np.full((PROFILE.height, PROFILE.width), 170, np.uint8)
    picture[:, :HALF] = np.random.default_rng(index).normal(128, 10, (PROFILE.height, HALF))
    letters = np.random.default_rng(1000 + (index >= 25)).random((4, 32)) < 0.4
    picture[PLATE] = np.where(letters.repeat(4, 0).repeat(4, 1), 235, 30)
    for number, plane in enumerate(frame.planes):
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        rows[: plane.height, : plane.width] = picture if number == 0 else 128
    return picture


@pytest.mark.parametrize(
    ("quantizer", "before", "then"),
    [
        (2, STATIC_THRESHOLD, STATIC_THRESHOLD),
        (COARSE - 1, STATIC_THRESHOLD, STATIC_THRESHOLD),
        (COARSE, STATIC_THRESHOLD, COARSE_STATIC_THRESHOLD),
        (FINE + 1, COARSE_STATIC_THRESHOLD, COARSE_STATIC_THRESHOLD),
        (FINE, COARSE_STATIC_THRESHOLD, STATIC_THRESHOLD),
        (63, COARSE_STATIC_THRESHOLD, COARSE_STATIC_THRESHOLD),
    ],
)
def test_more_is_left_alone_where_all_is_coarse_and_the_border_does_not_flicker(
    quantizer: int, before: int, then: int
) -> None:
    assert static_threshold(quantizer, before) == then


def test_a_new_nameplate_gets_sharp_and_stays_so_beside_much_that_moves() -> None:
    encoder, decoder = VideoEncoder(PROFILE), VideoDecoder("VP8")
    frame = av.VideoFrame(PROFILE.width, PROFILE.height, "yuv420p")
    worst, sizes = 99.0, []
    for index in range(75):
        luma = paint(frame, index)
        coded = encoder.encode(frame, timestamp=index * 3_600, keyframe=False)
        assert coded is not None
        assert coded.data[0] >> 1 & 7 == BITSTREAM_VERSION
        assert coded.keyframe == (index == 0)
        sizes.append(len(coded.data))
        picture = decoder.decode(coded)
        assert picture is not None
        if index >= 50:
            error = np.mean((picture.y[PLATE].astype(float) - luma[PLATE]) ** 2)
            worst = min(worst, 10 * np.log10(255**2 / error))
    assert worst > 36
    assert sum(sizes[25:]) * 8 / 2 == pytest.approx(PROFILE.bitrate, rel=0.1)
