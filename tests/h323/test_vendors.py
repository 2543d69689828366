"""The one table of vendors: numbers and names of products that real stacks send."""

from __future__ import annotations

from dataclasses import fields

import pytest

from mcu.h323 import vendors
from mcu.h323.vendors import NONE, TABLE, Quirks


@pytest.mark.parametrize(
    ("number", "product", "name"),
    [
        ((180, 0, 49152), "Codian MCU 4210", "Codian"),
        ((0, 0, 0), "CODIAN ISDN GW", "Codian"),
        ((181, 0, 21324), "Microsoft NetMeeting(R)", "Microsoft NetMeeting"),
        ((184, 0, 39), "ooh323", "ooh323c"),
        ((9, 0, 61), "ooh323c", "ooh323c"),
        ((9, 0, 61), "H323Plus CallGen", None),
        ((181, 0, 1), "RealPresence Group 500", None),  # its number is that of the firm that it bought
        ((0, 0, 0), "", None),
    ],
)
def test_peers_are_known_by_number_or_product(number: vendors.Number, product: str, name: str | None) -> None:
    found = vendors.find(number, product)
    assert (found.name if found else None) == name
    assert vendors.quirks(number, product) == (found.quirks if found else NONE)


def test_codian_gets_neither_display_nor_bearer_capability() -> None:
    quirks = vendors.quirks((180, 0, 49152), "")
    assert not quirks.display_in_setup
    assert not quirks.bearer_in_connect
    assert quirks.tunnelling


def test_each_line_changes_something() -> None:
    assert all(vendor.quirks != NONE for vendor in TABLE)
    for field in fields(Quirks):
        assert any(getattr(v.quirks, field.name) != getattr(NONE, field.name) for v in TABLE), f"{field.name}: nobody's"


def test_long_names_cost_nothing() -> None:
    assert vendors.find((0, 0, 0), "x" * 1_000_000 + "codian") is None
