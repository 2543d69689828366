"""What an MP sheds on a machine of fake time: found within two seconds, held without swinging, and given back."""

from __future__ import annotations

import itertools

import pytest

from mcu.processor.overload import (
    BUSY_LEVEL,
    FEW_LEGS,
    HOLD_FIRST,
    HOLD_MOST,
    LOOK_SECONDS,
    QUOTA_HOLD,
    STEPS,
    Look,
    Moving,
    Overload,
)

TICKS = 13
COSTS = (0.40, 0.33, 0.29, 0.23, 0.21, 0.19, 0.18, 0.17)  # cores that a meeting takes at each level


class Machine:
    """Gives a number of cores. Who wants more has late ticks and old pictures; nearly as much is enough for no more."""

    def __init__(self, cores: float = 2.0) -> None:
        self.cores = cores
        self.now = 100.0
        self.overload = Overload(now=self.now)
        self.missed = 0
        self.levels: list[int] = []

    def run(self, seconds: float) -> list[int]:
        """The level after each look."""
        begin = len(self.levels)
        end = self.now + seconds - LOOK_SECONDS / 2
        while self.now < end:
            self.now += LOOK_SECONDS
            look = self.look()
            self.missed += look.missed
            self.overload.take(look, self.now)
            self.levels.append(self.overload.level)
        return self.levels[begin:]

    def look(self) -> Look:
        use = COSTS[self.overload.level] / self.cores
        wanted = LOOK_SECONDS * min(1.0, 0.15 + 0.5 * use)
        if use > 1.0:
            missed = min(TICKS, 1 + round(TICKS * (use - 1.0)))
            return Look(TICKS, min(TICKS, 2 * missed + 3), missed, use - 0.8, wanted, 0.9 * wanted, 12)
        near = use > 0.8
        return Look(TICKS, 0, 0, 0.03, wanted, (0.7 if near else 0.3) * wanted, 3 if near else 0)


def easy(**changes: float) -> Look:
    values = {"ticks": TICKS, "late": 0, "missed": 0, "waited": 0.02, "wanted": 0.05, "waiting": 0.01} | changes
    return Look(**values)  # type: ignore[arg-type]


def test_enough_cpu_sheds_nothing() -> None:
    machine = Machine()
    assert set(machine.run(600)) == {0}
    assert machine.overload.sheds == 0


@pytest.mark.parametrize(("cores", "level"), [(0.34, 1), (0.25, 3), (0.20, 5), (0.175, 7)])
def test_the_level_that_fits_is_found_within_two_seconds(cores: float, level: int) -> None:
    machine = Machine()
    machine.run(10)
    machine.cores = cores
    machine.run(2)
    assert machine.overload.level >= level
    machine.run(HOLD_FIRST + 1)
    assert machine.overload.level in (level, level + 1)


def test_ticks_are_kept_while_half_is_missing() -> None:
    machine = Machine()
    machine.run(10)
    machine.cores = COSTS[0] / 2
    machine.run(3)
    machine.missed = 0
    levels = machine.run(60)
    assert machine.missed <= 0.01 * 60 * 50
    assert min(levels) >= 4  # only one step is tried at a time
    tries = sum(after < before for before, after in itertools.pairwise(levels))
    assert tries <= 5  # each failure doubles the wait before the next


def test_everything_comes_back_step_by_step_when_the_cpu_does() -> None:
    machine = Machine(COSTS[0] / 2)
    machine.run(60)
    machine.cores = 2.0
    levels = machine.run(15)
    assert levels[-1] == 0
    assert all(before - after in (0, 1) for before, after in itertools.pairwise(levels))
    assert set(machine.run(60)) == {0}


def test_a_machine_that_others_use_as_well_is_tried_more_rarely() -> None:
    """Without proof that the CPU is free, the calm that a step back needs grows to HOLD_MOST, and not beyond."""
    machine = Machine(COSTS[0] / 2)
    levels = machine.run(600)
    tries = sum(after < before for before, after in itertools.pairwise(levels))
    assert 600 / HOLD_MOST / 2 <= tries <= 600 / HOLD_MOST + 5


