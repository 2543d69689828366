"""ICE over TCP, passive side (RFC 6544): a listener whose connections carry framed packets (RFC 4571).

Rules:
1. A connection that nobody has claimed with a valid check within HALF_OPEN_SECONDS is cut, and only so many may wait.
2. What cannot be written at once waits in a bounded buffer: beyond VIDEO_BUFFER_BYTES new video is dropped, beyond
   BUFFER_BYTES everything; both are counted. A picture that waited is worth less than the next one.
"""

from __future__ import annotations

import asyncio
import math
import socket
import struct
from collections import Counter
from typing import Protocol, cast

from mcu.errors import ProtocolError

MAX_FRAME_BYTES = 2_048  # a packet made for UDP fits an Ethernet frame; anything longer is no peer of ours
HALF_OPEN_SECONDS = 10.0  # connect, signal and check over a slow line take about two
MAX_HALF_OPEN = 256
MAX_HALF_OPEN_PER_ADDRESS = 32  # an office behind one address, all joining at once
VIDEO_BUFFER_BYTES = 96 * 1024  # about 0.6 s of a 1.2 Mbit/s composite: room for one keyframe
BUFFER_BYTES = 192 * 1024

COUNTERS = ("accepted", "refused", "unclaimed", "malformed", "sent", "dropped_full")

_LENGTH = struct.Struct("!H")  # RFC 4571 section 2
_MAPPED = "::ffff:"  # IPv4 on a dual-stack socket


class Deframer:
    """Cuts a byte stream into packets. Raises ProtocolError for a frame longer than MAX_FRAME_BYTES."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def receive(self, data: bytes) -> list[bytes]:
        """Add `data`; the packets that are complete. Empty frames are skipped."""
        self._buffer += data
        packets = []
        position = 0
        while position + _LENGTH.size <= len(self._buffer):
            (length,) = _LENGTH.unpack_from(self._buffer, position)
            if length > MAX_FRAME_BYTES:
                raise ProtocolError(f"frame of {length} bytes")
            start = position + _LENGTH.size
            if start + length > len(self._buffer):
                break
            if length:
                packets.append(bytes(self._buffer[start : start + length]))
            position = start + length
        del self._buffer[:position]
        return packets


class StreamHandler(Protocol):
    """Who takes the packets."""

    def stream_opened(self, connection: IceTcpConnection) -> None: ...
    def stream_received(self, connection: IceTcpConnection, packets: list[bytes]) -> None: ...
    def stream_lost(self, connection: IceTcpConnection) -> None: ...


class IceTcpConnection(asyncio.Protocol):
    """One accepted connection: a path like a pair of UDP addresses, equal only to itself."""

    def __init__(self, listener: IceTcpListener) -> None:
        self.ip = ""  # set when the connection is made
        self.port = 0
        self.opened = 0.0
        self.video_payload_types: frozenset[int] = frozenset()  # set by the leg that claims it
        self._listener = listener
        self._deframer = Deframer()
        self._transport: asyncio.Transport | None = None

    def __str__(self) -> str:
        return f"{self.ip}:{self.port}" if ":" not in self.ip else f"[{self.ip}]:{self.port}"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=BUFFER_BYTES)
        name = transport.get_extra_info("peername")
        if name is None:  # reset before it was accepted
            self._transport.abort()
            return
        address, self.port = name[:2]
        self.ip = address.removeprefix(_MAPPED)
        self._listener.opened(self)

    def data_received(self, data: bytes) -> None:
        try:
            packets = self._deframer.receive(data)
        except ProtocolError:
            self._listener.counters["malformed"] += 1
            self.close()
            return
        self._listener.handler.stream_received(self, packets)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._listener.lost(self)

    def write(self, packet: bytes) -> bool:
        """Frame and send one packet. False when it was dropped, which is counted."""
        if self._transport is None or self._transport.is_closing():
            return False
        waiting = self._transport.get_write_buffer_size()
        if waiting > VIDEO_BUFFER_BYTES and (waiting > BUFFER_BYTES or self._is_video(packet)):
            self._listener.counters["dropped_full"] += 1
            return False
        self._transport.write(_LENGTH.pack(len(packet)) + packet)
        self._listener.counters["sent"] += 1
        return True

    def close(self) -> None:
        """Cut the connection, with whatever waits."""
        if self._transport is not None:
            self._transport.abort()

    def _is_video(self, packet: bytes) -> bool:
        """The payload type of an RTP packet is in clear; STUN, DTLS and RTCP are never in the set."""
        return packet[0] >> 6 == 2 and packet[1] & 0x7F in self.video_payload_types


class IceTcpListener:
    """Accepts connections and forgets those that nobody claims."""

    def __init__(self, handler: StreamHandler) -> None:
        self.handler = handler
        self.counters = Counter(dict.fromkeys(COUNTERS, 0))
        self._half_open: dict[IceTcpConnection, None] = {}  # oldest first
        self._connections: set[IceTcpConnection] = set()
        self._server: asyncio.Server | None = None

    async def start(self, listening: socket.socket) -> None:
        """Accept on a bound socket, which now belongs to the listener."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: IceTcpConnection(self), sock=listening)

    async def close(self) -> None:
        """Stop accepting and cut every connection."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.close()
        if self._server is not None:
            await self._server.wait_closed()

    def opened(self, connection: IceTcpConnection) -> None:
        """A connection was made: let it wait for a check, or refuse it."""
        same = sum(1 for other in self._half_open if other.ip == connection.ip)
        if len(self._half_open) >= MAX_HALF_OPEN or same >= MAX_HALF_OPEN_PER_ADDRESS:
            self.counters["refused"] += 1
            connection.close()
            return
        self.counters["accepted"] += 1
        connection.opened = asyncio.get_running_loop().time()
        self._half_open[connection] = None
        self._connections.add(connection)
        self.handler.stream_opened(connection)

    def claim(self, connection: IceTcpConnection, video_payload_types: frozenset[int]) -> None:
        """A check over it was valid: it belongs to a leg now."""
        connection.video_payload_types = video_payload_types
        self._half_open.pop(connection, None)

    def lost(self, connection: IceTcpConnection) -> None:
        self._half_open.pop(connection, None)
        if connection in self._connections:
            self._connections.discard(connection)
            self.handler.stream_lost(connection)

    def handle_timer(self, now: float) -> None:
        """Cut what has waited too long."""
        for connection in list(self._half_open):
            if now - connection.opened < HALF_OPEN_SECONDS:
                return
            self.counters["unclaimed"] += 1
            self._half_open.pop(connection)
            connection.close()

    def next_timer(self) -> float:
        oldest = next(iter(self._half_open), None)
        return math.inf if oldest is None else oldest.opened + HALF_OPEN_SECONDS
