"""How many users there are when, in fake time."""

from __future__ import annotations

from itertools import pairwise

import pytest

from loadtests import shapes
from loadtests.shapes import Plan, ScenarioShape, Stage


def test_a_gathering_asks_for_everybody_within_eight_seconds() -> None:
    stage = shapes.gathering(0.0, Plan(users=30, duration=90.0))
    assert stage == Stage(30, 3.75)
    assert stage.users / stage.rate <= 8.0


def test_home_workers_come_within_a_minute() -> None:
    stage = shapes.homes(30.0, Plan(users=186, duration=180.0))
    assert stage is not None
    assert stage.users == 186
    assert stage.users / stage.rate < 60.0


@pytest.mark.parametrize(
    "pace", [shapes.gathering, shapes.homes, shapes.calm, shapes.steadily(3.0), shapes.working_day]
)
def test_it_ends_with_its_duration(pace: shapes.Pace) -> None:
    plan = Plan(users=20, duration=100.0)
    assert pace(99.9, plan) is not None
    assert pace(100.0, plan) is None


@pytest.mark.parametrize("pace", [shapes.gathering, shapes.homes, shapes.calm, shapes.steadily(3.0)])
def test_nothing_changes_in_between(pace: shapes.Pace) -> None:
    plan = Plan(users=20, duration=100.0)
    assert len({pace(float(now), plan) for now in range(100)}) == 1


def test_a_working_day_has_two_peaks_and_a_break() -> None:
    plan = Plan(users=40, duration=540.0)  # a minute for an hour
    users = {hour: stage.users for hour in range(9) if (stage := shapes.working_day(hour * 60.0 + 1, plan))}
    assert users[1] == 40
    assert users[6] >= 39
    assert users[0] == 4
    assert users[4] <= 6
    assert users[3] < users[2] < users[1]
    assert users[8] < users[7] < users[6]


@pytest.mark.parametrize("duration", [30.0, 540.0, 9 * 3600.0])
def test_a_working_day_changes_in_steps_that_can_be_finished(duration: float) -> None:
    plan = Plan(users=40, duration=duration)
    count = 2_000
    moments = [duration * step / count for step in range(count)]
    stages = [stage for now in moments if (stage := shapes.working_day(now, plan)) is not None]
    changes = [now for (now, (before, after)) in zip(moments[1:], pairwise(stages), strict=True) if before != after]
    assert all(later - earlier > shapes.STEP_SECONDS * 0.9 for earlier, later in pairwise(changes))
    for before, after in pairwise(stages):
        assert abs(after.users - before.users) / after.rate <= max(shapes.STEP_SECONDS, duration / 100) * 1.1
    assert min(stage.users for stage in stages) >= 1


def test_shares_between_the_rows_of_the_day() -> None:
    assert shapes.share_at(-1.0) == 0.0
    assert shapes.share_at(0.0) == 0.1
    assert shapes.share_at(0.25) == pytest.approx(0.3)
    assert shapes.share_at(9.0) == shapes.share_at(99.0) == 0.1


def test_the_shape_of_locust() -> None:
    now = 0.0
    shape = ScenarioShape(
        shapes.gathering, plan=lambda: Plan(users=30, duration=90.0), running_for=lambda: now, extra=1
    )
    assert shape.tick() == (31, 3.75)
    now = 89.0
    assert shape.tick() == (31, 3.75)
    now = 90.0
    assert shape.tick() is None


def test_the_shape_follows_what_the_page_says() -> None:
    plan = Plan(users=30, duration=90.0)
    shape = ScenarioShape(shapes.calm, plan=lambda: plan, running_for=lambda: 5.0, extra=0)
    plan = Plan(users=12, duration=90.0)
    assert shape.tick() == (12, shapes.CALM_RATE)
