"""H.245 out of captured calls: PDUs of separate connections and those in Q.931 messages (tunnelled, and fastStart)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mcu.h323 import asn1
from mcu.h323.address import Address
from mcu.h323.asn1 import Pdu
from tests.h323 import captures

Way = tuple[Address, Address]
Value = Any


def pdus(path: Path) -> Iterator[tuple[Way, bytes]]:
    """All PDUs of H.245 in a capture, in order."""
    for source, destination, message in captures.messages(path):
        if message[0] != 8:
            yield (source, destination), message
            continue
        uu = user_user(message)
        if uu is None:
            continue
        value = asn1.decode(Pdu.H225, uu)["h323-uu-pdu"]
        body = value["h323-message-body"][1]
        parallel = body.get("parallelH245Control", ()) if isinstance(body, dict) else ()
        for pdu in (*value.get("h245Control", ()), *parallel):
            yield (source, destination), pdu


def fast_starts(path: Path) -> Iterator[tuple[Way, str, list[Value]]]:
    """(way, message, OpenLogicalChannel values) of each fastStart in a capture."""
    for source, destination, message in captures.messages(path):
        uu = user_user(message) if message[0] == 8 else None
        if uu is None:
            continue
        name, body = asn1.decode(Pdu.H225, uu)["h323-uu-pdu"]["h323-message-body"]
        if isinstance(body, dict) and "fastStart" in body:
            yield (source, destination), name, [asn1.decode(Pdu.FAST_START, each) for each in body["fastStart"]]


def user_user(message: bytes) -> bytes | None:
    """The contents of the user-user element of a Q.931 message."""
    at = 2 + message[1] + 1
    while at < len(message):
        if message[at] & 0x80:
            at += 1
        elif message[at] == 0x7E:
            length = int.from_bytes(message[at + 1 : at + 3], "big")
            return message[at + 4 : at + 3 + length]
        else:
            at += 2 + message[at + 1]
    return None
