"""Packets of a capture file (pcap or pcapng, Ethernet, Linux cooked or raw IP) and the TCP streams and datagrams in it.

For `mcu h323 trace`. IPv4 and IPv6, no fragments.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from mcu.errors import ProtocolError
from mcu.h323.address import Address

MAX_FILE = 1 << 28  # bytes; such a file is read whole
MAX_FLOWS = 65_536  # directions of connections that are followed
MAX_AHEAD = 256  # segments of one direction that wait for one before them
TCP, UDP = 6, 17

_PCAP = {b"\xd4\xc3\xb2\xa1": ("<", 1e-6), b"\xa1\xb2\xc3\xd4": (">", 1e-6), b"\x4d\x3c\xb2\xa1": ("<", 1e-9)}
_PCAPNG = b"\x0a\x0d\x0d\x0a"
_SECTION, _INTERFACE, _ENHANCED = 0x0A0D0D0A, 1, 6
_LINK_HEADERS = {1: 14, 0: 4, 12: 0, 101: 0, 113: 16, 276: 20}  # bytes before the IP header, by link type


class CaptureError(ProtocolError):
    """The file is no capture that can be read."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes in order of one direction of a TCP connection, or one datagram. `time` is the capture's, in seconds."""

    time: float
    protocol: int  # TCP or UDP
    source: Address
    destination: Address
    data: bytes
    begins: bool = False  # a TCP connection begins here, or was reset; `data` is empty
    ends: bool = False  # FIN or RST: nothing more comes this way; `data` is empty


ETHERNET = 1  # link type


class Assembler:
    """Frames in, pieces out: for a capture file, and for frames that are captured right now."""

    def __init__(self) -> None:
        self._flows: dict[tuple[Address, Address], _Flow] = {}

    def take(self, time: float, link: int, frame: bytes) -> Iterator[Piece]:
        """The pieces that became complete with a frame; what is no IP is nothing. Lets nothing out."""
        try:
            yield from _pieces(time, link, frame, self._flows)
        except (struct.error, IndexError):
            return  # cut short: no packet of a call is


def read(data: bytes) -> Iterator[Piece]:
    """The pieces of a capture file in the order in which they became complete. Raises CaptureError."""
    assembler = Assembler()
    for time, link, frame in _frames(data):
        yield from assembler.take(time, link, frame)


# --- files ------------------------------------------------------------------------------------------------


def _frames(data: bytes) -> Iterator[tuple[float, int, bytes]]:
    """(time, link type, frame) of each packet."""
    try:
        if data[:4] == _PCAPNG:
            yield from _pcapng(data)
        elif data[:4] in _PCAP:
            yield from _pcap(data, *_PCAP[data[:4]])
        else:
            raise CaptureError("neither pcap nor pcapng")
    except (struct.error, IndexError) as error:
        raise CaptureError(f"capture file cut short: {error}") from error


def _pcap(data: bytes, order: str, resolution: float) -> Iterator[tuple[float, int, bytes]]:
    (link,) = struct.unpack_from(order + "I", data, 20)
    position = 24
    while position < len(data):
        seconds, fraction, length = struct.unpack_from(order + "III", data, position)
        yield seconds + fraction * resolution, link, data[position + 16 : position + 16 + length]
        position += 16 + length


def _pcapng(data: bytes) -> Iterator[tuple[float, int, bytes]]:
    order = "<" if data[8:12] == b"\x4d\x3c\x2b\x1a" else ">"
    links: list[tuple[int, float]] = []
    position = 0
    while position < len(data):
        kind, length = struct.unpack_from(order + "II", data, position)
        if length < 12:
            raise CaptureError(f"pcapng block of {length} bytes")
        if kind == _SECTION:
            links.clear()
        elif kind == _INTERFACE:
            (link,) = struct.unpack_from(order + "H", data, position + 8)
            links.append((link, _resolution(data[position + 16 : position + length - 4], order)))
        elif kind == _ENHANCED:
            interface, high, low, captured = struct.unpack_from(order + "IIII", data, position + 8)
            link, resolution = links[interface]
            yield (high << 32 | low) * resolution, link, data[position + 28 : position + 28 + captured]
        position += length


