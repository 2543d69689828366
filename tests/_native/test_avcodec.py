"""FFmpeg's VP8 decoder called directly: the same pictures as through PyAV, from memory that stays."""

from __future__ import annotations

import gc
import mmap
import os
import random
from pathlib import Path

import av
import numpy as np
import pytest

from mcu._native.avcodec import UNUSABLE_BECAUSE, AvcodecError, Vp8Decoder, loaded
from mcu._native.vpx import Vp8Encoder
from mcu.media.pyav_decoder import PyavDecoder
from mcu.media.types import EncodedFrame

WIDTH, HEIGHT = 325, 183  # odd, so that chroma is rounded up
OPTIONS = {"flags": "+low_delay", "err_detect": "explode", "threads": "1"}


def frames(count: int, *, seed: int = 0) -> list[bytes]:
    """A noisy pattern that moves."""
    encoder, random = Vp8Encoder(WIDTH, HEIGHT, fps=25, bitrate=400_000), np.random.default_rng(seed)
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    result = []
    for index in range(count):
        luma = 128 + 60 * np.sin((columns + 2 * index) / 9) * np.cos(rows / 7) + random.normal(0, 9, rows.shape)
        chroma = 128 + 40 * np.sin((columns[::2, ::2] - index) / 15)
        planes = [np.clip(plane, 0, 255).astype(np.uint8) for plane in (luma, chroma, 255 - chroma)]
        result.append(encoder.encode(planes, [plane.shape[1] for plane in planes], elapsed=3_600))
    return result


def through_pyav(data: list[bytes]) -> list[tuple[np.ndarray, ...] | None]:
    decoder = PyavDecoder("VP8", OPTIONS)
    pictures = [decoder.decode(EncodedFrame("VP8", one, 0, keyframe=False)) for one in data]
    return [None if picture is None else (picture.y, picture.u, picture.v) for picture in pictures]


def test_the_library_that_pyav_brought_is_known() -> None:
    assert UNUSABLE_BECAUSE == ""
    assert b"libavcodec" in loaded("libavcodec")
    assert loaded("libofnobody") == b""


def test_a_mapped_file_whose_name_is_no_text_is_in_nobodys_way(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/libof\xe9.so"
    Path(os.fsdecode(name)).write_bytes(bytes(mmap.PAGESIZE))
    with open(name, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ):
        assert loaded("libof") == name
        assert b"libavcodec" in loaded("libavcodec")


def test_pictures_are_those_that_pyav_gives() -> None:
    data = frames(12)
    decoder = Vp8Decoder(OPTIONS)
    for coded, expected in zip(data, through_pyav(data), strict=True):
        planes = decoder.decode(coded)
        assert planes is not None
        assert expected is not None
        for plane, other, shape in zip(planes, expected, ((183, 325), (92, 163), (92, 163)), strict=True):
            assert plane.shape == shape
            assert plane.dtype == np.uint8
            assert not plane.flags.writeable
            assert np.array_equal(plane, other)


def test_planes_stay_when_the_decoder_and_the_other_planes_are_gone() -> None:
    data = frames(6)
    decoder = Vp8Decoder(OPTIONS)
    kept = [(decoder.decode(coded) or ())[2] for coded in data]
    del decoder
    gc.collect()
    for plane, expected in zip(kept, through_pyav(data), strict=True):
        assert expected is not None
        assert np.array_equal(plane, expected[2])


@pytest.mark.parametrize("data", [b"", b"\0", bytes(10), b"\xff" * 100])
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    with pytest.raises(AvcodecError):
        Vp8Decoder(OPTIONS).decode(data)


def test_a_frame_that_is_not_shown_gives_no_picture() -> None:
    first, second = frames(2)
    decoder = Vp8Decoder(OPTIONS)
    assert decoder.decode(first) is not None
    assert decoder.decode(bytes([second[0] & ~0x10]) + second[1:]) is None  # RFC 6386 section 9.1, show_frame


def test_a_broken_frame_is_an_error_or_the_picture_that_pyav_gives() -> None:
    first, second = frames(2)
    chance, outcomes = random.Random(5), []
    for _ in range(60):
        broken = bytearray(second)
        for _ in range(chance.randrange(1, 6)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        data = [first, bytes(broken[: chance.randrange(1, len(broken) + 1)])]
        decoder, expected = Vp8Decoder(OPTIONS), through_pyav(data)[1]
        assert decoder.decode(first) is not None
        try:
            planes = decoder.decode(data[1])
        except AvcodecError:
            planes = None
        assert (planes is None) == (expected is None)
        if planes is not None and expected is not None:
            assert all(np.array_equal(one, two) for one, two in zip(planes, expected, strict=True))
        outcomes.append(planes is None)
    assert set(outcomes) == {True, False}


def test_an_option_that_ffmpeg_does_not_know_is_an_error() -> None:
    with pytest.raises(AvcodecError, match="unknown"):
        Vp8Decoder({**OPTIONS, "colour_of_the_sky": "blue"})
    with pytest.raises(AvcodecError):
        Vp8Decoder({"err_detect": "nonsense"})


def test_pictures_are_given_back() -> None:
    data, decoder = frames(2), Vp8Decoder(OPTIONS)

    def kilobytes() -> int:
        with open("/proc/self/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * 4

    def decode(times: int) -> None:
        for _ in range(times):
            decoder.decode(data[0])

    decode(100)
    before = kilobytes()
    decode(1_000)  # 87 MB of pictures
    assert kilobytes() - before < 10_000


def test_the_version_of_pyav_is_one_that_was_looked_at() -> None:
    assert av.library_versions["libavcodec"][0] == 62
    assert av.library_versions["libavutil"][0] == 60
