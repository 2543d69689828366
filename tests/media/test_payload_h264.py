from __future__ import annotations

import base64

import pytest

from mcu.errors import ProtocolError
from mcu.media.h264_nal import IDR, PPS, SPS, ParameterSets, join_annex_b, nal_type, pps_id, split_annex_b, sps_id
from mcu.media.payload_h264 import H264Format, depacketize, packetize

SPS_NAL = bytes.fromhex("6742c01fda014016e8400000030040000008a3c60ca8")
PPS_NAL = bytes.fromhex("68ce0fc8")
IDR_NAL = b"\x65\x88" + bytes(range(1, 250)) * 2
DELTA_NAL = b"\x41\x9a" + bytes(range(1, 100))
SEI_NAL = bytes.fromhex("06052adc45")


def frame_of(h264: H264Format, *payloads: bytes, contiguous: bool = True) -> bytes | None:
    frame = h264.assemble([h264.inspect(payload) for payload in payloads], contiguous=contiguous)
    return frame.data if frame else None


@pytest.mark.parametrize("max_payload", [20, 100, 300, 1_100])
def test_mode_1_is_read_again(max_payload: int) -> None:
    nals = [SPS_NAL, PPS_NAL, SEI_NAL, IDR_NAL, DELTA_NAL]
    payloads = packetize(join_annex_b(nals), max_payload, packetization_mode=1)
    assert max(map(len, payloads)) <= max_payload
    assert depacketize(payloads) == nals


def test_mode_1_puts_small_units_together() -> None:
    payloads = packetize(join_annex_b([SPS_NAL, PPS_NAL, IDR_NAL]), 300, packetization_mode=1)
    assert [payload[0] & 0x1F for payload in payloads] == [24, 28, 28]
    assert [payload[1] >> 6 for payload in payloads[1:]] == [2, 1]  # start, end


def test_mode_0_sends_each_unit_by_itself() -> None:
    nals = [SPS_NAL, PPS_NAL, IDR_NAL]
    assert packetize(join_annex_b(nals), 600, packetization_mode=0) == nals


def test_annex_b_may_have_short_start_codes_and_trailing_zeros() -> None:
    assert split_annex_b(b"\0\0\1" + SPS_NAL + b"\0\0\0\1" + PPS_NAL + b"\0\0\0") == [SPS_NAL, PPS_NAL]


def test_parameter_sets_that_came_before_are_put_in_front_of_an_idr_picture() -> None:
    h264 = H264Format()
    assert frame_of(h264, SPS_NAL) is None
    assert frame_of(h264, PPS_NAL) is None
    data = frame_of(h264, IDR_NAL)
    assert data == join_annex_b([SPS_NAL, PPS_NAL, IDR_NAL])
    assert frame_of(h264, DELTA_NAL) == join_annex_b([DELTA_NAL])


def test_parameter_sets_from_the_description_are_used() -> None:
    sprop = ",".join(base64.b64encode(nal).decode() for nal in (SPS_NAL, PPS_NAL))
    assert frame_of(H264Format(sprop), IDR_NAL, contiguous=False) == join_annex_b([SPS_NAL, PPS_NAL, IDR_NAL])
    assert frame_of(H264Format("%%%,AAAA"), IDR_NAL, contiguous=False) is None


def test_nothing_is_decoded_before_an_idr_picture_or_after_a_gap() -> None:
    h264 = H264Format()
    assert frame_of(h264, DELTA_NAL) is None
    assert frame_of(h264, IDR_NAL) is None  # no parameter sets
    assert frame_of(h264, SPS_NAL, PPS_NAL, IDR_NAL) is not None
    assert frame_of(h264, DELTA_NAL) is not None
    assert frame_of(h264, DELTA_NAL, contiguous=False) is None
    assert frame_of(h264, DELTA_NAL) is None
    assert h264.needs_keyframe
    # the stream carries its SPS itself, so an IDR slice right behind a gap has lost it
    assert frame_of(h264, IDR_NAL, contiguous=False) is None
    assert frame_of(h264, SPS_NAL, PPS_NAL, IDR_NAL, contiguous=False) is not None


