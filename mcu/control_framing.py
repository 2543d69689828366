"""Control messages in bytes. Over a unix socket each is a 4-byte big-endian length and the MessagePack body; over a
message bus the body alone is one message.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import msgspec

from mcu.control import Envelope
from mcu.errors import ProtocolError

MAX_MESSAGE = 1 << 20  # bytes; the largest real one, a conference of 100 with long names, is under 64 KiB

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Envelope] = msgspec.msgpack.Decoder(Envelope)
_LENGTH = struct.Struct("!I")


def encode(envelope: Envelope) -> bytes:
    """The body of one message."""
    return _encoder.encode(envelope)


def decode(body: bytes) -> Envelope:
    """The message in `body`. Raises ProtocolError."""
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError(f"control message: {error}") from error


def frame(envelope: Envelope) -> bytes:
    """One message as it goes over a byte stream. Raises ValueError above MAX_MESSAGE (a bug on our side)."""
    body = encode(envelope)
    if len(body) > MAX_MESSAGE:
        raise ValueError(f"control message of {len(body)} bytes")
    return _LENGTH.pack(len(body)) + body


class Deframer:
    """Cuts a byte stream into messages. Raises ProtocolError on a length above MAX_MESSAGE or a bad body."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def receive(self, data: bytes) -> Iterator[Envelope]:
        """Add `data` and yield the messages that are complete."""
        self._buffer += data
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if length > MAX_MESSAGE:
                raise ProtocolError(f"control message of {length} bytes announced")
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                return
            body = bytes(self._buffer[_LENGTH.size : end])
            del self._buffer[:end]
            yield decode(body)
