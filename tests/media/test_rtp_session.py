"""One leg's session: demultiplexing, RTX, RTCP both ways. Its picture on a bad line: test_rtp_session_loss."""

from __future__ import annotations

import dataclasses
import itertools
import math

import pytest

from mcu.media import rtcp, transport_feedback
from mcu.media.intake import MAX_ROUTES
from mcu.media.payload_vp8 import packetize
from mcu.media.reception_statistics import ntp_time
from mcu.media.rtp_events import (
    BitrateLimited,
    KeyframeNeeded,
    KeyframeRequested,
    StreamEnded,
)
from mcu.media.rtp_session import LOSS_SECONDS, UNLIMITED, RtpSession
from mcu.media.types import CodecParameters, StreamKind
from tests.fakes.packets import FakePacket, FakeSendStream, altered
from tests.fakes.rtp_sessions import DELTA, FIR, PLI, frame, received, sent, session, video


def test_streams_are_told_by_mid_then_ssrc_then_payload_type() -> None:
    made = session()
    made.receive_rtp(frame(1, ssrc=50, mid="2"), 1.0)
    made.receive_rtp(frame(2, ssrc=50), 1.0)  # latched
    made.receive_rtp(frame(9, ssrc=1111), 1.0)  # announced in the offer
    assert [kind for kind, _ in received(made.events_received())] == [
        StreamKind.CONTENT,
        StreamKind.CONTENT,
        StreamKind.MAIN,
    ]
    made.receive_rtp(frame(1, ssrc=60), 1.0)  # payload type 96 belongs to two streams
    made.receive_rtp(frame(1, ssrc=61, mid="nonsense"), 1.0)
    made.receive_rtp(frame(3, ssrc=1111, payload_type=50), 1.0)
    assert made.counters["unroutable"] == 3
    only = RtpSession(cname="mcu", ssrc_for_reports=7)
    only.add_received(StreamKind.MAIN, video(), mid=None)
    only.receive_rtp(frame(1, ssrc=60), 1.0)
    assert received(only.events_received()) == [(StreamKind.MAIN, b"\x00key")]


def test_a_mid_moves_a_source_to_another_stream_whatever_came_before() -> None:
    made = session()
    content = [frame(1, ssrc=50, mid="2"), frame(2, ssrc=50, mid="2"), frame(3, ssrc=50)]
    main = [frame(1, ssrc=1111), frame(2, ssrc=1111), frame(3, ssrc=1111, mid="1")]
    for packets in zip(content, main, strict=True):  # by turns, as sound and camera come
        for packet in packets:
            made.receive_rtp(packet, 1.0)
    kinds = [kind for kind, _ in received(made.events_received())]
    assert kinds == [StreamKind.CONTENT, StreamKind.MAIN] * 3
    made.receive_rtp(frame(4, ssrc=50, mid="1"), 9.0)
    made.receive_rtp(frame(5, ssrc=50), 9.0)
    made.receive_rtp(frame(6, ssrc=50, mid="nonsense"), 9.0)
    made.receive_rtp(frame(7, ssrc=50, mid="2"), 9.0)
    assert [kind for kind, _ in received(made.events_received())][-1] is StreamKind.CONTENT
    found = made.reception(StreamKind.MAIN)
    assert found is not None
    assert (found.ssrc, found.received) == (50, 2)
    assert made.counters["unroutable"] == 1


def test_a_source_that_others_pushed_out_of_the_table_is_entered_again() -> None:
    made = session()
    made.receive_rtp(frame(1, ssrc=50, mid="2"), 1.0)
    for number in range(MAX_ROUTES):
        made.receive_rtp(frame(1, ssrc=1_000 + number, mid="1"), 1.0)
    made.receive_rtp(frame(2, ssrc=50, mid="2"), 1.0)
    made.events_received()
    made.receive_rtp(frame(3, ssrc=50), 1.0)
    assert [kind for kind, _ in received(made.events_received())] == [StreamKind.CONTENT]


def test_frames_go_to_their_taker_instead_of_the_events() -> None:
    made = session()
    taken: list[tuple[StreamKind, bytes]] = []
    made.take_frame = lambda kind, taken_frame: taken.append((kind, taken_frame.data))
    assert not made.receive_rtp(frame(1, ssrc=1111), 1.0)  # nothing is left to do
    assert made.receive_rtp(frame(2, ssrc=1111, payload=DELTA, transport_sequence=5), 1.0)  # the peer is to be told
    assert taken == [(StreamKind.MAIN, b"\x00key"), (StreamKind.MAIN, b"\x01delta")]
    assert made.events_received() == []


