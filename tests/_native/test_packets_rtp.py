"""RTP headers and header extensions as they stand on the wire (RFC 3550 section 5.1, RFC 8285)."""

from __future__ import annotations

import pytest

from mcu._native import packets
from mcu._native.rtp_packet import RtpPacket
from mcu.errors import ProtocolError
from tests.support.packets import EXTENSIONS

HEADER = bytes.fromhex("80e0 1234 00015f90 deadbeef")  # marker, payload type 96


def with_extension(profile: int, elements: bytes) -> bytes:
    """HEADER with an extension of `elements`, padded to words."""
    padded = elements + bytes(-len(elements) % 4)
    words = len(padded) // 4
    return bytes([HEADER[0] | 0x10]) + HEADER[1:] + profile.to_bytes(2, "big") + words.to_bytes(2, "big") + padded


def test_the_fixed_header_is_read() -> None:
    packet = packets.parse_rtp(HEADER + b"payload", arrival=3.5)
    assert (packet.payload_type, packet.marker, packet.sequence_number) == (96, True, 0x1234)
    assert (packet.timestamp, packet.ssrc, packet.payload) == (90_000, 0xDEADBEEF, b"payload")
    assert (packet.arrival, packet.size, packet.transport) == (3.5, 19, None)


def test_what_a_packet_does_not_say_is_absent() -> None:
    packet = packets.parse_rtp(HEADER, EXTENSIONS)
    assert (packet.audio_level, packet.voice, packet.orientation) == (-1, False, -1)
    assert (packet.transport_sequence, packet.absolute_send_time, packet.mid) == (-1, -1, None)


def test_contributing_sources_and_padding_are_left_out_of_the_payload() -> None:
    data = bytes([0x80 | 0x20 | 3]) + HEADER[1:] + bytes(12) + b"speech" + b"\0\0\x03"
    assert packets.parse_rtp(data).payload == b"speech"


def test_a_packet_of_padding_only_has_an_empty_payload() -> None:
    packet = packets.parse_rtp(bytes([0xA0]) + HEADER[1:] + bytes(254) + b"\xff")
    assert packet.payload == b""


def test_one_byte_elements_are_read_with_padding_between_them() -> None:
    elements = b"\x10v" + b"\0\0" + b"\x21\xab\xcd" + b"\x32\x01\x02\x03" + b"\x40\xa8" + b"\x50\x03"
    packet = packets.parse_rtp(with_extension(0xBEDE, elements) + b"x", EXTENSIONS)
    assert (packet.mid, packet.transport_sequence, packet.absolute_send_time) == ("v", 0xABCD, 0x010203)
    assert (packet.audio_level, packet.voice, packet.orientation) == (40, True, 270)
    assert packet.payload == b"x"


def test_nothing_is_read_after_the_one_byte_stop() -> None:
    packet = packets.parse_rtp(with_extension(0xBEDE, b"\x40\x05\xf0\xff\x50\x01"), EXTENSIONS)
    assert (packet.audio_level, packet.orientation) == (5, -1)


@pytest.mark.parametrize("profile", [0x1000, 0x100F])
def test_two_byte_elements_are_read_with_ids_above_fourteen(profile: int) -> None:
    extensions = {packets.MID: 200, packets.AUDIO_LEVEL: 15, packets.TRANSPORT_SEQUENCE: 2}
    elements = bytes([200, 3]) + b"mid" + b"\0" + bytes([15, 1, 0x7F]) + bytes([2, 4, 0, 9, 0, 0]) + bytes([7, 0])
    packet = packets.parse_rtp(with_extension(profile, elements), extensions)
    assert (packet.mid, packet.audio_level, packet.voice, packet.transport_sequence) == ("mid", 127, False, 9)


def test_an_extension_of_another_profile_is_skipped() -> None:
    packet = packets.parse_rtp(with_extension(0x4242, b"\xff\xff\xff\xff") + b"x", EXTENSIONS)
    assert (packet.payload, packet.mid) == (b"x", None)


