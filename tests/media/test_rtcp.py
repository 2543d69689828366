from __future__ import annotations

import struct

import aiortc.rtp
import pytest

from mcu.errors import ProtocolError
from mcu.media import rtcp

BLOCK = rtcp.ReportBlock(9, 25, -5, 70_000, 8, 77, 88)
PACKETS: list[rtcp.Packet] = [
    rtcp.SenderReport(1, 2**63 + 5, 3, 4, 5, (BLOCK,)),
    rtcp.ReceiverReport(1, (BLOCK, BLOCK)),
    rtcp.SourceDescription(((1, "abc"), (2, "이름"))),
    rtcp.Goodbye((1, 2)),
    rtcp.Nack.of(1, 2, (65_530, 65_535, 3, 40)),
    rtcp.PictureLoss(1, 2),
    rtcp.FullIntraRequest(1, ((2, 3), (4, 255))),
    rtcp.EstimatedMaximumBitrate(1, 1_200_000, (3, 4)),
    rtcp.TransportFeedback(1, 2, b"abc"),
    rtcp.Unknown(204, 1, b"12345678"),
]


@pytest.mark.parametrize("packet", PACKETS, ids=lambda packet: type(packet).__name__)
def test_what_is_written_is_read_again(packet: rtcp.Packet) -> None:
    data = packet.serialize()
    assert len(data) % 4 == 0
    assert rtcp.parse(data) == [packet]


def test_a_compound_packet_is_the_sum_of_its_parts() -> None:
    assert rtcp.parse(rtcp.serialize(PACKETS)) == PACKETS


def test_reports_have_the_layout_of_rfc_3550() -> None:
    data = rtcp.ReceiverReport(0x01020304, (rtcp.ReportBlock(5, 0x80, -1, 6, 7, 8, 9),)).serialize()
    assert data == bytes.fromhex("81c90007010203040000000580ffffff00000006000000070000000800000009")


def test_nack_packs_sixteen_followers_into_one_item() -> None:
    data = rtcp.Nack.of(1, 2, tuple(range(100, 117))).serialize()
    assert data == bytes.fromhex("81cd000300000001000000020064ffff")


def test_a_nack_asks_for_each_number_once_and_for_no_more_than_are_remembered() -> None:
    twice = rtcp.Nack(1, 2, struct.pack("!HHHHHH", 65_534, 0x0005, 65_535, 0x0003, 65_534, 0))
    assert twice.lost == (65_534, 65_535, 1, 0)
    assert rtcp.parse(twice.serialize()) == [twice]
    assert rtcp.Nack.of(1, 2, ()).lost == ()
    full = b"".join(struct.pack("!HH", first, 0xFFFF) for first in range(0, 340 * 17, 17))
    assert rtcp.Nack(1, 2, full).lost == tuple(range(rtcp.MAX_NACK_NUMBERS))
    same = struct.pack("!HH", 7, 0xFFFF) * 340
    assert rtcp.Nack(1, 2, same).lost == tuple(range(7, 24))


def test_remb_is_read_as_libwebrtc_writes_it() -> None:
    data = bytes.fromhex("8fce00050000000100000000") + b"REMB" + bytes.fromhex("011bffff000002a5")
    assert rtcp.parse(data) == [rtcp.EstimatedMaximumBitrate(1, 0x3FFFF << 6, (0x2A5,))]


def test_remb_saturates() -> None:
    data = bytes.fromhex("8fce00050000000100000000") + b"REMB" + bytes.fromhex("01ffffff000002a5")
    assert rtcp.parse(data) == [rtcp.EstimatedMaximumBitrate(1, rtcp.MAX_REMB_BITRATE, (0x2A5,))]


def test_counts_of_lost_packets_saturate() -> None:
    block = rtcp.ReportBlock(9, 0, 1 << 30, 0, 0, 0, 0)
    (report,) = rtcp.parse(rtcp.ReceiverReport(1, (block,)).serialize())
    assert isinstance(report, rtcp.ReceiverReport)
    assert report.reports[0].packets_lost == (1 << 23) - 1


@pytest.mark.parametrize(
    "data",
    [
        b"\x80",
        bytes.fromhex("40c9000100000001"),  # version 1
        bytes.fromhex("80c8000100000001"),  # sender report without sender info
        bytes.fromhex("82c9000100000001"),  # two blocks announced, none there
        bytes.fromhex("80c9000900000001"),  # longer than the datagram
        bytes.fromhex("a0c9000100000009"),  # padding longer than the packet
        bytes.fromhex("8060000100000001"),  # not a type of RTCP
        bytes.fromhex("81ca000100000001"),  # description without its end
        bytes.fromhex("81ce0000"),  # PLI without SSRCs
        bytes.fromhex("84ce0003000000010000000200000003"),  # half a FIR item
        bytes.fromhex("a1cd000300000001000000020005fe02"),  # a NACK item of which two octets are padding
        struct.pack("!BBHI", 0x81, 202, 34, 1) + b"\x02\0" * 65 + bytes(2),  # more items than a description has
    ],
)
def test_flaws_are_protocol_errors(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        rtcp.parse(data)


def test_an_independent_implementation_reads_the_same() -> None:
    """aiortc's classes: what they read of our bytes, and what they write of that again."""
    ours = [packet for packet in PACKETS if not isinstance(packet, rtcp.Unknown | rtcp.TransportFeedback)]
    ours[2] = rtcp.SourceDescription(((1, "이름"),))
    ours[4] = rtcp.Nack.of(1, 2, (5, 10, 21, 22, 40))
    theirs = aiortc.rtp.RtcpPacket.parse(rtcp.serialize(ours))
    assert len(theirs) == len(ours)
    assert theirs[0].sender_info.ntp_timestamp == 2**63 + 5
    assert theirs[0].reports[0].packets_lost == -5
    assert theirs[2].chunks[0].items == [(1, "이름".encode())]
    assert theirs[4].lost == [5, 10, 21, 22, 40]
    assert aiortc.rtp.unpack_remb_fci(theirs[7].fci) == (1_200_000, [3, 4])
    assert rtcp.parse(b"".join(bytes(packet) for packet in theirs)) == ours


def test_transport_wide_feedback_by_itself_is_known_at_once() -> None:
    alone = rtcp.TransportFeedback(1, 2, b"01234567").serialize()
    assert rtcp.transport_wide(alone) == b"01234567"
    report = rtcp.ReceiverReport(1).serialize()
    padded = rtcp.TransportFeedback(1, 2, b"012345").serialize()
    assert rtcp.transport_wide(padded) == b"012345"
    assert rtcp.transport_wide(padded[:-1] + b"\x08") == b""
    for other in (
        padded[:-1] + b"\x00",
        padded[:-1] + b"\x09",
        padded[:11] + b"\x04",
        b"",
        alone[:11],
        report,
        report + alone,
        alone + report,
        rtcp.Nack.of(1, 2, (3,)).serialize(),
    ):
        assert rtcp.transport_wide(other) is None
