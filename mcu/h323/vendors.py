"""Peers that need something special, keyed on how they identify themselves (H.225.0 VendorIdentifier).

Everything else is done for all peers alike, in the way that the most careful of them needs: nothing in an
OpenLogicalChannel about quality of service, destCallSignalAddress in each SETUP, no displayName in it, at most 4 kB.
The only place that knows of vendors: others see `Quirks`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

Number = tuple[int, int, int]  # T.35 country code, extension, manufacturer code
ANY: Number = (-1, -1, -1)
MAX_NAME = 128  # characters of a product's name that are looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """What is done otherwise for a peer; the defaults are for everybody else."""

    display_in_setup: bool = True  # the Display element
    bearer_in_connect: bool = True  # the Bearer capability element
    tunnelling: bool = True  # H.245 in call signaling, offered and accepted
    fast_start: bool = True  # offered and accepted
    status_inquiry: bool = True  # is asked for its state when it has been silent
    small_capability_set: bool = False  # one entry for each kind of media
    round_trip: bool = True  # is measured by H.245
    moves_by_ack: bool = False  # reads an OpenLogicalChannelAck again, and cannot open channels a second time


@dataclass(frozen=True, slots=True)
class Vendor:
    """One line of the table. `product` is searched for in the product's name, whatever the case of letters."""

    name: str
    number: Number
    product: str
    quirks: Quirks


NONE = Quirks()

# The first line that matches counts. A number of ANY is matched by the product alone.
TABLE: tuple[Vendor, ...] = (
    Vendor("Codian", (180, 0, 49152), "", Quirks(display_in_setup=False, bearer_in_connect=False)),
    Vendor("Codian", ANY, r"codian", Quirks(display_in_setup=False, bearer_in_connect=False)),
    Vendor(
        "Microsoft NetMeeting",
        (181, 0, 21324),
        "",
        Quirks(tunnelling=False, fast_start=False, small_capability_set=True, round_trip=False),
    ),
    Vendor("ooh323c", (184, 0, 39), r"ooh323|objective", Quirks(status_inquiry=False, moves_by_ack=True)),
    Vendor("ooh323c", ANY, r"^ooh323", Quirks(status_inquiry=False, moves_by_ack=True)),
    Vendor("VTEL", (181, 0, 3), "", Quirks(small_capability_set=True, fast_start=False)),
    Vendor("PictureTel", (181, 0, 1), r"picturetel|^$", Quirks(small_capability_set=True, fast_start=False)),
)


def find(number: Number, product: str) -> Vendor | None:
    """The line of the table for a peer; None for most."""
    name = product[:MAX_NAME]
    for vendor in TABLE:
        if vendor.number in (number, ANY) and re.search(vendor.product, name, re.IGNORECASE):
            return vendor
    return None


def quirks(number: Number, product: str) -> Quirks:
    """What to do otherwise for a peer."""
    vendor = find(number, product)
    return vendor.quirks if vendor else NONE
