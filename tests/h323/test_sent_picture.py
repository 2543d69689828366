"""Which picture a channel gets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mcu.control import RtpChannel
from mcu.h323.sent_picture import video_profile
from mcu.media.types import VideoProfile

HD = VideoProfile("H264", 1280, 720, 25, 1_200_000, "constrained-baseline")
HALF = replace(HD, width=640, height=360, bitrate=432_000)
QUARTER = replace(HD, width=320, height=180, fps=12, bitrate=120_000)
PICTURES = (HD, HALF, QUARTER)


def channel(codec: str = "H264", **values: int | bool) -> RtpChannel:
    given: dict[str, int | bool] = {"packetization_mode": 1} | values
    return RtpChannel("sent", "main", codec, 99, 90_000, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("limits", "picture"),
    [
        ({}, HD),
        ({"width": 1920, "height": 1088, "fps": 60, "bitrate": 4_000_000}, HD),
        ({"width": 1280, "height": 720, "fps": 30, "bitrate": 1_200_000}, HD),
        ({"width": 768, "height": 448, "fps": 30, "bitrate": 1_000_000}, HALF),
        ({"width": 352, "height": 288, "fps": 30, "bitrate": 1_000_000}, QUARTER),
        ({"bitrate": 500_000}, HALF),
        ({"bitrate": 768_000}, replace(HD, bitrate=768_000)),
        ({"fps": 15}, replace(HD, fps=15)),
        ({"bitrate": 64_000}, replace(QUARTER, bitrate=64_000)),
        ({"bitrate": 20_000}, replace(QUARTER, bitrate=20_000)),
        ({"width": 176, "height": 144}, replace(QUARTER, width=176, height=98)),
        ({"packetization_mode": 0}, replace(HD, packetization_mode=0)),
    ],
)
def test_the_largest_that_fits(limits: dict[str, int], picture: VideoProfile) -> None:
    assert video_profile(channel(**limits), PICTURES) == picture


@pytest.mark.parametrize(
    ("codec", "plus", "limits", "picture"),
    [
        ("H261", False, {"width": 352, "height": 288, "bitrate": 320_000}, VideoProfile("H261", 352, 288, 25, 320_000)),
        ("H261", False, {"width": 176, "height": 144, "fps": 15}, VideoProfile("H261", 176, 144, 15, 1_200_000)),
        ("H263", False, {"width": 704, "height": 576, "bitrate": 1}, VideoProfile("H263", 352, 288, 25, 1)),
        ("H263", True, {"width": 352, "height": 288}, VideoProfile("H263-1998", 352, 288, 25, 1_200_000)),
    ],
)
def test_older_codecs_have_sizes_of_their_own(
    codec: str, plus: bool, limits: dict[str, int], picture: VideoProfile
) -> None:
    assert video_profile(channel(codec, h263_plus=plus, **limits), PICTURES) == picture
