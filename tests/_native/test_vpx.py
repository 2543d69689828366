"""The binding of libvpx: what it makes, refuses and changes on the fly."""

from __future__ import annotations

import av
import numpy as np
import pytest

from mcu._native.vpx import Vp8Encoder, VpxError, advance

WIDTH, HEIGHT, FPS = 326, 182, 25  # no multiples of a macroblock, an odd number of chroma columns
INTERVAL = 90_000 // FPS


def picture(index: int, *, noise: float = 12.0) -> list[np.ndarray]:
    """A pattern that moves, with noise that has to be coded."""
    random = np.random.default_rng(index)
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    luma = 128 + 60 * np.sin((columns + 2 * index) / 9) * np.cos(rows / 7) + random.normal(0, noise, rows.shape)
    chroma = 128 + 40 * np.sin((columns[::2, ::2] - index) / 15)
    return [np.clip(plane, 0, 255).astype(np.uint8) for plane in (luma, chroma, 255 - chroma)]


def encode(encoder: Vp8Encoder, planes: list[np.ndarray], **options: object) -> bytes:
    return encoder.encode(planes, [plane.shape[1] for plane in planes], **{"elapsed": INTERVAL, **options})


def decoded(frames: list[bytes], codec: str = "vp8") -> list[np.ndarray]:
    decoder = av.CodecContext.create(codec, "r")
    decoder.thread_count = 1
    return [decoder.decode(av.Packet(frame))[0].to_ndarray(format="yuv420p") for frame in frames]


def psnr(shown: np.ndarray, luma: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / np.mean((shown[:HEIGHT].astype(float) - luma) ** 2)))


def is_keyframe(frame: bytes) -> bool:
    return not frame[0] & 1


@pytest.mark.parametrize("speed", [4, 10, 16])
def test_what_goes_in_comes_out(speed: int) -> None:
    encoder = Vp8Encoder(WIDTH, HEIGHT, fps=FPS, bitrate=1_500_000, speed=speed)
    pictures = [picture(index, noise=0) for index in range(20)]
    frames = [encode(encoder, planes) for planes in pictures]
    assert [is_keyframe(frame) for frame in frames] == [True] + [False] * 19
    for shown, (luma, _, _) in zip(decoded(frames), pictures, strict=True):
        assert psnr(shown, luma) > 30
    assert 2 <= encoder.quantizer <= 56


def test_rows_may_lie_apart() -> None:
    close, apart = (Vp8Encoder(WIDTH, HEIGHT, fps=FPS, bitrate=500_000) for _ in range(2))
    planes = picture(1)
    wide = [np.pad(plane, ((0, 0), (0, 40)), constant_values=200) for plane in planes]
    assert encode(close, planes) == apart.encode(wide, [plane.shape[1] for plane in wide], elapsed=INTERVAL)


def test_the_rate_changes_between_two_frames_without_a_keyframe() -> None:
    encoder = Vp8Encoder(WIDTH, HEIGHT, fps=FPS, bitrate=1_200_000)
    frames = []
    for index in range(125):
        if index in (50, 100):
            encoder.set_bitrate(300_000 if index == 50 else 1_200_000)
        frames.append(encode(encoder, picture(index)))
    sizes = [sum(map(len, frames[start : start + 25])) * 8 for start in range(0, 125, 25)]
    assert sizes[1] == pytest.approx(1_200_000, rel=0.15)
    assert sizes[3] == pytest.approx(300_000, rel=0.15)
    assert sizes[4] == pytest.approx(1_200_000, rel=0.25)
    assert sum(map(is_keyframe, frames)) == 1


def test_keyframes_come_when_asked_for_and_stay_in_their_bounds() -> None:
    encoder = Vp8Encoder(WIDTH, HEIGHT, fps=FPS, bitrate=600_000, max_keyframe_percent=450)
    frames = [encode(encoder, picture(index), keyframe=index in (30, 31)) for index in range(40)]
    assert [index for index, frame in enumerate(frames) if is_keyframe(frame)] == [0, 30, 31]
    assert max(map(len, frames[10:])) < 1.3 * 4.5 * 600_000 / 8 / FPS


@pytest.mark.parametrize("version", [0, 1, 2, 3])
def test_every_version_of_the_bitstream_decodes_alike_in_all_decoders(version: int) -> None:
    encoder = Vp8Encoder(WIDTH, HEIGHT, fps=FPS, bitrate=600_000, version=version)
    pictures = [picture(index, noise=4) for index in range(30)]
    frames = [encode(encoder, planes) for planes in pictures]
    assert {frame[0] >> 1 & 7 for frame in frames} == {version}  # RFC 6386 section 9.1
    ours, theirs = decoded(frames), decoded(frames, "libvpx")
    assert all(np.array_equal(one, other) for one, other in zip(ours, theirs, strict=True))
    assert psnr(ours[-1], pictures[-1][0]) > 26


def test_the_static_threshold_changes_between_two_frames_and_leaves_the_rest_alone() -> None:
    encoder = Vp8Encoder(WIDTH, HEIGHT, fps=FPS, bitrate=1_200_000)
    first, second = picture(0, noise=0), picture(0, noise=2)
    encode(encoder, first)
    for _ in range(10):
        before = len(encode(encoder, first))
    encoder.set_static_threshold(60_000)  # 15 a pixel, four of noise
    skipped = encode(encoder, second)
    encoder.set_static_threshold(0)
    coded = encode(encoder, second)
    assert len(skipped) < 2 * before < len(coded)
    assert not is_keyframe(skipped)
    assert not is_keyframe(coded)


