"""Capture files from anybody: lines of a ladder or a CaptureError, and never more kept than is bounded."""

from __future__ import annotations

from mcu.h323 import tpkt
from mcu.h323.capture_file import CaptureError, read
from mcu.h323.ladder import Drawing, Ladder
from tests.fuzz.mutations import INPUTS, mutations
from tests.h323.test_capture_file import datagram, pcap, pcapng, segment
from tests.h323.test_ladder import RELEASE, ROUND_TRIP

STREAM = tpkt.frame(RELEASE) + tpkt.frame(ROUND_TRIP)
PACKETS = [segment(0, flags=2), segment(1, STREAM[:9]), segment(10, STREAM[9:]), datagram(bytes((0x80, 8)) * 8)]


def test_a_damaged_capture_is_drawn_or_refused() -> None:
    count = INPUTS // 4
    refused = drawn = 0
    for data in mutations([pcap(PACKETS), pcapng(PACKETS)], seed=26, count=count):
        ladder, drawing = Ladder(), Drawing()
        try:
            for piece in read(data):
                for line in ladder.take(piece):
                    drawn += len(drawing.draw(line))
        except CaptureError:
            refused += 1
    assert count // 20 < refused < count
    assert drawn > count