def test_a_repair_on_the_rtx_stream_takes_its_place() -> None:
    made = session()
    made.receive_rtp(frame(1, ssrc=1111), 1.0)
    made.receive_rtp(frame(3, packetize(b"\x01third", 100, picture_id=3)[0], ssrc=1111), 1.0)
    made.handle_timer(1.02)
    assert rtcp.Nack.of(7, 1111, (2,)) in sent(made)
    repair = FakePacket(
        payload_type=97, ssrc=1112, sequence_number=9, timestamp=6_000, marker=True, payload=b"\x00\x02" + DELTA
    )
    made.receive_rtp(repair, 1.05)
    assert len(received(made.events_received())) == 3
    padding = FakePacket(payload_type=97, ssrc=1112, sequence_number=10, payload=b"\x00\x02")
    made.receive_rtp(padding, 1.06)
    assert made.counters["unroutable"] == 0


def test_a_new_ssrc_takes_over_and_the_old_one_is_heard_no_more() -> None:
    made = session()
    made.receive_rtp(frame(1, ssrc=1111), 1.0)
    made.receive_rtp(frame(500, ssrc=2000, mid="1"), 2.0)
    made.receive_rtp(frame(2, DELTA, ssrc=1111), 2.0)
    assert len(received(made.events_received())) == 2
    assert made.counters["unroutable"] == 1


def test_goodbye_ends_a_stream_that_may_come_back() -> None:
    made = session()
    made.receive_rtp(frame(1, ssrc=1111), 1.0)
    made.receive_rtcp(rtcp.Goodbye((1111, 1112, 4444)).serialize(), 1.5)
    assert StreamEnded(StreamKind.MAIN) in made.events_received()
    made.receive_rtp(frame(2, ssrc=1111), 9.0)
    assert received(made.events_received())


@pytest.mark.parametrize(
    ("feedback", "expected"),
    [
        (PLI, rtcp.PictureLoss(7, 1111)),
        (FIR, rtcp.FullIntraRequest(7, ((1111, 1),))),
        (frozenset(), KeyframeNeeded(StreamKind.MAIN)),
    ],
)
def test_a_keyframe_is_asked_for_by_what_was_negotiated(feedback: frozenset[str], expected: object) -> None:
    made = session(feedback=feedback)
    made.request_keyframe(StreamKind.MAIN, 1.0)  # nobody to ask yet
    assert sent(made) == []
    made.receive_rtp(frame(1, ssrc=1111), 1.0)
    made.events_received()
    made.request_keyframe(StreamKind.MAIN, 1.1)
    made.request_keyframe(StreamKind.MAIN, 1.1)
    assert [*sent(made), *made.events_received()] == [expected]


def test_feedback_is_compound_unless_reduced_size_was_negotiated() -> None:
    made = session(reduced_size=False)
    made.receive_rtp(frame(1, ssrc=1111), 1.0)
    made.request_keyframe(StreamKind.MAIN, 1.1)
    assert [type(packet) for packet in sent(made)] == [
        rtcp.ReceiverReport,
        rtcp.SourceDescription,
        rtcp.PictureLoss,
    ]


def test_reports_come_at_random_intervals_around_the_minimum() -> None:
    made = session(report_interval=5.0)
    times = []
    while len(times) < 50:
        times.append(made.next_timer())
        made.handle_timer(times[-1])
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert 2.0 < min(gaps) < max(gaps) < 6.2
    assert sum(gaps) / len(gaps) == pytest.approx(5.0 / (math.e - 1.5), rel=0.1)


