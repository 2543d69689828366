"""Pictures and sound between two other stacks, from captures: all of it decodes."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from mcu._native.rtp_packet import RtpPacket
from mcu.h323 import capture_file
from mcu.media.audio_codecs import make_decoder
from mcu.media.types import CodecParameters
from mcu.media.video_codecs import VideoDecoder
from mcu.media.video_receiver import VideoReceiver
from tests.h323.captures import FOLDER, needs_captures, pieces

HEADER = 12  # octets of RTP; none of these streams has sources or extensions
SOUND = {0: "pcmu", 8: "pcma"}


def streams(name: str) -> dict[tuple[str, int, int], list[bytes]]:
    """RTP by source address, port and payload type."""
    found: dict[tuple[str, int, int], list[bytes]] = defaultdict(list)
    for piece in pieces(FOLDER / name):
        data = piece.data
        if piece.protocol == capture_file.UDP and len(data) > HEADER and data[0] == 0x80:
            found[(piece.source.ip, piece.source.port, data[1] & 0x7F)].append(data)
    return found


@needs_captures
@pytest.mark.parametrize(
    ("name", "payload_type", "codec", "size", "aspect", "frames"),
    [
        ("media-h261-g711.pcap", 31, "H261", (352, 288), 12 / 11, {57, 53}),
        ("media-h263-g711.pcap", 34, "H263", (352, 288), 12 / 11, {111}),
        ("media-h264-g711.pcap", 96, "H264", (1920, 1080), 1.0, {64, 71}),
    ],
)
def test_every_complete_picture_is_shown(name, payload_type, codec, size, aspect, frames):
    shown = set()
    for (_, _, number), packets in streams(name).items():
        if number != payload_type:
            continue
        receiver = VideoReceiver({number: CodecParameters(codec, number, 90_000)})
        decoder, count, contents = VideoDecoder(codec), 0, []
        for index, data in enumerate(packets):
            receiver.receive(
                payload_type=number,
                sequence_number=int.from_bytes(data[2:4], "big"),
                timestamp=int.from_bytes(data[4:8], "big"),
                marker=bool(data[1] & 0x80),
                payload=data[HEADER:],
                orientation=-1,
                now=index / 500,
            )
            for frame in receiver.take_frames():
                picture = decoder.decode(frame)
                assert picture is not None
                assert (picture.width, picture.height) == size
                assert picture.aspect == pytest.approx(aspect)
                contents.append(float(np.std(picture.y)))
                count += 1
        assert (receiver.counters.malformed, receiver.counters.refused, decoder.errors) == (0, 0, 0)
        assert min(contents) > 10  # a picture, not a grey area
        shown.add(count)
    assert shown == frames


@needs_captures
@pytest.mark.parametrize("name", ["media-h261-g711.pcap", "media-h263-g711.pcap", "media-h264-g711.pcap"])
def test_all_sound_decodes(name):
    seconds = 0.0
    for (_, _, number), packets in streams(name).items():
        if number in SOUND:
            decoder = make_decoder(SOUND[number])
            sound = np.concatenate([decoder.decode(data[HEADER:]) for data in packets])
            seconds += len(sound) / 48_000
    assert seconds > 3


def test_rtp_of_this_shape_is_rtp():
    """The same cut, on a packet made here."""
    packet = RtpPacket(payload_type=31, sequence_number=7, timestamp=9, ssrc=3, payload=b"picture")
    assert (packet.payload, packet.payload_type) == (b"picture", 31)
