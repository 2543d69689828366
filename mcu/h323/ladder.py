"""A captured or running call as a ladder: a column for each host, an arrow with a line of words for each message.

Rules:
1. A TCP connection is call signaling or H.245 by the first byte of each message; UDP is RAS on its ports, RTP where it
   looks so. RTP is summed up: one line when a stream begins.
2. A stream that cannot be followed (begun before the capture, segments missing) is said once and left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mcu.errors import ProtocolError
from mcu.h323 import describe, q931, tpkt
from mcu.h323.address import Address
from mcu.h323.capture_file import UDP, Piece

RAS_PORTS = frozenset({1718, 1719})
RTP_HEADER = 12  # bytes
MAX_STREAMS = 4_096  # that are told apart
MAX_HOSTS = 16  # columns; further ones share the last


@dataclass(frozen=True, slots=True)
class Line:
    """One message. `time` is in seconds since the first."""

    time: float
    source: Address
    destination: Address
    protocol: str  # "H.225", "H.245", "RAS", "RTP", "TCP"
    words: str


@dataclass(slots=True)
class Ladder:
    """`take` pieces in order; each gives the lines that it completed."""

    _deframers: dict[tuple[Address, Address], tpkt.Deframer | None] = field(default_factory=dict)
    _media: set[tuple[Address, Address, int]] = field(default_factory=set)
    _began: float | None = None

    def take(self, piece: Piece) -> Iterator[Line]:
        if self._began is None:
            self._began = piece.time
        for protocol, words in self._messages(piece):
            yield Line(piece.time - self._began, piece.source, piece.destination, protocol, words)

    def _messages(self, piece: Piece) -> Iterator[tuple[str, str]]:
        if piece.protocol == UDP:
            yield from self._datagram(piece)
            return
        way = piece.source, piece.destination
        if piece.begins and len(self._deframers) < MAX_STREAMS:
            self._deframers[way] = tpkt.Deframer()
        deframer = self._deframers.get(way) if way in self._deframers else self._joined(way, piece.data)
        if deframer is None:
            return
        try:
            messages = deframer.receive(piece.data)
        except ProtocolError as error:
            self._deframers[way] = None
            yield "TCP", f"cannot be followed from here on: {error}"
            return
        for message in messages:
            yield _told(message)

    def _joined(self, way: tuple[Address, Address], data: bytes) -> tpkt.Deframer | None:
        """A connection that was there before the capture: followed when it looks like TPKT."""
        if not data or len(self._deframers) >= MAX_STREAMS:
            return None
        looks_so = len(data) >= tpkt.HEADER and data[0] == tpkt.VERSION and data[1] == 0
        self._deframers[way] = tpkt.Deframer() if looks_so else None
        return self._deframers[way]

    def _datagram(self, piece: Piece) -> Iterator[tuple[str, str]]:
        if RAS_PORTS & {piece.source.port, piece.destination.port}:
            yield "RAS", describe.ras(piece.data)
        elif len(piece.data) >= RTP_HEADER and piece.data[0] >> 6 == 2 and not 200 <= piece.data[1] <= 207:
            payload_type = piece.data[1] & 0x7F
            stream = piece.source, piece.destination, payload_type
            if stream not in self._media and len(self._media) < MAX_STREAMS:
                self._media.add(stream)
                yield "RTP", f"begins, payload type {payload_type}"


def _told(message: bytes) -> tuple[str, str]:
    if message[0] == q931.PROTOCOL:
        return "H.225", describe.call_signaling(message)
    return "H.245", describe.control(message)


class Drawing:
    """Lines as text. Hosts get columns in the order in which they appear."""

    def __init__(self, width: int = 20) -> None:
        """`width` of a column in characters."""
        self._width = width
        self._hosts: list[str] = []

    def draw(self, line: Line) -> list[str]:
        """The text of one line; a host that is new is introduced before it."""
        drawn = [self._introduced(host) for host in (line.source.ip, line.destination.ip) if host not in self._hosts]
        start, end = self._column(line.source.ip), self._column(line.destination.ip)
        low, high = min(start, end), max(start, end)
        cells = [" " * self._width for _ in range(low)]
        length = max(1, high - low) * self._width - 3
        shaft = "─" * (length - 1)
        arrow = f"│{shaft}▶│ " if start < end else f"│◀{shaft}│ " if start > end else f"│↺{' ' * (length - 1)}│ "
        ports = f"{line.source.port}→{line.destination.port}"
        return [*drawn, f"{line.time:9.3f} {''.join(cells)}{arrow}{line.protocol} {ports}  {line.words}"]

    def _introduced(self, host: str) -> str:
        self._hosts.append(host)
        return f"{'':9} {' ' * self._width * self._column(host)}{host}"

    def _column(self, host: str) -> int:
        return min(self._hosts.index(host), MAX_HOSTS - 1)
