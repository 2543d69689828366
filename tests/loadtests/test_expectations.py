"""Expectations: what is understood, what is met, and that silence is no success."""

from __future__ import annotations

import math

import pytest

from loadtests.expectations import Measured, Series, judge, parse
from mcu.errors import ConfigurationError

JOINS = Measured(times=[float(value) for value in range(100, 1100, 10)], fails=1, seconds=10.0, count=101)


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


@pytest.mark.parametrize(
    ("text", "value", "met"),
    [("any fails = 0", 3.0, False), ("any fails < 4", 3.0, True), ("any count = 105", 105.0, True)],
)
def test_anything_but_the_load_itself(text: str, value: float, met: bool) -> None:
    told = {
        "join": JOINS,
        "voice delay": Measured(times=[5.0, 6.0, 300.0], fails=2, seconds=10.0, count=4),
        "agent": Measured(times=[], fails=9, seconds=10.0, count=9),
        "fps": steps(25.0, 5.0, 25.0),
    }
    (verdict,) = judge([parse(text)], told)
    assert (verdict.value, verdict.met) == (value, met)


def test_of_nothing_at_all_nothing_is_met() -> None:
    (verdict,) = judge([parse("any fails = 0")], {"agent": JOINS, "fps": steps(25.0)})
    assert not verdict.met


def test_all_failed_leaves_no_times_to_be_good_by() -> None:
    (verdict,) = judge([parse("join p95 < 3000")], {"join": Measured(times=[], fails=4, seconds=1.0, count=4)})
    assert not verdict.met


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("join", "Write it like"),
        ("jion p95 < 3", "no request type 'jion'"),
        ("join p94 < 3", "no figure 'p94'"),
        ("server_bytes count < 3", "no figure 'count'"),
        ("join fails growth < 3", "no figure 'fails'"),
        ("server_bytes growth < 3 /s", "3/s is no number"),
        ("growth < 3", "Write it like"),
        ("any p95 < 3", "no figure 'p95'"),
        ("any fails growth < 3", "no figure 'fails'"),
        ("join p95 < 3 parsecs", "3parsecs is no number"),
        ("join p95 < 3.3.3", "is no number"),
        ("join p95 < 3%", "3% is no number"),
        ("tile check fails < 1 s", "1s is no number"),
        ("tile check fail% < 1 s", "1s is no number"),
        ("concealed max < 5 ms", "5ms is no number"),
        ("video_encoders max < 5%", "5% is no number"),
        ("", "Write it like"),
    ],
)
def test_what_is_not_understood_says_what_would_be(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        parse(text)


def steps(*values: float) -> Series:
    """The same value for ten seconds each."""
    told = [value for value in values for _ in range(10)]
    return Series(values=told, at=[float(at) for at in range(len(told))], seconds=float(len(told)))


@pytest.mark.parametrize(
    ("text", "value", "met"),
    [
        ("server_bytes growth < 5%", 50.0, False),
        ("server_bytes late growth < 5%", 20.0, False),
        ("server_bytes late growth < 50 MB", 25e6, True),
        ("server_bytes  p50   growth <= 50%", 50.0, True),
        ("server_bytes max < 200 MB", 150e6, True),
        ("lip_sync growth > -40 ms", -110.0, False),
        ("lip_sync late growth > -70", -60.0, True),
        ("tasks growth < 10%", 0.0, True),
    ],
)
def test_series_are_compared_by_thirds(text: str, value: float, met: bool) -> None:
    series = {"server_bytes": steps(100e6, 125e6, 150e6), "lip_sync": steps(90, 40, -20), "tasks": steps(0, 7, 0)}
    (verdict,) = judge([parse(text)], series)
    assert verdict.value == pytest.approx(value)
    assert verdict.met is met


def test_requests_grow_too() -> None:
    delays = Measured(
        times=[50.0] * 20 + [55.0] * 10, fails=0, seconds=30.0, count=30, at=[float(at) for at in range(30)]
    )
    wide, narrow = judge(
        [parse("glass-to-glass p50 growth < 11%"), parse("glass-to-glass p50 growth < 5 ms")],
        {"glass-to-glass": delays},
    )
    assert wide.value == pytest.approx(10.0)
    assert wide.met is True
    assert narrow.value == pytest.approx(5.0)
    assert narrow.met is False


def test_growth_from_nothing_is_endless_and_growth_of_too_little_is_none() -> None:
    (endless,) = judge([parse("descriptors growth < 1000%")], {"descriptors": steps(0, 1, 1)})
    assert endless.value == math.inf
    assert not endless.met
    few = Series(values=[1.0, 1.0, 1.0, 1.0], at=[0.0, 1.0, 2.0, 29.0], seconds=30.0)
    (unknown,) = judge([parse("descriptors growth < 1000%")], {"descriptors": few})
    assert math.isnan(unknown.value)
    assert not unknown.met


@pytest.mark.parametrize(("limit", "met"), [("0.05", False), ("5%", False), ("95%", True)])
def test_shares_may_be_written_in_percent(limit: str, met: bool) -> None:
    (verdict,) = judge([parse(f"concealed max < {limit}")], {"concealed": steps(0.1, 0.9)})
    assert verdict.met is met
