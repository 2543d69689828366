"""RTP payloads in AES-128-CBC (H.235.6 clause 9.3): whole packets in, whole packets out.

Rules:
1. The initialization vector is sequence number and timestamp as they are in the packet, repeated to fill a block.
2. What is sent is padded to whole blocks inside the cipher, and the P bit says so; whole blocks get no padding. What
   is received may instead end by ciphertext stealing (no P bit, at least one whole block).
3. Only the payload is enciphered. Nothing here tells a wrong key from a right one for sure: there is no authentication.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB

from mcu.errors import ProtocolError

KEY_BYTES = 16
BLOCK = 16  # bytes
_FIXED_HEADER = 12  # bytes, RFC 3550 section 5.1
_PADDING, _EXTENSION, _SOURCES = 0x20, 0x10, 0x0F  # bits of its first byte


class CipherError(ProtocolError):
    """A packet that is no enciphered RTP, or not under this key."""


class MediaCipher:
    """One key of one channel. Raises ValueError for a key of another length."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a key of {len(key)} bytes")
        self._algorithm = AES(key)

    def seal(self, packet: bytes) -> bytes:
        """The packet with its payload enciphered. `packet` is ours: without padding, with a payload."""
        start = _payload_start(packet)
        plain, first = packet[start:], packet[0]
        missing = -len(plain) % BLOCK
        if missing:
            plain += bytes((missing,)) * missing
            first |= _PADDING
        cipher = Cipher(self._algorithm, CBC(_vector(packet))).encryptor()
        return b"".join((bytes((first,)), packet[1:start], cipher.update(plain)))

    def open(self, packet: bytes) -> bytes:
        """The packet in the clear, without padding. One without a payload is given back. Raises CipherError."""
        start = _payload_start(packet)
        enciphered, padded = packet[start:], bool(packet[0] & _PADDING)
        if not enciphered:
            return packet
        rest = len(enciphered) % BLOCK
        if rest:
            if padded or len(enciphered) < BLOCK:
                raise CipherError(f"{len(enciphered)} bytes are no whole blocks")
            enciphered = self._unsteal(enciphered, rest)
        plain = Cipher(self._algorithm, CBC(_vector(packet))).decryptor().update(enciphered)
        if rest:
            plain = plain[: rest - BLOCK]
        elif padded:
            if not 0 < plain[-1] <= BLOCK:
                raise CipherError(f"padding of {plain[-1]} bytes")
            plain = plain[: -plain[-1]]
        return b"".join((bytes((packet[0] & ~_PADDING,)), packet[1:start], plain))

    def _unsteal(self, enciphered: bytes, rest: int) -> bytes:
        """What plain CBC would have sent, the last block filled up with zeros before: the last two blocks were
        exchanged, and of the one before the last only `rest` bytes were sent."""
        cut = len(enciphered) - rest
        last, stolen = enciphered[cut - BLOCK : cut], enciphered[cut:]
        filled = Cipher(self._algorithm, ECB()).decryptor().update(last)
        return enciphered[: cut - BLOCK] + stolen + filled[rest:] + last


def _vector(packet: bytes) -> bytes:
    return packet[2:8] * 2 + packet[2:6]


def _payload_start(packet: bytes) -> int:
    """Where the payload of an RTP packet begins. Raises CipherError."""
    if len(packet) < _FIXED_HEADER or packet[0] >> 6 != 2:
        raise CipherError("no RTP")
    start = _FIXED_HEADER + 4 * (packet[0] & _SOURCES)
    if packet[0] & _EXTENSION:
        start += 4 + 4 * int.from_bytes(packet[start + 2 : start + 4], "big")
    if start > len(packet):
        raise CipherError("a header longer than the packet")
    return start
