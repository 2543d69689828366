"""STUN messages: the vectors of RFC 5769, our own round trips, and everything malformed refused in our own words."""

from __future__ import annotations

import struct

import pytest

from mcu.errors import ProtocolError
from mcu.webrtc import stun
from mcu.webrtc.stun import Attribute, MessageClass

TRANSACTION = bytes.fromhex("b7e7a701bc34d686fa87dfae")
PASSWORD = "VOkJxbRl1RmTxUk/WvJxBt"
# RFC 5769 section 2.1
REQUEST = bytes.fromhex(
    "000100582112a442b7e7a701bc34d686fa87dfae"
    "802200105354554e207465737420636c69656e74"
    "002400046e0001ff80290008932ff9b151263b36"
    "00060009"
    "6576746a3a68367659202020"
    "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
    "80280004e57a3bcf"
)
# RFC 5769 section 2.2
RESPONSE_IPV4 = bytes.fromhex(
    "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643"
    "000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96"
)
# RFC 5769 section 2.3
RESPONSE_IPV6 = bytes.fromhex(
    "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000140002a147"
    "0113a9faa5d3f179bc25f4b5bed2b9d9"
    "00080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c"
)


def test_the_sample_request_is_understood_and_proven() -> None:
    message = stun.parse(REQUEST)
    assert message.message_class is MessageClass.REQUEST
    assert message.method == stun.BINDING
    assert message.transaction == TRANSACTION
    assert message.get(Attribute.USERNAME) == b"evtj:h6vY"
    assert message.get(Attribute.PRIORITY) == bytes.fromhex("6e0001ff")
    assert message.get(Attribute.ICE_CONTROLLED) == bytes.fromhex("932ff9b151263b36")
    assert message.fingerprint_matches()
    assert message.integrity_matches(PASSWORD)
    assert not message.integrity_matches("another")
    assert message.unknown_required() == ()


@pytest.mark.parametrize(
    ("data", "expected"),
    [(RESPONSE_IPV4, ("192.0.2.1", 32853)), (RESPONSE_IPV6, ("2001:db8:1234:5678:11:2233:4455:6677", 32853))],
)
def test_the_sample_responses_carry_their_address(data: bytes, expected: tuple[str, int]) -> None:
    message = stun.parse(data)
    assert message.message_class is MessageClass.SUCCESS
    assert message.fingerprint_matches()
    assert message.integrity_matches(PASSWORD)
    value = message.get(Attribute.XOR_MAPPED_ADDRESS)
    assert value is not None
    assert stun.parse_xor_address(value, TRANSACTION) == expected
    assert stun.xor_address(*expected, TRANSACTION) == value


def test_what_is_built_is_parsed_and_proven() -> None:
    attributes = ((Attribute.USERNAME, "가:b".encode()), (Attribute.USE_CANDIDATE, b""))
    data = stun.build(MessageClass.REQUEST, TRANSACTION, attributes, password="secret")
    message = stun.parse(data)
    assert message.attributes == attributes
    assert message.fingerprint_matches()
    assert message.integrity_matches("secret")


def test_without_password_there_is_no_integrity() -> None:
    message = stun.parse(
        stun.build(MessageClass.ERROR, TRANSACTION, ((Attribute.ERROR_CODE, stun.error_code(487, "")),))
    )
    assert message.fingerprint_matches()
    assert not message.integrity_matches("")
    assert stun.parse_error_code(message.get(Attribute.ERROR_CODE) or b"") == 487


def test_one_flipped_bit_breaks_the_proof() -> None:
    for position in range(stun.HEADER_BYTES, len(REQUEST) - 8):
        damaged = bytearray(REQUEST)
        damaged[position] ^= 1
        try:
            message = stun.parse(bytes(damaged))
        except ProtocolError:
            continue
        assert not message.fingerprint_matches()


def test_attributes_behind_the_integrity_are_not_believed() -> None:
    honest = stun.build(MessageClass.REQUEST, TRANSACTION, ((Attribute.USERNAME, b"a:b"),), password="p")
    body = honest[:-8] + struct.pack("!HH", Attribute.USE_CANDIDATE, 0)
    message = stun.parse(body[:2] + struct.pack("!H", len(body) - 20) + body[4:])
    assert message.get(Attribute.USE_CANDIDATE) is None


def test_only_comprehension_required_attributes_are_reported_unknown() -> None:
    message = stun.parse(stun.build(MessageClass.REQUEST, TRANSACTION, ((0x7FFF, b"1234"), (0xC057, b"1234"))))
    assert message.unknown_required() == (0x7FFF,)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        REQUEST[:19],
        REQUEST[:-1],
        REQUEST + b"\0",
        b"\xc0" + REQUEST[1:],
        REQUEST[:4] + bytes(4) + REQUEST[8:],  # no magic cookie
        REQUEST[:2] + b"\x00\x00" + REQUEST[4:],
        struct.pack("!HHI12sHH", 1, 4, stun.MAGIC_COOKIE, TRANSACTION, 6, 1),  # value past the end
        struct.pack("!HHI12sHH4x", 1, 8, stun.MAGIC_COOKIE, TRANSACTION, 8, 4),  # integrity of four bytes
        struct.pack("!HHI12sHH4xHH", 1, 12, stun.MAGIC_COOKIE, TRANSACTION, 0x8028, 4, 6, 0),  # fingerprint not last
        struct.pack("!HHI12s", 1, 33 * 4, stun.MAGIC_COOKIE, TRANSACTION) + struct.pack("!HH", 0x8022, 0) * 33,
        bytes(2000),
    ],
)
def test_malformed_messages_are_protocol_errors(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        stun.parse(data)


@pytest.mark.parametrize("value", [b"", b"\0\1\0\0", b"\0\3\0\0aaaa", b"\0\2\0\0aaaa"])
def test_malformed_addresses_are_protocol_errors(value: bytes) -> None:
    with pytest.raises(ProtocolError):
        stun.parse_xor_address(value, TRANSACTION)


def test_a_malformed_error_code_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError):
        stun.parse_error_code(b"\0\0\4")
