from __future__ import annotations

import dataclasses
from fractions import Fraction

import av
import numpy as np
import pytest
from av.video.frame import PictureType

from mcu.media.h264_coder import SLICE_BYTES
from mcu.media.h264_nal import IDR, PPS, SPS, nal_type, split_annex_b
from mcu.media.payload_h264 import depacketize
from mcu.media.payload_vp8 import Vp8Format
from mcu.media.payloads import packetize
from mcu.media.types import EncodedFrame, VideoProfile
from mcu.media.video_codecs import VideoDecoder, VideoEncoder

WIDTH, HEIGHT = 322, 182  # odd chroma size, and no multiple of a macroblock
PROFILES = [
    VideoProfile("VP8", WIDTH, HEIGHT, 25, 600_000),
    VideoProfile("H264", WIDTH, HEIGHT, 25, 600_000, "constrained-baseline", 0),
    VideoProfile("H264", WIDTH, HEIGHT, 25, 600_000, "constrained-baseline", 1),
    VideoProfile("H264", WIDTH, HEIGHT, 25, 600_000, "high", 1),
]
NAMES = [f"{profile.codec}-{profile.h264_profile}-{profile.packetization_mode}" for profile in PROFILES]


def paint(frame: av.VideoFrame, shift: float) -> None:
    for index, plane in enumerate(frame.planes):
        rows, columns = np.mgrid[0 : plane.height, 0 : plane.width]
        target = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        target[: plane.height, : plane.width] = 128 + 50 * np.sin((columns + shift) / 9 + index) * np.cos(rows / 7)


def luma(frame: av.VideoFrame) -> np.ndarray:
    plane = frame.planes[0]
    view = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
    return view.astype(np.float32)


def coded(
    profile: VideoProfile, count: int, *, keyframes: tuple[int, ...] = ()
) -> list[tuple[EncodedFrame, np.ndarray]]:
    """Frames from one encoder and one frame object that is painted over, as the compositor does."""
    encoder = VideoEncoder(profile)
    picture = av.VideoFrame(profile.width, profile.height, "yuv420p")
    result = []
    for index in range(count):
        paint(picture, 2.0 * index)
        timestamp = (0xFFFFF000 + index * 3_600) & 0xFFFFFFFF
        frame = encoder.encode(picture, timestamp=timestamp, keyframe=index in keyframes)
        assert frame is not None
        assert frame.timestamp == timestamp
        result.append((frame, luma(picture)))
    return result


def psnr(picture: np.ndarray, original: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / np.mean((picture - original) ** 2)))


