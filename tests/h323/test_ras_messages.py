"""Messages of gatekeepers as values: what is there, what old ones leave out, what cannot be read."""

from __future__ import annotations

from typing import Any

import pytest

from mcu.h323 import asn1
from mcu.h323.address import Address
from mcu.h323.aliases import Alias, AliasKind
from mcu.h323.ras_messages import (
    MAX_ALTERNATES,
    MAX_DATAGRAM,
    AdmissionConfirm,
    Alternate,
    Alternates,
    CallRequest,
    GatekeeperConfirm,
    InProgress,
    RasError,
    RegistrationConfirm,
    Reject,
    UnregistrationRequest,
    parse,
)
from tests.h323 import captures
from tests.h323.scripted_gatekeeper import PROTOCOL, ScriptedGatekeeper, alternate, transport

GATEKEEPER = Address("192.0.2.1", 1719)


def parsed(name: str, **fields: Any) -> Any:
    return parse(asn1.encode(asn1.Pdu.RAS, (name, {"requestSeqNum": 1} | fields))).message


@captures.needs_captures
def test_every_captured_message_of_a_gatekeeper_has_a_meaning() -> None:
    meanings: set[str] = set()
    for path in captures.FILES:
        for source, _, data in captures.ras_messages(path):
            datagram = parse(data, source)
            assert datagram.source == source
            if source.port == 1719:
                assert datagram.message is not None, datagram.name
                meanings.add(type(datagram.message).__name__)
    assert meanings == {"GatekeeperConfirm", "RegistrationConfirm", "AdmissionConfirm", "Confirm"}


def test_a_message_of_the_first_version_lacks_what_came_later() -> None:
    """Root fields only, as no sender of today makes them: made by leaving out every extension."""
    confirm = parsed("registrationConfirm", protocolIdentifier=PROTOCOL, callSignalAddress=[], endpointIdentifier="e")
    assert confirm == RegistrationConfirm("e", "", None, None, 0, False, None, Alternates())
    drop = parsed(
        "disengageRequest",
        endpointIdentifier="e",
        conferenceID=bytes(16),
        callReferenceValue=5,
        disengageReason=("forcedDrop", 0),
    )
    assert drop == CallRequest("e", bytes(16), bytes(16), 5, None, reason="forcedDrop")
    request = parsed("unregistrationRequest", callSignalAddress=[])
    assert request == UnregistrationRequest("", "undefinedReason", Alternates())


def test_discovery_says_where_and_how() -> None:
    fields = {"protocolIdentifier": PROTOCOL, "rasAddress": transport(GATEKEEPER), "gatekeeperIdentifier": "GK"}
    assert parsed("gatekeeperConfirm", **fields) == GatekeeperConfirm("GK", GATEKEEPER, None, Alternates())
    chosen = {"authenticationMode": ("pwdHash", 0), "algorithmOID": (1, 2, 3)}
    assert parsed("gatekeeperConfirm", **fields, **chosen).algorithm == (1, 2, 3)
    certificate = {"authenticationMode": ("certSign", 0), "algorithmOID": (1, 2, 3)}
    assert parsed("gatekeeperConfirm", **fields, **certificate).algorithm is None


def test_admission_is_in_bits_and_addresses() -> None:
    confirm = parsed(
        "admissionConfirm",
        bandWidth=640,
        callModel=("gatekeeperRouted", 0),
        destCallSignalAddress=transport(Address("192.0.2.9", 1720)),
        irrFrequency=60,
        destinationInfo=[("dialledDigits", "5")],
    )
    aliases = (Alias(AliasKind.DIGITS, "5"),)
    assert confirm == AdmissionConfirm(64_000, True, Address("192.0.2.9", 1720), aliases, 60, False)


def test_alternates_are_sorted_and_those_of_no_use_left_out() -> None:
    gatekeepers = [ScriptedGatekeeper(Address(f"192.0.2.{n}", 1719), name=f"g{n}") for n in range(1, 20)]
    listed = [alternate(gatekeeper, priority=20 - n) for n, gatekeeper in enumerate(gatekeepers)]
    listed[0]["rasAddress"] = transport(Address("0.0.0.0", 0))
    info = {"alternateGatekeeper": listed, "altGKisPermanent": True}
    reject = parsed("admissionReject", rejectReason=("resourceUnavailable", 0), altGKInfo=info)
    assert isinstance(reject, Reject)
    assert reject.alternates.permanent
    assert reject.alternates.given is not None
    assert len(reject.alternates.given) == MAX_ALTERNATES - 1
    assert reject.alternates.given[0] == Alternate(Address("192.0.2.8", 1719), "g8", True, 13)


def test_progress_is_in_seconds() -> None:
    assert parsed("requestInProgress", delay=1_500) == InProgress(1.5)


def test_what_an_endpoint_has_no_use_for_has_no_meaning() -> None:
    datagram = parse(
        asn1.encode(
            asn1.Pdu.RAS,
            (
                "locationRequest",
                {"requestSeqNum": 77, "destinationInfo": [("h323-ID", "x")], "replyAddress": transport(GATEKEEPER)},
            ),
        )
    )
    assert (datagram.name, datagram.sequence, datagram.message) == ("locationRequest", 77, None)


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00", bytes(MAX_DATAGRAM + 1), b"\xff\x00\x01\x00", bytes.fromhex("9f01626300")],
    ids=["empty", "short", "long", "later", "noise"],
)
def test_what_cannot_be_read_is_said_in_our_own_words(data: bytes) -> None:
    with pytest.raises(RasError):
        parse(data)


def test_an_identifier_that_could_not_be_said_back_is_none() -> None:
    fields = {"protocolIdentifier": PROTOCOL, "rasAddress": transport(GATEKEEPER), "gatekeeperIdentifier": "abcd"}
    data = asn1.encode(asn1.Pdu.RAS, ("gatekeeperConfirm", {"requestSeqNum": 1} | fields))
    odd = data.replace("abcd".encode("utf-16-be"), "\U0001f4a5cd".encode("utf-16-be"))
    assert odd != data
    with pytest.raises(RasError, match="Multilingual"):
        parse(odd)
