"""RFC 4587: pictures in packets and back, at group and macroblock boundaries, with losses."""

from __future__ import annotations

import av
import pytest

from mcu._native import h261
from mcu.errors import ProtocolError
from mcu.media.payload_h261 import HEADER, PATIENCE, REFRESHED, H261Format, packetize
from mcu.media.types import EncodedFrame
from mcu.media.video_codecs import VideoEncoder
from tests.fakes.moving_pictures import Watching, luma_of, moving, profile, psnr

CIF, QCIF = (352, 288), (176, 144)


def coded(count: int, size: tuple[int, int], bitrate: int, *, noise: float = 0.0) -> list[EncodedFrame]:
    encoder = VideoEncoder(profile("H261", *size, bitrate))
    frames = [
        encoder.encode(frame, timestamp=3_600 * index, keyframe=False)
        for index, frame in enumerate(moving(count, *size, noise=noise))
    ]
    return [frame for frame in frames if frame is not None]


def fields(payload: bytes) -> tuple[int, ...]:
    """SBIT, EBIT, I, V, GOBN, MBAP, QUANT, HMVD, VMVD."""
    head = int.from_bytes(payload[:4], "big")
    sizes = (3, 3, 1, 1, 4, 5, 5, 5, 5)
    found, at = [], 32
    for size in sizes:
        at -= size
        found.append(head >> at & (1 << size) - 1)
    return tuple(found)


@pytest.mark.parametrize("size", [CIF, QCIF])
@pytest.mark.parametrize("most", [250, 500, 1100])
def test_packets_are_small_enough_and_make_the_same_picture(size, most):
    payload_format = H261Format()
    for frame in coded(6, size, 400_000, noise=6):
        payloads = packetize(frame.data, most)
        assert max(map(len, payloads)) <= most
        fragments = [payload_format.inspect(payload) for payload in payloads]
        assembled = payload_format.assemble(fragments, contiguous=True)
        assert assembled is not None
        assert assembled.data == frame.data
        assert assembled.keyframe == frame.keyframe
        assert fragments[0].begins_keyframe == frame.keyframe


def test_packets_begin_with_groups_where_they_can():
    (frame,) = coded(1, CIF, 400_000)
    heads = [fields(payload) for payload in packetize(frame.data, 1100)]
    assert all(head[4:] == (0, 0, 0, 0, 0) for head in heads)
    for payload, head in zip(packetize(frame.data, 1100), heads, strict=True):
        bits = int.from_bytes(payload[HEADER : HEADER + 5], "big") >> 8 - head[0]
        assert bits >> 16 & 0xFFFF == 1  # GBSC, with which PSC begins too


def test_packets_that_begin_with_a_macroblock_say_where_they_are():
    seen = set()
    for frame in coded(12, CIF, 1_500_000, noise=8):
        payloads = packetize(frame.data, 500)
        for payload in payloads[1:]:
            _, _, _, vectors, gobn, mbap, quant, horizontal, vertical = fields(payload)
            assert vectors == 1
            assert 16 not in (horizontal, vertical)  # -16 is forbidden
            if gobn:
                assert 1 <= gobn <= 12
                assert mbap < 32
                assert 1 <= quant <= 31
                seen.add((gobn, horizontal != 0 or vertical != 0))
            else:
                assert (mbap, quant, horizontal, vertical) == (0, 0, 0, 0)
    assert {gobn for gobn, _ in seen} >= set(range(1, 13))
    assert any(moved for _, moved in seen)


@pytest.mark.parametrize(("size", "bitrate", "least"), [(CIF, 384_000, 35), (CIF, 1_500_000, 40), (QCIF, 128_000, 35)])
def test_what_was_sent_is_seen(size, bitrate, least):
    encoder, watching = VideoEncoder(profile("H261", *size, bitrate)), Watching("H261")
    for index, frame in enumerate(moving(40, *size)):
        coded_frame = encoder.encode(frame, timestamp=3_600 * index, keyframe=index == 20)
        if coded_frame is None:
            continue
        watching.receive(packetize(coded_frame.data, 1100), 3_600 * index, index / 25)
        assert psnr(watching.shown[3_600 * index].y, luma_of(frame)) > least
    assert watching.keyframes == [0, 72_000]
    assert next(iter(watching.shown.values())).aspect == pytest.approx(12 / 11)
    assert watching.decoder.errors == watching.receiver.counters.malformed == 0


