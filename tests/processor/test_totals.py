"""Counters only rise, whoever leaves and whichever conference ends."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from mcu.processor.totals import Totals


def bridge(ticks: int, missed: int) -> Any:
    picture = SimpleNamespace(
        ticks=SimpleNamespace(index=ticks, missed=missed, left_out=2),
        frames_skipped=5,
        busy_seconds=ticks * 0.005,
        failures=0,
        coded=7,
    )
    return SimpleNamespace(members={}, video=picture, content=picture)


def test_a_conference_that_ends_stays_counted() -> None:
    totals = Totals()
    first, second = bridge(100, 3), bridge(50, 1)
    before = totals.read([first, second])
    assert before["mcu_video_ticks_missed_total"] == 4
    totals.close_pictures(first)
    assert totals.read([second]) == before


def test_an_mp_without_conferences_still_tells_its_past() -> None:
    totals = Totals()
    totals.close_pictures(bridge(100, 3))
    assert totals.read([])["mcu_video_ticks_total"] == 100
