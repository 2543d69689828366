"""VP8 payloads: ProtocolError or a descriptor; a receiver that stays bounded and recovers."""

from __future__ import annotations

import contextlib
import random

from mcu.errors import ProtocolError
from mcu.media.nack import MAX_MISSING
from mcu.media.payload_vp8 import packetize, parse_descriptor
from mcu.media.reorder_buffer import CAPACITY
from mcu.media.types import CodecParameters
from mcu.media.video_receiver import VideoReceiver
from tests.fuzz.mutations import mutations

VALID = [
    b"\x10\x00abc",
    b"\x80\x80\x05\x01abc",
    b"\xb0\xf0\x81\x02\x33\xa5\x00abc",
    b"\x90\xe0\x11\x22\x40\x01abc",
    *packetize(bytes(100), 40, picture_id=77),
    *packetize(bytes(100), 40, picture_id=78, layer=1, tl0_index=9),
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