def test_after_a_loss_the_picture_stands_until_the_next_keyframe():
    encoder, watching = VideoEncoder(profile("H261", *CIF, 1_000_000)), Watching("H261")
    originals = {}
    asked = False
    for index, frame in enumerate(moving(30, *CIF)):
        coded_frame = encoder.encode(frame, timestamp=3_600 * index, keyframe=index == 20)
        assert coded_frame is not None
        originals[3_600 * index] = luma_of(frame)
        payloads = packetize(coded_frame.data, 1100)
        watching.receive(
            payloads, 3_600 * index, index / 25, lost=lambda number, index=index: index == 5 and number == 1
        )
        asked = asked or watching.receiver.take_keyframe_request(index / 25)
    assert asked
    assert {time // 3_600 for time in watching.shown} == {*range(5), *range(20, 30)}
    assert min(psnr(picture.y, originals[time]) for time, picture in watching.shown.items()) > 35


def test_a_sender_without_keyframes_is_shown_after_a_while():
    frames = coded(PATIENCE + 12, CIF, 1_000_000)
    payload_format = H261Format()
    shown = []
    for index, frame in enumerate(frames[1:], 1):
        fragments = [payload_format.inspect(payload) for payload in packetize(frame.data, 1100)]
        assembled = payload_format.assemble(fragments, contiguous=index > 1)
        if assembled is not None:
            shown.append((index, assembled.keyframe))
    assert shown[0] == (PATIENCE + 1, True)
    assert [index for index, _ in shown] == list(range(PATIENCE + 1, PATIENCE + 12))


def test_a_stream_without_keyframes_has_one_now_and_then_for_decoders_that_failed():
    first, second = coded(2, QCIF, 200_000)
    payload_format = H261Format()
    keyframes = []
    for index in range(2 * REFRESHED + 10):
        data = (second if index else first).data
        assembled = payload_format.assemble([payload_format.inspect(p) for p in packetize(data, 1100)], contiguous=True)
        assert assembled is not None
        if assembled.keyframe:
            keyframes.append(index)
    assert keyframes == [0, REFRESHED + 1, 2 * (REFRESHED + 1)]


@pytest.mark.parametrize("payload", [b"", b"\0", bytes(4), b"\xff\0\0\0a", b"\x10\x80\0\0"])
def test_payloads_without_a_picture_are_errors(payload):
    with pytest.raises(ProtocolError):
        H261Format().inspect(payload)


def test_the_beginning_of_a_picture_is_not_missed_twice():
    """A picture whose first packet is gone is refused, whatever the buffer thinks of it."""
    payload_format = H261Format()
    payloads = packetize(coded(1, CIF, 400_000)[0].data, 1100)
    assert payload_format.assemble([payload_format.inspect(p) for p in payloads[1:]], contiguous=True) is None
    assert payload_format.needs_keyframe


def test_an_intra_picture_lacks_nothing():
    first, second = coded(2, CIF, 400_000)
    assert h261.is_intra(first.data)
    assert not h261.is_intra(second.data)
    assert not h261.is_intra(first.data[: len(first.data) // 2])
    assert not h261.is_intra(b"")
    assert h261.begins_intra(first.data[: len(first.data) // 2])


def test_packetizing_something_else_is_a_bug():
    for data in (b"", b"abc", bytes(100)):
        with pytest.raises(ValueError, match="not a picture"):
            packetize(data, 1100)


def test_another_decoder_takes_pieces_of_one_packet_each():
    """Every piece ends at a macroblock: pictures of the pieces so far decode without an error, with less in them."""
    (frame,) = coded(1, CIF, 800_000, noise=6)
    whole = av.CodecContext.create("h261", "r").decode(av.Packet(frame.data))[0]
    original = luma_of(whole)
    end = h261.pieces(frame.data, 300)[20][1]
    bits = int.from_bytes(frame.data, "big") >> 8 * len(frame.data) - end << -end % 8
    half = av.CodecContext.create("h261", "r").decode(av.Packet(bits.to_bytes(-(-end // 8), "big")))[0]
    assert (luma_of(half)[:48, :176] == original[:48, :176]).all()