def test_the_same_rate_again_is_no_change() -> None:
    told, left = (Vp8Encoder(WIDTH, HEIGHT, fps=FPS, bitrate=600_000) for _ in range(2))
    for index in range(20):
        told.set_bitrate(600_000)
        assert encode(told, picture(index)) == encode(left, picture(index))


def test_frames_left_out_leave_their_bits_to_the_others() -> None:
    """Every second frame: each may be twice as large. After a long pause no burst follows."""
    encoder = Vp8Encoder(WIDTH, HEIGHT, fps=FPS, bitrate=600_000)
    frames = [encode(encoder, picture(index), elapsed=2 * INTERVAL) for index in range(60)]
    assert sum(map(len, frames[30:])) * 8 / 30 * FPS / 2 == pytest.approx(600_000, rel=0.15)
    after = encode(encoder, picture(60), elapsed=90_000 * 3_600)
    assert len(after) < 5 * 600_000 / 8 / FPS


def test_inactive_macroblocks_stay_as_they_were() -> None:
    encoder = Vp8Encoder(WIDTH, HEIGHT, fps=FPS, bitrate=900_000)
    assert (encoder.rows, encoder.columns) == (12, 21)
    active = np.zeros((12, 21), np.uint8)
    active[:, :10] = 1
    frames = [encode(encoder, picture(index), active=active if index else None) for index in range(12)]
    before, *_, after = decoded(frames)
    still = (slice(0, HEIGHT), slice(176, WIDTH))  # a macroblock away from the active ones: those are filtered across
    assert np.mean(np.abs(before[still].astype(int) - after[still])) < 1.5  # filtered again with every frame
    assert np.mean(np.abs(before[:HEIGHT, :160].astype(int) - after[:HEIGHT, :160])) > 10
    assert len(encode(encoder, picture(13), active=np.zeros((12, 21), np.uint8))) < 100


@pytest.mark.parametrize("options", [{"speed": 0}, {"speed": 17}, {"fps": 0}])
def test_settings_that_do_not_exist_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="a speed of 1 to 16"):
        Vp8Encoder(64, 64, **{"fps": 25, "bitrate": 100_000, **options})
    with pytest.raises(VpxError):
        Vp8Encoder(64, 64, fps=25, bitrate=100_000, max_quantizer=100)


def test_memory_that_is_too_small_is_refused_and_the_encoder_goes_on() -> None:
    encoder = Vp8Encoder(WIDTH, HEIGHT, fps=FPS, bitrate=900_000)
    planes = picture(0)
    with pytest.raises(ValueError, match="plane 2 is smaller"):
        encode(encoder, [planes[0], planes[1], planes[2][1:]])
    with pytest.raises(ValueError, match="plane 0 is smaller"):
        encoder.encode(planes, [WIDTH - 1, WIDTH, WIDTH], elapsed=INTERVAL)
    for count in (0, 2, 4):
        with pytest.raises(ValueError, match="three planes"):
            encoder.encode([planes[0]] * count, [WIDTH] * 3, elapsed=INTERVAL)
        with pytest.raises(ValueError, match="three planes"):
            encoder.encode(planes, [WIDTH] * count, elapsed=INTERVAL)
    with pytest.raises(ValueError, match="the map has 20 macroblocks"):
        encode(encoder, planes, active=np.ones(20, np.uint8))
    assert is_keyframe(encode(encoder, planes))


def test_maps_of_macroblocks_are_those_of_the_rules() -> None:
    """Held against the same in numpy, over a long random history."""
    random = np.random.default_rng(5)
    shape, settled, refined, refresh = (9, 14), 5, 30, 8
    still, sharp = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    ours = [still.copy(), sharp.copy()]
    phase = (np.arange(shape[0]) * 11 % refresh)[:, None]
    for frame in range(600):
        top, left = random.integers(0, shape)
        part = (int(top), int(random.integers(top, shape[0] + 1)), int(left), int(random.integers(left, shape[1] + 1)))
        parts = [part] if frame % 60 < 5 else []
        still += still < 255
        differs = np.zeros(shape, np.uint8)
        for one in parts:
            place = slice(*one[:2]), slice(*one[2:])
            differs[place], still[place], sharp[place] = 1, 0, 0
        old = still >= settled
        expected = differs | (old & ((still < settled + refined) | (phase == frame % refresh)) & (sharp == 0))
        active = np.full(shape, 9, np.uint8)
        settings = {"settled": settled, "refined": refined, "refresh": refresh, "turn": frame % refresh}
        advance(*ours, active, parts, **settings)
        assert np.array_equal(active, expected)
        if random.random() < 0.1:
            sharp |= expected
            ours[1] |= expected


@pytest.mark.parametrize("part", [(-1, 1, 0, 1), (0, 4, 0, 1), (2, 1, 0, 1), (0, 1, 0, 6), (0, 1, 3, 2)])
def test_parts_beyond_the_map_are_refused(part: tuple[int, int, int, int]) -> None:
    arrays = [np.zeros((3, 5), np.uint8) for _ in range(3)]
    with pytest.raises(ValueError, match="beyond"):
        advance(*arrays, [part], settled=1, refined=1, refresh=1, turn=0)


def test_maps_of_different_shapes_are_refused() -> None:
    arrays = [np.zeros((3, columns), np.uint8) for columns in (5, 5, 4)]
    with pytest.raises(ValueError, match="shapes"):
        advance(*arrays, [], settled=1, refined=1, refresh=1, turn=0)
