"""RTCP and transport feedback: ProtocolError or a result, whatever comes; and a session that lives on."""

from __future__ import annotations

import contextlib
import itertools

from mcu.errors import ProtocolError
from mcu.media import rtcp, transport_feedback
from mcu.media.receiver_line import ReceiverLine
from mcu.media.rtp_session import RtpSession
from mcu.media.types import CodecParameters, StreamKind
from tests.fakes.packets import FakeSendStream
from tests.fakes.records import Records
from tests.fuzz.mutations import mutations

BLOCK = rtcp.ReportBlock(2222, 25, -3, 70_000, 12, 0x12345678, 3_000)
ARRIVALS = transport_feedback.encode(
    transport_feedback.Arrivals(65_530, (400, None, 401, None, None, 1_200, *range(1_300, 1_340), 900), 7)
)
VALID = [
    rtcp.serialize([rtcp.SenderReport(1111, 1 << 40, 5, 6, 7, (BLOCK,)), rtcp.SourceDescription(((1111, "someone"),))]),
    rtcp.serialize([rtcp.ReceiverReport(1111, (BLOCK, BLOCK)), rtcp.Goodbye((1111, 1112))]),
    rtcp.Nack.of(1, 2222, (65_530, 65_535, 3, 40)).serialize(),
    rtcp.PictureLoss(1, 2222).serialize(),
    rtcp.FullIntraRequest(1, ((2222, 3), (9, 4))).serialize(),
    rtcp.EstimatedMaximumBitrate(1, 1_200_000, (2222,)).serialize(),
    rtcp.TransportFeedback(1, 2222, ARRIVALS).serialize(),
]


def test_only_protocol_errors_come_out_of_the_parser() -> None:
    parsed = 0
    for data in mutations(VALID, seed=1):
        with contextlib.suppress(ProtocolError):
            packets = rtcp.parse(data)
            parsed += len(packets)
            assert all(len(nack.lost) <= rtcp.MAX_NACK_NUMBERS for nack in packets if isinstance(nack, rtcp.Nack))
    assert parsed  # some mutations are still valid


def test_only_protocol_errors_come_out_of_transport_feedback() -> None:
    for data in mutations([ARRIVALS], seed=2):
        with contextlib.suppress(ProtocolError):
            arrivals = transport_feedback.decode(data)
            assert len(arrivals.ticks) <= 0xFFFF


def test_a_line_lives_through_every_limit_that_can_be_written() -> None:
    """Each exponent and the largest mantissas, before and after transport-wide feedback came."""
    measuring = ReceiverLine(start_bitrate=500_000)
    measuring.acknowledged(ARRIVALS, Records(lambda _: None), 1.0)
    for line in (ReceiverLine(start_bitrate=500_000), measuring):
        for exponent, mantissa in itertools.product(range(64), (0, 1, 0x20000, rtcp.MAX_REMB_MANTISSA)):
            head = rtcp.EstimatedMaximumBitrate(1, 1_200_000, (2222,)).serialize()[:16]
            word = (1 << 24 | exponent << 18 | mantissa).to_bytes(4, "big")
            (said,) = rtcp.parse(head + word + (2222).to_bytes(4, "big"))
            assert isinstance(said, rtcp.EstimatedMaximumBitrate)
            line.limited(said.bitrate, exponent % 2 == 0, 2.0 + exponent)
            assert line.budget(2.0 + exponent) >= 0


def test_a_session_lives_through_all_of_it() -> None:
    session = RtpSession(cname="x", ssrc_for_reports=9)
    session.add_received(StreamKind.MAIN, {96: CodecParameters("VP8", 96, 90_000)}, mid=None, ssrcs=(1111,))
    session.add_sent(StreamKind.MAIN, FakeSendStream(lambda packet, now: None))
    for index, data in enumerate(mutations(VALID, seed=3)):
        session.receive_rtcp(data, index / 100)
        session.events_received()
    assert session.counters["malformed_rtcp"] > 0
    session.handle_timer(1e6)
    assert session.data_to_send()
