"""The seam to the ASN.1 library: every PDU comes back in value, and other decoders read what is sent."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pycrate_asn1rt.codecs import ASN1CodecPER

from mcu.h323 import asn1, q931, tpkt
from mcu.h323.asn1 import Asn1Error, Pdu
from tests.h323 import captures, shark

ADDRESS = ("unicastAddress", ("iPAddress", {"network": bytes((192, 0, 2, 1)), "tsapIdentifier": 5004}))
ACK = (
    "response",
    (
        "openLogicalChannelAck",
        {
            "forwardLogicalChannelNumber": 1,
            "forwardMultiplexAckParameters": (
                "h2250LogicalChannelAckParameters",
                {"mediaChannel": ADDRESS, "dynamicRTPPayloadType": 96, "flowControlToZero": False},
            ),
        },
    ),
)
ROUND_TRIP = ("request", ("roundTripDelayRequest", {"sequenceNumber": 7}))
ACK_BYTES = bytes.fromhex(
    "22c00000 06800c4a00 c0000201 138c 00 18 01 00"
)  # 5 bits of payload type, 7 of count, 2 of bitmap, pad
FACILITY = {
    "h323-uu-pdu": {
        "h323-message-body": (
            "facility",
            {
                "protocolIdentifier": (0, 0, 8, 2250, 0, 4),
                "reason": ("transportedInformation", 0),
                "callIdentifier": {"guid": bytes(range(16))},
            },
        ),
        "h245Tunnelling": True,
        "h245Control": [bytes.fromhex("4a40")],  # endSessionCommand, disconnect
    }
}


def every_pdu(path: Path) -> Iterator[tuple[Pdu, bytes]]:
    """All PDUs of a capture, those inside others too."""
    for _, _, message in captures.messages(path):
        if message[0] != q931.PROTOCOL:
            yield Pdu.H245, message
            continue
        data = q931.parse(message).user_information or b""
        yield Pdu.H225, data
        pdu = asn1.decode(Pdu.H225, data)["h323-uu-pdu"]
        body = pdu["h323-message-body"][1]
        for control in pdu.get("h245Control", ()):
            yield Pdu.H245, bytes(control)
        for element in body.get("fastStart", ()) if isinstance(body, dict) else ():
            yield Pdu.FAST_START, bytes(element)
    for _, _, datagram in captures.ras_messages(path):
        yield Pdu.RAS, datagram


def wrapped(pdu: Pdu, data: bytes) -> tuple[int, bytes]:
    """A PDU as it goes over the wire, for tshark."""
    if pdu is Pdu.RAS:
        return shark.RAS, data
    if pdu is Pdu.H245:
        return shark.CONTROL, tpkt.frame(data)
    if pdu is Pdu.FAST_START:
        value = copy.deepcopy(FACILITY)
        value["h323-uu-pdu"]["h323-message-body"][1]["fastStart"] = [data]
        data = asn1.encode(Pdu.H225, value)
    message = q931.Message(q931.MessageType.FACILITY, 1, False, (q931.Element(0x7E, b"\x05" + data),))
    return shark.CALL_SIGNALING, tpkt.frame(q931.serialize(message))


@captures.needs_captures
@pytest.mark.parametrize("path", captures.FILES, ids=lambda p: p.stem)
def test_captured_pdus_come_back_in_value(path: Path, tmp_path: Path) -> None:
    encoded: list[tuple[int, bytes]] = []
    for pdu, data in every_pdu(path):
        value = copy.deepcopy(asn1.decode(pdu, data))
        again = asn1.encode(pdu, value)
        assert asn1.decode(pdu, again) == value
        encoded.append(wrapped(pdu, again))
    assert encoded
    if shark.needs_tshark.args[0] is False:
        assert shark.malformed(encoded, tmp_path) == []


@captures.needs_captures
def test_the_captures_hold_every_kind_of_pdu() -> None:
    count = dict.fromkeys(Pdu, 0)
    for path in captures.FILES:
        for pdu, _ in every_pdu(path):
            count[pdu] += 1
    assert sum(count.values()) >= 876
    assert all(count[pdu] > 20 for pdu in (Pdu.H225, Pdu.RAS, Pdu.H245, Pdu.FAST_START))


def test_additions_of_a_sequence_stand_where_others_look_for_them() -> None:
    assert asn1.encode(Pdu.H245, ACK) == ACK_BYTES
    assert asn1.decode(Pdu.H245, ACK_BYTES) == ACK


@shark.needs_tshark
def test_tshark_reads_what_is_encoded(tmp_path: Path) -> None:
    messages = [wrapped(Pdu.H245, asn1.encode(Pdu.H245, ACK)), wrapped(Pdu.H225, asn1.encode(Pdu.H225, FACILITY))]
    assert shark.malformed(messages, tmp_path) == []
    lines = shark.summaries(messages, tmp_path)
    assert "openLogicalChannelAck" in lines[0]
    assert "facility" in lines[1]


@shark.needs_tshark
def test_tshark_finds_what_is_malformed(tmp_path: Path) -> None:
    spoiled = asn1.encode(Pdu.H225, FACILITY).replace(bytes.fromhex("024a40"), bytes.fromhex("02ffff"))
    assert (
        len(shark.malformed([wrapped(Pdu.H225, asn1.encode(Pdu.H225, FACILITY)), wrapped(Pdu.H225, spoiled)], tmp_path))
        == 1
    )


def test_the_library_still_needs_to_be_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    """When this fails, the library encodes additions rightly: asn1._to_per can go."""
    monkeypatch.setattr(asn1.SEQ, "_to_per", asn1._encode_sequence)
    assert asn1.encode(Pdu.H245, ACK) != ACK_BYTES


def test_additions_of_later_editions_are_kept() -> None:
    value: Any = copy.deepcopy(ACK)
    value[1][1]["forwardMultiplexAckParameters"][1]["_ext_9"] = b"\x01\x02"
    again = asn1.decode(Pdu.H245, asn1.encode(Pdu.H245, value))
    assert again[1][1]["forwardMultiplexAckParameters"][1]["_ext_9"] == b"\x01\x02"


def test_a_decoded_value_does_not_change_with_the_next() -> None:
    first = asn1.decode(Pdu.H225, asn1.encode(Pdu.H225, FACILITY))
    kept = copy.deepcopy(first)
    other: Any = copy.deepcopy(FACILITY)
    other["h323-uu-pdu"]["h245Control"] = [b"\xff" * 9]
    other["h323-uu-pdu"]["h323-message-body"][1]["callIdentifier"]["guid"] = bytes(16)
    other["h323-uu-pdu"]["h323-message-body"][1]["reason"] = ("startH245", 0)
    second = asn1.decode(Pdu.H225, asn1.encode(Pdu.H225, other))
    assert first == kept == FACILITY
    assert second == other


def test_encoding_leaves_the_value_alone() -> None:
    value = copy.deepcopy(ACK)
    asn1.encode(Pdu.H245, value)
    assert value == ACK


@pytest.mark.parametrize("data", [b"", b"\x22", ACK_BYTES[:8], ACK_BYTES[:-2], b"\xff" * 40, bytes(asn1.MAX_PDU + 1)])
def test_what_is_no_pdu_is_refused(data: bytes) -> None:
    with pytest.raises(Asn1Error):
        asn1.decode(Pdu.H245, data)


@pytest.mark.parametrize("value", [None, {}, ("response", 5), ("nothing", {}), ("request", ("openLogicalChannel", {}))])
def test_a_value_of_another_shape_is_refused_and_the_next_encoded(value: Any) -> None:
    with pytest.raises(Asn1Error):
        asn1.encode(Pdu.H245, value)
    assert asn1.encode(Pdu.H245, ACK) == ACK_BYTES


def test_messages_that_cannot_be_read_leave_nothing_behind() -> None:
    rng = random.Random(1)
    valid = asn1.encode(Pdu.H245, ROUND_TRIP)
    refused = 0
    for _ in range(500):
        try:
            asn1.decode(Pdu.H225, rng.randbytes(30))
        except Asn1Error:
            refused += 1
        assert not ASN1CodecPER._off
        assert asn1.decode(Pdu.H245, valid) == ROUND_TRIP
    assert refused > 400
