"""Messages of H.245 over the wire: what is built is read as it was meant, by us and by tshark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mcu.h323 import asn1, h245_codec, h245_messages, tpkt
from mcu.h323.address import Address
from mcu.h323.asn1 import Pdu
from mcu.h323.capabilities import Offer, build
from mcu.h323.channels import MediaFormat
from mcu.h323.h245_messages import (
    CloseLogicalChannel,
    CloseLogicalChannelAck,
    Conference,
    EndSessionCommand,
    FlowControlCommand,
    FunctionNotUnderstood,
    H245Error,
    Ignored,
    MaintenanceLoopReject,
    MaintenanceLoopRequest,
    MasterSlaveDetermination,
    MasterSlaveDeterminationAck,
    MasterSlaveDeterminationReject,
    MasterSlaveDeterminationRelease,
    Message,
    MiscellaneousCommand,
    OpenLogicalChannelConfirm,
    OpenLogicalChannelReject,
    Presentation,
    RequestChannelClose,
    RequestChannelCloseAck,
    RequestChannelCloseReject,
    RequestChannelCloseRelease,
    RequestMode,
    RequestModeAck,
    RequestModeReject,
    RequestModeRelease,
    RoundTripDelayRequest,
    RoundTripDelayResponse,
    SendTerminalCapabilitySet,
    TerminalCapabilitySet,
    TerminalCapabilitySetAck,
    TerminalCapabilitySetReject,
    TerminalCapabilitySetRelease,
    Unknown,
    UserInput,
)
from mcu.h323.open_channel import OpenLogicalChannel, OpenLogicalChannelAck
from mcu.media.types import StreamKind
from tests.h323 import captures, h245_captures, shark

RTP = Address("192.0.2.1", 5000)
ULAW = MediaFormat(codec="PCMU", payload_type=0, clock_rate=8_000, bitrate=64_000)
MESSAGES: list[Message] = [
    MasterSlaveDetermination(190, (1 << 24) - 1),
    MasterSlaveDeterminationAck("master"),
    MasterSlaveDeterminationReject(),
    MasterSlaveDeterminationRelease(),
    TerminalCapabilitySet(255, (0, 0, 8, 245, 0, 13), build(Offer())),
    TerminalCapabilitySet(0, (0, 0, 8, 245, 0, 3), {}),
    TerminalCapabilitySetAck(7),
    TerminalCapabilitySetReject(7, "descriptorCapacityExceeded"),
    TerminalCapabilitySetRelease(),
    OpenLogicalChannel(number=1, session=1, kind=StreamKind.AUDIO, media=ULAW, rtcp=RTP),
    OpenLogicalChannelAck(number=65_535, session=255, rtp=RTP, rtcp=RTP, payload_type=127),
    *(OpenLogicalChannelReject(5, cause) for cause in ("unspecified", "masterSlaveConflict", "replacementForRejected")),
    CloseLogicalChannel(5, "user"),
    CloseLogicalChannel(5, "lcse"),
    CloseLogicalChannelAck(5),
    RequestChannelClose(5, "normal"),
    RequestChannelCloseAck(5),
    RequestChannelCloseReject(5),
    RequestModeAck(5, "willTransmitMostPreferredMode"),
    RequestModeReject(5, "modeUnavailable"),
    RoundTripDelayRequest(255),
    RoundTripDelayResponse(0),
    FlowControlCommand(5, 0),
    FlowControlCommand(5, None),
    FlowControlCommand(0, (1 << 24) - 1),
    MiscellaneousCommand(5, "videoFastUpdatePicture"),
    EndSessionCommand(),
    UserInput("#"),
    UserInput("#", is_signal=True, duration=90),
    Conference("request", "terminalListRequest"),
    Conference("response", "terminalListResponse", [{"mcuNumber": 1, "terminalNumber": 2}]),
    Conference("indication", "terminalJoinedConference", {"mcuNumber": 1, "terminalNumber": 2}),
    Presentation(1, ((42, 105), (41, 10_000))),
    Presentation(2, ((126, 0), (42, 105))),
    Presentation(3, ((44, 0), (42, 105), (43, 10))),
    Presentation(4, ((127, 0), (44, 0), (42, 105))),
    Presentation(5, ((44, 0),)),
    Presentation(6, ((44, 0), (42, 105))),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_what_is_sent_is_what_was_meant(message: Message) -> None:
    assert h245_codec.parse(h245_codec.build(message)) == message


@shark.needs_tshark
def test_tshark_understands_all(tmp_path: Path) -> None:
    refusals = [
        FunctionNotUnderstood(
            "request", ("multilinkRequest", ("callInformation", {"maxNumberOfAdditionalConnections": 1}))
        ),
        FunctionNotUnderstood("command", ("encryptionCommand", ("encryptionSE", b"x"))),
        MaintenanceLoopReject(("systemLoop", 0)),
    ]
    said = [(shark.CONTROL, tpkt.frame(h245_codec.build(message))) for message in (*MESSAGES, *refusals)]
    assert shark.malformed(said, tmp_path) == []
    assert len(shark.summaries(said, tmp_path)) == len(said)


def encoded(category: str, name: str, fields: Any) -> bytes:
    return asn1.encode(Pdu.H245, (category, (name, fields)))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (("request", "requestChannelClose", {"forwardLogicalChannelNumber": 5}), RequestChannelClose(5, "unknown")),
        (
            ("request", "requestChannelClose", {"forwardLogicalChannelNumber": 5, "reason": ("reopen", 0)}),
            RequestChannelClose(5, "reopen"),
        ),
        (
            ("indication", "requestChannelCloseRelease", {"forwardLogicalChannelNumber": 5}),
            RequestChannelCloseRelease(5),
        ),
        (("indication", "openLogicalChannelConfirm", {"forwardLogicalChannelNumber": 5}), OpenLogicalChannelConfirm(5)),
        (("indication", "requestModeRelease", {}), RequestModeRelease()),
        (("command", "sendTerminalCapabilitySet", ("genericRequest", 0)), SendTerminalCapabilitySet()),
        (("request", "maintenanceLoopRequest", {"type": ("systemLoop", 0)}), MaintenanceLoopRequest(("systemLoop", 0))),
        (
            (
                "request",
                "requestMode",
                {"sequenceNumber": 3, "requestedModes": [[{"type": ("audioMode", ("g728", 0))}]]},
            ),
            RequestMode(3, ((("audioMode", ("g728", 0)),),)),
        ),
        (("command", "endSessionCommand", ("gstnOptions", ("v8bis", 0))), EndSessionCommand()),
        (
            ("command", "flowControlCommand", {"scope": ("resourceID", 1), "restriction": ("noRestriction", 0)}),
            Ignored("flowControlCommand of a resource"),
        ),
        (("indication", "userInput", ("signalUpdate", {"duration": 9})), Ignored("userInput signalUpdate")),
        (("indication", "vendorIdentification", {"vendor": ("object", (1, 2))}), Ignored("vendorIdentification")),
        (("command", "communicationModeCommand", {"communicationModeTable": []}), Ignored("communicationModeCommand")),
        (("request", "communicationModeRequest", {}), Unknown("request", ("communicationModeRequest", {}))),
        (
            ("command", "encryptionCommand", ("encryptionSE", b"x")),
            Unknown("command", ("encryptionCommand", ("encryptionSE", b"x"))),
        ),
        (
            ("request", "genericRequest", {"messageIdentifier": ("standard", (1, 2))}),
            Unknown("request", ("genericRequest", {"messageIdentifier": ("standard", (1, 2))})),
        ),
    ],
    ids=lambda each: each[1] if isinstance(each, tuple) else "",
)
def test_what_others_say_is_read(data: tuple[str, str, Any], message: Message) -> None:
    if data[1] == "communicationModeCommand":  # its table may not be empty
        entry = {
            "sessionID": 1,
            "sessionDescription": "x",
            "dataType": ("audioData", ("g711Alaw64k", 20)),
            "mediaControlChannel": ("unicastAddress", ("iPAddress", {"network": b"\0" * 4, "tsapIdentifier": 1})),
        }
        data = (*data[:2], {"communicationModeTable": [entry]})
    assert h245_codec.parse(encoded(*data)) == message


@pytest.mark.parametrize("data", [b"", b"\x00", b"\xff" * 40, bytes(h245_codec.MAX_PDU + 1), b"\x70"])
def test_what_is_none_is_refused_in_our_words(data: bytes) -> None:
    with pytest.raises(H245Error):
        h245_codec.parse(data)


def test_every_class_of_messages_is_in_the_union() -> None:
    classes = {
        each for each in vars(h245_messages).values() if isinstance(each, type) and hasattr(each, "__match_args__")
    }
    assert classes == set(Message.__args__)


@captures.needs_captures
def test_all_captured_pdus_are_read() -> None:
    kinds: dict[str, int] = {}
    for path in captures.FILES:
        for _, pdu in h245_captures.pdus(path):
            name = type(h245_codec.parse(pdu)).__name__
            kinds[name] = kinds.get(name, 0) + 1
    assert "Unknown" not in kinds
    assert sum(kinds.values()) > 300
    assert kinds["MiscellaneousCommand"] > 50