def test_a_step_back_that_goes_wrong_is_taken_back_at_once_and_alone() -> None:
    overload = Overload(now=0.0)
    now = 0.0
    for _ in range(4):
        now += LOOK_SECONDS
        overload.take(easy(late=9, missed=5), now)
    while overload.level == 4:
        now += LOOK_SECONDS
        overload.take(easy(), now)
    assert overload.level == 3
    overload.take(easy(late=9, missed=5), now + LOOK_SECONDS)
    assert overload.level == 4


@pytest.mark.parametrize(("hint", "hold"), [({"throttled": 1}, QUOTA_HOLD), ({"waiting": 0.04}, HOLD_FIRST)])
def test_either_sign_of_a_busy_cpu_makes_a_step_back_wait(hint: dict[str, float], hold: float) -> None:
    overload = Overload(now=0.0)
    for index in range(1, 3):
        overload.take(easy(late=4), index * LOOK_SECONDS)
    looks = 0
    while overload.level:
        looks += 1
        overload.take(easy(**hint), (2 + looks) * LOOK_SECONDS)
    assert looks == hold / LOOK_SECONDS


def test_one_bad_look_is_a_hiccup() -> None:
    overload = Overload(now=0.0)
    for index in range(1, 200):
        look = easy(late=5, missed=2, waited=0.3) if index % 9 == 0 else easy()
        overload.take(look, index * LOOK_SECONDS)
        assert overload.level == 0


@pytest.mark.parametrize("trouble", [{"late": 4}, {"late": 2, "missed": 2}, {"waited": 0.2}])
def test_late_sound_missed_sound_and_old_pictures_count(trouble: dict[str, float]) -> None:
    overload = Overload(now=0.0)
    assert not overload.take(easy(**trouble), 0.25)
    assert overload.take(easy(**trouble), 0.5)
    assert overload.level == 1


def test_a_tick_missed_now_and_again_counts_too() -> None:
    overload = Overload(now=0.0)
    for index, missed in enumerate((1, 0, 1, 0, 1), start=1):
        overload.take(easy(late=missed, missed=missed), index * LOOK_SECONDS)
    assert overload.level == 1


def test_many_missed_ticks_shed_several_steps_at_once() -> None:
    overload = Overload(now=0.0)
    for index in range(1, 3):
        overload.take(easy(late=9, missed=5), index * LOOK_SECONDS)
    assert overload.level == 2
    for index in range(3, 30):
        overload.take(easy(late=9, missed=5), index * LOOK_SECONDS)
    assert overload.level == len(STEPS) - 1
    worse = Overload(now=0.0)
    for index in range(1, 3):
        worse.take(easy(late=9, missed=9), index * LOOK_SECONDS)
    assert worse.level == 3


def test_middling_looks_change_nothing() -> None:
    overload = Overload(now=0.0)
    for index in range(1, 5):
        overload.take(easy(late=9, missed=5), index * LOOK_SECONDS)
    level = overload.level
    for index in range(5, 100):
        overload.take(easy(late=1), index * LOOK_SECONDS)
    assert overload.level == level


def test_nobody_new_comes_in_before_pictures_stand_still() -> None:
    overload = Overload(now=0.0)
    refusing = []
    for index in range(1, 20):
        overload.take(easy(late=4), index * LOOK_SECONDS)
        refusing.append((overload.level, overload.refuses(FEW_LEGS)))
        assert not overload.refuses(FEW_LEGS - 1)
    assert all(refuses == (level >= BUSY_LEVEL) for level, refuses in refusing)
    assert all(step.moving is Moving.ALL for step in STEPS[: BUSY_LEVEL + 1])


def test_every_step_leaves_less_and_some_picture() -> None:
    order = list(Moving)
    for before, after in itertools.pairwise(STEPS):
        assert after.divisor >= before.divisor
        assert order.index(after.moving) >= order.index(before.moving)
        assert after.bitrate < before.bitrate
        assert after.reduction >= before.reduction
    assert 25 / STEPS[-1].divisor >= 4
