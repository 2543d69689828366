"""Feedback, delay, loss and probes of the bandwidth estimator, each by itself."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from mcu.media.bandwidth_delay import DelayDetector
from mcu.media.bandwidth_feedback import AcknowledgedPacket, FeedbackReader, acknowledged
from mcu.media.bandwidth_loss import GRACE, LossJudge, LossVerdict
from mcu.media.bandwidth_probe import CONFIRM, MAX_WAIT, SCREEN_QUEUE, Prober
from mcu.media.transport_feedback import ArrivalRecorder, Arrivals, encode
from tests.fakes.records import Records


def stream(
    count: int, *, rate: float, size: int = 1_000, begin: float = 10.0, spacing: float = 0.01, first: int = 0
) -> list[AcknowledgedPacket]:
    """Packets sent every `spacing` through an otherwise empty line of `rate` bit/s, seen by another clock."""
    free = 0.0
    packets = []
    for index in range(count):
        sent = begin + index * spacing
        free = max(free, sent) + size * 8 / rate
        packets.append(((first + index) & 0xFFFF, sent, size, free + 500.02))
    return packets


def read(
    reader: FeedbackReader, arrivals: Arrivals, record: Callable[[int], tuple[float, int] | None]
) -> list[AcknowledgedPacket]:
    return reader.read(encode(arrivals), Records(record)).packets()


def feed(detector: DelayDetector, packets: list[AcknowledgedPacket], each: int = 10) -> None:
    for index in range(0, len(packets), each):
        part = packets[index : index + each]
        arrival = part[-1][3]
        detector.add(acknowledged(part), (arrival or 0.0) - 500.0)


def test_feedback_is_joined_with_what_was_sent() -> None:
    reader = FeedbackReader()
    sent = {0xFFFF: (1.0, 100), 0: (1.01, 200), 1: (1.02, 300)}
    packets = read(reader, Arrivals(0xFFFE, (400, 800, None, 1200), 0), sent.get)
    assert packets == [
        (0xFFFF, 1.0, 100, 2**32 / 4000 + 0.2),
        (0, 1.01, 200, None),
        (1, 1.02, 300, 2**32 / 4000 + 0.3),
    ]
    assert reader.forgotten == 1


def test_the_clock_of_feedbacks_may_wrap() -> None:
    reader = FeedbackReader()
    before = 2**31 - 400  # the reference time is signed 24 bits of 256 ticks
    (first,) = read(reader, Arrivals(1, (before,), 0), lambda _: (1.0, 100))
    (second,) = read(reader, Arrivals(2, (before + 800 - 2**32,), 1), lambda _: (1.1, 100))
    assert first[3] is not None
    assert second[3] == pytest.approx(first[3] + 0.2)


def test_a_feedback_of_missing_packets_alone() -> None:
    assert read(FeedbackReader(), Arrivals(1, (None,), 0), lambda _: (1.0, 9)) == [(1, 1.0, 9, None)]


def test_what_a_receiver_writes_is_read_exactly() -> None:
    """Through the real recorder and the real wire format, across the wrap of sequence numbers."""
    recorder, reader = ArrivalRecorder(), FeedbackReader()
    sent = {(0xFFF0 + i) & 0xFFFF: (5.0 + i / 100, 500 + i) for i in range(40)}
    arrivals = {sequence: at + 0.03125 for sequence, (at, size) in sent.items() if size % 7}
    packets = []
    for index, (sequence, at) in enumerate(arrivals.items()):
        recorder.record(sequence, at)
        if index % 10 == 9:
            packets += [p for data in recorder.take() for p in reader.read(data, Records(sent.get)).packets()]
    assert len(packets) > 30
    offset = (packets[0][3] or 0.0) - arrivals[packets[0][0]]
    for packet in packets:
        assert packet[1:3] == sent[packet[0]]
        expected = arrivals.get(packet[0])
        assert packet[3] == (None if expected is None else pytest.approx(expected + offset, abs=0.001))


def test_an_empty_line_has_no_queue() -> None:
    detector = DelayDetector()
    feed(detector, stream(500, rate=2e6))
    assert not detector.overusing
    assert detector.standing == pytest.approx(0.0, abs=1e-6)
    assert detector.delivery() is None


def test_a_full_line_is_seen_and_measured() -> None:
    detector = DelayDetector()
    packets = stream(200, rate=2e6)
    packets += stream(40, rate=400e3, begin=12.0, first=200)
    feed(detector, packets)
    assert detector.overusing
    assert detector.queue > 0.2
    delivery = detector.delivery()
    assert delivery is not None
    assert delivery[0] == pytest.approx(400e3, rel=0.1)
    assert delivery[1] == pytest.approx(0.5, rel=0.1)


def test_a_delivery_is_not_measured_across_a_feedback_that_was_lost() -> None:
    detector = DelayDetector()
    feed(detector, stream(200, rate=2e6))
    full = stream(60, rate=400e3, begin=12.0, first=200)
    feed(detector, full[:20] + full[40:])
    delivery = detector.delivery()
    assert delivery is not None
    assert delivery[0] == pytest.approx(400e3, rel=0.1)


def test_a_packet_counts_once() -> None:
    detector = DelayDetector()
    packets = stream(10, rate=2e6)
    assert detector.add(acknowledged(packets), 11.0) == 10_000
    assert detector.add(acknowledged(packets), 11.1) == 0
    assert detector.nonsense == 10


def test_a_receiver_may_get_another_clock() -> None:
    detector = DelayDetector()
    feed(detector, stream(100, rate=2e6))
    moved = [(*p[:3], (p[3] or 0.0) + 3_600) for p in stream(100, rate=2e6, begin=11.0, first=100)]
    for index in range(0, 100, 10):
        detector.add(acknowledged(moved[index : index + 10]), 11.1 + index / 100)
    assert detector.restarts == 1
    assert detector.standing == pytest.approx(0.0, abs=1e-6)


def test_a_queue_can_be_accepted() -> None:
    detector = DelayDetector()
    feed(detector, stream(100, rate=2e6))
    late = [(*p[:3], (p[3] or 0.0) + 0.2) for p in stream(100, rate=2e6, begin=11.0, first=100)]
    feed(detector, late)
    assert detector.standing == pytest.approx(0.2, abs=1e-6)
    detector.accept_queue()
    assert detector.standing == 0.0


def reports(
    judge: LossJudge, share: int, seconds: float, begin: float, first: int = 0
) -> tuple[list[LossVerdict], int]:
    """100 packets a second of which `share` of each ten are lost, ten in each feedback."""
    verdicts = []
    for step in range(int(seconds * 10)):
        now = begin + step / 10
        packets = [(first + i, now - 0.1, 1_000, None if i < share else now + 9) for i in range(10)]
        judge.add(acknowledged(packets), now)
        verdicts.append(judge.judge(now))
        first += 10
    return verdicts, first


def test_a_packet_that_was_only_overtaken_is_not_lost() -> None:
    judge = LossJudge()
    for step in range(50):
        now = 1.0 + step / 10
        late = [((step - 1) * 10 + i, now, 1_000, now + 9) for i in range(5)]
        fresh = [(step * 10 + i, now, 1_000, None if i < 5 else now + 9) for i in range(10)]
        judge.add(acknowledged([*(late if step else []), *fresh]), now)
    assert judge.share == 0.0
    judge.add(acknowledged([(9_000, 7.0, 1_000, 7.0)]), 6.0 + GRACE)
    assert judge.share == 0.0


def test_a_tenth_is_not_doubted() -> None:
    judge = LossJudge()
    verdicts, _ = reports(judge, 1, 20, 1.0)
    assert set(verdicts) == {LossVerdict.NOTHING}
    assert judge.share == pytest.approx(0.1, abs=0.02)


def test_loss_that_less_does_not_cure_is_the_lines_own() -> None:
    judge = LossJudge()
    verdicts, _ = reports(judge, 3, 20, 1.0)
    assert [verdict for verdict in verdicts if verdict != LossVerdict.NOTHING] == [
        LossVerdict.TRY_LESS,
        LossVerdict.RESTORE,
    ]
    assert judge.own == pytest.approx(0.3, abs=0.02)


def test_loss_that_less_does_cure_was_a_policer() -> None:
    judge = LossJudge()
    verdicts, first = reports(judge, 6, 1.2, 1.0)
    assert LossVerdict.TRY_LESS in verdicts
    verdicts, _ = reports(judge, 0, 10, 2.2, first)
    assert set(verdicts) == {LossVerdict.NOTHING}
    assert judge.own == 0.0
    assert not judge.trying


def answer(prober: Prober, rate: float, now: float, total: float, seconds: float) -> float:
    """The probe as a line of `rate` delivers it, with packets afterwards. Returns the time."""
    count = int(total * seconds / 8 / 500) + 1
    packets = stream(count, rate=rate, size=500, begin=now, spacing=seconds / count)
    after = stream(20, rate=1e9, size=100, begin=now + seconds + 0.01, spacing=0.01, first=count)
    prober.observe(acknowledged(packets), 500.02, 0.0, 0.0)
    prober.observe(acknowledged(after), 500.02, 0.0, 0.0)
    return now + seconds + 0.3


def test_a_line_that_carries_it_is_screened_then_confirmed() -> None:
    prober = Prober()
    screening = prober.wanted(1_200_000, 500_000, 0.0, 10.0)
    assert screening is not None
    assert screening.bytes * 8 <= SCREEN_QUEUE * 500_000
    now = answer(prober, 3e6, 10.0, screening.bitrate, screening.seconds)
    assert prober.result is None
    confirmation = prober.wanted(1_200_000, 500_000, 0.0, now)
    assert confirmation is not None
    assert confirmation.seconds == CONFIRM
    assert prober.sending(now + CONFIRM / 2)
    answer(prober, 3e6, now, confirmation.bitrate, confirmation.seconds)
    assert prober.result is not None
    assert (prober.result.accepted, prober.result.target) == (True, 1_200_000)


def test_a_line_that_does_not_carry_it_is_asked_at_most_every_six_seconds() -> None:
    prober = Prober()
    asked = []
    now = 10.0
    while now < 100:
        probe = prober.wanted(1_200_000, 250_000, 0.0, now)
        if probe:
            asked.append(now)
            answer(prober, 300e3, now, probe.bitrate, probe.seconds)
        now += 0.1
    gaps = [later - earlier for earlier, later in pairwise(asked)]
    assert gaps[0] < 2
    assert 6 <= gaps[-1] < 6.6
    assert prober.result is not None
    assert prober.result.reason == "queue"


def test_a_climb_that_falls_again_is_repeated_ever_more_seldom() -> None:
    prober = Prober()
    climbs = []
    now = 10.0
    while now < 400:
        probe = prober.wanted(1_200_000, 500_000, 0.0, now)
        if probe:
            answer(prober, 3e6, now, probe.bitrate, probe.seconds)
            if prober.counters["accepted"] > len(climbs):
                climbs.append(now)
                prober.fell(now + 2)
                now += 2
        now += 0.1
    gaps = [later - earlier for earlier, later in pairwise(climbs)]
    assert gaps[0] < 8
    assert MAX_WAIT <= gaps[-1] < MAX_WAIT + 5


def test_a_refused_rung_does_not_hold_up_a_lower_one() -> None:
    prober = Prober()
    now = 10.0
    for _ in range(20):
        probe = prober.wanted(1_200_000, 250_000, 0.0, now)
        if probe:
            answer(prober, 300e3, now, probe.bitrate, probe.seconds)
        now += 1.5
    answer_at = now
    while not prober.wanted(500_000, 250_000, 0.0, now):
        now += 0.1
    assert now - answer_at <= 1.5


def test_a_probe_ends_when_a_queue_appears_or_nobody_answers() -> None:
    prober = Prober()
    probe = prober.wanted(1_200_000, 500_000, 0.0, 10.0)
    assert probe is not None
    prober.observe(acknowledged([(1, 10.01, 500, 510.3)]), 500.02, 0.2, 0.0)
    assert not prober.sending(10.02)
    assert prober.result is not None
    assert prober.result.reason == "queue"
    other = Prober()
    assert other.wanted(1_200_000, 500_000, 0.0, 10.0)
    other.handle_timer(0.1, 12.0)
    assert other.result is not None
    assert other.result.reason == "no answer"


def test_a_probe_that_was_not_sent_says_nothing() -> None:
    prober = Prober()
    probe = prober.wanted(1_200_000, 500_000, 0.0, 10.0)
    assert probe is not None
    answer(prober, 3e6, 10.0, 300_000, probe.seconds)
    assert prober.result is not None
    assert prober.result.reason == "not sent"
    assert prober.counters["inconclusive"] == 1
