"""VP8: ProtocolError or a descriptor; a receiver that stays bounded and recovers; a decoder with a picture or not."""

from __future__ import annotations

import contextlib
import random

import numpy as np

from mcu._native.vpx import Vp8Encoder
from mcu.errors import ProtocolError
from mcu.media.nack import MAX_MISSING
from mcu.media.payload_vp8 import packetize, parse_descriptor
from mcu.media.reorder_buffer import CAPACITY
from mcu.media.types import CodecParameters, EncodedFrame
from mcu.media.video_codecs import MAX_SIDE, VideoDecoder
from mcu.media.video_receiver import VideoReceiver
from tests.fuzz.mutations import INPUTS, mutations

VALID = [
    b"\x10\x00abc",
    b"\x80\x80\x05\x01abc",
    b"\xb0\xf0\x81\x02\x33\xa5\x00abc",
    b"\x90\xe0\x11\x22\x40\x01abc",
    *packetize(bytes(100), 40, picture_id=77),
    *(head + b"\xe0\x80\x4e\x09\x60" + bytes(33) for head in (b"\xb0", b"\xa0", b"\xa0")),  # of an upper layer
]


def test_only_protocol_errors_come_out_of_the_descriptor() -> None:
    for data in mutations(VALID, seed=1):
        with contextlib.suppress(ProtocolError):
            assert 1 <= parse_descriptor(data).size < len(data)


def test_a_receiver_stays_bounded_and_recovers() -> None:
    rng = random.Random(2)
    codec = CodecParameters("VP8", 96, 90_000, feedback=frozenset({"nack", "nack pli"}))
    receiver = VideoReceiver({96: codec})
    number = now = 0.0
    for payload in mutations(VALID, seed=3):
        now += 0.001
        number += rng.choice((1, 1, 1, 1, 1, 1, 1, 2, -3, 0, rng.randrange(300), rng.randrange(65_536)))
        receiver.receive(
            payload_type=96,
            sequence_number=int(number) & 0xFFFF,
            timestamp=int(number) // 3 & 0xFFFFFFFF,
            marker=rng.random() < 0.3,
            payload=payload,
            orientation=-1,
            now=now,
        )
        if rng.random() < 0.01:
            receiver.handle_timer(now)
            receiver.take_nacks(now)
            receiver.take_keyframe_request(now)
        receiver.take_frames()
        assert receiver.held <= CAPACITY + MAX_MISSING
    for step in range(40):  # afterwards a clean stream comes through, within a second at most
        payloads = packetize(b"\x00" + bytes(50), 40, picture_id=step)
        for index, payload in enumerate(payloads):
            number += 1
            receiver.receive(
                payload_type=96,
                sequence_number=int(number) & 0xFFFF,
                timestamp=0x10000000 + step * 3_600,
                marker=index == len(payloads) - 1,
                payload=payload,
                orientation=-1,
                now=now + step / 25,
            )
        receiver.handle_timer(now + step / 25)
    assert len(receiver.take_frames()) > 10


def coded_frames(count: int) -> list[bytes]:
    """64 by 48 pixels of noise."""
    encoder, noise = Vp8Encoder(64, 48, fps=25, bitrate=200_000), np.random.default_rng(4)
    shapes = ((48, 64), (24, 32), (24, 32))
    pictures = [[noise.integers(0, 255, shape, dtype=np.uint8) for shape in shapes] for _ in range(count)]
    return [encoder.encode(planes, [64, 32, 32], elapsed=3_600) for planes in pictures]


def test_a_decoder_gives_a_picture_or_asks_for_a_keyframe() -> None:
    first, *others = coded_frames(4)
    decoder = VideoDecoder("VP8")
    for data in mutations([first, *others], seed=5, count=INPUTS // 4):
        if decoder.needs_keyframe:
            assert decoder.decode(EncodedFrame("VP8", first, 0, keyframe=True)) is not None
        picture = decoder.decode(EncodedFrame("VP8", data, 0, keyframe=False))
        assert (picture is None) == decoder.needs_keyframe
        if picture is not None:
            assert max(picture.width, picture.height) <= MAX_SIDE
            assert int(picture.y[-1, -1]) + int(picture.u[-1, -1]) + int(picture.v[-1, -1]) >= 0
    assert decoder.decoded > INPUTS // 40
    assert decoder.errors > INPUTS // 400
