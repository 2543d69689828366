"""The bad line on fake time: shares of loss, lengths of bursts, bounds of jitter, queues at a bottleneck, order."""

from __future__ import annotations

import math
import random
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from mcu.synthetic.network import impairment
from mcu.synthetic.network.impairment import Line
from mcu.synthetic.network.weather import Bursts, Distribution, Weather, queue_of

SPACING = 0.02  # seconds between two packets


def number(index: int, size: int = 100) -> bytes:
    return index.to_bytes(4, "big").ljust(size, b".")


def carry(line: Line, count: int, *, size: int = 100, spacing: float = SPACING, begin: float = 0.0) -> dict[int, float]:
    """When each packet arrived; times are those at which the line itself says that something is due."""
    arrived: dict[int, float] = {}
    for index in range(count):
        now = begin + index * spacing
        collect(line, arrived, upto=now)
        line.push(number(index, size), now)
    collect(line, arrived)
    return arrived


def collect(line: Line, arrived: dict[int, float], *, upto: float = math.inf) -> None:
    while (due := line.next_timer()) <= upto and due < math.inf:
        for packet in line.take_due(due):
            arrived[int.from_bytes(packet[:4], "big")] = due


def delays(arrived: dict[int, float], spacing: float = SPACING) -> list[float]:
    return [when - index * spacing for index, when in sorted(arrived.items())]


def lost(arrived: dict[int, float], count: int) -> list[int]:
    return [index for index in range(count) if index not in arrived]


def test_good_weather_changes_nothing() -> None:
    line = Line(seed=1)
    arrived = carry(line, 50)
    assert list(arrived) == list(range(50))
    assert delays(arrived) == [0.0] * 50
    assert line.next_timer() == math.inf


def test_delay_is_the_same_for_all() -> None:
    assert delays(carry(Line(seed=1, weather=Weather(delay=0.05)), 50)) == pytest.approx([0.05] * 50)


@pytest.mark.parametrize("share", [0.05, 0.1, 0.2])
def test_so_much_is_lost(share: float) -> None:
    line = Line(seed=3, weather=Weather(loss=share))
    missing = lost(carry(line, 20_000), 20_000)
    assert len(missing) == line.counters.lost == pytest.approx(20_000 * share, rel=0.06)
    assert line.counters.left + line.counters.lost == line.counters.entered


def test_equal_seeds_lose_the_same_and_others_do_not() -> None:
    weather = Weather(loss=0.1, jitter=0.03)
    same = [carry(Line(seed=7, weather=weather), 500) for _ in range(2)]
    assert same[0] == same[1] != carry(Line(seed=8, weather=weather), 500)


