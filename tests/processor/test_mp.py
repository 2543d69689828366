"""The audio clock of an MP: what it does after the process was kept waiting."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mcu import control
from mcu.media.types import BLOCK_SECONDS
from mcu.processor import mp as module
from mcu.processor.mp import MADE_UP, PHASES, PICTURES_AFTER, MultipointProcessor


class Beat:
    """A bridge that keeps what it is told of every tick."""

    conference = "c"

    def __init__(self) -> None:
        self.ticks: list[tuple[int, float]] = []  # (number, when it was due)

    def audio_tick(self, index: int, due: float, now: float) -> None:
        self.ticks.append((index, due))

    def shed(self, step: object, now: float) -> None: ...

    def take_longest_wait(self) -> float:
        return 0.0

    def close(self) -> None: ...


class Clock:
    """What an MP reads, and how it is called: whenever a tick is due, and later where it is kept waiting."""

    def __init__(self) -> None:
        self.now = 1000.0

    def run(self, mp: MultipointProcessor, seconds: float) -> None:
        end = self.now + seconds
        while mp.ticks.due <= end:
            self.now = max(self.now, mp.ticks.due)
            mp._tick()
        self.now = end


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    timeless = SimpleNamespace(monotonic=lambda: clock.now, thread_time=time.thread_time)
    monkeypatch.setattr(module, "time", timeless)
    return clock


@pytest.fixture
async def mp(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> AsyncIterator[MultipointProcessor]:
    made = MultipointProcessor(decode_threads=1)
    monkeypatch.setattr(made, "_schedule", lambda: None)  # it is the clock here that calls
    await made.start(host="127.0.0.1", port=0, advertise=(), notify=lambda _: None)
    yield made
    await made.close()
    assert made.failures == 0


@pytest.fixture
def beat(mp: MultipointProcessor) -> Beat:
    beat = Beat()
    mp.bridges["c"] = cast(Any, beat)
    return beat


async def test_a_process_that_was_kept_waiting_leaves_no_hole_in_the_sound(
    mp: MultipointProcessor, beat: Beat, clock: Clock
) -> None:
    clock.run(mp, 4.5 * BLOCK_SECONDS)
    clock.now += (MADE_UP + 1) * BLOCK_SECONDS
    clock.run(mp, 0.1)
    numbers = [index for index, _ in beat.ticks]
    assert numbers == list(range(len(numbers)))
    assert (mp.ticks.missed, mp.ticks.made_up) == (0, MADE_UP)


async def test_composites_come_right_after_what_was_read_for_a_tick_of_the_sound(
    mp: MultipointProcessor, clock: Clock
) -> None:
    clock.run(mp, 1.01)
    names = [str(number) for number in range(2 * len(PHASES))]
    for name in names:
        mp.handle(control.OpenBridge(name, control.PictureSettings(width=320, height=180)))
    for kind in ("video", "content"):
        begins = [getattr(mp.bridges[name], kind).ticks.time_of(0) for name in names]
        after = [(begin - mp.ticks.due) % (2 * BLOCK_SECONDS) for begin in begins]  # of 25 a second
        assert after[0] == pytest.approx(PICTURES_AFTER)
        assert after[1] == pytest.approx(BLOCK_SECONDS + PICTURES_AFTER)  # two conferences never at once
        assert after == pytest.approx([*after[: len(PHASES)], *after[: len(PHASES)]])
        assert len({round(each * 1000) for each in after}) == len(PHASES)
        assert all(mp.ticks.due < begin for begin in begins)


async def test_voices_are_taken_as_of_when_each_tick_was_due(mp: MultipointProcessor, beat: Beat, clock: Clock) -> None:
    clock.run(mp, 0.02)
    clock.now += 0.08
    clock.run(mp, 0.1)
    dues = [due for _, due in beat.ticks]
    assert dues == pytest.approx([mp.ticks.time_of(index) for index, _ in beat.ticks])


async def test_after_a_longer_wait_nobody_hears_what_is_old(mp: MultipointProcessor, beat: Beat, clock: Clock) -> None:
    clock.run(mp, 4.5 * BLOCK_SECONDS)
    before = len(beat.ticks)
    clock.now += 1.0
    waited_until = clock.now
    clock.run(mp, 0.1)
    _, due = beat.ticks[before]
    assert waited_until - BLOCK_SECONDS < due <= waited_until
    assert mp.ticks.made_up == 0
    assert mp.ticks.missed > MADE_UP
