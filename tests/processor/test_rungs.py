from __future__ import annotations

import itertools

import pytest

from mcu.media.types import VideoProfile
from mcu.processor.rungs import (
    HOLD_FIRST,
    HOLD_MOST,
    OVERHEAD,
    UP_SECONDS,
    RungChooser,
    best_bitrate,
    ladder,
    shared_bitrate,
)

PICTURE = VideoProfile("VP8", 1280, 720, 25, 1_200_000)
RUNGS = ladder(PICTURE)
NEEDS = [rung.needs(rung.profile.bitrate if index == 0 else rung.least) for index, rung in enumerate(RUNGS)]
SPARES = [rung.spare for rung in RUNGS]
STEP = 0.1  # seconds between two choices


def run(chooser: RungChooser, budget: float, *, begin: float, seconds: float) -> float:
    """Choose by the same budget for so long; the time at the end."""
    for number in range(round(seconds / STEP)):
        chooser.choose(budget, NEEDS, begin + number * STEP)
    return begin + seconds


def test_the_ladder_has_at_most_three_rungs_each_smaller_in_every_way() -> None:
    profiles = [rung.profile for rung in RUNGS]
    assert [(p.width, p.height, p.fps) for p in profiles] == [(1280, 720, 25), (640, 360, 25), (320, 180, 12)]
    assert [p.bitrate for p in profiles] == [1_200_000, 432_000, 120_000]
    assert all(lower.profile.bitrate < upper.least for upper, lower in itertools.pairwise(RUNGS))


@pytest.mark.parametrize(("size", "rungs"), [((1920, 1080), 3), ((640, 360), 3), ((320, 180), 2), ((160, 90), 1)])
def test_no_rung_is_too_small_to_see_and_all_are_even(size: tuple[int, int], rungs: int) -> None:
    made = ladder(VideoProfile("H264", *size, 30, 1_000_000))
    assert len(made) == rungs
    assert all(rung.profile.width % 2 == rung.profile.height % 2 == 0 for rung in made)


def test_down_at_once_to_what_the_line_carries() -> None:
    chooser = RungChooser(SPARES, now=0.0)
    assert chooser.choose(5_000_000, NEEDS, 0.1) == 0
    assert chooser.choose(300_000, NEEDS, 0.2) == 1
    assert chooser.choose(100_000, NEEDS, 0.3) == 2
    assert chooser.choose(20_000, NEEDS, 0.4) == len(RUNGS)  # sound alone
    assert chooser.downs == 3


def test_up_to_what_the_line_carries_after_the_hold_time() -> None:
    chooser = RungChooser(SPARES, now=0.0)
    chooser.choose(20_000, NEEDS, 0.0)
    assert chooser.level == len(RUNGS)
    now = run(chooser, 300_000, begin=0.1, seconds=UP_SECONDS + STEP)
    assert chooser.level == 1  # from sound alone there is no hold time
    now = run(chooser, 5_000_000, begin=now, seconds=HOLD_FIRST - 2 * STEP)
    assert chooser.level == 1
    run(chooser, 5_000_000, begin=now, seconds=HOLD_FIRST + UP_SECONDS)
    assert chooser.level == 0
    assert chooser.ups == 2


def test_a_budget_that_is_only_just_enough_does_not_lead_up() -> None:
    chooser = RungChooser(SPARES, now=0.0)
    chooser.choose(300_000, NEEDS, 0.0)
    run(chooser, NEEDS[0] + 0.99 * SPARES[0], begin=0.1, seconds=60)
    assert chooser.level == 1


def test_an_agreed_limit_needs_nothing_to_spare() -> None:
    """The channel of a room carries the best rung to the bit, and never a bit more."""
    chooser = RungChooser(SPARES, now=0.0)
    chooser.choose(300_000, NEEDS, 0.0, NEEDS[0])
    assert chooser.level == 1
    assert chooser.wanted(NEEDS, HOLD_FIRST, NEEDS[0]) == NEEDS[0]
    for number in range(1, 20):
        chooser.choose(NEEDS[0], NEEDS, HOLD_FIRST + number * STEP, NEEDS[0])
    assert chooser.level == 0
    assert chooser.wanted(NEEDS, 100.0, NEEDS[0]) == 0.0


def test_a_line_that_breaks_down_whenever_more_is_sent_is_asked_more_and_more_rarely() -> None:
    chooser = RungChooser(SPARES, now=0.0)
    budget, now, changes = 300_000.0, 0.0, []
    for number in range(3_000):
        now = number * STEP
        before = chooser.level
        chooser.choose(budget, NEEDS, now)
        if chooser.level != before:
            changes.append((now, chooser.level))
            if chooser.level == 0:
                budget = 300_000.0
        if chooser.level == 1:
            budget = 5_000_000.0
    ups = [time for time, level in changes if level == 0]
    gaps = [later - earlier for earlier, later in itertools.pairwise(ups)]
    assert gaps[0] < gaps[1] < gaps[2]
    assert max(gaps) <= HOLD_MOST + 2 * UP_SECONDS
    assert len(ups) < 15  # in five minutes


def test_probes_are_wanted_only_when_going_up_is_allowed() -> None:
    chooser = RungChooser(SPARES, now=0.0)
    assert chooser.wanted(NEEDS, 100.0) == 0.0
    chooser.choose(300_000, NEEDS, 0.0)
    assert chooser.wanted(NEEDS, HOLD_FIRST - 0.1) == 0.0
    assert chooser.wanted(NEEDS, HOLD_FIRST) == NEEDS[0] + SPARES[0]


def test_one_bad_line_does_not_change_the_best_rung() -> None:
    assert best_bitrate(RUNGS[0], [300_000, *[9_000_000] * 29]) == 1_200_000
    assert best_bitrate(RUNGS[0], [900_000 * OVERHEAD, 100_000]) == 900_000  # where nobody has more, nothing is wasted
    assert best_bitrate(RUNGS[0], [100_000]) == RUNGS[0].least


def test_a_smaller_rung_is_coded_for_its_weakest_line() -> None:
    assert shared_bitrate(RUNGS[1], [400_000 * OVERHEAD, 250_000 * OVERHEAD]) == 250_000
    assert shared_bitrate(RUNGS[1], [9_000_000]) == RUNGS[1].profile.bitrate
    assert shared_bitrate(RUNGS[1], []) == RUNGS[1].least
