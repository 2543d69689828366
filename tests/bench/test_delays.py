"""Percentiles and lateness, and what the path of sound adds when machine and line are as steady as fake time can be."""

from __future__ import annotations

import math
import random

import pytest

from mcu.bench.delay_audio import Heard, beginnings, sightings
from mcu.bench.delays import Spread, lateness
from mcu.media.types import BLOCK_SECONDS
from tests.bench.sound_path import Jitter, carried, clip, steady


def at_all_phases(sending: Jitter, ticking: Jitter) -> Spread:
    found: list[float] = []
    for turn in range(4):
        phases = [(0.0005 + 0.005 * turn + 0.0067 * who) % BLOCK_SECONDS for who in range(3)]
        packets, spoken = carried(phases, sending, ticking)
        heard = Heard(packets)
        for who in range(3):
            found += [seen.delay for seen in sightings(heard, spoken[who], beginnings(clip(who), who), who)]
    return Spread.of(found)


def test_sound_waits_for_the_next_tick_and_for_the_encoder() -> None:
    spread = at_all_phases(steady, steady)
    assert spread.count > 70
    assert spread.least >= 6.5
    assert spread.most <= 6.5 + 20 + 1


def test_sound_keeps_its_figure_on_a_machine_that_is_a_little_busy() -> None:
    choose = random.Random("a little busy")
    spread = at_all_phases(lambda: choose.expovariate(2000), lambda: choose.expovariate(2000))
    assert spread.p95 <= 40


def test_percentiles() -> None:
    spread = Spread.of([index / 1000 for index in range(100)])
    assert (spread.count, spread.least, spread.p50, spread.p95, spread.most) == pytest.approx((100, 0, 50, 95, 99))
    assert Spread.of([0.007]) == Spread(1, 7.0, 7.0, 7.0, 7.0)
    assert math.isnan(Spread.of([]).p50)


def test_lateness_is_that_behind_the_quickest() -> None:
    arrivals = [(5.0, (1 << 32) - 900), (5.05, 900), (5.01, 0), (5.06, 4_500)]
    assert lateness(arrivals, 90_000) == pytest.approx([0.0, 0.03, 0.0, 0.0])
    assert lateness([], 90_000) == []
