"""What is wrong with one packet of an RTCP datagram costs that one alone."""

from __future__ import annotations

from mcu.h323.compound import MAX_PARTS, parts
from mcu.media import rtcp

REPORT = rtcp.SenderReport(7, 1, 2, 3, 4).serialize()
NAMES = rtcp.SourceDescription(((7, "room"),)).serialize()


def test_a_datagram_is_its_packets() -> None:
    assert parts(REPORT + NAMES) == [REPORT, NAMES]
    assert parts(b"") == []


def test_what_follows_the_last_packet_is_left_out() -> None:
    for behind in (b"\0", bytes(4), b"\xff" * 40, NAMES[:-1], b"\x80\x08" + bytes(20)):
        assert parts(REPORT + behind) == [REPORT]


def test_there_is_an_end_to_it() -> None:
    assert len(parts(b"\x80\xc9\0\0" * 500)) == MAX_PARTS
