"""How many checks there have to be: by hand, and for the run that docs/load-testing.md shows."""

from __future__ import annotations

import dataclasses

import pytest

from loadtests.enough import SHARES, Pace, checks_due, enough
from loadtests.expectations import judge, parse
from loadtests.results import Moment, Results, Sample
from loadtests.scenario import CHECKED
from loadtests.scenarios import SCENARIOS, blind
from loadtests.telling import DELAYS, REQUEST_TYPES

PACE = Pace(every=20.0, seconds=3.0, lead=4.0, agents=2, blind=0)


def moments(users: int, seconds: float) -> list[Moment]:
    """So many all the time, told every five seconds."""
    return [Moment(at=1e9 + 5.0 * look, users=users) for look in range(int(seconds / 5) + 1)]


def test_people_and_time_say_how_many_are_due() -> None:
    assert checks_due(moments(4, 220.0), PACE) == pytest.approx(4 * (220 - 20) / 20)
    assert checks_due(moments(8, 220.0), PACE) == pytest.approx(8 * (220 - 20) / 20)


def test_no_more_are_due_than_agents_can_make() -> None:
    assert checks_due(moments(400, 320.0), PACE) == pytest.approx(300 * 2 * 2 / 6)


def test_who_never_checks_owes_none() -> None:
    pace = dataclasses.replace(PACE, blind=3)
    assert checks_due(moments(4, 220.0), pace) == checks_due(moments(1, 220.0), PACE)
    assert checks_due(moments(2, 220.0), pace) == 0.0


def test_people_who_come_and_go_owe_for_the_time_they_are_there() -> None:
    there, gone = moments(6, 110.0), [Moment(at=1e9 + 110.0 + 5.0 * look, users=0) for look in range(1, 100)]
    assert checks_due([*there, *gone], PACE) == checks_due(there, PACE)


@pytest.mark.parametrize("some", [[], moments(30, 5.0)])
def test_of_a_run_that_was_hardly_one_a_single_check_is_wanted(some: list[Moment]) -> None:
    expected = [parse("tile check fails = 0")]
    assert [each.text for each in enough(expected, some, PACE)] == ["tile check count >= 1"]


def test_each_kind_of_which_something_is_expected_has_to_be_made() -> None:
    expected = tuple(map(parse, CHECKED))
    texts = [each.text for each in enough(expected, moments(10, 220.0), PACE)]
    assert texts == [
        "tile check count >= 50",
        "glass-to-glass count >= 50",
        "voice check count >= 25",
        "voice delay count >= 25",
    ]
    assert enough([parse("join p95 < 3 s"), parse("any fails = 0")], moments(10, 220.0), PACE) == ()


def test_whoever_says_how_many_is_taken_at_the_word() -> None:
    expected = [parse("tile check fails = 0"), parse("tile check count >= 3")]
    assert enough(expected, moments(10, 220.0), PACE) == ()


@pytest.mark.parametrize("count", ["count >= 0", "count > -1", "count < 1000", "count <= 1000"])
def test_a_count_that_no_check_would_do_for_says_nothing(count: str) -> None:
    expected = [parse("tile check fails = 0"), parse(f"tile check {count}")]
    assert [each.text for each in enough(expected, moments(10, 220.0), PACE)] == ["tile check count >= 50"]


def test_where_nobody_checks_a_check_is_missed_all_the_same() -> None:
    pace = dataclasses.replace(PACE, every=0.0)
    assert [each.text for each in enough([parse("tile check fails = 0")], moments(10, 220.0), pace)] == [
        "tile check count >= 1"
    ]


@pytest.mark.parametrize(("count", "met"), [(1, False), (82, False), (83, True), (273, True)])
def test_one_good_check_of_hundreds_is_no_success(count: int, met: bool) -> None:
    results = Results(began=1e9)
    for moment in moments(30, 300.0):
        results.look(moment)
    results.add([Sample(1e9 + number, "tile check", "Chair", 3000.0) for number in range(count)])
    expected = [parse("tile check fails = 0")]
    also = enough(expected, results.moments, dataclasses.replace(PACE, lead=34.0))
    fails, many = judge([*expected, *also], results.measured())
    assert fails.met
    assert (many.met, many.value) == (met, count)


def test_kinds_are_those_of_checks() -> None:
    assert set(SHARES) == {"tile check", "voice check", *DELAYS.values()}
    assert set(SHARES) <= REQUEST_TYPES


def test_classes_that_never_check_are_known() -> None:
    assert blind(SCENARIOS["steady"], conferences=2) == 0
    assert blind(SCENARIOS["gathering"], conferences=1) == 1
    assert blind(SCENARIOS["forward"], conferences=3) == 3
    assert blind(SCENARIOS["growing-buffers"], conferences=1) == 3
    assert blind(SCENARIOS["one-bad-receiver"], conferences=1) == 1
