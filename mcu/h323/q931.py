"""Q.931 messages as H.225.0 clause 7 uses them: a call reference, a message type and information elements.

Rules:
1. Elements are kept in their order, those that nobody here knows too. What follows the user-user element may be cut
   short; anything before it may not.
2. The user-user element has a length of two octets (H.225.0 clause 7.2.2.31), all others of one.
3. `parse` lets out Q931Error only.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from mcu.errors import ProtocolError

PROTOCOL = 8  # the protocol discriminator of Q.931 call control
USER_INFORMATION = 5  # the user-user element's own: X.680 and X.691 coded
REFERENCE_BITS = 15  # of a call reference of two octets, the only length that H.225.0 clause 7.2.2.3 has
MAX_ELEMENTS = 128  # Q.931 defines 60, and most come once


class Q931Error(ProtocolError):
    """Bytes that are no Q.931 message."""


class MessageType(enum.IntEnum):
    """Q.931 table 4-2, as far as H.225.0 table 4 has them."""

    ALERTING = 0x01
    CALL_PROCEEDING = 0x02
    PROGRESS = 0x03
    SETUP = 0x05
    CONNECT = 0x07
    SETUP_ACK = 0x0D
    CONNECT_ACK = 0x0F
    RELEASE = 0x4D
    RELEASE_COMPLETE = 0x5A
    FACILITY = 0x62
    NOTIFY = 0x6E
    STATUS_INQUIRY = 0x75
    INFORMATION = 0x7B
    STATUS = 0x7D


class ElementId(enum.IntEnum):
    """Q.931 table 4-3, codeset 0."""

    BEARER_CAPABILITY = 0x04
    CAUSE = 0x08
    CALL_STATE = 0x14
    FACILITY = 0x1C
    PROGRESS_INDICATOR = 0x1E
    NOTIFICATION_INDICATOR = 0x27
    DISPLAY = 0x28
    KEYPAD_FACILITY = 0x2C
    SIGNAL = 0x34
    CALLING_PARTY_NUMBER = 0x6C
    CALLED_PARTY_NUMBER = 0x70
    USER_USER = 0x7E


_SHIFT = 0x90  # 1001 LCCC: L set is for the next element only, CCC is the codeset


@dataclass(frozen=True, slots=True)
class Element:
    """One information element. Those of a single octet have that octet as `identifier` (0x80 and above)."""

    identifier: int
    contents: bytes = b""
    codeset: int = 0


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `by_destination` is the call reference flag: sent by the side that did not choose the reference."""

    kind: int
    call_reference: int
    by_destination: bool
    elements: tuple[Element, ...] = ()

    def get(self, identifier: int) -> bytes | None:
        """The contents of the first element of that name in codeset 0."""
        found = (e.contents for e in self.elements if e.identifier == identifier and not e.codeset)
        return next(found, None)

    @property
    def user_information(self) -> bytes | None:
        """The H323-UserInformation PDU; None where there is none."""
        contents = self.get(ElementId.USER_USER)
        return contents[1:] if contents and contents[0] == USER_INFORMATION else None


def parse(data: bytes) -> Message:
    """The message in `data`. Raises Q931Error."""
    if len(data) < 3 or data[0] != PROTOCOL:
        raise Q931Error(f"no Q.931 message: {data[:4].hex()}")
    length = data[1] & 0x0F
    if len(data) < 3 + length:
        raise Q931Error("cut short in the call reference")
    reference, by_destination = 0, False
    if length:
        flag = 1 << 8 * length - 1
        number = int.from_bytes(data[2 : 2 + length], "big")
        reference, by_destination = number & ~flag, bool(number & flag)
    return Message(data[2 + length], reference, by_destination, tuple(_elements(data, 3 + length)))


def serialize(message: Message) -> bytes:
    """The bytes of `message`. Raises ValueError for what does not fit (a bug of ours)."""
    reference = message.call_reference | message.by_destination << REFERENCE_BITS
    data = bytearray((PROTOCOL, 2, *reference.to_bytes(2, "big"), message.kind))
    for element in message.elements:
        if element.codeset:
            data.append(_SHIFT | 8 | element.codeset)
        data.append(element.identifier)
        if element.identifier & 0x80:
            continue
        if element.identifier == ElementId.USER_USER and not element.codeset:
            data += len(element.contents).to_bytes(2, "big")
        else:
            data.append(len(element.contents))
        data += element.contents
    return bytes(data)


def _elements(data: bytes, position: int) -> Iterator[Element]:
    locked = codeset = count = 0
    complete = False
    while position < len(data):
        identifier = data[position]
        position += 1
        if identifier & 0xF0 == _SHIFT:
            codeset = identifier & 7
            if not identifier & 8:
                locked = codeset
            continue
        count += 1
        if count > MAX_ELEMENTS:
            raise Q931Error("too many information elements")
        contents = b""
        if not identifier & 0x80:
            is_user_user = identifier == ElementId.USER_USER and codeset == 0
            begin = position + (2 if is_user_user else 1)
            end = begin + int.from_bytes(data[position:begin], "big")
            if begin > len(data) or end > len(data):
                if complete:
                    return
                raise Q931Error(f"information element {identifier:#04x} is cut short")
            contents = data[begin:end]
            position = end
            complete |= is_user_user
        yield Element(identifier, contents, codeset)
        codeset = locked