@pytest.mark.parametrize(
    "element",
    [
        b"\x1f" + b"m" * 16 + b"\x30",  # absolute send time of one byte
        b"\x12m\x00n",  # a mid that is no token
        b"\x11\xed\x95",  # nor this
        b"\x20\x01",  # a transport sequence number of one byte
    ],
)
def test_elements_that_cannot_be_are_ignored(element: bytes) -> None:
    packet = packets.parse_rtp(with_extension(0xBEDE, element), EXTENSIONS)
    assert (packet.absolute_send_time, packet.transport_sequence) == (-1, -1)
    assert packet.mid in (None, "m" * 16)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        HEADER[:11],
        b"\x40" + HEADER[1:],  # version 1
        b"\x8f" + HEADER[1:] + bytes(59),  # fifteen contributing sources, a byte short
        b"\x90" + HEADER[1:] + b"\xbe\xde\x00",  # an extension header cut off
        b"\x90" + HEADER[1:] + b"\xbe\xde\x00\x01\x10v\x00",  # extension longer than the packet
        with_extension(0xBEDE, b"\x10v\0\x53"),  # an element longer than the extension
        with_extension(0x1000, b"\x01\x03vi"),
        with_extension(0x1000, b"\0\0\0\x01"),  # an id without a length
        b"\xa0" + HEADER[1:],  # padding announced, none there
        b"\xa0" + HEADER[1:] + b"\x00",  # padding of no bytes
        b"\xa0" + HEADER[1:] + b"ab\x04",  # padding longer than the payload
    ],
)
def test_malformed_packets_raise_protocol_error(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        packets.parse_rtp(data, EXTENSIONS)


def test_what_is_built_is_read_back() -> None:
    data = packets.build_rtp(
        b"payload",
        payload_type=111,
        sequence_number=65_535,
        timestamp=0xFFFFFFFF,
        ssrc=1,
        marker=True,
        extensions=EXTENSIONS,
        mid="sixteen-bytes-ok",
        transport_sequence=0,
        absolute_send_time=0xFFFFFF,
        audio_level=0,
        voice=True,
        orientation=90,
    )
    packet = packets.parse_rtp(data, EXTENSIONS)
    assert len(data) == 44 + len(b"payload")
    assert (packet.payload_type, packet.sequence_number, packet.timestamp, packet.ssrc) == (111, 65_535, 2**32 - 1, 1)
    assert (packet.mid, packet.transport_sequence, packet.absolute_send_time) == ("sixteen-bytes-ok", 0, 0xFFFFFF)
    assert (packet.audio_level, packet.voice, packet.orientation, packet.marker) == (0, True, 90, True)
    assert packet.payload == b"payload"


def test_no_extension_is_written_when_nothing_was_agreed_on() -> None:
    numbers = {"payload_type": 0, "sequence_number": 1, "timestamp": 2, "ssrc": 3}
    data = packets.build_rtp(b"x", mid="v", audio_level=3, **numbers)
    assert data == bytes.fromhex("8000 0001 00000002 00000003") + b"x"


def test_ids_above_fourteen_are_not_written() -> None:
    numbers = {"payload_type": 0, "sequence_number": 1, "timestamp": 2, "ssrc": 3}
    data = packets.build_rtp(b"x", mid="v", extensions={packets.MID: 15}, **numbers)
    assert len(data) == 13


@pytest.mark.parametrize(
    "wrong", [{"payload_type": 128}, {"sequence_number": -1}, {"ssrc": 2**32}, {"mid": "m" * 17}, {"audio_level": 128}]
)
def test_numbers_out_of_range_are_refused(wrong: dict[str, int | str]) -> None:
    numbers: dict[str, int | str] = {"payload_type": 0, "sequence_number": 1, "timestamp": 2, "ssrc": 3}
    with pytest.raises(ValueError, match=r"not within|length"):
        packets.build_rtp(b"x", **{**numbers, **wrong})  # type: ignore[arg-type]


def test_a_packet_made_by_hand_has_its_fields_and_the_usual_absences() -> None:
    packet = RtpPacket(payload_type=96, sequence_number=65_535, timestamp=2**32 - 1, ssrc=2**32 - 1, payload=b"x")
    assert (packet.payload_type, packet.sequence_number, packet.payload) == (96, 65_535, b"x")
    assert (packet.timestamp, packet.ssrc) == (2**32 - 1, 2**32 - 1)
    assert (packet.audio_level, packet.transport_sequence, packet.orientation, packet.mid) == (-1, -1, -1, None)
    with pytest.raises(AttributeError):
        packet.ssrc = 5
    with pytest.raises(OverflowError):
        RtpPacket(payload_type=2**40)
