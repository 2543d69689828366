"""RFC 2190 (modes A, B, C) and RFC 4629: pictures in packets and back, with losses."""

from __future__ import annotations

import struct
from fractions import Fraction

import av
import pytest

from mcu._native import h263
from mcu.errors import ProtocolError
from mcu.media.h263_picture import begins_picture, group_starts, is_intra
from mcu.media.payload_h263 import H263Format, H263PlusFormat, packetize, packetize_plus
from mcu.media.payloads import make_format
from mcu.media.payloads import packetize as packetize_by_profile
from mcu.media.types import CodecParameters, EncodedFrame
from mcu.media.video_codecs import VideoEncoder
from tests.fakes.moving_pictures import Watching, luma_of, moving, profile, psnr

CIF, QCIF, CIF4 = (352, 288), (176, 144), (704, 576)
FORMATS = {"H263": (H263Format, packetize), "H263-1998": (H263PlusFormat, packetize_plus)}


def coded(count: int, size: tuple[int, int], bitrate: int, *, noise: float = 0.0) -> list[EncodedFrame]:
    encoder = VideoEncoder(profile("H263", *size, bitrate))
    frames = [
        encoder.encode(frame, timestamp=3_600 * index, keyframe=False)
        for index, frame in enumerate(moving(count, *size, noise=noise))
    ]
    return [frame for frame in frames if frame is not None]


@pytest.mark.parametrize("codec", FORMATS)
@pytest.mark.parametrize("size", [QCIF, CIF, CIF4])
@pytest.mark.parametrize("most", [300, 1100])
def test_packets_are_small_enough_and_make_the_same_picture(codec, size, most):
    make, cut = FORMATS[codec]
    payload_format = make()
    for frame in coded(5, size, 2_000_000, noise=6):
        payloads = cut(frame.data, most)
        assert max(map(len, payloads)) <= most
        fragments = [payload_format.inspect(payload) for payload in payloads]
        assembled = payload_format.assemble(fragments, contiguous=True)
        assert assembled is not None
        assert assembled.data == frame.data
        assert assembled.keyframe == frame.keyframe == fragments[0].begins_keyframe


def test_mode_a_says_what_the_picture_header_says():
    for frame in coded(2, CIF, 384_000):
        for payload in packetize(frame.data, 1100):
            assert payload[0] == 0  # F, P, SBIT, EBIT
            assert payload[1] >> 5 == 3  # SRC: CIF
            assert bool(payload[1] & 0x10) == (not frame.keyframe)  # I
            assert payload[1] & 0x0F == payload[2] == payload[3] == 0
            assert payload[4:6] == b"\0\0"
            assert payload[6] & 0x80  # a picture or a group begins


def test_mode_b_says_what_another_encoder_says_of_its_macroblocks():
    context = av.CodecContext.create("h263", "w")
    context.width, context.height = CIF
    context.pix_fmt, context.time_base, context.bit_rate = "yuv420p", Fraction(1, 25), 1_500_000
    context.options = {"g": "600", "ps": "1", "mb_info": "60"}
    compared = 0
    for frame in moving(12, *CIF, noise=8):
        for packet in context.encode(frame):
            places = {bit: rest for bit, *rest in h263.places(bytes(packet))}
            assert len(places) == 22 * 18 - 18
            told = struct.iter_unpack("<IBBHbbxx", bytes(packet.get_sidedata("h263_mb_info")))
            for bit, *rest in told:
                if bit in places:
                    assert places[bit] == rest
                    compared += 1
    assert compared > 500


def test_groups_that_are_too_large_go_on_in_mode_b():
    modes = set()
    for frame in coded(4, CIF4, 4_000_000, noise=8):
        for payload in packetize(frame.data, 400):
            modes.add(payload[0] >> 6)
            if payload[0] >> 6 == 2:
                head = int.from_bytes(payload[:4], "big")
                assert head >> 21 & 7 == 4  # SRC
                assert 1 <= head >> 16 & 31 <= 31  # QUANT
                assert head >> 11 & 31 < 18  # GOBN
                assert head >> 2 & 511 < 88  # MBA
                assert bool(payload[4] & 0x80) == (not frame.keyframe)
    assert modes == {0, 2}


@pytest.mark.parametrize("codec", FORMATS)
@pytest.mark.parametrize(("size", "bitrate", "least"), [(QCIF, 128_000, 35), (CIF, 384_000, 35), (CIF4, 2_000_000, 35)])
def test_what_was_sent_is_seen(codec, size, bitrate, least):
    encoding = profile(codec, *size, bitrate)
    encoder, watching = VideoEncoder(encoding), Watching(codec)
    for index, frame in enumerate(moving(40, *size)):
        coded_frame = encoder.encode(frame, timestamp=3_600 * index, keyframe=index == 20)
        if coded_frame is None:
            continue
        watching.receive(packetize_by_profile(coded_frame, encoding, 1100), 3_600 * index, index / 25)
        assert psnr(watching.shown[3_600 * index].y, luma_of(frame)) > least
    assert watching.keyframes == [0, 72_000]
    assert next(iter(watching.shown.values())).aspect == pytest.approx(12 / 11)
    assert watching.decoder.errors == watching.receiver.counters.malformed == 0


