"""H.261 and H.263 payloads and pictures: ProtocolError or a frame, in every place where they are looked at."""

from __future__ import annotations

import contextlib
import random

import pytest

from mcu._native import h261, h263
from mcu.errors import ProtocolError
from mcu.media.h263_picture import group_starts
from mcu.media.payload_h261 import H261Format
from mcu.media.payload_h263 import H263Format, H263PlusFormat, packetize
from mcu.media.payloads import packetize as packetize_by_profile
from mcu.media.types import EncodedFrame
from mcu.media.video_codecs import VideoDecoder, VideoEncoder
from tests.fakes.moving_pictures import moving, profile
from tests.fuzz.mutations import INPUTS, mutations

FORMATS = {"H261": H261Format, "H263": H263Format, "H263-1998": H263PlusFormat}


def coded(codec: str, most: int) -> tuple[list[bytes], list[bytes]]:
    """Pictures and payloads."""
    encoding = profile(codec, 176, 144, 300_000)
    encoder, pictures, payloads = VideoEncoder(encoding), [], []
    for index, frame in enumerate(moving(3, 176, 144, noise=4)):
        picture = encoder.encode(frame, timestamp=3_600 * index, keyframe=False)
        assert picture is not None
        pictures.append(picture.data)
        payloads += packetize_by_profile(picture, encoding, most)
    return pictures, payloads


@pytest.mark.parametrize("codec", FORMATS)
def test_only_protocol_errors_come_out_of_the_depacketiser(codec: str) -> None:
    rng = random.Random(1)
    payload_format, fragments, frames = FORMATS[codec](), [], 0
    for data in mutations(coded(codec, 250)[1], seed=2):
        with contextlib.suppress(ProtocolError):
            fragments.append(payload_format.inspect(data))
            if len(fragments) >= rng.randint(1, 5):
                frame, fragments = fragments, []
                frames += payload_format.assemble(frame, contiguous=rng.random() < 0.9) is not None
        if rng.random() < 0.1:
            fragments = []
    assert frames


def test_the_scan_of_h261_reads_no_further_than_the_picture() -> None:
    for data in mutations(coded("H261", 1_100)[0], seed=3, count=min(INPUTS, 20_000)):
        if not data:
            continue
        h261.is_intra(data)
        h261.begins_intra(data)
        pieces = h261.pieces(data, 200)
        assert all(begin < end <= 8 * len(data) for begin, end, *_ in pieces)
        assert all(0 <= gobn <= 12 and 0 <= mbap < 33 for _, _, gobn, mbap, *_ in pieces)
        if pieces:
            assert (pieces[0][0], pieces[-1][1]) == (0, 8 * len(data))


def test_the_scan_of_h263_reads_no_further_than_the_picture() -> None:
    for data in mutations(coded("H263", 1_100)[0], seed=4, count=min(INPUTS, 20_000)):
        places = h263.places(data) if data else []
        assert all(0 < bit < 8 * len(data) for bit, *_ in places)
        assert all(0 < quant < 32 and 0 <= gobn < 18 for _, quant, gobn, *_ in places if quant)
        assert all(at < len(data) for at in group_starts(data))
        with contextlib.suppress(ProtocolError):
            assert b"".join(packetize(data, 200))


@pytest.mark.parametrize("codec", ["H261", "H263"])
def test_a_decoder_takes_anything(codec: str) -> None:
    decoder = VideoDecoder(codec)
    pictures = coded(codec, 1_100)[0]
    for index, data in enumerate(mutations(pictures, seed=5, count=min(INPUTS, 2_000))):
        if data:
            decoder.decode(EncodedFrame(codec, data, index, keyframe=index % 3 == 0))
    decoder.needs_keyframe = True
    assert decoder.decode(EncodedFrame(codec, pictures[0], 0, keyframe=True)) is not None
