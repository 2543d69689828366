"""The header of an H.263 picture, as far as transport has to know it (ITU-T H.263 (01/2005) clause 5.1)."""

from __future__ import annotations

from collections.abc import Iterator

from mcu.errors import ProtocolError

START = 0x20  # PSC without its two bits in the third octet: 0000 0000 0000 0000 1000 00
TYPE_AT = 30  # bit behind PSC (22) and TR (8): PTYPE
FORMAT_AT, CODING_AT = TYPE_AT + 5, TYPE_AT + 8  # bits 6 to 8 and bit 9 of PTYPE
EXTENDED = 7  # source format: PLUSPTYPE follows
FULL_UPDATE = 1  # UFEP: OPPTYPE is there
OPTIONS = 18  # bits of OPPTYPE
HEADER = 9  # octets that hold all of this
GROUP_START = 0b1000_0000  # third octet of a start code; picture, group or slice


def begins_picture(data: bytes) -> bool:
    """Whether a picture start code (PSC) is at the first bit."""
    return len(data) > 2 and int.from_bytes(data[:3], "big") >> 2 == START


def is_intra(data: bytes) -> bool:
    """Whether the picture refers to no other one. Raises ProtocolError."""
    if not begins_picture(data) or len(data) < HEADER:
        raise ProtocolError("H263: no picture header")
    window = int.from_bytes(data[:HEADER], "big")
    if _bits(window, TYPE_AT, 2) != 2:
        raise ProtocolError("H263: PTYPE does not begin with 1 and 0")
    if _bits(window, FORMAT_AT, 3) != EXTENDED:
        return _bits(window, CODING_AT, 1) == 0
    mandatory = FORMAT_AT + 6 + (OPTIONS if _bits(window, FORMAT_AT + 3, 3) == FULL_UPDATE else 0)
    return _bits(window, mandatory, 3) == 0


def group_starts(data: bytes) -> Iterator[int]:
    """Octets at which the picture, its groups of blocks or its slices begin, of those that begin with an octet."""
    at = data.find(b"\0\0")
    while at >= 0:
        if at + 2 < len(data) and data[at + 2] & GROUP_START:
            yield at
            at = data.find(b"\0\0", at + 2)
        else:
            at = data.find(b"\0\0", at + 1)


def _bits(window: int, at: int, count: int) -> int:
    return window >> 8 * HEADER - at - count & (1 << count) - 1