def _resolution(options: bytes, order: str) -> float:
    """Seconds for one unit of time (option if_tsresol; microseconds without it)."""
    position = 0
    while position + 4 <= len(options):
        code, length = struct.unpack_from(order + "HH", options, position)
        if code == 9 and length == 1:
            value = options[position + 4]
            return float(2.0 ** -(value & 0x7F) if value & 0x80 else 10.0**-value)
        position += 4 + (length + 3 & ~3)
    return 1e-6


# --- packets ------------------------------------------------------------------------------------------------


def _pieces(time: float, link: int, frame: bytes, flows: dict[tuple[Address, Address], _Flow]) -> Iterator[Piece]:
    packet = frame[_LINK_HEADERS.get(link, 0) :]
    found = _ip(packet)
    if found is None:
        return
    protocol, source_ip, destination_ip, body = found
    if len(body) < 8:
        return
    source_port, destination_port = struct.unpack_from("!HH", body)
    source, destination = Address(source_ip, source_port), Address(destination_ip, destination_port)
    if protocol == UDP:
        (length,) = struct.unpack_from("!H", body, 4)
        yield Piece(time, UDP, source, destination, body[8:length])
    elif protocol == TCP and len(body) >= 20:
        sequence, flags = struct.unpack_from("!I", body, 4)[0], body[13]
        if flags & 0x02:  # SYN
            flows[source, destination] = _Flow(sequence + 1 & 0xFFFFFFFF)
            yield Piece(time, TCP, source, destination, b"", begins=True)
            return
        flow = flows.get((source, destination))
        if flow is None:
            if len(flows) >= MAX_FLOWS:
                return
            flow = flows[source, destination] = _Flow(sequence)
        if data := flow.receive(sequence, body[(body[12] >> 4) * 4 :]):
            yield Piece(time, TCP, source, destination, data)
        if flags & 0x05:  # FIN or RST
            yield Piece(time, TCP, source, destination, b"", ends=True)


def _ip(packet: bytes) -> tuple[int, str, str, bytes] | None:
    """(protocol, source, destination, contents) of an IP packet; None for anything else."""
    version = packet[0] >> 4 if packet else 0
    if version == 4 and len(packet) >= 20:
        header, (total,) = (packet[0] & 15) * 4, struct.unpack_from("!H", packet, 2)
        names = [str(ipaddress.IPv4Address(packet[at : at + 4])) for at in (12, 16)]
        return packet[9], names[0], names[1], packet[header : total or len(packet)]
    if version == 6 and len(packet) >= 40:
        (length,) = struct.unpack_from("!H", packet, 4)
        names = [str(ipaddress.IPv6Address(packet[at : at + 16])) for at in (8, 24)]
        return packet[6], names[0], names[1], packet[40 : 40 + length]
    return None


@dataclass(slots=True)
class _Flow:
    """One direction of a TCP connection: puts segments in order."""

    expected: int
    ahead: dict[int, bytes] = field(default_factory=dict)

    def receive(self, sequence: int, data: bytes) -> bytes:
        """What became complete with a segment."""
        if data and (len(self.ahead) < MAX_AHEAD or sequence == self.expected):
            self.ahead[sequence] = max(data, self.ahead.get(sequence, b""), key=len)
        complete = b""
        while self.ahead:
            found = next((s for s in self.ahead if (self.expected - s & 0xFFFFFFFF) < 1 << 31), None)
            if found is None:
                break
            piece = self.ahead.pop(found)[self.expected - found & 0xFFFFFFFF :]
            complete += piece
            self.expected = self.expected + len(piece) & 0xFFFFFFFF
        return complete
