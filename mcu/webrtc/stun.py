"""STUN messages as ICE uses them (RFC 8489 with RFC 8445 section 7): parse, verify, build. No state, no I/O.

Rules:
1. `parse` raises ProtocolError and nothing else; a parsed message is well-formed but proves nothing about its sender.
2. Nobody may believe a message before `fingerprint_matches` and `integrity_matches` have said yes.
3. Attributes behind MESSAGE-INTEGRITY are unprotected and therefore not seen, FINGERPRINT apart (section 14.5).
"""

from __future__ import annotations

import enum
import hmac
import ipaddress
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from mcu.errors import ProtocolError

MAGIC_COOKIE = 0x2112A442  # section 5
FINGERPRINT_MASK = 0x5354554E  # section 14.7, "STUN" in ASCII
HEADER_BYTES = 20
MAX_MESSAGE_BYTES = 1500  # one Ethernet frame: more than any ICE agent sends, DTLS piggybacking included
MAX_ATTRIBUTES = 32  # browsers send about eight
BINDING = 0x001

_HEADER = struct.Struct("!HHI12s")
_ATTRIBUTE = struct.Struct("!HH")
_INTEGRITY_BYTES = 20  # HMAC-SHA1
_FINGERPRINT_BYTES = 4


class MessageClass(enum.IntEnum):
    """The two class bits of section 5, already put where they stand in the message type."""

    REQUEST = 0x000
    INDICATION = 0x010
    SUCCESS = 0x100
    ERROR = 0x110


class Attribute(enum.IntEnum):
    """Attribute types of RFC 8489 section 18.3 and RFC 8445 section 16.1; from 0x8000 on they may be ignored."""

    MAPPED_ADDRESS = 0x0001
    USERNAME = 0x0006
    MESSAGE_INTEGRITY = 0x0008
    ERROR_CODE = 0x0009
    UNKNOWN_ATTRIBUTES = 0x000A
    REALM = 0x0014
    NONCE = 0x0015
    XOR_MAPPED_ADDRESS = 0x0020
    PRIORITY = 0x0024
    USE_CANDIDATE = 0x0025
    SOFTWARE = 0x8022
    FINGERPRINT = 0x8028
    ICE_CONTROLLED = 0x8029
    ICE_CONTROLLING = 0x802A


COMPREHENSION_OPTIONAL = 0x8000  # section 14: the lowest type that a receiver may ignore
_KNOWN = frozenset(int(attribute) for attribute in Attribute)
_CLASS_BITS = 0x0110


@dataclass(frozen=True, slots=True)
class Message:
    """One parsed message. `attributes` keep their order; `raw` is the datagram that the checks run over."""

    message_class: MessageClass
    method: int
    transaction: bytes  # 12 bytes
    attributes: tuple[tuple[int, bytes], ...]
    raw: bytes
    integrity_offset: int = -1  # of the MESSAGE-INTEGRITY attribute in `raw`, -1 when absent
    has_fingerprint: bool = False

    def get(self, attribute: int) -> bytes | None:
        """The value of the first such attribute (section 14: later ones are ignored)."""
        for kind, value in self.attributes:
            if kind == attribute:
                return value
        return None

    def unknown_required(self) -> tuple[int, ...]:
        """Types that would have to be understood and are not: reason for error 420 (section 6.3.1)."""
        return tuple(kind for kind, _ in self.attributes if kind < COMPREHENSION_OPTIONAL and kind not in _KNOWN)

    def fingerprint_matches(self) -> bool:
        """True when FINGERPRINT is there, last and right (section 14.7)."""
        if not self.has_fingerprint:
            return False
        (announced,) = struct.unpack("!I", self.raw[-_FINGERPRINT_BYTES:])
        return bool(announced == _fingerprint(self.raw[:-8]))

    def integrity_matches(self, password: str) -> bool:
        """True when MESSAGE-INTEGRITY is there and made with `password` (section 14.5, short-term credentials)."""
        if self.integrity_offset < 0:
            return False
        end = self.integrity_offset + _ATTRIBUTE.size
        announced = self.raw[end : end + _INTEGRITY_BYTES]
        return hmac.compare_digest(announced, _integrity(self.raw[: self.integrity_offset], password))


