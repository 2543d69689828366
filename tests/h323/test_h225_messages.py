"""H.225.0 messages: from values to bytes and back, and what real stacks say in them."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from mcu.h323 import asn1, h225_codec, h225_messages, q931, tpkt
from mcu.h323.address import Address
from mcu.h323.aliases import Alias, AliasKind
from mcu.h323.asn1 import Asn1Error, Pdu
from mcu.h323.h225_messages import (
    Alerting,
    Body,
    CallProceeding,
    Connect,
    Empty,
    Endpoint,
    Facility,
    Information,
    Notify,
    Progress,
    ReleaseComplete,
    Setup,
    SetupAcknowledge,
    Status,
    StatusInquiry,
    UserInformation,
)
from tests.h323 import captures, shark

HERE, THERE = Address("192.0.2.1", 1720), Address("2001:db8::2", 11720)
ID, CONFERENCE = bytes(range(16)), bytes(range(16, 32))
US = Endpoint(kind="mcu", has_mc=True, vendor=(9, 0, 61), product="product", version="1.0")
NAMES = (Alias(AliasKind.H323_ID, "종로구청"), Alias(AliasKind.DIGITS, "600"), Alias(AliasKind.URL, "h323:a@b.example"))
OLC = bytes.fromhex("0000000c6013800a0400010000000013")  # opaque here
TOKEN = {"tokenOID": (0, 0, 8, 235, 0, 3, 43), "dhkey": {"halfkey": (1, 8), "modSize": (5, 8), "generator": (2, 8)}}
FEATURE = {"id": ("standard", 18)}

BODIES: list[Body] = [
    Setup(
        call_identifier=ID,
        version=4,
        source=US,
        source_aliases=NAMES,
        source_address=HERE,
        destination_aliases=NAMES[:2],
        destination_address=THERE,
        remote_extension=Alias(AliasKind.DIGITS, "17"),
        h245_address=THERE,
        conference_id=CONFERENCE,
        goal="join",
        fast_start=(OLC, OLC),
        media_wait_for_connect=True,
        parallel_control=(b"\x01",),
        display_name="회의",
        endpoint_identifier="12_ep",
        tokens=(TOKEN,),
        supported_features=(FEATURE,),
    ),
    CallProceeding(call_identifier=ID, destination=US, fast_connect_refused=True),
    Alerting(
        call_identifier=ID, destination=US, aliases=NAMES, fast_start=(OLC,), features={"replacementFeatureSet": True}
    ),
    Progress(call_identifier=ID, destination=US, h245_address=HERE),
    Connect(call_identifier=ID, destination=US, h245_address=HERE, conference_id=CONFERENCE, tokens=(TOKEN,)),
    ReleaseComplete(call_identifier=ID, reason="calledPartyNotRegistered"),
    ReleaseComplete(call_identifier=ID),
    Facility(call_identifier=ID, reason="startH245", h245_address=THERE),
    Facility(
        call_identifier=ID, reason="callForwarded", alternative_address=HERE, alternative_aliases=NAMES, destination=US
    ),
    SetupAcknowledge(call_identifier=ID),
    Information(call_identifier=ID, fast_start=(OLC,)),
    Notify(call_identifier=ID, aliases=NAMES, destination=US),
    Status(call_identifier=ID),
    StatusInquiry(call_identifier=ID),
]


def wire(message: UserInformation) -> bytes:
    element = q931.Element(q931.ElementId.USER_USER, b"\x05" + h225_codec.serialize(message))
    return tpkt.frame(q931.serialize(q931.Message(q931.MessageType.FACILITY, 1, False, (element,))))


@pytest.mark.parametrize("body", BODIES, ids=lambda body: type(body).__name__)
def test_messages_come_back_as_they_were(body: Body) -> None:
    message = UserInformation(body, tunnelling=False)
    assert h225_codec.parse(h225_codec.serialize(message)) == message


@shark.needs_tshark
def test_tshark_reads_them_all(tmp_path: Path) -> None:
    bodies = [dataclasses.replace(body, fast_start=()) if hasattr(body, "fast_start") else body for body in BODIES]
    bodies = [dataclasses.replace(body, parallel_control=()) if isinstance(body, Setup) else body for body in bodies]
    messages = [(shark.CALL_SIGNALING, wire(UserInformation(body, tunnelling=True))) for body in (*bodies, Empty())]
    assert shark.malformed(messages, tmp_path) == []
    lines = shark.summaries(messages, tmp_path)
    said = ["setup", "callProceeding", "alerting", "progress", "connect", *["releaseComplete"] * 2, *["facility"] * 2]
    said += ["setupAcknowledge", "information", "notify", "status", "statusInquiry", "empty"]
    assert [line.split("CS: ")[1].split()[0] for line in lines] == said


def test_the_envelope_comes_back() -> None:
    message = UserInformation(
        Empty(), tunnelling=True, control=(b"\x01", b"\x02\x03"), provisional_tunnelling=True, supplementary=(b"\xa1",)
    )
    assert h225_codec.parse(h225_codec.serialize(message)) == message
    assert h225_codec.parse(h225_codec.serialize(UserInformation())) == UserInformation()


def test_what_is_sent_has_all_that_strict_decoders_ask_for() -> None:
    value: Any = asn1.decode(Pdu.H225, h225_codec.serialize(UserInformation(Setup())))
    sent = value["h323-uu-pdu"]["h323-message-body"][1]
    assert set(sent) == {
        *("protocolIdentifier", "sourceInfo", "activeMC", "conferenceID", "conferenceGoal", "callType"),
        *("callIdentifier", "mediaWaitForConnect", "canOverlapSend", "multipleCalls", "maintainConnection"),
    }
    assert sent["protocolIdentifier"] == (0, 0, 8, 2250, 0, h225_messages.VERSION)
    assert sent["sourceInfo"]["terminal"] == {}
    assert "h245Tunnelling" not in value["h323-uu-pdu"]


def test_a_message_of_the_first_edition_is_read() -> None:
    body = {
        "protocolIdentifier": (0, 0, 8, 2250, 0, 1),
        "sourceInfo": {"mc": False, "undefinedNode": True},
        "activeMC": False,
        "conferenceID": CONFERENCE,
        "conferenceGoal": ("create", 0),
        "callType": ("pointToPoint", 0),
    }
    data = asn1.encode(Pdu.H225, {"h323-uu-pdu": {"h323-message-body": ("setup", body)}})
    message = h225_codec.parse(data)
    assert message == UserInformation(Setup(version=1, conference_id=CONFERENCE))
    assert message.tunnelling is None


def test_lists_without_end_are_cut() -> None:
    message = UserInformation(Empty(), control=(b"x",) * (h225_codec.MAX_PDUS + 9))
    assert len(h225_codec.parse(h225_codec.serialize(message)).control) == h225_codec.MAX_PDUS


def test_products_lose_the_zeros_that_some_append() -> None:
    body = Progress(destination=Endpoint(product="H323Plus\0\0", version="1\0"))
    read = h225_codec.parse(h225_codec.serialize(UserInformation(body))).body
    assert isinstance(read, Progress)
    assert (read.destination.product, read.destination.version) == ("H323Plus", "1")


@pytest.mark.parametrize("data", [b"", b"\x28", bytes(3), b"\xff" * 99])
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises(Asn1Error):
        h225_codec.parse(data)


@captures.needs_captures
@pytest.mark.parametrize("path", captures.FILES, ids=lambda p: p.stem)
def test_captured_messages_keep_their_meaning(path: Path, tmp_path: Path) -> None:
    kinds, sent = set(), []
    for _, _, data in captures.messages(path):
        if data[0] != q931.PROTOCOL:
            continue
        message = h225_codec.parse(q931.parse(data).user_information or b"")
        assert h225_codec.parse(h225_codec.serialize(message)) == message
        sent.append((shark.CALL_SIGNALING, wire(message)))
        kinds.add(type(message.body))
        if isinstance(message.body, Setup):
            assert message.body.source_aliases
            assert message.body.source.product
            assert message.body.destination_address
    if sent:
        assert {Setup, CallProceeding, Connect} <= kinds  # some captures end during the call
        if not shark.needs_tshark.args[0]:
            assert shark.malformed(sent, tmp_path) == []