def test_a_report_covers_both_directions() -> None:
    made = session(wall_clock_offset=1_000.0)
    made.receive_rtcp(rtcp.SenderReport(1111, ntp_time(500.0), 3_000, 1, 1).serialize(), 0.9)  # source not known yet
    made.receive_rtp(frame(1, ssrc=1111), 1.0)
    made.receive_rtcp(rtcp.SenderReport(1111, ntp_time(500.0), 3_000, 1, 1).serialize(), 1.0)
    stream = FakeSendStream(lambda packet, now: None)
    made.add_sent(StreamKind.MAIN, stream)
    made.add_sent(StreamKind.AUDIO, FakeSendStream(lambda packet, now: None, ssrc=3, clock_rate=48_000))
    stream.send([b"abc", b"de"], timestamp=90_000, now=2.0)
    made.handle_timer(2.5)
    report, *names = sent(made)
    assert isinstance(report, rtcp.SenderReport)
    assert (report.ssrc, report.packets, report.octets) == (2222, 2, 5)
    assert report.ntp == ntp_time(1_002.5)
    assert report.rtp_timestamp == 90_000 + 45_000
    assert [block.ssrc for block in report.reports] == [1111]
    assert report.reports[0].delay_since_last_sr == 65_536 * 3 // 2
    assert names == [rtcp.SourceDescription(((ssrc, "mcu"),)) for ssrc in (7, 2222, 3)]
    clock = made.reception(StreamKind.MAIN)
    assert clock is not None
    assert clock.clock is not None
    assert clock.clock.wall_clock_of(93_000) == 501.0


def test_what_the_peer_lacks_is_sent_again_and_keyframe_requests_become_events() -> None:
    made = session()
    stream = FakeSendStream(lambda packet, now: None)
    made.add_sent(StreamKind.MAIN, stream)
    stream.send([b"a", b"b"], timestamp=0, now=1.0)
    made.receive_rtcp(rtcp.Nack.of(1, 2222, (65_500, 65_501, 65_502)).serialize(), 1.1)
    made.receive_rtcp(rtcp.Nack.of(1, 9999, (65_500,)).serialize(), 1.1)
    assert stream.resent == [65_500, 65_501]
    fir = rtcp.FullIntraRequest(1, ((2222, 4),))
    for wanted in ([rtcp.PictureLoss(1, 2222)], [fir, fir], [rtcp.FullIntraRequest(1, ((2222, 5),))]):
        assert made.receive_rtcp(rtcp.serialize(wanted), 1.2)
        assert made.events_received() == [KeyframeRequested(StreamKind.MAIN)]
    made.receive_rtcp(rtcp.serialize([fir, rtcp.PictureLoss(1, 9999)]), 1.3)
    made.receive_rtcp(rtcp.serialize([fir, rtcp.FullIntraRequest(1, ((9999, 6),))]), 1.3)
    assert made.events_received() == [KeyframeRequested(StreamKind.MAIN)]  # number 4 is new after 5


def test_keyframe_requests_that_wait_are_one_for_each_kind() -> None:
    made = session()
    made.add_sent(StreamKind.MAIN, FakeSendStream(lambda packet, now: None))
    made.add_sent(StreamKind.CONTENT, FakeSendStream(lambda packet, now: None, ssrc=3))
    commands = rtcp.FullIntraRequest(1, tuple((2222, number) for number in range(100)))
    for _ in range(5):
        made.receive_rtcp(rtcp.serialize([rtcp.PictureLoss(1, 2222), rtcp.PictureLoss(1, 3), commands]), 1.0)
    assert made.events_received() == [KeyframeRequested(StreamKind.MAIN), KeyframeRequested(StreamKind.CONTENT)]


