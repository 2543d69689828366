"""What else a machine did while something was measured."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mcu.bench import machine
from mcu.bench.machine import TICKS, Watch


class Scene:
    """A machine whose counters are set by hand, in seconds."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stat, self.now, self.own = folder / "stat", 100.0, 0.0
        monkeypatch.setattr(machine.os, "times", lambda: os.times_result((self.own, 0.0, 0.0, 0.0, 0.0)))

    def used(self, busy: float, stolen: float) -> None:
        ticks = [round(seconds * TICKS) for seconds in (busy, 0, 0, 900, 5, 0, 0, stolen)]
        self.stat.write_text("cpu  " + " ".join(map(str, ticks)) + " 0 0\ncpu0 1 2 3\n", encoding="utf-8")

    def look(self) -> Watch:
        return Watch(clock=lambda: self.now, stat=self.stat)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(tmp_path, monkeypatch)


def test_others_are_all_but_us_and_what_the_host_took_is_apart(scene: Scene) -> None:
    scene.used(50.0, 1.0)
    watch = scene.look()
    scene.now, scene.own = 110.0, 7.0
    scene.used(60.0, 1.5)
    assert watch.seen() == pytest.approx((0.3, 0.05))


def test_ours_counted_finer_than_all_makes_nobody_negative(scene: Scene) -> None:
    scene.used(50.0, 0.0)
    watch = scene.look()
    scene.now, scene.own = 110.0, 3.0
    scene.used(52.0, 0.0)
    assert watch.seen() == (0.0, 0.0)


@pytest.mark.parametrize("text", ["", "cpu\n", "cpu a b c d e f g h\n"])
def test_where_nobody_knows_it_is_nothing(scene: Scene, text: str) -> None:
    scene.stat.write_text(text, encoding="utf-8")
    watch = scene.look()
    scene.now = 101.0
    assert watch.seen() == (0.0, 0.0)


def test_this_machine_is_described() -> None:
    here = machine.describe()
    assert here.cores >= 1
    assert (here.others, here.stolen) == (0.0, 0.0)
