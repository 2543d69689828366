"""H.264 payloads: ProtocolError or a frame, in every place where a payload is looked at."""

from __future__ import annotations

import contextlib
import random

from mcu.errors import ProtocolError
from mcu.media.payload_h264 import H264Format, packetize
from tests.fuzz.mutations import mutations

SPS = bytes.fromhex("6742c01fda014016e8400000030040000008a3c60ca8")
PPS = bytes.fromhex("68ce0fc8")
IDR = b"\x65\x88" + bytes(range(1, 200))
ACCESS_UNIT = b"".join(b"\0\0\0\1" + nal for nal in (SPS, PPS, IDR))
VALID = packetize(ACCESS_UNIT, 100, packetization_mode=1) + packetize(ACCESS_UNIT, 100, packetization_mode=0)


def test_only_protocol_errors_come_out_of_the_depacketiser() -> None:
    rng = random.Random(1)
    payload_format = H264Format()
    fragments = []
    frames = 0
    for data in mutations(VALID, seed=2):
        with contextlib.suppress(ProtocolError):
            fragments.append(payload_format.inspect(data))
            if len(fragments) >= rng.randint(1, 5):
                frame, fragments = fragments, []
                frames += payload_format.assemble(frame, contiguous=rng.random() < 0.9) is not None
        if rng.random() < 0.1:
            fragments = []
    assert frames


def test_parameter_sets_from_a_description_may_be_anything() -> None:
    for data in mutations([b"Z0LAH9oBQBboQAAAAwBAAAAIo8YMqA==,aM4PyA=="], seed=3, count=2_000):
        H264Format(data.decode("latin-1"))
