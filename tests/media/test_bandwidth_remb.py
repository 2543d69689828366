"""Receivers with REMB alone, by aiortc's own estimator: they keep a picture, come back, and fill no line."""

from __future__ import annotations

import pytest

from mcu.media.bandwidth_remb import FIRST_RELIEF, HEAVY_SECONDS, HeavyLoss, RembEstimator
from tests.fakes.line import Line, random_loss, uniform_jitter
from tests.fakes.remb_receiver import RembReceiver

OPEN = 1e9  # bit/s
START = 3_000_000
STILL = 0.08  # of a rung's bitrate is what a picture without motion needs


def send(estimator: RembEstimator, bitrate: float, begin: float, end: float) -> None:
    for tick in range(round(begin * 10), round(end * 10) + 1):
        estimator.observe(int(bitrate / 8 * tick / 10), 0.0, tick / 10)


@pytest.mark.parametrize("activity", [1.0, 0.3, STILL])
def test_an_open_line_gets_the_best_rung_all_the_time(activity: float) -> None:
    """A still picture, too, of which aiortc says at first no more than what it received."""
    receiver = RembReceiver(Line([(0, OPEN)]), activity=activity)
    receiver.run(20.0)
    assert receiver.level_at(0.0, 20.0) == {0}


@pytest.mark.parametrize("activity", [1.0, 0.3, STILL])
@pytest.mark.parametrize("seconds", [0.6, 1.5])
def test_after_a_busy_moment_of_its_machine_a_receiver_comes_back(activity: float, seconds: float) -> None:
    receiver = RembReceiver(Line([(0, OPEN)], busy=[(10.0, seconds)]), activity=activity)
    receiver.run(80.0)
    assert 3 not in receiver.level_at(0.0, 80.0)  # sound alone
    assert receiver.back(10.0, level=1) < 30.0
    assert receiver.back(10.0) < 60.0


def test_a_machine_that_is_busy_at_the_beginning_does_not_darken_the_picture_for_ever() -> None:
    receiver = RembReceiver(Line([(0, OPEN)], busy=[(1.0, 0.6)]), activity=STILL)
    receiver.run(40.0)
    assert 3 not in receiver.level_at(0.0, 40.0)
    assert receiver.back(1.0) < 25.0


@pytest.mark.parametrize(("rate", "level"), [(200_000, 2), (300_000, 1), (600_000, 1), (1_500_000, 0)])
@pytest.mark.parametrize("queue", [0.3, 1.0])
def test_a_narrow_line_gets_what_it_carries(rate: int, level: int, queue: float) -> None:
    receiver = RembReceiver(Line([(0, rate)], max_queue=queue))
    receiver.run(90.0)
    levels = [at for now, at, _ in receiver.history if now >= 30.0]
    assert min(levels) >= level
    assert 3 not in levels
    waits = [wait for sent, wait in receiver.line.waits if sent >= 30.0]
    assert sum(wait > 0.2 for wait in waits) < 0.2 * len(waits)


def test_a_line_that_opens_again_is_noticed() -> None:
    receiver = RembReceiver(Line([(0, 3e6), (20, 300_000), (50, 3e6)]))
    receiver.run(90.0)
    assert min(receiver.level_at(26.0, 50.0)) >= 1
    assert receiver.back(50.0) < 25.0


def test_a_limit_on_purpose_is_kept_when_it_is_met() -> None:
    receiver = RembReceiver(Line([(0, OPEN)]), deliberate=400_000)
    receiver.run(40.0)
    assert receiver.level_at(5.0, 40.0) == {1}
    assert receiver.server.remb.counters["inconclusive"] >= 2


@pytest.mark.parametrize(
    "line",
    [
        Line([(0, OPEN)], loss=random_loss(0.1, 3)),
        Line([(0, OPEN)], jitter=uniform_jitter(0.05, 3)),
        Line([(0, OPEN)], jitter=uniform_jitter(0.05, 3), in_order=True),
    ],
)
def test_random_loss_and_jitter_cost_nothing(line: Line) -> None:
    receiver = RembReceiver(line)
    receiver.run(30.0)
    assert receiver.level_at(0.0, 30.0) == {0}


def test_a_remb_that_rises_is_no_limit_and_one_that_stops_rising_is() -> None:
    estimator = RembEstimator(START)
    estimator.limited(380_000.0, 0.1)  # before anybody knows what is sent
    for second in range(1, 9):
        estimator.limited(400_000 * 1.08**second, float(second))
        send(estimator, 1_000_000, second, second + 0.9)
        assert estimator.bitrate == START
    for second in range(9, 13):
        estimator.limited(700_000.0, float(second))
        send(estimator, 1_000_000, second, second + 0.9)
    assert estimator.bitrate == 700_000


def test_nobody_is_probed_before_its_first_remb_or_beyond_what_is_wanted() -> None:
    estimator = RembEstimator(100_000)
    send(estimator, 80_000, 0.0, 2.0)
    assert estimator.probe_wanted(500_000, 2.0) is None
    estimator.limited(90_000.0, 2.0)
    assert estimator.probe_wanted(90_000, 2.1) is None
    probe = estimator.probe_wanted(120_000, 2.1)
    assert probe is not None
    assert 120_000 <= probe.bitrate <= 130_000
    assert estimator.probing(2.5)
    assert estimator.probe_wanted(120_000, 2.6) is None  # one at a time


def test_a_probe_that_was_not_sent_or_lost_more_raises_nothing() -> None:
    for octets, loss in ((0, 0.0), (60_000, 0.2)):
        estimator = RembEstimator(100_000)
        send(estimator, 80_000, 0.0, 2.0)
        estimator.limited(90_000.0, 2.0)
        assert estimator.probe_wanted(150_000, 2.0) is not None
        for tick in range(21, 70):
            estimator.observe(20_000 + octets, loss, tick / 10)
            if tick % 10 == 0:
                estimator.limited(90_000.0 * 1.08 ** (tick / 10 - 2), tick / 10)
        assert estimator.counters["refused"] == 1
        assert estimator.bitrate < 150_000


def test_heavy_loss_is_known_after_a_while_and_its_relief_takes_ever_longer() -> None:
    heavy = HeavyLoss()
    reliefs = []
    now = 0.0
    for _ in range(3):
        begin = now
        while not heavy.now:
            heavy.observe(0.4, now)
            now += 0.1
        assert now - begin == pytest.approx(HEAVY_SECONDS, abs=0.3)
        begin = now
        while heavy.now:
            heavy.observe(0.1, now)
            now += 0.1
        reliefs.append(now - begin)
    assert reliefs == pytest.approx([FIRST_RELIEF, 2 * FIRST_RELIEF, 4 * FIRST_RELIEF], abs=0.3)


def test_a_moment_of_heavy_loss_is_none() -> None:
    heavy = HeavyLoss()
    for tick in range(300):
        heavy.observe(0.5 if tick % 40 < 20 else 0.0, tick / 10)
        assert not heavy.now