@pytest.mark.parametrize("codec", FORMATS)
def test_after_a_loss_the_picture_stands_until_the_next_keyframe(codec):
    encoding = profile(codec, *CIF, 1_000_000)
    encoder, watching = VideoEncoder(encoding), Watching(codec)
    for index, frame in enumerate(moving(30, *CIF)):
        coded_frame = encoder.encode(frame, timestamp=3_600 * index, keyframe=index == 20)
        assert coded_frame is not None
        payloads = packetize_by_profile(coded_frame, encoding, 1100)
        watching.receive(
            payloads, 3_600 * index, index / 25, lost=lambda number, index=index: index == 5 and number == 0
        )
    assert {time // 3_600 for time in watching.shown} == {*range(5), *range(20, 30)}


def test_modes_b_and_c_are_joined_at_any_bit():
    """By hand, as nothing here sends mode C: the header's length is what matters."""
    (frame,) = coded(1, QCIF, 200_000)
    data, payload_format = frame.data, H263Format()
    first = bytes((0 << 3 | 3, 2 << 5, 0, 0)) + data[:100]  # the last three bits of octet 99 come again
    second = bytes((0x80 | 5 << 3 | 2, 2 << 5, *bytes(6))) + data[99:180]
    third = bytes((0xC0 | 6 << 3, 2 << 5, *bytes(10))) + data[179:]
    assembled = payload_format.assemble([payload_format.inspect(p) for p in (first, second, third)], contiguous=True)
    assert assembled is not None
    assert assembled.data == data


def test_redundant_picture_headers_and_vrc_of_rfc_4629_are_passed_over():
    (frame,) = coded(1, QCIF, 200_000)
    data, payload_format = frame.data, H263PlusFormat()
    first = bytes((0x04 | 0x02, 0, 0xAB)) + data[2:100]  # P and V: one octet of VRC
    second = bytes((0x00, 5 << 3 | 2)) + b"extra" + data[100:]  # PLEN of five octets, PEBIT
    assembled = payload_format.assemble([payload_format.inspect(p) for p in (first, second)], contiguous=True)
    assert assembled is not None
    assert assembled.data == data
    assert payload_format.inspect(first).begins_keyframe


def test_an_extended_picture_header_says_whether_it_is_intra():
    def header(ufep: int, kind: int) -> bytes:
        options = "110" + "0" * 15 if ufep else ""
        bits = "0" * 16 + "100000" + "00000001" + "10000111" + f"{ufep:03b}" + options + f"{kind:03b}" + "000001"
        return int(bits.ljust(80, "0"), 2).to_bytes(10, "big")

    assert is_intra(header(1, 0))
    assert not is_intra(header(1, 1))
    assert is_intra(header(0, 0))
    assert not is_intra(header(0, 1))


def test_the_picture_header_of_h263_plus_is_told_by_another_encoder():
    context = av.CodecContext.create("h263p", "w")
    context.width, context.height, context.pix_fmt, context.time_base = 320, 240, "yuv420p", Fraction(1, 25)
    pictures = [bytes(packet) for frame in moving(3, 320, 240) for packet in context.encode(frame)]
    assert [is_intra(picture) for picture in pictures] == [True, False, False]
    watching = Watching("H263-1998")
    for index, picture in enumerate(pictures):
        watching.receive(packetize_plus(picture, 1100), 3_600 * index, index / 25)
    assert [(shown.width, shown.height) for shown in watching.shown.values()] == [(320, 240)] * 3


def test_groups_begin_where_the_start_codes_are():
    (frame,) = coded(1, CIF, 384_000)
    starts = list(group_starts(frame.data))
    assert len(starts) == 18
    assert starts[0] == 0
    assert begins_picture(frame.data)


@pytest.mark.parametrize("payload", [b"", bytes(4), b"\x80" + bytes(7), b"\xc0" + bytes(11), b"\x3f\0\0\0a"])
def test_payloads_without_a_picture_are_errors(payload):
    with pytest.raises(ProtocolError):
        H263Format().inspect(payload)


@pytest.mark.parametrize("payload", [b"", b"\4", b"\0\0", b"\2\0", b"\0\x28abcd"])
def test_payloads_of_rfc_4629_without_a_picture_are_errors(payload):
    with pytest.raises(ProtocolError):
        H263PlusFormat().inspect(payload)


def test_names_of_both_formats():
    for name, kind in (("H263", H263Format), ("H263-1998", H263PlusFormat), ("H263-2000", H263PlusFormat)):
        assert isinstance(make_format(CodecParameters(name, 34, 90_000)), kind)


def test_what_is_no_h263_is_not_packetized():
    for data in (b"", b"abc", bytes(100), b"\0\0\x80\x02\x1c" + bytes(20)):
        with pytest.raises(ProtocolError):
            packetize(data, 1100)
