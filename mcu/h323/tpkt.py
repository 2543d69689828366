"""TPKT (RFC 1006 section 6): messages on a TCP connection, each behind a length of four bytes.

Rules:
1. Bytes may come in any pieces.
2. A packet without contents is a keepalive of the peer: counted, and nothing else.
3. Bytes that are no TPKT header end the connection: where the next one begins cannot be known.
"""

from __future__ import annotations

from mcu.errors import ProtocolError

VERSION = 3
HEADER = 4  # bytes: version, reserved, length of all
MAX_MESSAGE = (
    32_768 - HEADER
)  # bytes; SETUP messages of more than 4 kB are refused by many peers, 64 kB is the format's
KEEPALIVE = bytes((VERSION, 0, 0, HEADER))


class TpktError(ProtocolError):
    """The stream is no TPKT, or a message in it is longer than MAX_MESSAGE."""


def frame(message: bytes) -> bytes:
    """`message` as it goes over the connection. Raises ValueError above MAX_MESSAGE (a bug of ours)."""
    if len(message) > MAX_MESSAGE:
        raise ValueError(f"TPKT of {len(message)} bytes")
    return bytes((VERSION, 0)) + (HEADER + len(message)).to_bytes(2, "big") + message


class Deframer:
    """Cuts one direction of a connection into messages."""

    def __init__(self) -> None:
        self.keepalives = 0
        self._buffer = bytearray()

    def receive(self, data: bytes) -> list[bytes]:
        """The messages that are complete with `data`. Raises TpktError, and then the connection is of no use."""
        self._buffer += data
        messages: list[bytes] = []
        while len(self._buffer) >= HEADER:
            version, length = self._buffer[0], int.from_bytes(self._buffer[2:HEADER], "big")
            if version != VERSION or length > HEADER + MAX_MESSAGE:
                raise TpktError(f"TPKT version {version}, length {length}")
            if length <= HEADER:  # some announce a length of 0 in a keepalive
                self.keepalives += 1
                del self._buffer[:HEADER]
                continue
            if len(self._buffer) < length:
                break
            messages.append(bytes(self._buffer[HEADER:length]))
            del self._buffer[:length]
        return messages
