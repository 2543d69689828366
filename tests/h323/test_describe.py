"""What people read of a PDU."""

from __future__ import annotations

import pytest

from mcu.h323 import asn1, describe, h225_codec, q931, q931_contents
from mcu.h323.address import Address
from mcu.h323.aliases import guess
from mcu.h323.asn1 import Pdu
from mcu.h323.h225_messages import Connect, Facility, Setup, UserInformation
from mcu.h323.q931 import Message, MessageType
from tests.h323 import captures

HERE = Address("192.0.2.1", 30_000)


def h245(kind: str, name: str, value: object) -> bytes:
    return asn1.encode(Pdu.H245, (kind, (name, value)))


def signaling(kind: MessageType, body: UserInformation, *elements: q931.Element) -> bytes:
    pdu = h225_codec.serialize(body)
    return q931.serialize(Message(kind, 1, False, elements=(*elements, q931_contents.user_user(pdu))))


ROUND_TRIP = h245("request", "roundTripDelayRequest", {"sequenceNumber": 7})


def test_a_setup_says_who_calls_whom() -> None:
    body = Setup(source_aliases=(guess("종로"),), destination_aliases=(guess("3001"), guess("h323:room@host")))
    told = describe.call_signaling(
        signaling(MessageType.SETUP, UserInformation(body, control=(ROUND_TRIP,), tunnelling=True))
    )
    assert told == "SETUP to 3001, h323:room@host from 종로 tunnelling ⟨roundTripDelayRequest #7⟩"


def test_where_h245_is_and_why_something_ends_are_told() -> None:
    assert "H.245 at 192.0.2.1:30000" in describe.call_signaling(
        signaling(MessageType.CONNECT, UserInformation(Connect(h245_address=HERE)), q931_contents.display("회의실"))
    )
    assert "“회의실”" in describe.call_signaling(
        signaling(MessageType.CONNECT, UserInformation(Connect()), q931_contents.display("회의실"))
    )
    released = q931.serialize(Message(MessageType.RELEASE_COMPLETE, 1, False, elements=(q931_contents.cause(17),)))
    assert describe.call_signaling(released) == "RELEASE COMPLETE cause 17"
    facility = signaling(MessageType.FACILITY, UserInformation(Facility(reason="startH245")))
    assert describe.call_signaling(facility).startswith("FACILITY reason startH245")


@pytest.mark.parametrize(
    ("kind", "name", "value", "told"),
    [
        ("indication", "userInput", ("alphanumeric", "12#"), "userInput alphanumeric 12#"),
        (
            "command",
            "flowControlCommand",
            {"scope": ("logicalChannelNumber", 3), "restriction": ("maximumBitRate", 3840)},
            "flowControlCommand 3 384000 bit/s",
        ),
        (
            "command",
            "miscellaneousCommand",
            {"logicalChannelNumber": 2, "type": ("videoFastUpdatePicture", 0)},
            "miscellaneousCommand videoFastUpdatePicture of 2",
        ),
        (
            "response",
            "masterSlaveDeterminationAck",
            {"decision": ("master", 0)},
            "masterSlaveDeterminationAck you are master",
        ),
        (
            "response",
            "openLogicalChannelReject",
            {"forwardLogicalChannelNumber": 4, "cause": ("dataTypeNotSupported", 0)},
            "openLogicalChannelReject 4 dataTypeNotSupported",
        ),
        ("command", "endSessionCommand", ("disconnect", 0), "endSessionCommand disconnect"),
    ],
)
def test_h245_in_words(kind: str, name: str, value: object, told: str) -> None:
    assert describe.control(h245(kind, name, value)) == told


@pytest.mark.parametrize("data", [b"", b"\x08", b"\x08\x02\x00", b"\xff" * 40, bytes(40)])
def test_what_cannot_be_read_is_said(data: bytes) -> None:
    for line in (describe.call_signaling(data), describe.control(data), describe.ras(data)):
        assert line
        assert line.isprintable()


@captures.needs_captures
@pytest.mark.parametrize("path", captures.FILES, ids=lambda path: path.stem)
def test_every_captured_message_is_described(path: captures.Path) -> None:
    told = [
        describe.call_signaling(message) if message[0] == q931.PROTOCOL else describe.control(message)
        for _, _, message in captures.messages(path)
    ]
    told += [describe.ras(data) for _, _, data in captures.ras_messages(path)]
    assert told
    for line in told:
        assert "?" not in line.split("“")[0]
        assert "unusual" not in line
        assert len(line) <= describe.MAX_LINE
