"""Q.931: the bytes of H.225.0's clause 7 and of real stacks, element by element."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcu.h323 import q931, q931_contents
from mcu.h323.q931 import Element, ElementId, Message, MessageType, Q931Error
from tests.h323 import captures

# A SETUP: bearer capability of 768 kbit/s, display, called number, user-user.
SETUP = bytes.fromhex("08 02 3046 05  04 04 88188ca5  28 08 63616c6c65724200  70 04 81363030  7e 0004 05 200102")


def test_a_setup_is_taken_apart() -> None:
    message = q931.parse(SETUP)
    assert (message.kind, message.call_reference, message.by_destination) == (MessageType.SETUP, 0x3046, False)
    assert [e.identifier for e in message.elements] == [0x04, 0x28, 0x70, 0x7E]
    assert q931_contents.parse_bearer_capability(message.get(ElementId.BEARER_CAPABILITY) or b"") == 768_000
    assert q931_contents.parse_display(message.get(ElementId.DISPLAY) or b"") == "callerB"
    assert q931_contents.parse_number(message.get(ElementId.CALLED_PARTY_NUMBER) or b"") == "600"
    assert message.user_information == bytes.fromhex("200102")
    assert message.get(ElementId.CAUSE) is None
    assert q931.serialize(message) == SETUP


def test_the_flag_tells_who_answers() -> None:
    answer = q931.parse(bytes.fromhex("0802b04602"))
    assert (answer.kind, answer.call_reference, answer.by_destination) == (MessageType.CALL_PROCEEDING, 0x3046, True)
    assert q931.serialize(answer) == bytes.fromhex("0802b04602")


@pytest.mark.parametrize(
    ("data", "reference", "flag"),
    [("08 00 7d", 0, False), ("08 01 85 75", 5, True), ("08 03 800102 05", 0x102, True), ("08 02 8000 75", 0, True)],
)
def test_references_of_other_lengths_are_read(data: str, reference: int, flag: bool) -> None:
    message = q931.parse(bytes.fromhex(data))
    assert (message.call_reference, message.by_destination) == (reference, flag)


def test_elements_of_one_octet_and_unknown_ones_stay_in_their_place() -> None:
    elements = (Element(0xA1), Element(0x2A, b"odd"), Element(0x28, b"x"), Element(0xD3))
    message = Message(MessageType.INFORMATION, 7, True, elements)
    assert q931.parse(q931.serialize(message)) == message


def test_shifts_of_codeset_lock_or_last_for_one_element() -> None:
    data = bytes.fromhex("0802000105 9e2801aa 2801bb 952801cc7e01dd 982801ee 2801ff")
    assert [(e.codeset, e.identifier, e.contents.hex()) for e in q931.parse(data).elements] == [
        (6, 0x28, "aa"),
        (0, 0x28, "bb"),
        (5, 0x28, "cc"),
        (5, 0x7E, "dd"),  # user-user has its long length in codeset 0 only
        (0, 0x28, "ee"),
        (5, 0x28, "ff"),
    ]
    assert q931.parse(q931.serialize(q931.parse(data))) == q931.parse(data)
    assert q931.parse(data).get(ElementId.DISPLAY) == b"\xbb"


@pytest.mark.parametrize(
    "data",
    ["", "08", "0302", "0802", "080230", "08023046", "0802304605 28", "0802304605 2805aa", "0802304605 7e0005aa"],
)
def test_what_is_cut_short_is_refused(data: str) -> None:
    with pytest.raises(Q931Error):
        q931.parse(bytes.fromhex(data))


def test_a_stub_after_the_user_user_element_does_no_harm() -> None:
    assert q931.parse(SETUP + b"\x28\x40\x41").user_information == bytes.fromhex("200102")


def test_elements_without_end_are_refused() -> None:
    assert len(q931.parse(SETUP[:5] + b"\xa1" * q931.MAX_ELEMENTS).elements) == q931.MAX_ELEMENTS
    with pytest.raises(Q931Error):
        q931.parse(SETUP[:5] + b"\xa1" * (q931.MAX_ELEMENTS + 1))


def test_a_user_user_element_of_another_protocol_is_none_of_ours() -> None:
    assert q931.parse(bytes.fromhex("0802304605 7e0003 04 4142")).user_information is None
    assert q931.parse(bytes.fromhex("0802304605 7e0000")).user_information is None


@pytest.mark.parametrize(
    ("bitrate", "contents"),
    [
        (64_000, "8890a5"),
        (384_000, "8893a5"),
        (768_000, "88188ca5"),
        (1_920_000, "8897a5"),
        (2_000_000, "8818a0a5"),
        (50_000_000, "8818ffa5"),
    ],
)
def test_bearer_capability_has_the_rate(bitrate: int, contents: str) -> None:
    element = q931_contents.bearer_capability(bitrate)
    assert element.contents == bytes.fromhex(contents)
    said = q931_contents.parse_bearer_capability(element.contents)
    assert said >= min(bitrate, 127 * 64_000)
    assert said - 64_000 < bitrate


def test_contents_of_any_shape_are_read() -> None:
    assert q931_contents.parse_cause(q931_contents.cause(16).contents) == 16
    assert q931_contents.cause(16).contents == bytes.fromhex("8090")
    assert q931_contents.parse_cause(bytes.fromhex("008091")) == 17
    assert q931_contents.parse_display("\xb1Büro\0".encode("latin-1")) == "Büro"
    assert q931_contents.parse_display("종로구청장".encode()) == "종로구청장"
    assert q931_contents.parse_number(bytes.fromhex("0180") + b"123") == "123"
    assert q931_contents.parse_keypad(b"12#\x0012 <>") == "12#12"
    assert q931_contents.parse_progress_indicator(q931_contents.progress_indicator(8).contents) == 8
    assert q931_contents.parse_call_state(q931_contents.call_state(10).contents) == 10
    assert q931_contents.parse_signal(q931_contents.signal(1).contents) == 1
    assert q931_contents.parse_bearer_capability(bytes.fromhex("8018")) == 0
    empty = (
        q931_contents.parse_bearer_capability(b""),
        q931_contents.parse_cause(b""),
        q931_contents.parse_progress_indicator(b""),
        q931_contents.parse_call_state(b""),
        q931_contents.parse_signal(b""),
        q931_contents.parse_number(b""),
        q931_contents.parse_display(b""),
    )
    assert empty == (0, 0, 0, None, None, "", "")


def test_texts_are_cut_at_a_letter() -> None:
    element = q931_contents.display("가" * 100)
    assert len(element.contents) <= 80
    assert q931_contents.parse_display(element.contents) == "가" * 26
    assert len(q931.serialize(Message(1, 1, False, (q931_contents.called_party_number("1" * 999),)))) < 256


@captures.needs_captures
@pytest.mark.parametrize("path", captures.FILES, ids=lambda p: p.stem)
def test_captured_messages_come_back_as_they_were(path: Path) -> None:
    for _, _, data in captures.messages(path):
        if data[0] == q931.PROTOCOL:
            message = q931.parse(data)
            assert MessageType(message.kind)
            assert message.user_information
            assert q931.serialize(message) == data
