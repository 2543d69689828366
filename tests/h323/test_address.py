"""Addresses in the three forms that H.323 has for them."""

from __future__ import annotations

import pytest

from mcu.errors import ProtocolError
from mcu.h323 import address
from mcu.h323.address import Address

V4, V6 = Address("192.0.2.1", 1720), Address("2001:db8::1", 1720)


@pytest.mark.parametrize("one", [V4, V6])
def test_addresses_come_back_from_h225_and_h245(one: Address) -> None:
    assert address.from_h225(address.to_h225(one)) == one
    assert address.from_h245(address.to_h245(one)) == one


def test_the_values_are_those_of_the_recommendations() -> None:
    assert address.to_h225(V4) == ("ipAddress", {"ip": bytes((192, 0, 2, 1)), "port": 1720})
    assert address.to_h225(V6)[0] == "ip6Address"
    assert address.to_h245(V4) == (
        "unicastAddress",
        ("iPAddress", {"network": bytes((192, 0, 2, 1)), "tsapIdentifier": 1720}),
    )
    assert address.to_h245(V6)[1][0] == "iP6Address"


def test_other_kinds_of_address_are_none() -> None:
    assert address.from_h225(("netBios", bytes(16))) is None
    assert address.from_h245(("multicastAddress", ("iPAddress", {"network": bytes(4), "tsapIdentifier": 1}))) is None
    assert address.from_h245(("unicastAddress", ("netBios", bytes(16)))) is None


def test_mapped_addresses_are_plain() -> None:
    mapped = bytes(10) + b"\xff\xff" + bytes((192, 0, 2, 1))
    assert address.from_h225(("ip6Address", {"ip": mapped, "port": 1720})) == V4
    assert address.parse("[::ffff:192.0.2.1]:1720", 1) == V4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.1", Address("192.0.2.1", 1720)),
        ("192.0.2.1:99", Address("192.0.2.1", 99)),
        ("2001:db8::1", Address("2001:db8::1", 1720)),
        ("[2001:db8::1]", Address("2001:db8::1", 1720)),
        ("[2001:db8::1]:99", Address("2001:db8::1", 99)),
    ],
)
def test_text_is_read(text: str, expected: Address) -> None:
    assert address.parse(text, 1720) == expected
    assert address.parse(str(expected), 1) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "host",
        "192.0.2.1:0",
        "192.0.2.1:65536",
        "192.0.2.1:x",
        "192.0.2.1:1_720",
        "192.0.2.1:+99",
        "[2001:db8::1",
        "[::1]x",
        "[::1]99",
        "1.2.3",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError):
        address.parse(text, 1720)


def test_nothing_can_be_sent_to_no_port_and_nowhere() -> None:
    assert V4.is_usable
    assert V6.is_usable
    assert not Address("192.0.2.1", 0).is_usable
    assert not Address("0.0.0.0", 1720).is_usable
    assert not Address("::", 1720).is_usable
