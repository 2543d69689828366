"""Names of endpoints: each kind there and back through the wire's form, what does not fit, what is no name."""

from __future__ import annotations

import pytest

from mcu.h323 import aliases, asn1
from mcu.h323.aliases import Alias, AliasKind


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("100", Alias(AliasKind.DIGITS, "100")),
        ("+8221234", Alias(AliasKind.DIGITS, "8221234")),
        ("*70#", Alias(AliasKind.DIGITS, "*70#")),
        ("h323:room@example.org", Alias(AliasKind.URL, "h323:room@example.org")),
        ("종로구청", Alias(AliasKind.H323_ID, "종로구청")),
        ("room@example.org", Alias(AliasKind.H323_ID, "room@example.org")),
        ("+", Alias(AliasKind.H323_ID, "+")),
    ],
)
def test_what_is_typed_becomes_the_kind_that_is_meant(text: str, meant: Alias) -> None:
    assert aliases.guess(text) == meant


@pytest.mark.parametrize(
    "alias",
    [
        Alias(AliasKind.DIGITS, "0123456789*#,"),
        Alias(AliasKind.H323_ID, "종로구청 회의실"),
        Alias(AliasKind.URL, "h323:a@b"),
        Alias(AliasKind.EMAIL, "a@b"),
    ],
)
def test_a_name_survives_the_wire(alias: Alias) -> None:
    assert through_the_wire(alias) == alias


@pytest.mark.parametrize(
    ("alias", "received"),
    [
        (Alias(AliasKind.DIGITS, "12a"), Alias(AliasKind.H323_ID, "12a")),
        (Alias(AliasKind.URL, "h323:종로"), Alias(AliasKind.H323_ID, "h323:종로")),
        (Alias(AliasKind.H323_ID, "room \U0001f3a5"), Alias(AliasKind.H323_ID, "room ?")),
        (Alias(AliasKind.H323_ID, "\ud800"), Alias(AliasKind.H323_ID, "?")),
        (Alias(AliasKind.H323_ID, ""), Alias(AliasKind.H323_ID, "?")),
        (Alias(AliasKind.H323_ID, "x" * 300), Alias(AliasKind.H323_ID, "x" * 256)),
    ],
)
def test_what_its_kind_cannot_hold_is_sent_as_well_as_can_be(alias: Alias, received: Alias) -> None:
    assert through_the_wire(alias) == received


def test_numbers_of_a_party_are_digits_and_other_kinds_are_no_names() -> None:
    public = ("e164Number", {"publicTypeOfNumber": ("unknown", 0), "publicNumberDigits": "4711"})
    assert aliases.from_h225(("partyNumber", public)) == Alias(AliasKind.DIGITS, "4711")
    assert aliases.from_h225(("partyNumber", ("dataPartyNumber", "12"))) == Alias(AliasKind.DIGITS, "12")
    assert aliases.from_h225(("transportID", ("ipAddress", {"ip": bytes(4), "port": 1}))) is None
    assert aliases.from_h225(("h323-ID", "\0")) is None


def test_only_so_many_names_are_taken_from_a_list() -> None:
    assert len(aliases.list_from_h225([("h323-ID", f"room{n}") for n in range(100)])) == aliases.MAX_ALIASES
    assert aliases.list_from_h225(None) == ()


def through_the_wire(alias: Alias) -> Alias | None:
    request = {
        "requestSeqNum": 1,
        "protocolIdentifier": (0, 0, 8, 2250, 0, 4),
        "rasAddress": ("ipAddress", {"ip": bytes(4), "port": 1}),
        "endpointType": {"mc": False, "undefinedNode": False},
        "endpointAlias": [aliases.to_h225(alias)],
    }
    decoded = asn1.decode(asn1.Pdu.RAS, asn1.encode(asn1.Pdu.RAS, ("gatekeeperRequest", request)))
    return aliases.from_h225(decoded[1]["endpointAlias"][0])
