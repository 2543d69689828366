from __future__ import annotations

import pytest

from mcu.errors import ProtocolError
from mcu.media.payload_vp8 import parse_descriptor
from mcu.media.payloads import make_format, packetize
from mcu.media.types import CodecParameters, EncodedFrame, VideoProfile

VP8 = VideoProfile("VP8", 320, 180, 25, 300_000)
SLICES = b"\0\0\0\1\x65" + bytes(range(1, 251)) + b"\0\0\0\1\x65" + bytes(range(1, 51))


def test_picture_ids_of_the_encoder_are_on_the_wire() -> None:
    frame = EncodedFrame("VP8", bytes(100), 0, keyframe=True, picture_id=300)
    assert [parse_descriptor(payload).picture_id for payload in packetize(frame, VP8, 60)] == [300, 300]


@pytest.mark.parametrize(("mode", "count"), [(0, 2), (1, 4)])
def test_h264_follows_the_packetization_mode(mode: int, count: int) -> None:
    profile = VideoProfile("H264", 320, 180, 25, 300_000, packetization_mode=mode)
    assert len(packetize(EncodedFrame("H264", SLICES, 0, keyframe=True), profile, 100)) == count


def test_each_video_codec_has_its_format() -> None:
    assert make_format(CodecParameters("VP8", 96, 90_000)).codec == "VP8"
    assert make_format(CodecParameters("H264", 96, 90_000)).codec == "H264"
    with pytest.raises(ProtocolError):
        make_format(CodecParameters("VP9", 96, 90_000))
