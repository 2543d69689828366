from __future__ import annotations

import io

import pytest
from rich.console import Console

from mcu.bench.progress import Steps, shown


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_step_moves_with_the_clock_and_no_further_than_it_should() -> None:
    clock = Clock()
    steps = Steps(30.0, clock=clock)
    assert steps.remaining == 30.0
    with steps.step("first", 10.0):
        clock.now += 4.0
        assert (steps.label, steps.completed, steps.remaining) == ("first", 4.0, 26.0)
        clock.now += 60.0
        assert steps.completed == 10.0
    assert steps.completed == 10.0
    with steps.step("second", 20.0):
        clock.now += 1.0
    assert steps.remaining == 0.0  # a step that was quick is done all the same


def test_a_step_that_fails_is_over() -> None:
    clock = Clock()
    steps = Steps(10.0, clock=clock)
    with pytest.raises(ValueError, match="broken"), steps.step("first", 5.0):
        raise ValueError("broken")
    clock.now += 100.0
    assert steps.completed == 5.0


def test_the_bar_shows_the_step_and_the_time_that_is_left() -> None:
    steps = Steps(90.0, clock=Clock())
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    with shown(steps, console), steps.step("reference: floor, 1/5", 25.0):
        pass
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert "1:30" in printed
    assert "1:05" in printed