@pytest.mark.parametrize("profile", PROFILES, ids=NAMES)
def test_every_frame_in_is_a_picture_out(profile: VideoProfile) -> None:
    decoder = VideoDecoder(profile.codec)
    for frame, original in coded(profile, 30):
        picture = decoder.decode(dataclasses.replace(frame, rotation=90))
        assert picture is not None
        assert (picture.width, picture.height, picture.rotation) == (WIDTH, HEIGHT, 90)
        assert picture.u.shape == picture.v.shape == (HEIGHT // 2, WIDTH // 2)
        assert psnr(picture.y, original) > 30
        assert not picture.y.flags.writeable
    assert decoder.decoded == 30


@pytest.mark.parametrize("profile", PROFILES, ids=NAMES)
def test_keyframes_come_at_the_start_and_when_asked_for(profile: VideoProfile) -> None:
    frames = [frame for frame, _ in coded(profile, 12, keyframes=(5, 6))]
    assert [index for index, frame in enumerate(frames) if frame.keyframe] == [0, 5, 6]


@pytest.mark.parametrize("profile", PROFILES[1:], ids=NAMES[1:])
def test_h264_repeats_its_headers_and_has_the_profile_that_was_agreed(profile: VideoProfile) -> None:
    for frame, _ in coded(profile, 6, keyframes=(3,)):
        kinds = [nal_type(nal) for nal in split_annex_b(frame.data)]
        if frame.keyframe:
            assert kinds.index(SPS) < kinds.index(PPS) < kinds.index(IDR)
            sps = next(nal for nal in split_annex_b(frame.data) if nal_type(nal) == SPS)
            assert sps[1] == (100 if profile.h264_profile == "high" else 66)
            if profile.h264_profile == "constrained-baseline":
                assert sps[2] & 0x40  # constraint_set1_flag


def test_in_mode_0_a_slice_is_a_packet() -> None:
    profile = VideoProfile("H264", 640, 360, 25, 2_000_000, "constrained-baseline", 0)
    for frame, _ in coded(profile, 3):
        payloads = packetize(frame, profile, SLICE_BYTES)
        assert max(map(len, payloads)) <= SLICE_BYTES
        assert depacketize(payloads) == split_annex_b(frame.data)


def test_picture_ids_rise_by_one_from_frame_to_frame() -> None:
    first, *others = [frame.picture_id for frame, _ in coded(PROFILES[0], 4)]
    assert others == [(first + step) & 0x7FFF for step in (1, 2, 3)]
    assert {frame.picture_id for frame, _ in coded(PROFILES[2], 2)} == {-1}


def test_picture_ids_rise_from_encoder_to_encoder_at_keyframes() -> None:
    picture = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
    paint(picture, 0)
    early, late = VideoEncoder(PROFILES[0]), VideoEncoder(PROFILES[0])
    for index in range(4):
        before = early.encode(picture, timestamp=index * 3_600, keyframe=False)
    after = late.encode(picture, timestamp=4 * 3_600, keyframe=False, number_above=early.number)
    again = early.encode(picture, timestamp=5 * 3_600, keyframe=True, number_above=late.number)
    assert before is not None
    assert after is not None
    assert again is not None
    assert (before.picture_id, after.picture_id, again.picture_id) == (3, 4, 5)


def test_a_frame_of_another_size_is_scaled() -> None:
    encoder = VideoEncoder(VideoProfile("VP8", 160, 90, 25, 200_000))
    picture = av.VideoFrame(320, 180, "yuv420p")
    paint(picture, 0)
    frame = encoder.encode(picture, timestamp=0, keyframe=False)
    assert frame is not None
    decoded = VideoDecoder("VP8").decode(frame)
    assert decoded is not None
    assert (decoded.width, decoded.height) == (160, 90)


def test_a_static_picture_costs_almost_nothing() -> None:
    encoder = VideoEncoder(PROFILES[0])
    picture = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
    paint(picture, 0)
    frames = [encoder.encode(picture, timestamp=index * 3_600, keyframe=False) for index in range(60)]
    assert max(len(frame.data) for frame in frames[50:] if frame is not None) < 600


@pytest.mark.parametrize("profile", [PROFILES[0], PROFILES[2]], ids=["VP8", "H264"])
def test_nothing_is_decoded_before_a_keyframe(profile: VideoProfile) -> None:
    decoder = VideoDecoder(profile.codec)
    frames = [frame for frame, _ in coded(profile, 4, keyframes=(3,))]
    assert [decoder.decode(frame) is not None for frame in frames[1:]] == [False, False, True]
    assert (decoder.skipped, decoder.errors) == (2, 0)


@pytest.mark.parametrize("profile", [PROFILES[0], PROFILES[1]], ids=["VP8", "H264"])
def test_a_corrupt_frame_costs_a_keyframe_and_no_more(profile: VideoProfile) -> None:
    decoder = VideoDecoder(profile.codec)
    frames = [frame for frame, _ in coded(profile, 8, keyframes=(5,))]
    frames[2] = dataclasses.replace(frames[2], data=frames[2].data[:2])
    assert [decoder.decode(frame) is not None for frame in frames] == [
        True,
        True,
        False,
        False,
        False,
        True,
        True,
        True,
    ]
    assert decoder.errors == 1
    assert not decoder.needs_keyframe


@pytest.mark.parametrize("codec", ["VP8", "H264"])
@pytest.mark.parametrize("data", [b"", b"\0", b"\0\0\0\1\x65\x88", bytes(100), b"\xff" * 100])
def test_nonsense_is_no_picture(codec: str, data: bytes) -> None:
    decoder = VideoDecoder(codec)
    assert decoder.decode(EncodedFrame(codec, data, 0, keyframe=True)) is None
    assert decoder.needs_keyframe


@pytest.mark.parametrize("codec", ["VP8", "H264"])
def test_the_size_may_change_at_a_keyframe(codec: str) -> None:
    decoder = VideoDecoder(codec)
    sizes = []
    for width, height in ((320, 180), (160, 90), (640, 360)):
        for frame, _ in coded(VideoProfile(codec, width, height, 25, 300_000), 2):
            picture = decoder.decode(frame)
            assert picture is not None
            sizes.append((picture.width, picture.height))
    assert sizes == [(320, 180)] * 2 + [(160, 90)] * 2 + [(640, 360)] * 2


def test_pictures_stay_as_they_were_while_decoding_goes_on() -> None:
    decoder = VideoDecoder("VP8")
    pictures = [decoder.decode(frame) for frame, _ in coded(PROFILES[0], 20)]
    again = [VideoDecoder("VP8")]
    for (frame, _), kept in zip(coded(PROFILES[0], 20), pictures, strict=True):
        fresh = again[0].decode(frame)
        assert fresh is not None
        assert kept is not None
        assert np.array_equal(kept.y, fresh.y)


@pytest.mark.parametrize(("width", "height"), [(8_192, 4_608), (16_383, 16_383), (8_000, 64)])
def test_absurd_sizes_are_refused(width: int, height: int) -> None:
    header = b"\x10\x00\x00\x9d\x01\x2a" + width.to_bytes(2, "little") + height.to_bytes(2, "little")
    decoder = VideoDecoder("VP8")
    assert decoder.decode(EncodedFrame("VP8", header + bytes(200), 0, keyframe=True)) is None
    assert decoder.errors == 1


@pytest.mark.parametrize("profile", [PROFILES[0], PROFILES[2], PROFILES[3]], ids=["VP8", "H264", "H264-high"])
def test_the_rate_changes_without_a_keyframe(profile: VideoProfile) -> None:
    profile = dataclasses.replace(profile, bitrate=1_000_000)
    encoder, picture = VideoEncoder(profile), av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
    sizes = []
    for index in range(200):
        if index in (50, 150):
            encoder.set_bitrate(300_000 if index == 50 else 1_000_000)
        paint_noise(picture, index)
        frame = encoder.encode(picture, timestamp=index * 3_600, keyframe=False)
        assert frame is not None
        sizes.append(len(frame.data))
    assert encoder.keyframes == 1
    assert encoder.bitrate == 1_000_000
    before, low, after = (sum(sizes[first : first + 25]) * 8 for first in (25, 125, 175))
    assert before > 800_000
    assert 200_000 < low < 400_000
    assert after > 750_000


def paint_noise(frame: av.VideoFrame, index: int) -> None:
    paint(frame, 2.0 * index)
    plane = frame.planes[0]
    target = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
    target += np.random.default_rng(index).integers(0, 30, target.shape, dtype=np.uint8)


def test_h264_does_not_rise_above_the_rate_it_was_made_with() -> None:
    encoder = VideoEncoder(PROFILES[1])
    encoder.set_bitrate(5_000_000)
    assert encoder.bitrate == PROFILES[1].bitrate


def layered(count: int, *, keyframe: int) -> list[bytes]:
    """Two temporal layers in turns, the base first, as a browser may send them."""
    context = av.CodecContext.create("libvpx", "w")
    context.width, context.height, context.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    context.time_base, context.bit_rate = Fraction(1, 25), 600_000
    context.options = {
        "g": "9999",
        "deadline": "realtime",
        "cpu-used": "-8",
        "lag-in-frames": "0",
        "error-resilient": "default",  # upper frames leave the probabilities alone
        "ts-parameters": "ts_number_layers=2:ts_target_bitrate=360,600:ts_rate_decimator=2,1:ts_periodicity=2"
        ":ts_layer_id=0,1:ts_layering_mode=2",
    }
    picture, frames = av.VideoFrame(WIDTH, HEIGHT, "yuv420p"), []
    for index in range(count):
        paint(picture, 2.0 * index)
        picture.pts, picture.time_base = index, context.time_base
        picture.pict_type = PictureType.I if index == keyframe else PictureType.NONE
        frames.append(b"".join(bytes(packet) for packet in context.encode(picture)))
    return frames


def layered_packets(frame: bytes, index: int) -> list[bytes]:
    """Of the frame with this number: X; I, L and T; picture id, TL0PICIDX, and for an upper frame N, TID 1 and Y."""
    upper = index % 2
    fields = bytes((0xE0, 0x80, index, index // 2, 0x60 * upper))
    chunks = [frame[start : start + 290] for start in range(0, len(frame), 290)]
    return [bytes((0x80 | 0x20 * upper | 0x10 * (not at),)) + fields + chunk for at, chunk in enumerate(chunks)]


@pytest.mark.parametrize("lost", ["all of the upper layer", "some of the upper layer"])
def test_frames_of_the_upper_layer_are_not_missed(lost: str) -> None:
    """Through packets, our depacketiser and decoder: what is left decodes to the very same pictures."""
    frames = layered(40, keyframe=22)
    rng = np.random.default_rng(1)
    pictures = []
    for drop in (False, True):
        vp8, decoder = Vp8Format(), VideoDecoder("VP8")
        shown: dict[int, np.ndarray] = {}
        gap = False
        for index, frame in enumerate(frames):
            if drop and index % 2 and (lost.startswith("all") or rng.random() < 0.5):
                gap = True
                continue
            fragments = [vp8.inspect(payload) for payload in layered_packets(frame, index)]
            assembled = vp8.assemble(fragments, contiguous=not gap)
            gap = False
            assert assembled is not None
            assert assembled.keyframe == (index in (0, 22))
            picture = decoder.decode(EncodedFrame("VP8", assembled.data, index * 3_600, assembled.keyframe))
            assert picture is not None
            shown[index] = np.array(picture.y)
        pictures.append(shown)
    whole, thinned = pictures
    assert len(thinned) < len(whole) == 40
    assert all(np.array_equal(picture, whole[index]) for index, picture in thinned.items())


@pytest.mark.parametrize("size", [(WIDTH, HEIGHT), (2 * WIDTH, 2 * HEIGHT)], ids=["own size", "scaled"])
def test_what_changed_is_seen_and_the_rest_stays(size: tuple[int, int]) -> None:
    """Halves that change in turns: the picture is as good as when all of it is coded."""
    encoder = VideoEncoder(dataclasses.replace(PROFILES[0], bitrate=1_500_000))
    decoder, picture = VideoDecoder("VP8"), av.VideoFrame(*size, "yuv420p")
    pattern = av.VideoFrame(*size, "yuv420p")
    middle = size[0] // 4 * 2
    for index in range(40):
        paint(pattern, 3.0 * index)
        left = 0 if index % 2 else middle
        width = middle if index % 2 else size[0] - middle
        for half, (source, target) in enumerate(zip(pattern.planes, picture.planes, strict=True)):
            divide = 2 if half else 1
            rows = [np.frombuffer(memoryview(p), np.uint8).reshape(-1, p.line_size) for p in (source, target)]
            part = slice(left // divide, (left + width) // divide)
            rows[1][:, part] = rows[0][:, part]
        frame = encoder.encode(
            picture, timestamp=index * 3_600, keyframe=False, changed=[(left, 0, width, size[1])] if index else None
        )
        assert frame is not None
        shown = decoder.decode(frame)
        assert shown is not None
        if index > 5:
            wanted = luma(picture.reformat(width=WIDTH, height=HEIGHT))
            assert psnr(shown.y, wanted) > 29


def test_a_picture_of_which_nothing_changes_is_refined_and_then_costs_nothing() -> None:
    encoder = VideoEncoder(dataclasses.replace(PROFILES[0], bitrate=300_000))
    decoder, picture = VideoDecoder("VP8"), av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
    paint_noise(picture, 1)
    quality, sizes = [], []
    for index in range(60):
        frame = encoder.encode(picture, timestamp=index * 3_600, keyframe=False, changed=() if index else None)
        assert frame is not None
        shown = decoder.decode(frame)
        assert shown is not None
        quality.append(psnr(shown.y, luma(picture)))
        sizes.append(len(frame.data))
    assert quality[-1] > quality[0] + 2
    assert sum(size < 60 for size in sizes) > 15
