from __future__ import annotations

import pytest

from mcu.media.reception_statistics import ReceptionStatistics, ntp_time, round_trip
from mcu.media.rtcp import ReportBlock, SenderReport


def test_loss_is_counted_as_in_appendix_a3() -> None:
    statistics = ReceptionStatistics(1, 90_000)
    for number in (65_534, 65_535, 0, 3, 4):  # 1 and 2 lost
        statistics.receive(number, number * 3_000 & 0xFFFFFFFF, number / 30)
    block = statistics.report(1.0)
    assert (statistics.expected, statistics.lost) == (7, 2)
    assert (block.packets_lost, block.fraction_lost) == (2, (2 << 8) // 7)
    assert block.highest_sequence == 0x10004
    assert statistics.report(2.0).fraction_lost == 0  # nothing since


def test_duplicates_make_loss_negative_but_never_the_fraction() -> None:
    statistics = ReceptionStatistics(1, 8_000)
    for number in (1, 1, 1, 2):
        statistics.receive(number, number * 160, number * 0.02)
    block = statistics.report(1.0)
    assert (block.packets_lost, block.fraction_lost) == (-2, 0)


def test_jitter_converges_to_the_mean_deviation() -> None:
    statistics = ReceptionStatistics(1, 48_000)
    for number in range(2_000):
        late = 0.010 if number % 2 else 0.0
        statistics.receive(number & 0xFFFF, number * 960, number * 0.02 + late)
    assert statistics.jitter == pytest.approx(0.010, rel=0.01)


def test_a_jump_is_believed_with_its_second_packet() -> None:
    statistics = ReceptionStatistics(1, 90_000)
    for number in (1, 2, 30_000, 3):
        statistics.receive(number, 0, 0.0)
    assert (statistics.jumps, statistics.lost) == (0, 0)
    for number in (30_000, 30_001, 30_002):
        statistics.receive(number, 0, 0.0)
    assert statistics.jumps == 1
    assert statistics.expected == 2


def test_round_trip_time_comes_from_the_answer_to_a_report() -> None:
    sent = ntp_time(1_000.0)
    statistics = ReceptionStatistics(1, 90_000)
    statistics.receive(1, 0, 50.0)
    statistics.receive_report(SenderReport(1, sent, 0, 1, 1), now=50.0)
    block = statistics.report(50.5)
    assert round_trip(block, ntp_time(1_000.6)) == pytest.approx(0.1, abs=0.001)
    assert round_trip(ReportBlock(1, 0, 0, 0, 0, 0, 0), ntp_time(1.0)) is None
    assert round_trip(block, ntp_time(1_000.4)) is None  # an answer before the question


def test_media_time_maps_to_the_senders_wall_clock_across_the_wrap() -> None:
    statistics = ReceptionStatistics(1, 90_000)
    statistics.receive_report(SenderReport(1, ntp_time(10.0), 0xFFFFFFFF - 89_999, 1, 1), now=0.0)
    assert statistics.clock is not None
    assert statistics.clock.wall_clock_of(90_000) == pytest.approx(12.0)
    assert statistics.clock.wall_clock_of(0xFFFFFFFF - 179_999) == pytest.approx(9.0)
