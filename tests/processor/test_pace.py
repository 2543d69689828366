from __future__ import annotations

import random

from mcu.processor.pace import CALM_SECONDS, MOST, Pace

INTERVAL = 0.04


def run(pace: Pace, spent: float, *, begin: int, seconds: float) -> tuple[int, int]:
    """(next tick, pictures composed) when each picture takes `spent`."""
    composed = 0
    index = begin
    for index in range(begin, begin + round(seconds / INTERVAL)):
        if index % pace.divisor == 0:
            composed += 1
            pace.composed(spent)
    return index + 1, composed


def test_an_easy_load_takes_every_tick() -> None:
    pace = Pace(INTERVAL)
    _, composed = run(pace, 0.01, begin=0, seconds=60)
    assert composed == 1500


def test_pictures_become_fewer_within_a_second_and_only_as_few_as_needed() -> None:
    pace = Pace(INTERVAL)
    index, _ = run(pace, 0.05, begin=0, seconds=1.5)
    assert pace.divisor == 2
    run(pace, 0.05, begin=index, seconds=30)
    assert pace.divisor == 2  # 50 ms fit into 80 ms


def test_there_is_always_some_picture() -> None:
    pace = Pace(INTERVAL)
    run(pace, 10.0, begin=0, seconds=60)
    assert pace.divisor == MOST


def test_pictures_come_back_one_step_at_a_time_after_a_calm() -> None:
    pace = Pace(INTERVAL)
    index, _ = run(pace, 0.10, begin=0, seconds=10)
    assert pace.divisor == 3
    index, _ = run(pace, 0.01, begin=index, seconds=CALM_SECONDS - 0.5)
    assert pace.divisor == 3
    run(pace, 0.01, begin=index, seconds=3 * CALM_SECONDS)
    assert pace.divisor == 1


def test_a_load_at_the_border_does_not_swing() -> None:
    pace = Pace(INTERVAL)
    dice = random.Random(3)
    divisors = set()
    for index in range(5_000):
        if index % pace.divisor == 0:
            pace.composed(dice.uniform(0.026, 0.044))
        if index > 1_000:
            divisors.add(pace.divisor)
    assert len(divisors) == 1


def test_one_slow_picture_changes_nothing() -> None:
    pace = Pace(INTERVAL)
    index, _ = run(pace, 0.01, begin=0, seconds=10)
    pace.composed(0.2)
    run(pace, 0.01, begin=index, seconds=10)
    assert pace.divisor == 1


def test_what_the_mp_sheds_is_the_least_and_comes_back_at_once() -> None:
    pace = Pace(INTERVAL)
    pace.least = 3
    index, composed = run(pace, 0.05, begin=0, seconds=12)
    assert composed == 100
    pace.least = 1
    assert pace.divisor == 1
    run(pace, 0.05, begin=index, seconds=3)
    assert pace.divisor == 2
