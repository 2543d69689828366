"""H.264 as rooms send and take it: slices, levels, parameter sets once, single NAL units."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import av
import pytest

from mcu.media.h264_nal import IDR, PPS, SPS, join_annex_b, nal_type, split_annex_b
from mcu.media.payload_h264 import packetize
from mcu.media.payloads import packetize as packetize_by_profile
from mcu.media.types import VideoProfile
from mcu.media.video_codecs import VideoEncoder
from tests.fakes.moving_pictures import Watching, luma_of, moving, psnr

CIF = VideoProfile("H264", 352, 288, 25, 384_000, "constrained-baseline", 0, h264_level=13)
HD = VideoProfile("H264", 1280, 720, 25, 1_500_000, "constrained-baseline", 0, h264_level=31)


def sent_by_a_room(
    size: tuple[int, int], parameters: str, *, keyframes: tuple[int, ...] = (), count: int = 12
) -> list[tuple[bytes, av.VideoFrame]]:
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = *size, "yuv420p"
    context.time_base, context.bit_rate = Fraction(1, 25), 1_500_000
    context.options = {"preset": "superfast", "tune": "zerolatency", "x264-params": parameters, "forced-idr": "1"}
    found = []
    for index, frame in enumerate(moving(count, *size)):
        frame.pts = index
        frame.pict_type = av.video.frame.PictureType.I if index in keyframes else av.video.frame.PictureType.NONE
        found.append((b"".join([bytes(packet) for packet in context.encode(frame)]), frame))
    return found


@pytest.mark.parametrize("mode", [0, 1])
@pytest.mark.parametrize(
    ("size", "parameters"),
    [
        ((640, 480), "slices=4:repeat-headers=1"),
        ((352, 288), "slices=3:aud=1:sar=12/11:repeat-headers=1"),
        ((1024, 768), "slice-max-size=1000:aud=1:cabac=0"),
        ((1920, 1080), "slices=8:level=4.0"),
        ((704, 576), "interlaced=1:tff=1"),
    ],
)
def test_whatever_a_room_sends_is_seen(size, parameters, mode):
    watching, originals = Watching("H264"), {}
    for index, (data, frame) in enumerate(sent_by_a_room(size, parameters)):
        originals[3_600 * index] = luma_of(frame)
        watching.receive(packetize(data, 1_100, packetization_mode=mode), 3_600 * index, index / 25)
    assert watching.shown.keys() == originals.keys()
    assert min(psnr(watching.shown[time].y, originals[time]) for time in originals) > 25
    aspect = 12 / 11 if "sar=12/11" in parameters else 1.0
    assert watching.shown[0].aspect == pytest.approx(aspect)


@pytest.mark.parametrize(
    ("sets", "seen_from"),
    [(1, 10), (0, 16)],  # one keyframe more, until it is clear that none has parameter sets
)
def test_a_room_is_seen_again_after_a_loss(sets, seen_from):
    sent = sent_by_a_room((640, 480), "keyint=600:repeat-headers=1", keyframes=(0, 10, 16, 22), count=28)
    watching = Watching("H264")
    for index, (data, _) in enumerate(sent):
        nals = split_annex_b(data)
        if index and not sets:
            nals = [nal for nal in nals if nal_type(nal) not in (SPS, PPS)]
        payloads = packetize(join_annex_b(nals), 1_100, packetization_mode=1)
        lost = index in (5, 18)
        watching.receive(payloads, 3_600 * index, index / 25, lost=lambda number, lost=lost: lost and number == 0)
    assert {time // 3_600 for time in watching.shown} == {*range(5), *range(seen_from, 18), *range(22, 28)}


@pytest.mark.parametrize("level", [9, 11, 13, 22, 30, 31, 40])
def test_the_stream_says_the_level_that_was_agreed(level):
    size = (176, 144) if level <= 11 else (352, 288)
    encoder = VideoEncoder(replace(CIF, width=size[0], height=size[1], bitrate=128_000, fps=15, h264_level=level))
    (frame,) = moving(1, *size)
    coded = encoder.encode(frame, timestamp=0, keyframe=True)
    assert coded is not None
    sps = next(nal for nal in split_annex_b(coded.data) if nal_type(nal) == SPS)
    assert sps[1] == 66
    assert sps[2] & 0xC0 == 0xC0  # constraint_set0_flag and 1
    assert sps[3] == (11 if level == 9 else level)
    assert bool(sps[2] & 0x10) == (level == 9)  # constraint_set3_flag: level 1b


def test_a_level_below_the_size_is_said_as_agreed():
    """OpenMCU takes 1080p as level 2.2 with custom parameters."""
    encoder = VideoEncoder(replace(HD, h264_level=22))
    (frame,) = moving(1, 1280, 720)
    coded = encoder.encode(frame, timestamp=0, keyframe=True)
    assert coded is not None
    assert next(nal for nal in split_annex_b(coded.data) if nal_type(nal) == SPS)[3] == 22
    watching = Watching("H264")
    watching.receive(packetize_by_profile(coded, HD, 1_100), 0, 0.0)
    assert psnr(watching.shown[0].y, luma_of(frame)) > 28


@pytest.mark.parametrize("profile", [CIF, HD])
def test_mode_0_fits_its_packets_and_its_rate_and_every_idr_has_its_parameter_sets(profile):
    encoder, watching, octets, largest = VideoEncoder(profile), Watching("H264"), 0, 0
    quality = []
    for index, frame in enumerate(moving(75, profile.width, profile.height, noise=3)):
        coded = encoder.encode(frame, timestamp=3_600 * index, keyframe=index in (0, 40))
        assert coded is not None
        payloads = packetize_by_profile(coded, profile, 1_100)
        kinds = [nal_type(payload) for payload in payloads]
        assert all(kind < 24 for kind in kinds)  # single NAL units
        if IDR in kinds:
            assert kinds.index(SPS) < kinds.index(PPS) < kinds.index(IDR)
        largest = max(largest, *map(len, payloads))
        octets += sum(map(len, payloads)) if index >= 25 else 0
        watching.receive(payloads, 3_600 * index, index / 25)
        quality.append(psnr(watching.shown[3_600 * index].y, luma_of(frame)))
    assert largest <= 1_100
    assert octets * 8 / 2 < 1.1 * profile.bitrate
    assert min(quality) > 22
    assert (watching.receiver.counters.malformed, watching.decoder.errors) == (0, 0)
