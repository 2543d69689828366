"""Ticks never drift, make up for what was missed only as far as they are asked to, and count it."""

from __future__ import annotations

from mcu.processor.ticks import Ticks


def test_on_time() -> None:
    ticks = Ticks(0.02, start=100.0)
    assert [ticks.advance(100.0 + n * 0.02 + 0.001) for n in range(5)] == [0, 1, 2, 3, 4]
    assert ticks.missed == 0


def test_due_does_not_drift() -> None:
    ticks = Ticks(0.04, start=0.0)
    for n in range(90_000):
        assert ticks.advance(n * 0.04 + 1e-6) == n
    assert abs(ticks.due - 3600.0) < 1e-6


def test_late_ticks_are_skipped_and_counted() -> None:
    ticks = Ticks(0.02, start=0.0)
    ticks.advance(0.0)
    assert ticks.advance(0.105) == 5  # 1, 2, 3 and 4 are gone
    assert ticks.missed == 4
    assert ticks.due == 0.12


def test_late_ticks_are_made_up_one_by_one_where_that_is_asked_for() -> None:
    ticks = Ticks(0.02, start=0.0, make_up=3)
    ticks.advance(0.0)
    assert [ticks.advance(0.085) for _ in range(4)] == [1, 2, 3, 4]
    assert (ticks.missed, ticks.made_up) == (0, 3)
    assert ticks.due == 0.1


def test_of_more_late_ticks_than_are_made_up_only_the_last_is_taken() -> None:
    ticks = Ticks(0.02, start=0.0, make_up=3)
    ticks.advance(0.0)
    assert ticks.advance(0.105) == 5
    assert (ticks.missed, ticks.made_up) == (4, 0)


def test_ticks_that_nobody_wants_are_left_out_and_not_missed() -> None:
    ticks = Ticks(0.04, start=0.0)
    assert ticks.advance(0.0, every=5) == 0
    assert ticks.time_of(ticks.next(5)) == 0.2
    assert ticks.advance(0.3, every=5) == 5  # late, but before the next one
    assert (ticks.missed, ticks.left_out) == (0, 4)
    assert ticks.advance(0.81, every=5) == 20  # 10 and 15 are gone
    assert (ticks.missed, ticks.left_out) == (2, 16)
    assert ticks.advance(0.85) == 21
    assert ticks.index == 22