def test_a_sender_that_says_its_parameter_sets_once_is_seen_again_after_a_loss() -> None:
    h264 = H264Format()
    assert frame_of(h264, SPS_NAL, PPS_NAL, IDR_NAL) is not None
    assert frame_of(h264, DELTA_NAL) is not None
    assert frame_of(h264, DELTA_NAL, contiguous=False) is None
    assert frame_of(h264, IDR_NAL, contiguous=False) is None  # its parameter sets may be lost
    whole = join_annex_b([SPS_NAL, PPS_NAL, IDR_NAL])
    assert frame_of(h264, IDR_NAL, contiguous=False) == whole
    assert frame_of(h264, DELTA_NAL, contiguous=False) is None
    assert frame_of(h264, IDR_NAL, contiguous=False) == whole


def test_parameter_sets_of_their_own_time_do_not_belong_to_every_picture() -> None:
    h264 = H264Format()
    for _ in range(2):
        assert frame_of(h264, SPS_NAL, PPS_NAL) is None
        assert frame_of(h264, IDR_NAL, contiguous=False) == join_annex_b([SPS_NAL, PPS_NAL, IDR_NAL])
        assert frame_of(h264, DELTA_NAL, contiguous=False) is None


def test_an_idr_picture_behind_a_loss_may_begin_with_sei_but_not_with_a_later_slice() -> None:
    h264 = H264Format()
    frame_of(h264, SPS_NAL, PPS_NAL)
    later = b"\x65\x28" + bytes(range(1, 50))  # first_mb_in_slice is not 0
    assert frame_of(h264, later, contiguous=False) is None
    assert frame_of(h264, SEI_NAL, IDR_NAL, later, contiguous=False) is not None


def test_a_stream_that_repeats_its_parameter_sets_is_not_taken_without_them() -> None:
    h264 = H264Format()
    for _ in range(3):
        assert frame_of(h264, SPS_NAL, PPS_NAL, IDR_NAL, contiguous=False) is not None
        assert frame_of(h264, IDR_NAL, contiguous=False) is None


@pytest.mark.parametrize(
    "payloads",
    [
        [b""],
        [b"\x80abc"],
        [b"\x00abc"],
        [b"\x19abcdef"],  # STAP-B
        [b"\x7d\x85abc"],  # FU-B
        [b"\x78\x00\x09abc"],  # STAP-A cut short
        [b"\x78\x00\x00\x00\x01a"],  # empty unit
        [b"\x7c\x45abc"],  # end without start
        [b"\x7c\x85abc"],  # start without end
        [b"\x7c\x85abc", b"\x41\x9a"],
        [b"\x7c\x85abc", b"\x7c\x85abc"],
        [b"\x7c"],
    ],
)
def test_flaws_are_protocol_errors(payloads: list[bytes]) -> None:
    with pytest.raises(ProtocolError):
        depacketize(payloads)


def test_identifiers_of_parameter_sets_are_read_and_bounded() -> None:
    assert sps_id(SPS_NAL) == 0
    assert pps_id(PPS_NAL) == 0
    assert pps_id(bytes((0x68, 0b01011000))) == 1
    sets = ParameterSets()
    sets.keep(IDR_NAL)
    assert sets.nals() == []
    with pytest.raises(ProtocolError):
        sets.keep(bytes((SPS,)) + bytes(600))
    with pytest.raises(ProtocolError):
        sets.keep(bytes((PPS, 0, 0, 0, 0)))
    with pytest.raises(ProtocolError):
        sets.keep(bytes((SPS, 66, 0, 31, 0b00000100, 0b10000000)))  # id 35
    assert [nal_type(nal) for nal in (IDR_NAL,)] == [IDR]
