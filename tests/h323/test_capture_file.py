"""Capture files: both formats, and TCP put in order."""

from __future__ import annotations

import itertools
import struct

import pytest

from mcu.h323 import capture_file
from mcu.h323.address import Address
from mcu.h323.capture_file import TCP, UDP, CaptureError, Piece
from tests.h323 import captures, shark

HERE, THERE = Address("192.0.2.1", 40000), Address("192.0.2.2", 1720)
SYN, ACK, FIN, RST = 0x02, 0x10, 0x01, 0x04


def ip(protocol: int, body: bytes) -> bytes:
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, protocol, 0)
    return header + bytes((192, 0, 2, 1, 192, 0, 2, 2)) + body


def segment(sequence: int, data: bytes = b"", flags: int = ACK) -> bytes:
    head = struct.pack("!HHIIBBHHH", 40000, 1720, sequence & 0xFFFFFFFF, 0, 5 << 4, flags, 0, 0, 0)
    return ip(TCP, head + data)


def datagram(data: bytes) -> bytes:
    return ip(UDP, struct.pack("!HHHH", 40000, 1720, 8 + len(data), 0) + data)


def pcap(
    packets: list[bytes], *, order: str = "<", magic: int = 0xA1B2C3D4, link: int = 101, before: bytes = b""
) -> bytes:
    data = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 1 << 16, link)
    for number, packet in enumerate(packets):
        packet = before + packet
        data += struct.pack(order + "IIII", 100, number * 1000, len(packet), len(packet)) + packet
    return data


def pcapng(packets: list[bytes], *, order: str = "<", options: bytes = b"") -> bytes:
    def block(kind: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        length = struct.pack(order + "I", 12 + len(body))
        return struct.pack(order + "I", kind) + length + body + length

    data = block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))
    data += block(1, struct.pack(order + "HHI", 101, 0, 0) + options)
    for packet in packets:
        data += block(6, struct.pack(order + "IIIII", 0, 0, 1_000_000, len(packet), len(packet)) + packet)
        data += block(5, bytes(8))  # statistics of an interface: of no interest
    return data


def sent(data: bytes) -> list[bytes]:
    return [piece.data for piece in capture_file.read(data) if piece.data]


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_connection_is_read_in_either_byte_order(order: str) -> None:
    pieces = list(
        capture_file.read(pcap([segment(9, flags=SYN), segment(10, b"ab"), segment(12, flags=FIN)], order=order))
    )
    assert [(p.begins, p.data, p.ends) for p in pieces] == [
        (True, b"", False),
        (False, b"ab", False),
        (False, b"", True),
    ]
    assert {(p.protocol, p.source, p.destination) for p in pieces} == {(TCP, HERE, THERE)}
    assert [round(p.time, 3) for p in pieces] == [100.0, 100.001, 100.002]


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_newer_format_is_read(order: str) -> None:
    (piece,) = capture_file.read(pcapng([datagram(b"x")], order=order))
    assert piece == Piece(1.0, UDP, HERE, THERE, b"x")
    milliseconds = struct.pack(order + "HHBBBB", 9, 1, 3, 0, 0, 0) + bytes(4)
    (piece,) = capture_file.read(pcapng([datagram(b"x")], order=order, options=milliseconds))
    assert piece.time == pytest.approx(1000.0)


@pytest.mark.parametrize(("link", "header"), [(1, 14), (0, 4), (12, 0), (113, 16), (276, 20)])
def test_headers_of_the_link_are_left_out(link: int, header: int) -> None:
    assert sent(pcap([datagram(b"hello")], link=link, before=bytes(header))) == [b"hello"]


def test_segments_are_put_in_order_once_each() -> None:
    packets = [
        segment(0xFFFFFFFD, flags=SYN),
        segment(0, b"cd"),  # ahead of the two before it, and behind the turn of the counter
        segment(0xFFFFFFFE, b"ab"),
        segment(0xFFFFFFFE, b"ab"),  # again
        segment(1, b"def"),  # overlaps
    ]
    assert b"".join(sent(pcap(packets))) == b"abcdef"


def test_a_hole_holds_back_what_is_behind_it() -> None:
    many = [segment(1000 + n, b"x") for n in range(2 * capture_file.MAX_AHEAD)]
    assert sent(pcap([segment(9, flags=SYN), segment(10, b"a"), *many])) == [b"a"]


def test_a_connection_whose_begin_is_missing_is_read_from_where_it_is_seen() -> None:
    assert sent(pcap([segment(500, b"ab"), segment(502, b"c")])) == [b"ab", b"c"]


def test_the_same_ports_again_are_a_new_connection() -> None:
    packets = [
        segment(9, flags=SYN),
        segment(10, b"a"),
        segment(11, flags=RST),
        segment(900, flags=SYN),
        segment(901, b"b"),
    ]
    assert sent(pcap(packets)) == [b"a", b"b"]


def test_ipv6_is_read() -> None:
    body = struct.pack("!HHHH", 1, 2, 9, 0) + b"x"
    packet = struct.pack("!IHBB", 6 << 28, len(body), UDP, 64) + bytes(15) + b"\1" + bytes(15) + b"\2" + body
    (piece,) = capture_file.read(pcap([packet]))
    assert (piece.source, piece.destination, piece.data) == (Address("::1", 1), Address("::2", 2), b"x")


@pytest.mark.parametrize("data", [b"", b"no capture", pcap([datagram(b"x")])[:30], pcapng([datagram(b"x")])[:60]])
def test_what_is_no_capture_is_refused(data: bytes) -> None:
    with pytest.raises(CaptureError):
        list(capture_file.read(data))


def test_packets_of_other_protocols_are_passed_over() -> None:
    assert sent(pcap([b"", b"\x45", ip(1, b"ping-ping"), ip(TCP, b"short"), datagram(b"x")])) == [b"x"]


def test_what_the_tests_write_for_tshark_is_read_back() -> None:
    data = shark.capture([(shark.CALL_SIGNALING, b"abc"), (shark.RAS, b"ras"), (shark.CALL_SIGNALING, b"de")])
    assert sent(data) == [b"abc", b"ras", b"de"]


@captures.needs_captures
def test_every_capture_has_whole_connections() -> None:
    for path in captures.FILES:
        pieces = list(captures.pieces(path))
        assert all(earlier.time <= later.time for earlier, later in itertools.pairwise(pieces)), path
        if any(piece.protocol == TCP for piece in pieces):
            begun = {(p.source, p.destination) for p in pieces if p.begins}
            assert begun
            assert {(p.source, p.destination) for p in pieces if p.data and p.protocol == TCP} <= begun
            assert list(captures.messages(path))
