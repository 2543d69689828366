"""The histogram of transits: quantile, forgetting, quicker lines, new time lines."""

from __future__ import annotations

import random

import pytest

from mcu.media.transit import BIN, MEMORY, RESTART_TICKS, TransitHistogram


def filled(transits, histogram=None, start=0.0):
    histogram = histogram or TransitHistogram()
    for index, transit in enumerate(transits):
        histogram.add(transit, start + index * 0.02)
    return histogram


def test_the_target_is_where_nearly_all_have_come():
    rng = random.Random(1)
    histogram = filled(1000 + rng.random() * 0.1 for _ in range(1000))
    assert histogram.target == pytest.approx(1000.1, abs=2 * BIN)
    assert histogram.spread == pytest.approx(0.1, abs=3 * BIN)


def test_one_straggler_in_a_hundred_does_not_count():
    histogram = filled(0.05 if index % 100 == 99 else 0.0 for index in range(1000))
    assert histogram.target <= BIN


def test_what_was_is_forgotten():
    histogram = filled([0.08] * 200)
    filled([0.0] * (5 * MEMORY), histogram)
    assert histogram.target <= BIN


def test_a_quicker_line_moves_the_lower_end():
    histogram = filled([1.0] * 100)
    filled([0.9] * (5 * MEMORY), histogram)
    assert histogram.target == pytest.approx(0.9, abs=2 * BIN)
    assert histogram.spread <= BIN


def test_weights_stay_finite_for_ever():
    histogram = filled([0.0, 0.001] * 5000)
    assert 0 <= histogram.target <= BIN
    assert histogram._total < 1e12


def test_a_new_time_line_is_believed_after_some_ticks():
    histogram = filled([0.0] * 100)
    told = [histogram.add(500.0, 10 + tick * 0.02) for tick in range(RESTART_TICKS)]
    assert told == [False] * (RESTART_TICKS - 1) + [True]
    assert histogram.target == pytest.approx(500, abs=2 * BIN)


def test_a_stall_is_not_a_new_time_line():
    histogram = filled([0.0] * 100)
    for packet in range(150):
        assert not histogram.add(3.0 - packet * 0.02, 5.0)
    assert histogram.add(0.0, 5.0) is False