def parse(data: bytes) -> Message:
    """The message in one datagram. Raises ProtocolError."""
    if not HEADER_BYTES <= len(data) <= MAX_MESSAGE_BYTES:
        raise ProtocolError(f"STUN message of {len(data)} bytes")
    kind, length, cookie, transaction = _HEADER.unpack_from(data)
    if kind >> 14 or cookie != MAGIC_COOKIE:
        raise ProtocolError("not a STUN message")
    if length % 4 or length != len(data) - HEADER_BYTES:
        raise ProtocolError(f"STUN length {length} in {len(data)} bytes")
    attributes: list[tuple[int, bytes]] = []
    integrity_offset = -1
    position = HEADER_BYTES
    has_fingerprint = False
    while position < len(data):
        attribute, size = _ATTRIBUTE.unpack_from(data, position)
        start = position + _ATTRIBUTE.size
        end = start + size
        if end > len(data):
            raise ProtocolError(f"STUN attribute {attribute:#06x} of {size} bytes runs past the end")
        if len(attributes) == MAX_ATTRIBUTES:
            raise ProtocolError("too many STUN attributes")
        next_position = end + -size % 4
        match attribute:
            case Attribute.FINGERPRINT:
                if size != _FINGERPRINT_BYTES or next_position != len(data):
                    raise ProtocolError("STUN FINGERPRINT is not the last attribute")
                has_fingerprint = True
            case Attribute.MESSAGE_INTEGRITY if integrity_offset < 0:
                if size != _INTEGRITY_BYTES:
                    raise ProtocolError(f"STUN MESSAGE-INTEGRITY of {size} bytes")
                integrity_offset = position
            case _ if integrity_offset < 0:
                attributes.append((attribute, data[start:end]))
        position = next_position
    return Message(
        message_class=MessageClass(kind & _CLASS_BITS),
        method=(kind & 0x000F) | (kind & 0x00E0) >> 1 | (kind & 0x3E00) >> 2,
        transaction=transaction,
        attributes=tuple(attributes),
        raw=data,
        integrity_offset=integrity_offset,
        has_fingerprint=has_fingerprint,
    )


def build(
    message_class: MessageClass,
    transaction: bytes,
    attributes: Sequence[tuple[int, bytes]] = (),
    *,
    password: str | None = None,
) -> bytes:
    """A Binding message with FINGERPRINT, and with MESSAGE-INTEGRITY before it when `password` is given."""
    parts = [_attribute(kind, value) for kind, value in attributes]
    body = b"".join(parts)
    kind = message_class | BINDING
    data = _HEADER.pack(kind, len(body), MAGIC_COOKIE, transaction) + body
    if password is not None:
        data = _relength(data, 24) + _attribute(Attribute.MESSAGE_INTEGRITY, _integrity(data, password))
    value = struct.pack("!I", _fingerprint(data))
    return _relength(data, 8) + _attribute(Attribute.FINGERPRINT, value)


def xor_address(ip: str, port: int, transaction: bytes) -> bytes:
    """The value of XOR-MAPPED-ADDRESS (section 14.2)."""
    address = ipaddress.ip_address(ip.partition("%")[0])
    mask = _xor_mask(len(address.packed), transaction)
    packed = bytes(a ^ b for a, b in zip(address.packed, mask, strict=True))
    return struct.pack("!BBH", 0, 1 if address.version == 4 else 2, port ^ MAGIC_COOKIE >> 16) + packed


def parse_xor_address(value: bytes, transaction: bytes) -> tuple[str, int]:
    """(ip, port) from XOR-MAPPED-ADDRESS. Raises ProtocolError."""
    sizes = {1: 4, 2: 16}
    if len(value) < 4 or sizes.get(value[1]) != len(value) - 4:
        raise ProtocolError("malformed XOR-MAPPED-ADDRESS")
    port = int.from_bytes(value[2:4], "big") ^ MAGIC_COOKIE >> 16
    packed = bytes(a ^ b for a, b in zip(value[4:], _xor_mask(len(value) - 4, transaction), strict=True))
    return str(ipaddress.ip_address(packed)), port


def error_code(code: int, reason: str) -> bytes:
    """The value of ERROR-CODE (section 14.8)."""
    return struct.pack("!HBB", 0, code // 100, code % 100) + reason.encode()


def parse_error_code(value: bytes) -> int:
    """The number in an ERROR-CODE value. Raises ProtocolError."""
    if len(value) < 4:
        raise ProtocolError("malformed ERROR-CODE")
    return (value[2] & 0x07) * 100 + value[3]


def _xor_mask(size: int, transaction: bytes) -> bytes:
    return (MAGIC_COOKIE.to_bytes(4, "big") + transaction)[:size]


def _attribute(kind: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(kind, len(value)) + value + bytes(-len(value) % 4)


def _relength(data: bytes, extra: int) -> bytes:
    """`data` with the header's length set as if `extra` bytes more followed (sections 14.5 and 14.7)."""
    return data[:2] + struct.pack("!H", len(data) - HEADER_BYTES + extra) + data[4:]


def _integrity(before: bytes, password: str) -> bytes:
    return hmac.digest(password.encode(), _relength(before, 24), "sha1")


def _fingerprint(before: bytes) -> int:
    return zlib.crc32(_relength(before, 8)) ^ FINGERPRINT_MASK