def test_loss_and_round_trip_time_are_read_from_reports() -> None:
    made = session(wall_clock_offset=100.0)
    made.add_sent(StreamKind.MAIN, FakeSendStream(lambda packet, now: None))
    last_sr = ntp_time(101.0) >> 16 & 0xFFFFFFFF
    block = rtcp.ReportBlock(2222, 64, 10, 0, 900, last_sr, 65_536 // 2)
    made.receive_rtcp(rtcp.ReceiverReport(1, (block,)).serialize(), 1.6)
    assert made.rtt == pytest.approx(0.1, abs=1e-3)
    stream = made.sent(StreamKind.MAIN)
    assert stream is not None
    assert (stream.fraction_lost, stream.jitter) == (0.25, 0.01)


@pytest.mark.parametrize(("phase", "expected"), [(0.0, [6, 12, 12]), (0.05, [11, 12])])
def test_transport_wide_feedback_goes_out_at_one_beat_for_all_legs(phase: float, expected: list[int]) -> None:
    made = session(feedback_phase=phase)
    for index in range(33):
        now = 0.2 + index / 100 - 0.005
        made.receive_rtp(frame(index, ssrc=1111, transport_sequence=index, arrival=now), now)
        if made.next_timer() <= now + 0.004:
            made.handle_timer(now + 0.004)
    feedback = [packet for packet in sent(made) if isinstance(packet, rtcp.TransportFeedback)]
    counts = [len(transport_feedback.decode(packet.data).ticks) for packet in feedback]
    assert counts == expected


def test_transport_wide_feedback_ends_when_nothing_comes_and_begins_with_the_first_packet() -> None:
    made = session()
    made.receive_rtp(frame(1, ssrc=1111, transport_sequence=1, arrival=0.3), 0.3)
    assert made.deadline_set
    assert made.next_timer() == pytest.approx(0.36)
    made.handle_timer(0.361)
    assert made.next_timer() == pytest.approx(0.48)  # without being asked for by the next packet
    made.receive_rtp(frame(2, ssrc=1111, transport_sequence=2, arrival=0.4), 0.4)
    assert not made.deadline_set
    made.handle_timer(0.481)
    assert made.next_timer() == pytest.approx(0.60)
    made.handle_timer(0.601)
    assert made.next_timer() != pytest.approx(0.72)  # but that of the next report
    assert len([packet for packet in sent(made) if isinstance(packet, rtcp.TransportFeedback)]) == 2


def test_transport_wide_feedback_is_given_away_and_bitrate_limits_become_events() -> None:
    made = session()
    taken: list[transport_feedback.Arrivals] = []
    made.take_feedback = lambda data, now: taken.append(transport_feedback.decode(data))
    arrivals = transport_feedback.Arrivals(5, (256, None, 300), 1)
    feedback = rtcp.TransportFeedback(1, 2222, transport_feedback.encode(arrivals))
    limit = rtcp.EstimatedMaximumBitrate(1, 500_000, (2222,))
    assert made.receive_rtcp(rtcp.serialize([feedback, limit]), 1.0)
    assert made.events_received() == [BitrateLimited(500_000, (2222,))]
    assert not made.receive_rtcp(feedback.serialize(), 1.0)  # nothing to do
    assert taken == [arrivals] * 2
    made.receive_rtcp(rtcp.TransportFeedback(1, 2222, b"bad").serialize(), 1.0)
    made.receive_rtcp(b"bad", 1.0)
    assert made.counters["malformed_rtcp"] == 2


def test_a_bitrate_limit_is_sent_now_and_with_every_report() -> None:
    made = session()
    made.receive_rtp(frame(1, ssrc=1111), 0.1)
    made.set_max_bitrate(250_000)
    made.set_max_bitrate(250_000)
    made.handle_timer(3.0)
    limits = [packet for packet in sent(made) if isinstance(packet, rtcp.EstimatedMaximumBitrate)]
    assert limits == [rtcp.EstimatedMaximumBitrate(7, 250_000, (1111,))] * 2
    made.set_max_bitrate(0)
    made.handle_timer(6.0)
    limits = [packet for packet in sent(made) if isinstance(packet, rtcp.EstimatedMaximumBitrate)]
    assert [limit.bitrate for limit in limits] == [pytest.approx(UNLIMITED, rel=1e-4)]


def test_the_end_says_goodbye() -> None:
    made = session()
    made.add_sent(StreamKind.MAIN, FakeSendStream(lambda packet, now: None))
    made.add_sent(StreamKind.AUDIO, FakeSendStream(lambda packet, now: None, ssrc=3))
    made.remove_sent(StreamKind.AUDIO)
    assert sent(made) == [rtcp.Goodbye((3,))]
    made.end()
    assert sent(made)[-1] == rtcp.Goodbye((2222,))


def test_ssrcs_without_end_do_not_pile_up() -> None:
    made = session()
    for ssrc in range(10_000, 12_000):
        made.receive_rtp(frame(1, ssrc=ssrc, mid="1"), 1.0)
        made.events_received()
    made.handle_timer(50.0)
    (report, *_) = sent(made)
    assert isinstance(report, rtcp.ReceiverReport)
    assert len(report.reports) <= 31


def test_sound_goes_to_the_audio_receiver_and_is_reported_on() -> None:
    made = session()
    opus = CodecParameters("opus", 111, 48_000, channels=2)
    made.add_received(StreamKind.AUDIO, {111: opus}, mid="0")
    assert made.audio is not None
    packet = FakePacket(payload_type=111, ssrc=70, sequence_number=1, payload=b"\xf8\xff\xfe", mid="0", arrival=1.0)
    made.receive_rtp(packet, 1.0)
    made.receive_rtp(altered(packet, payload_type=112), 1.0)
    assert made.audio.counters.received == 1
    assert made.counters["unroutable"] == 1
    made.handle_timer(9.0)
    report = sent(made)[0]
    assert isinstance(report, rtcp.ReceiverReport)
    assert [block.ssrc for block in report.reports] == [70]
    made.receive_rtcp(rtcp.Goodbye((70,)).serialize(), 9.0)
    assert made.events_received() == [StreamEnded(StreamKind.AUDIO)]


def test_the_loss_that_the_peer_reports_is_smoothed_over_all_streams() -> None:
    made = session()
    made.add_sent(StreamKind.MAIN, FakeSendStream(lambda packet, now: None, ssrc=9))
    block = rtcp.ReportBlock(9, 128, 10, 0, 0, 0, 0)
    for _ in range(20):
        made.receive_rtcp(rtcp.serialize((rtcp.ReceiverReport(5, (block,)),)), 1.0)
    assert 0.49 < made.loss <= 0.5
    made.receive_rtcp(rtcp.serialize((rtcp.ReceiverReport(5, (dataclasses.replace(block, fraction_lost=0),)),)), 2.0)
    assert 0.3 < made.loss < 0.4


def test_loss_that_nobody_reports_any_more_is_forgotten() -> None:
    made = session()
    made.add_sent(StreamKind.MAIN, FakeSendStream(lambda packet, now: None, ssrc=9))
    block = rtcp.ReportBlock(9, 255, 10, 0, 0, 0, 0)
    made.receive_rtcp(rtcp.ReceiverReport(5, (block,)).serialize(), 20.0)
    told = made.loss
    made.receive_rtcp(rtcp.ReceiverReport(5).serialize(), 20.0 + LOSS_SECONDS)
    made.handle_timer(20.0 + LOSS_SECONDS)
    assert made.loss == told > 0.0
    made.handle_timer(22.0 + LOSS_SECONDS)
    assert made.loss == 0.0


def test_who_only_counts_may_look_and_listen_for_a_while() -> None:
    made = RtpSession(cname="mcu", ssrc_for_reports=7, reduced_size=True)
    voice = {111: CodecParameters("opus", 111, 48_000, 2)}
    made.add_received(StreamKind.MAIN, video(), mid="1", ssrcs=(1111,), counts_only=True)
    made.add_received(StreamKind.AUDIO, voice, mid="0", counts_only=True)
    made.receive_rtp(frame(1, mid="1"), 1.0)
    made.receive_rtp(frame(3, ssrc=1111), 1.0)
    assert (made.audio, made.video(StreamKind.MAIN), made.events_received()) == (None, None, [])
    made.request_keyframe(StreamKind.MAIN, 1.0)
    assert sent(made) == []

    for kind in (StreamKind.MAIN, StreamKind.AUDIO, StreamKind.CONTENT):
        made.set_counts_only(kind, False)
    made.receive_rtp(frame(4, payload=DELTA, ssrc=1111), 1.1)
    assert received(made.events_received()) == []  # not to be decoded
    made.request_keyframe(StreamKind.MAIN, 1.1)
    assert [type(packet) for packet in sent(made)] == [rtcp.PictureLoss]
    made.receive_rtp(frame(5, ssrc=1111), 2.0)
    assert received(made.events_received()) == [(StreamKind.MAIN, b"\x00key")]
    made.receive_rtp(FakePacket(payload_type=111, ssrc=5, sequence_number=1, payload=b"\xf8", mid="0"), 2.0)
    assert made.audio is not None
    assert made.audio.counters.received == 1

    for kind in (StreamKind.MAIN, StreamKind.AUDIO):
        made.set_counts_only(kind, True)
    made.receive_rtp(frame(9, ssrc=1111), 2.1)
    made.handle_timer(3.0)
    assert (made.audio, made.events_received()) == (None, [])
    assert not [packet for packet in sent(made) if isinstance(packet, rtcp.Nack | rtcp.PictureLoss)]
    reception = made.reception(StreamKind.MAIN)
    assert reception is not None
    assert reception.lost == 4  # 2, 6, 7 and 8, from before and after the changes
