"""Rates, keyframes and sizes of the encoders for old rooms."""

from __future__ import annotations

import pytest

from mcu.media.h26x_coder import FORCED
from mcu.media.video_codecs import VideoEncoder
from tests.fakes.moving_pictures import moving, profile

CIF = (352, 288)


def sizes(encoder: VideoEncoder, begin: int, count: int, *, noise: float = 4.0) -> list[tuple[int, bool]]:
    """(bytes, keyframe) of each picture; 0 bytes for one that was left out."""
    found = []
    for index, frame in enumerate(moving(count, *CIF, noise=noise, seed=begin + 1), begin):
        coded = encoder.encode(frame, timestamp=3_600 * index, keyframe=False)
        found.append((len(coded.data), coded.keyframe) if coded else (0, False))
    return found


def kilobits(found: list[tuple[int, bool]]) -> float:
    return sum(size for size, _ in found) * 8 / 1000 / (len(found) / 25)


@pytest.mark.parametrize("codec", ["H261", "H263", "H263-1998"])
@pytest.mark.parametrize("rate", [128_000, 384_000, 1_000_000])
def test_the_rate_holds(codec, rate):
    encoder = VideoEncoder(profile(codec, *CIF, rate))
    found = sizes(encoder, 0, 100)
    assert kilobits(found[25:]) < 1.15 * rate / 1000
    for begin in range(0, 75, 5):
        assert kilobits(found[begin : begin + 25]) < 1.7 * rate / 1000  # with a keyframe in it, and what may be ahead


@pytest.mark.parametrize("codec", ["H261", "H263"])
def test_a_lower_rate_holds_at_once_and_pictures_come_as_often_again_soon(codec):
    encoder = VideoEncoder(profile(codec, *CIF, 1_000_000))
    sizes(encoder, 0, 50)
    encoder.set_bitrate(300_000)
    assert encoder.bitrate == 300_000
    found = sizes(encoder, 50, 125, noise=2.0)
    assert kilobits(found[:25]) < 1.7 * 300
    assert kilobits(found[25:50]) < 1.3 * 300
    assert kilobits(found[100:]) < 1.15 * 300
    assert sum(size > 0 for size, _ in found[100:]) >= 20


def test_a_higher_rate_is_used_after_a_while():
    encoder = VideoEncoder(profile("H261", *CIF, 1_000_000))
    encoder.set_bitrate(200_000)
    sizes(encoder, 0, 25)
    encoder.set_bitrate(800_000)
    found = sizes(encoder, 25, 150, noise=8.0)
    assert kilobits(found[100:]) > 500


def test_a_rate_that_hardly_changes_makes_no_keyframe():
    encoder = VideoEncoder(profile("H263", *CIF, 400_000))
    keyframes = 0
    for index, frame in enumerate(moving(120, *CIF)):
        encoder.set_bitrate(400_000 - 1_000 * (index % 40))
        coded = encoder.encode(frame, timestamp=3_600 * index, keyframe=False)
        keyframes += coded is not None and coded.keyframe
    assert keyframes == 1


def test_a_keyframe_that_was_asked_for_comes_though_the_rate_is_used_up():
    encoder = VideoEncoder(profile("H261", *CIF, 64_000))
    came = []
    for index, frame in enumerate(moving(60, *CIF, noise=8)):
        coded = encoder.encode(frame, timestamp=3_600 * index, keyframe=index == 30)
        if coded is not None and coded.keyframe:
            came.append(index)
    assert came[0] == 0
    assert came[1] == 30


@pytest.mark.parametrize("codec", ["H261", "H263"])
def test_every_picture_is_refreshed_in_time(codec):
    encoder = VideoEncoder(profile(codec, 176, 144, 300_000))
    keyframes = []
    for index, frame in enumerate(moving(2 * FORCED + 5, 176, 144)):
        coded = encoder.encode(frame, timestamp=3_600 * index, keyframe=False)
        assert coded is not None
        if coded.keyframe:
            keyframes.append(index)
    assert keyframes == [0, FORCED, 2 * FORCED]


@pytest.mark.parametrize(("codec", "size"), [("H261", (704, 576)), ("H261", (320, 240)), ("H263", (640, 480))])
def test_a_size_that_the_codec_does_not_have_is_a_bug(codec, size):
    with pytest.raises(ValueError, match="no pictures of"):
        VideoEncoder(profile(codec, *size, 300_000))
