"""What an MP looks at, and that bridges are told what came of it."""

from __future__ import annotations

from mcu.media.types import BLOCK_SECONDS
from mcu.processor.overload import LOOK_SECONDS, STEPS, Step
from mcu.processor.relief import Relief
from mcu.processor.ticks import Ticks


class Part:
    """A bridge, or the decoders."""

    def __init__(self) -> None:
        self.wait = 0.0
        self.steps: list[Step] = []

    def shed(self, step: Step, now: float) -> None:
        self.steps.append(step)

    def take_longest_wait(self) -> float:
        wait, self.wait = self.wait, 0.0
        return wait


class World:
    def __init__(self, *, make_up: int = 0) -> None:
        self.now = 50.0
        self.ticks = Ticks(BLOCK_SECONDS, start=self.now, make_up=make_up)
        self.relief = Relief(now=self.now)
        self.bridge, self.decoders = Part(), Part()

    def run(
        self, seconds: float, *, late: float = 0.0, bridge: float = 0.0, decoders: float = 0.0, empty: bool = False
    ) -> None:
        """Every tick comes `late`; pictures and frames wait as long as is said."""
        end = self.now + seconds
        while self.now < end:
            self.now = max(self.now, self.ticks.due + late)
            due = self.ticks.time_of(self.ticks.advance(self.now))
            self.bridge.wait, self.decoders.wait = bridge, decoders
            bridges = [] if empty else [self.bridge]
            self.relief.tick(self.now - due, self.ticks, bridges, self.decoders, self.now)


def test_an_easy_day() -> None:
    world = World()
    world.run(20.0, late=0.002, bridge=0.01, decoders=0.01)
    assert world.relief.overload.sheds == 0
    assert set(world.bridge.steps) == {STEPS[0]}
    assert abs(len(world.bridge.steps) - 20 / LOOK_SECONDS) <= 8


def test_late_ticks_are_seen() -> None:
    world = World()
    world.run(2.0, late=0.015)
    assert world.bridge.steps[-1] is world.relief.overload.step is not STEPS[0]


def test_who_comes_first_begins_with_everything() -> None:
    """Whatever kept the machine busy while nobody was there."""
    world = World()
    world.run(3.0, late=0.030, empty=True)
    assert (world.relief.overload.level, world.relief.overload.sheds) == (0, 0)
    world.run(3.0, late=0.030)
    assert world.relief.overload.level > 0
    world.run(0.5, late=0.030, empty=True)
    assert world.relief.overload.level == 0
    world.run(0.3, late=0.002)
    assert world.bridge.steps[-1] is STEPS[0]


def test_missed_ticks_are_seen() -> None:
    world = World()
    world.run(3.0, late=0.030)
    assert world.ticks.missed > 0
    assert world.relief.overload.level == len(STEPS) - 1


def test_ticks_that_are_made_up_are_as_bad_as_missed_ones() -> None:
    world = World(make_up=5)
    world.run(1.0, late=0.030)
    assert world.ticks.made_up > world.ticks.missed == 0
    assert world.relief.overload.level > 0


def test_old_pictures_and_frames_are_seen() -> None:
    for waits in ({"bridge": 0.3}, {"decoders": 0.3}):
        world = World()
        world.run(2.0, **waits)
        assert world.relief.overload.level > 0


def test_without_conferences_nothing_happens() -> None:
    world = World()
    world.relief.tick(0.0, world.ticks, [], world.decoders, world.now + 1.0)
    assert world.relief.overload.level == 0
