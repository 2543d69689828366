from __future__ import annotations

import asyncio
import time

import pytest

from mcu.loop_watch import BEAT_SECONDS, LATE_SECONDS, WATCHED_SECONDS, LoopWatch, WatchedLoop


def test_beats_in_time_are_neither_late_nor_blocked() -> None:
    watch = LoopWatch(now=10.0, cpu=1.0)
    due = 10.0 + BEAT_SECONDS
    for number in range(100):
        due = watch.beat(now=due + 0.001, cpu=1.0 + number * BEAT_SECONDS)
    assert (watch.counters.late, watch.counters.blocked) == (0, 0)
    assert watch.counters.longest_late_seconds == pytest.approx(0.001)


@pytest.mark.parametrize(("used", "blocked"), [(0.09, 1), (0.01, 0)])
def test_a_late_beat_is_blocked_only_when_the_own_thread_used_the_time(used: float, blocked: int) -> None:
    watch = LoopWatch(now=0.0, cpu=0.0)
    watch.beat(now=BEAT_SECONDS + LATE_SECONDS + 0.03, cpu=used)
    assert (watch.counters.late, watch.counters.blocked) == (1, blocked)
    assert watch.counters.longest_late_seconds == pytest.approx(LATE_SECONDS + 0.03)
    watch.beat(now=3 * BEAT_SECONDS + LATE_SECONDS, cpu=used)
    assert watch.counters.late == 1


async def test_a_callback_that_computes_for_long_is_seen_on_a_real_loop() -> None:
    watched = WatchedLoop()
    try:
        await asyncio.sleep(0)
        begin = time.thread_time()
        while time.thread_time() - begin < 2 * LATE_SECONDS + WATCHED_SECONDS:
            pass
        while watched.counters.late == 0:
            await asyncio.sleep(WATCHED_SECONDS)
        assert watched.counters.blocked == 1
        assert watched.counters.longest_blocked_seconds > LATE_SECONDS
    finally:
        watched.close()
