"""What receiver reports say of a line."""

from __future__ import annotations

import math

from mcu.h323.reported_loss import ReportedLoss


def test_without_loss_the_channels_decide() -> None:
    line = ReportedLoss()
    for second in range(0, 60, 5):
        line.reported(0.015, 900_000, most=1_000_000, now=float(second))
    assert line.bitrate == math.inf


def test_much_loss_takes_and_time_gives_back() -> None:
    line = ReportedLoss()
    line.reported(0.2, 1_000_000, most=1_200_000, now=0.0)
    assert line.bitrate == 900_000
    line.reported(0.05, 800_000, most=1_200_000, now=5.0)
    assert line.bitrate == 900_000  # neither
    now = 5.0
    while line.bitrate < math.inf:
        now += 5.0
        line.reported(0.0, 800_000, most=1_200_000, now=now)
        assert now < 60
    assert now >= 10.0


def test_a_rise_does_not_count_the_time_without_reports() -> None:
    line = ReportedLoss()
    line.reported(0.5, 1_000_000, most=2_000_000, now=0.0)
    line.reported(0.0, 700_000, most=2_000_000, now=1_000.0)
    assert line.bitrate < 1_300_000


def test_loss_of_nothing_says_nothing() -> None:
    line = ReportedLoss()
    line.reported(0.9, 0.0, most=1_000_000, now=0.0)
    assert line.bitrate == math.inf
