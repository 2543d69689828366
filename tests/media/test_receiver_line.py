from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import pytest

from mcu.errors import ProtocolError
from mcu.media.bandwidth_estimator import REMB_SECONDS
from mcu.media.receiver_line import MEASURED_SECONDS, MOST_STATUSES, SOUND_BITRATE, ReceiverLine
from mcu.media.transport_feedback import MAX_STATUSES, TICKS_PER_SECOND, Arrivals, encode
from tests.fakes.records import Records

PACKET = 1_000  # bytes


class Pictures:
    """The part of a SendStream that a probe uses; a repaired packet is as large as any."""

    def __init__(self, *, packets: int = 1_000, rtx_ssrc: int = 9) -> None:
        self.packets = packets
        self.rtx_ssrc = rtx_ssrc
        self.rtx_octets = 0
        self.sequence_number = 65_536 + 20  # wraps within the round
        self.repeated: list[tuple[float, int]] = []

    def resend(self, sequence_numbers: Sequence[int], now: float) -> int:
        for number in sequence_numbers:
            self.repeated.append((now, number))
            self.rtx_octets += PACKET
        return len(sequence_numbers)


class Link:
    """An open line that reports on what is sent at a steady rate, four times a second and more."""

    def __init__(self, line: ReceiverLine, pictures: Pictures, *, served_every: float = 0.0) -> None:
        """Timers are served so many seconds apart at least."""
        self.served_every = served_every
        self.served = 0.0
        self.line = line
        self.pictures = pictures
        self.sent: list[tuple[float, int]] = []
        self.reported = 0
        self.now = 50.0

    def run(self, seconds: float, *, bitrate: float) -> None:
        """Send at `bitrate`, and what the line wants beside it."""
        between = PACKET * 8 / bitrate
        end, next_packet, next_report = self.now + seconds, self.now, self.now + 0.1
        while self.now < end:
            self.now += 0.005
            while next_packet <= self.now:
                self.sent.append((next_packet, PACKET))
                next_packet += between
            before = len(self.pictures.repeated)
            if self.now >= max(self.line.next_timer(), self.served + self.served_every - 0.001):
                self.served = self.now
                self.line.handle_timer(self.pictures, self.now)
            self.sent += [(self.now, PACKET)] * (len(self.pictures.repeated) - before)
            if self.now >= next_report:
                next_report += 0.1
                self.report()

    def report(self) -> None:
        ticks = tuple(int((sent + 0.02) * TICKS_PER_SECOND) for sent, _ in self.sent[self.reported :])
        arrivals = Arrivals(self.reported & 0xFFFF, ticks, 0)
        self.reported = len(self.sent)
        self.line.acknowledged(encode(arrivals), Records(self.sent.__getitem__), self.now)


def test_a_receiver_that_says_nothing_carries_everything() -> None:
    line = ReceiverLine(3_000_000)
    assert line.budget(1.0) == math.inf
    line.want(1_000_000, 1.0)
    assert line.next_timer() == math.inf


def sending(line: ReceiverLine, bitrate: float, *, until: float, loss: float = 0.0) -> None:
    for tick in range(round(until * 10) + 1):
        line.observe(int(bitrate / 8 * tick / 10), loss, tick / 10)


def test_a_remb_below_what_is_sent_is_the_budget_of_whoever_says_nothing_else() -> None:
    line = ReceiverLine(3_000_000)
    sending(line, 1_000_000, until=2.0)
    line.limited(500_000, True, 2.0)
    assert line.budget(2.1) == 500_000 - SOUND_BITRATE
    line.limited(4_000_000, True, 3.0)
    assert line.budget(3.1) == 4_000_000 - SOUND_BITRATE


def test_a_remb_may_be_for_pictures_alone() -> None:
    line = ReceiverLine(3_000_000)
    sending(line, 1_000_000, until=2.0)
    line.limited(500_000, False, 2.0)
    assert line.budget(2.1) == 500_000


def test_remb_takes_the_smallest_picture_from_nobody_but_heavy_loss_does() -> None:
    line = ReceiverLine(3_000_000)
    sending(line, 1_000_000, until=2.0)
    line.limited(30_000, False, 2.0)
    assert line.budget(2.1) == 30_000
    assert line.budget(2.1, 65_000) == 65_000
    for tick in range(60):
        line.observe(250_000, 0.5, 2.1 + tick / 10)
    assert line.budget(8.1, 65_000) == 0.0


def test_once_there_is_transport_wide_feedback_it_decides_and_remb_limits() -> None:
    line = ReceiverLine(3_000_000)
    link = Link(line, Pictures())
    link.run(1.0, bitrate=300_000)
    line.limited(2_000_000, True, link.now)
    assert line.budget(link.now) == 2_000_000 - SOUND_BITRATE
    assert line.remb.bitrate == 3_000_000


