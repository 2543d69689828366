"""Expectations: what is understood, what is met, and that silence is no success."""

from __future__ import annotations

import math

import pytest

from loadtests.expectations import Measured, judge, parse
from mcu.errors import ConfigurationError

JOINS = Measured(times=[float(value) for value in range(100, 1100, 10)], fails=1, seconds=10.0)


@pytest.mark.parametrize(
    ("text", "value", "met"),
    [
        ("join p95 < 3000", 1040.5, True),
        ("join p95 < 1 s", 1040.5, False),
        ("join p50 <= 595 ms", 595.0, True),
        ("join max < 1090", 1090.0, False),
        ("join  mean >  500", 595.0, True),
        ("join count = 101", 101.0, True),
        ("join fails = 0", 1.0, False),
        ("join fail% < 1%", 100 / 101, True),
        ("join rate >= 10 /s", 10.1, True),
    ],
)
def test_figures_are_compared(text: str, value: float, met: bool) -> None:
    (verdict,) = judge([parse(text)], {"join": JOINS})
    assert verdict.value == pytest.approx(value, rel=1e-3)
    assert verdict.met is met


@pytest.mark.parametrize(
    "text", ["reconnect p95 < 1", "reconnect fails = 0", "reconnect fail% < 5", "reconnect rate > 0"]
)
def test_what_was_not_measured_is_not_met(text: str) -> None:
    (verdict,) = judge([parse(text)], {"join": JOINS})
    assert math.isnan(verdict.value)
    assert not verdict.met


def test_that_nothing_happens_can_be_expected() -> None:
    (verdict,) = judge([parse("reconnect count = 0")], {"join": JOINS})
    assert verdict.met


def test_all_failed_leaves_no_times_to_be_good_by() -> None:
    (verdict,) = judge([parse("join p95 < 3000")], {"join": Measured(times=[], fails=4, seconds=1.0)})
    assert not verdict.met


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("join", "Write it like"),
        ("jion p95 < 3", "no request type 'jion'"),
        ("join p94 < 3", "no figure 'p94'"),
        ("join p95 < 3 parsecs", "3parsecs is no number"),
        ("join p95 < 3.3.3", "is no number"),
        ("", "Write it like"),
    ],
)
def test_what_is_not_understood_says_what_would_be(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        parse(text)
