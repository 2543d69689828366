"""How much a session reads of what a peer asks for."""

from __future__ import annotations

import struct

from mcu.media import rtcp
from mcu.media.rtcp_allowance import MOST_NUMBERS
from mcu.media.rtp_session import RtpSession
from mcu.media.types import StreamKind
from tests.fakes.packets import FakeSendStream
from tests.fakes.rtp_sessions import session


def asked(made: RtpSession) -> list[tuple[int, ...]]:
    """What the session asks its repairs for from now on."""
    numbers: list[tuple[int, ...]] = []
    stream = FakeSendStream(lambda packet, now: None)
    made.add_sent(StreamKind.MAIN, stream)
    stream.resend = lambda lost, now: numbers.append(tuple(lost)) or 0  # type: ignore[method-assign,func-returns-value]
    return numbers


def test_dense_requests_for_repairs_are_passed_over_and_sparse_ones_are_read_soon_after() -> None:
    made = session()
    numbers = asked(made)
    dense = rtcp.Nack(1, 2222, b"".join(struct.pack("!HH", number, 0xFFFF) for number in range(0, 40 * 17, 17)))
    for _ in range(100):
        made.receive_rtcp(dense.serialize(), 1.0)
    assert [len(lost) for lost in numbers] == [rtcp.MAX_NACK_NUMBERS] * len(numbers)
    assert MOST_NUMBERS <= sum(map(len, numbers)) < MOST_NUMBERS + rtcp.MAX_NACK_NUMBERS
    assert made.counters["rtcp_refused"] == 100 - len(numbers)
    made.receive_rtcp(rtcp.Nack.of(1, 2222, range(100)).serialize(), 1.6)  # a keyframe
    assert numbers[-1] == tuple(range(100))


def test_requests_for_what_others_send_use_up_no_numbers() -> None:
    made = session()
    numbers = asked(made)
    foreign = rtcp.Nack.of(1, 9999, range(500))
    for step in range(200):
        made.receive_rtcp(foreign.serialize(), 1.0 + step / 100)
    assert made.counters["rtcp_refused"] == 0
    made.receive_rtcp(rtcp.Nack.of(1, 2222, range(500)).serialize(), 3.0)
    assert numbers == [tuple(range(500))]


def test_a_peer_on_a_bad_line_is_read_in_full() -> None:
    """20 % of 300 packets a second, each asked for five times in compounds of three, four reports a second."""
    made = session()
    numbers = asked(made)
    name = rtcp.SourceDescription(((1, "somebody"),))
    block = rtcp.ReportBlock(2222, 51, 10, 0, 0, 0, 0)
    for step in range(1_000):
        lost = range(step * 6, step * 6 + 6)
        nack = rtcp.Nack.of(1, 2222, [number & 0xFFFF for number in lost])
        made.receive_rtcp(rtcp.serialize([rtcp.ReceiverReport(1), name, nack]), 1.0 + step / 50)
        if step % 5 == 0:
            made.receive_rtcp(rtcp.TransportFeedback(1, 2222, bytes(100)).serialize(), 1.0 + step / 50)
        if step % 12 == 0:
            made.receive_rtcp(rtcp.serialize([rtcp.ReceiverReport(1, (block, block)), name]), 1.0 + step / 50)
    assert made.counters["rtcp_refused"] == 0
    assert len(numbers) == 1_000
