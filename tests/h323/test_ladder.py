"""Pieces to lines, lines to a drawing."""

from __future__ import annotations

from mcu.h323 import asn1, q931, tpkt
from mcu.h323.address import Address
from mcu.h323.asn1 import Pdu
from mcu.h323.capture_file import TCP, UDP, Piece
from mcu.h323.ladder import Drawing, Ladder, Line
from mcu.h323.q931 import Message, MessageType

HERE, THERE = Address("192.0.2.1", 40_000), Address("192.0.2.2", 1_720)
RELEASE = q931.serialize(Message(MessageType.RELEASE_COMPLETE, 1, False))
ROUND_TRIP = asn1.encode(Pdu.H245, ("request", ("roundTripDelayRequest", {"sequenceNumber": 7})))


def piece(data: bytes, *, time: float = 100.0, protocol: int = TCP, begins: bool = False) -> Piece:
    return Piece(time, protocol, HERE, THERE, data, begins=begins)


def lines(*pieces: Piece) -> list[Line]:
    ladder = Ladder()
    return [line for each in pieces for line in ladder.take(each)]


def test_messages_in_pieces_and_several_in_one() -> None:
    stream = tpkt.frame(RELEASE) + tpkt.KEEPALIVE + tpkt.frame(ROUND_TRIP)
    found = lines(piece(b"", begins=True), piece(stream[:6], time=101.0), piece(stream[6:], time=101.5))
    assert [(line.time, line.protocol, line.words) for line in found] == [
        (1.5, "H.225", "RELEASE COMPLETE"),
        (1.5, "H.245", "roundTripDelayRequest #7"),
    ]


def test_a_connection_that_was_there_before_is_followed_when_it_looks_like_tpkt() -> None:
    assert [line.words for line in lines(piece(tpkt.frame(RELEASE)))] == ["RELEASE COMPLETE"]
    assert lines(piece(b"GET / HTTP/1.1\r\n\r\n"), piece(tpkt.frame(RELEASE))) == []


def test_a_stream_that_breaks_is_said_once() -> None:
    found = lines(piece(b"", begins=True), piece(b"nonsense"), piece(tpkt.frame(RELEASE)))
    assert [line.protocol for line in found] == ["TCP"]


def test_media_is_told_when_it_begins() -> None:
    rtp = bytes((0x80, 8)) + bytes(30)
    found = lines(*[piece(rtp, protocol=UDP)] * 3, piece(bytes((0x80, 200)) + bytes(30), protocol=UDP))
    assert [line.words for line in found] == ["begins, payload type 8"]


def test_hosts_have_columns_and_arrows_their_direction() -> None:
    drawing = Drawing(width=12)
    there = drawing.draw(Line(0.0, HERE, THERE, "H.225", "SETUP"))
    back = drawing.draw(Line(1.25, THERE, HERE, "H.225", "CONNECT"))
    itself = drawing.draw(Line(2.0, THERE, THERE, "RAS", "x"))
    assert there == [
        "          192.0.2.1",
        "                      192.0.2.2",
        "    0.000 │────────▶│ H.225 40000→1720  SETUP",
    ]
    assert back == ["    1.250 │◀────────│ H.225 1720→40000  CONNECT"]
    assert itself == ["    2.000             │↺        │ RAS 1720→1720  x"]