def test_polling_more_often_changes_nothing() -> None:
    weather = Weather(delay=0.03, jitter=0.05, loss=0.1, rate=100_000, reorder=0.1, reorder_by=0.04)
    lazy, eager = Line(seed=5, weather=weather), Line(seed=5, weather=weather)
    expected = [lazy_packet for _, lazy_packet in sorted((due, index) for index, due in carry(lazy, 400).items())]
    seen: list[int] = []
    for step in range(400 * 20 + 2_000):
        now = step * SPACING / 20
        if step % 20 == 0 and step < 400 * 20:
            eager.push(number(step // 20), now)
        seen.extend(int.from_bytes(packet[:4], "big") for packet in eager.take_due(now))
    assert sorted(seen) == sorted(expected)
    assert eager.counters == lazy.counters


def test_bursts_are_as_long_and_as_frequent_as_they_should_be() -> None:
    count = 100_000
    line = Line(seed=11, weather=Weather(bursts=Bursts(enter=0.02, leave=0.3)))
    arrived = carry(line, count)
    missing = lost(arrived, count)
    beginnings = [index for index in missing if index - 1 in arrived]
    assert len(missing) / len(beginnings) == pytest.approx(1 / 0.3, rel=0.06)
    assert len(missing) / count == pytest.approx(0.02 / 0.32, rel=0.06)
    assert line.counters.lost_in_bursts == len(missing)
    assert line.counters.lost == 0


def test_a_burst_need_not_lose_everything() -> None:
    weather = Weather(bursts=Bursts(enter=0.02, leave=0.3, loss_inside=0.5, loss_outside=0.01))
    missing = lost(carry(Line(seed=12, weather=weather), 100_000), 100_000)
    share = 0.02 / 0.32
    assert len(missing) / 100_000 == pytest.approx(0.5 * share + 0.01 * (1 - share), rel=0.08)


def test_jitter_stays_in_its_bounds_and_keeps_the_order() -> None:
    arrived = carry(Line(seed=2, weather=Weather(delay=0.01, jitter=0.08)), 5_000)
    found = delays(arrived)
    assert min(found) >= 0.01
    assert max(found) <= 0.09 + 1e-9
    assert max(found) > 0.085
    assert list(arrived) == sorted(arrived)


def test_jitter_may_reorder_as_netem_does() -> None:
    arrived = carry(Line(seed=2, weather=Weather(jitter=0.08, jitter_reorders=True)), 5_000)
    found = delays(arrived)
    assert statistics.mean(found) == pytest.approx(0.04, rel=0.05)
    assert list(arrived) != sorted(arrived)


def test_jitter_may_hold_for_a_while() -> None:
    weather = Weather(jitter=0.08, jitter_every=0.5, jitter_reorders=True)
    found = delays(carry(Line(seed=2, weather=weather), 500))
    assert len({round(delay, 9) for delay in found}) == 500 * SPACING / 0.5


@pytest.mark.parametrize(
    ("distribution", "median"),
    [(Distribution.UNIFORM, 0.5), (Distribution.HALF_NORMAL, 0.225), (Distribution.SPIKES, 0)],
)
def test_distributions_draw_shares(distribution: Distribution, median: float) -> None:
    chance = random.Random(4)
    drawn = [distribution.draw(chance) for _ in range(10_000)]
    assert min(drawn) >= 0
    assert 0.97 < max(drawn) <= 1
    assert statistics.median(drawn) == pytest.approx(median, abs=0.02)


def test_some_packets_come_later_than_their_successors() -> None:
    line = Line(seed=9, weather=Weather(delay=0.02, reorder=0.1, reorder_by=0.05))
    found = delays(carry(line, 5_000))
    held = [delay for delay in found if delay > 0.03]
    assert len(held) == line.counters.held_back == pytest.approx(500, rel=0.15)
    assert held == pytest.approx([0.07] * len(held))


def test_a_bottleneck_takes_bytes_over_rate() -> None:
    line = Line(seed=1, weather=Weather(delay=0.01, rate=400_000))
    for index in range(10):
        line.push(number(index, 1_000), 5.0)
    assert line.queue_delay(5.0) == pytest.approx(10 * 8_000 / 400_000)
    arrived: dict[int, float] = {}
    collect(line, arrived)
    assert [arrived[index] for index in range(10)] == pytest.approx([5.01 + 0.02 * (n + 1) for n in range(10)])
    assert line.queue_delay(arrived[9]) == 0.0


def test_the_queue_is_bounded_in_bytes_and_so_in_time() -> None:
    weather = Weather(rate=300_000, queue_bytes=queue_of(0.3, rate=300_000))
    line = Line(seed=1, weather=weather)
    found = delays(carry(line, 2_000, size=1_200, spacing=0.01), 0.01)
    assert line.counters.queue_full == pytest.approx(2_000 * (1 - 300_000 / 960_000), rel=0.02)
    assert 0.25 < max(found) <= 0.3 + 1e-9


def test_a_packet_larger_than_the_queue_passes_when_it_is_alone() -> None:
    line = Line(seed=1, weather=Weather(rate=8_000, queue_bytes=10))
    line.push(bytes(1_000), 0.0)
    line.push(bytes(1), 0.0)
    assert line.take_due(1.0) == [bytes(1_000)]
    assert line.counters.queue_full == 1


def test_what_waits_goes_on_at_the_new_rate() -> None:
    line = Line(seed=1, weather=Weather(rate=8_000))
    for index in range(3):
        line.push(number(index, 1_000), 0.0)
    line.change(Weather(rate=16_000), 0.5)  # half of the first has gone
    arrived: dict[int, float] = {}
    collect(line, arrived)
    assert [arrived[index] for index in range(3)] == pytest.approx([0.75, 1.25, 1.75])


def test_a_bottleneck_that_goes_away_lets_all_through() -> None:
    line = Line(seed=1, weather=Weather(rate=8_000))
    for index in range(3):
        line.push(number(index, 1_000), 0.0)
    line.change(Weather(delay=0.1), 0.5)
    assert len(line.take_due(0.6)) == 3


def test_what_is_lost_has_taken_its_time_at_the_bottleneck() -> None:
    line = Line(seed=1, weather=Weather(rate=8_000, loss=1.0))
    line.push(bytes(1_000), 0.0)
    assert line.queue_delay(0.0) == 1.0
    assert line.take_due(2.0) == []


def test_nothing_passes_a_black_hole_but_what_flies_arrives() -> None:
    line = Line(seed=1, weather=Weather(delay=0.1))
    line.push(b"before", 0.0)
    line.change(Weather(blackhole=True), 0.05)
    line.push(b"after", 0.06)
    line.change(Weather(), 0.07)
    assert line.take_due(10.0) == [b"before"]
    assert line.counters.blackholed == 1


def test_order_is_kept_when_the_delay_falls() -> None:
    line = Line(seed=1, weather=Weather(delay=1.0))
    line.push(b"first", 0.0)
    line.change(Weather(), 0.1)
    line.push(b"second", 0.1)
    assert line.take_due(0.5) == []
    assert line.take_due(1.0) == [b"first", b"second"]


def test_what_flies_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(impairment, "MAX_FLYING", 10)
    line = Line(seed=1, weather=Weather(delay=1.0))
    for _ in range(25):
        line.push(b"packet", 0.0)
    assert line.numbers(0.5)["waiting"] == 10
    assert line.counters.overflowed == 15


shares = some.floats(0, 1)
weathers = some.builds(
    Weather,
    delay=some.floats(0, 0.5),
    jitter=some.floats(0, 0.5),
    jitter_every=some.floats(0, 0.1),
    jitter_reorders=some.booleans(),
    loss=shares,
    bursts=some.none() | some.builds(Bursts, enter=shares, leave=shares, loss_inside=shares, loss_outside=shares),
    reorder=shares,
    reorder_by=some.floats(0, 0.5),
    rate=some.just(0.0) | some.floats(1_000, 1e7),
    queue_bytes=some.integers(0, 100_000),
    blackhole=some.booleans(),
)


@settings(deadline=None, max_examples=60)
@given(some.integers(), some.lists(some.tuples(weathers, some.integers(1, 40), some.floats(0.0001, 0.1)), max_size=5))
def test_every_packet_is_accounted_for(seed: int, stages: list[tuple[Weather, int, float]]) -> None:
    line = Line(seed=seed)
    now, entered = 0.0, 0
    for weather, count, spacing in stages:
        line.change(weather, now)
        for _ in range(count):
            line.push(bytes(200), now)
            entered += 1
            line.take_due(now)
            now += spacing
    assert line.queue_delay(now) >= 0
    numbers = line.numbers(now)
    gone = ("left", "blackholed", "lost", "lost_in_bursts", "queue_full", "overflowed", "waiting")
    assert numbers["entered"] == entered == sum(numbers[name] for name in gone)
    line.take_due(now + 1e6)
    assert line.numbers(now + 1e6)["waiting"] == 0
    assert line.next_timer() == math.inf
