"""Pressed keys that come in the sound's RTP stream (RFC 4733), each told once.

Rules:
1. A press is told with its first packet, whichever arrives. All packets of it have the timestamp of its start.
2. Packets that repeat its end, and older ones that were overtaken, say nothing new.
3. A long press may be cut into segments with timestamps of their own (section 2.5.1.3): no marker, and nothing ended.
"""

from __future__ import annotations

import struct

from mcu._native.rtp_packet import RtpPacket
from mcu.errors import ProtocolError
from mcu.media.sequence import distance

KEYS = "0123456789*#ABCD"  # events 0 to 15 (section 3.2); others are no keys
LEAST_SECONDS = 0.04  # between two presses: the shortest tone and pause that a receiver must take (Q.24) are 40 ms each
MAX_SECONDS = 8.0  # without a packet: whatever was pressed has ended

_EVENT = struct.Struct(">BBH")
_END = 0x80


def parse(payload: bytes) -> tuple[int, bool]:
    """(event, whether it has ended) of a telephone-event payload. Raises ProtocolError."""
    if len(payload) < _EVENT.size:
        raise ProtocolError(f"telephone-event of {len(payload)} bytes")
    event, flags, _ = _EVENT.unpack_from(payload)
    return event, bool(flags & _END)


def duration(payload: bytes) -> int:
    """So far, in timestamp units; 0 for a payload that cannot be read."""
    return int.from_bytes(payload[2:4], "big") if len(payload) >= _EVENT.size else 0


class KeyTones:
    """Of one received stream."""

    def __init__(self) -> None:
        self.dropped = 0  # presses that came faster than anybody presses, and packets that could not be read
        self._ssrc = -1
        self._timestamp = 0  # of the start of the newest press or segment
        self._event = -1
        self._ended = True
        self._pressed = self._heard = float("-inf")  # when the last press began, and its last packet came

    def receive(self, packet: RtpPacket, now: float) -> str:
        """The key that `packet` is the first to tell of; "" for none."""
        try:
            event, ended = parse(packet.payload)
        except ProtocolError:
            self.dropped += 1
            return ""
        new = self._is_new(packet, event, now)
        if new is None:
            return ""
        self._ssrc, self._timestamp, self._event, self._heard = packet.ssrc, packet.timestamp, event, now
        self._ended = ended or (self._ended and not new)
        if not new or event >= len(KEYS):
            return ""
        if now - self._pressed < LEAST_SECONDS:
            self.dropped += 1
            return ""
        self._pressed = now
        return KEYS[event]

    def _is_new(self, packet: RtpPacket, event: int, now: float) -> bool | None:
        """Whether a press begins with the packet; None when it is old and says nothing."""
        if packet.ssrc != self._ssrc or now - self._heard > MAX_SECONDS:
            return True
        later = distance(self._timestamp, packet.timestamp, bits=32)
        if later < 0:
            return None
        if later == 0:
            return event != self._event
        return packet.marker or self._ended or event != self._event