def test_one_remb_of_nothing_is_forgotten_when_it_is_not_said_again() -> None:
    line = ReceiverLine(3_000_000)
    link = Link(line, Pictures())
    link.run(1.0, bitrate=300_000)
    line.limited(0, True, link.now)
    assert line.budget(link.now) == 0.0
    link.run(REMB_SECONDS, bitrate=300_000)
    assert line.budget(link.now) > 300_000


def test_remb_decides_again_when_transport_wide_feedback_has_ended() -> None:
    line = ReceiverLine(3_000_000)
    link = Link(line, Pictures())
    link.run(1.0, bitrate=300_000)
    for second in range(round(MEASURED_SECONDS) + 2):
        line.limited(2_000_000, False, link.now + second)
        line.budget(link.now + second + 0.5)
    assert not line.measured
    assert line.budget(link.now + second + 0.9) == 3_000_000
    link.report()
    assert line.measured


def test_feedback_that_cannot_be_read_says_nothing_of_the_line() -> None:
    line = ReceiverLine(3_000_000)
    with pytest.raises(ProtocolError):
        line.acknowledged(b"bad", Records(lambda _: None), 1.0)
    assert not line.measured
    assert line.budget(1.0) == math.inf


def test_a_probe_shows_that_an_open_line_carries_more() -> None:
    line, pictures = ReceiverLine(300_000), Pictures()
    link = Link(line, pictures)
    link.run(3.0, bitrate=300_000)
    before = line.budget(link.now)
    for _ in range(40):
        line.want(1_200_000, link.now)
        link.run(0.25, bitrate=300_000)
    assert before < 500_000
    assert line.budget(link.now) >= 1_200_000
    assert line.probe_bytes == pictures.rtx_octets > 0
    numbers = [number for _, number in pictures.repeated]
    assert all(0 <= number <= 0xFFFF for number in numbers)
    assert len(set(numbers)) > 5  # not one packet again and again
    moments = Counter(now for now, _ in pictures.repeated)
    assert max(moments.values()) <= 4  # spread, and not all in one burst


def test_a_probe_whose_parts_come_late_shows_as_much() -> None:
    line, pictures = ReceiverLine(300_000), Pictures()
    link = Link(line, pictures, served_every=0.02)
    link.run(3.0, bitrate=300_000)
    for _ in range(40):
        line.want(1_200_000, link.now)
        link.run(0.25, bitrate=300_000)
    assert line.budget(link.now) >= 1_200_000


def test_a_probe_of_few_packets_is_no_burst() -> None:
    """Of a packet in each part, a line of 300 kbit/s would have a queue of 200 ms."""
    line, pictures = ReceiverLine(250_000), Pictures()
    link = Link(line, pictures)
    link.run(3.0, bitrate=200_000)
    for _ in range(40):
        line.want(240_000, link.now)
        link.run(0.25, bitrate=200_000)
    times = [now for now, _ in pictures.repeated]
    packet_seconds = PACKET * 8 / ((240_000 + SOUND_BITRATE) * 1.05 - 200_000)  # what the probe adds to what is sent
    assert len(times) > 5
    assert line.budget(link.now) >= 240_000
    for first, third in zip(times, times[2:], strict=False):
        assert third - first > packet_seconds


def test_without_repairs_nothing_is_probed() -> None:
    line, pictures = ReceiverLine(300_000), Pictures(rtx_ssrc=0)
    link = Link(line, pictures)
    link.run(3.0, bitrate=300_000)
    line.want(1_200_000, link.now)
    link.run(2.0, bitrate=300_000)
    assert not pictures.repeated
    assert line.next_timer() == math.inf


def test_repairs_that_are_used_up_end_the_probe() -> None:
    class Refusing(Pictures):
        def resend(self, sequence_numbers: Sequence[int], now: float) -> int:
            return 0

    line, pictures = ReceiverLine(300_000), Refusing()
    link = Link(line, pictures)
    link.run(3.0, bitrate=300_000)
    line.want(1_200_000, link.now)
    assert line.next_timer() < math.inf
    link.run(3.0, bitrate=300_000)
    assert line.next_timer() == math.inf


def test_feedback_about_more_packets_than_are_ever_sent_is_passed_over() -> None:
    line = ReceiverLine(3_000_000)
    looked_at = Counter[int]()

    def record(sequence: int) -> tuple[float, int]:
        looked_at[sequence] += 1
        return 9.9, PACKET

    for _ in range(1_000):
        line.acknowledged(encode(Arrivals(0, (None,) * MAX_STATUSES, 0)), Records(record), 10.0)
    assert looked_at.total() <= MOST_STATUSES
    assert line.refused == 1_000 - MOST_STATUSES // MAX_STATUSES
    before = looked_at.total()
    line.acknowledged(encode(Arrivals(0, (None,) * 300, 0)), Records(record), 10.2)
    assert looked_at.total() == before + 300  # an honest one is read again soon after
