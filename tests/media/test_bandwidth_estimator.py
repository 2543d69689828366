"""The estimator against simulated lines, told as stories; figures are those of docs/decisions/0012."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcu.media.bandwidth_estimator import (
    FEEDBACK_TIMEOUT,
    MAX_BITRATE,
    MIN_BITRATE,
    REMB_SECONDS,
    BandwidthEstimator,
)
from mcu.media.bandwidth_feedback import AcknowledgedPacket, acknowledged
from tests.fakes.line import Line, burst_loss, random_loss, uniform_jitter, wandering_jitter
from tests.fakes.rung_sender import AUDIO_BITRATE, RUNGS, RungSender, drive

TOP = RUNGS[0] + AUDIO_BITRATE
START = 1_300_000
OPEN, NARROW, WIDE = 10e6, 300e3, 2e6  # bit/s


def sender(line: Line, start: int = START, **settings: object) -> RungSender:
    return RungSender(line, BandwidthEstimator(start), **settings)  # type: ignore[arg-type]


def audio_loss(flow: RungSender) -> float:
    return flow.audio_lost / len(flow.audio_sent)


@pytest.mark.parametrize(
    ("max_queue", "interval"),
    [(0.1, 0.1), (0.3, 0.1), (1.0, 0.1), (3.0, 0.1), (1.0, 0.05), (1.0, 0.25)],
)
def test_a_line_that_becomes_narrow_and_wide_again(max_queue: float, interval: float) -> None:
    line = Line([(0, OPEN), (10, NARROW), (40, WIDE)], max_queue=max_queue)
    flow = sender(line, interval=interval).run(62)
    assert flow.share_at(0, 0, 10) == 1.0
    first_feedback = 0.1 + interval + 0.04
    assert flow.first(lambda rung, estimate, congested: estimate <= NARROW, 10) <= 1.0
    assert (
        flow.first(lambda rung, estimate, congested: RUNGS[rung] + AUDIO_BITRATE <= NARROW, 10) <= 1.0 + first_feedback
    )
    assert max(wait for sent, wait in line.waits if 15 < sent < 40) <= 0.15
    assert max((wait for sent, wait in line.waits if 10 < sent < 12.6), default=0) <= 1.5
    assert flow.share_at(2, 13, 40) == 1.0  # pictures again, and all the time
    assert flow.first(lambda rung, estimate, congested: rung == 0, 40) <= 20
    assert flow.share_at(0, 60) == 1.0
    assert audio_loss(flow) < 0.02


@pytest.mark.parametrize("in_order", [False, True])
def test_a_narrow_line_with_jitter(in_order: bool) -> None:
    line = Line([(0, OPEN), (10, NARROW), (40, WIDE)], jitter=uniform_jitter(0.08, 3), in_order=in_order)
    flow = sender(line).run(60)
    assert flow.first(lambda rung, estimate, congested: estimate <= NARROW, 10) <= 1.0
    assert flow.first(lambda rung, estimate, congested: rung == 0, 40) <= 20


def test_a_narrow_line_that_also_loses() -> None:
    line = Line([(0, OPEN), (10, NARROW), (40, WIDE)], delay=0.05, loss=random_loss(0.1, 3))
    flow = sender(line, return_delay=0.05, return_loss=random_loss(0.1, 4)).run(60)
    assert flow.share_at(0, 0, 10) == 1.0
    assert flow.first(lambda rung, estimate, congested: estimate <= NARROW, 10) <= 1.0
    assert flow.first(lambda rung, estimate, congested: rung == 0, 40) <= 20


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_probes_leave_a_narrow_line_that_also_loses_its_picture(seed: int) -> None:
    """A probe is few packets, of which some are lost: taken for carried, it would fill the line for seconds."""
    line = Line([(0, OPEN), (10, 500_000)], delay=0.05, loss=random_loss(0.1, seed))
    back = random_loss(0.1, seed + 10)
    flow = sender(line, return_delay=0.05, return_loss=back, whole_packets=True, seed=seed).run(90)
    assert flow.probes > 3
    assert flow.share_at(2, 14) >= 0.98
    assert max(wait for sent, wait in line.waits if sent > 14) <= 0.45


def test_a_policer_is_found_by_trying_less() -> None:
    line = Line([(0, OPEN), (10, NARROW), (40, WIDE)], policer=True)
    flow = sender(line).run(70)
    assert flow.first(lambda rung, estimate, congested: rung == 2, 10) <= 2.0
    assert flow.share_at(1, 12, 40) <= 0.1  # a probe may pass through its bucket once
    assert flow.first(lambda rung, estimate, congested: rung == 0, 40) <= 20
    assert flow.estimator.losses.own == 0.0


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("share", [0.05, 0.1])
def test_radio_loss_keeps_the_best_rung(share: float, seed: int) -> None:
    line = Line([(0, OPEN)], delay=0.05, loss=random_loss(share, seed))
    flow = sender(line, return_delay=0.05, return_loss=random_loss(share, seed + 10)).run(90)
    assert min(entry[2] for entry in flow.history) >= 1_200_000
    assert flow.share_at(0, 0) == 1.0
    assert flow.estimator.loss == pytest.approx(share, abs=0.06)
    assert flow.estimator.rtt == pytest.approx(0.11, abs=0.02)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_fifth_lost_is_tried_once_and_then_known(seed: int) -> None:
    line = Line([(0, OPEN)], delay=0.05, loss=random_loss(0.2, seed))
    flow = sender(line, return_delay=0.05, return_loss=random_loss(0.2, seed + 10)).run(90)
    assert min(entry[2] for entry in flow.history) >= 300_000
    assert flow.share_at(0, 0) >= 0.9
    assert flow.estimator.losses.trials <= 2


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_bursts_of_loss_keep_the_best_rung(seed: int) -> None:
    flow = sender(Line([(0, OPEN)], loss=burst_loss(0.02, 0.3, seed))).run(90)
    assert flow.share_at(0, 0) >= 0.95


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("in_order", [False, True])
def test_jitter_is_no_congestion(in_order: bool, seed: int) -> None:
    flow = sender(Line([(0, OPEN)], jitter=uniform_jitter(0.08, seed), in_order=in_order)).run(90)
    assert flow.share_at(0, 0) >= 0.95


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_delay_that_wanders_is_no_congestion(seed: int) -> None:
    flow = sender(Line([(0, OPEN)], jitter=wandering_jitter(0.08, 0.006, seed), in_order=True)).run(60)
    assert flow.share_at(0, 0) >= 0.95


@pytest.mark.parametrize("rate", [1.5e6, 2e6])
def test_keyframes_are_no_congestion_on_a_line_that_carries_the_rung(rate: float) -> None:
    flow = sender(Line([(0, rate)]), keyframe_every=5).run(60)
    assert flow.share_at(0, 0) >= 0.95


@pytest.mark.parametrize(("rate", "fits"), [(1.1e6, 1), (900e3, 1), (400e3, 2)])
def test_a_line_between_two_rungs_gets_the_lower_one_and_rest(rate: float, fits: int) -> None:
    line = Line([(0, rate)], max_queue=2)
    flow = sender(line).run(60)
    assert flow.share_at(fits - 1, 5) == 0.0
    assert flow.share_at(fits, 5) == 1.0
    assert max(wait for sent, wait in line.waits if sent > 8) <= 0.25  # probes included
    assert flow.probes <= 30


def test_a_line_just_below_a_rung_is_climbed_ever_more_seldom() -> None:
    flow = sender(Line([(0, 1.3e6)])).run(120)
    climbs = [
        now for (now, rung, *_), (_, before, *_) in zip(flow.history[1:], flow.history, strict=False) if rung < before
    ]
    assert len([now for now in climbs if now > 60]) <= 3


@pytest.mark.parametrize("rate", [2e6, 1.5e6, 1e6, 800e3, 600e3])
def test_two_flows_share_a_line(rate: float) -> None:
    line = Line([(0, rate)])
    flows = [sender(line, seed=1), sender(line, seed=2)]
    drive(flows, 90)
    for flow in flows:
        after = [RUNGS[rung] for now, rung, *_ in flow.history if now > 20]
        assert sum(after) / len(after) >= 0.15 * rate
        assert audio_loss(flow) < 0.02
    assert max(wait for sent, wait in line.waits if sent > 10) < 0.6


def test_two_flows_that_follow_the_estimate_share_a_line() -> None:
    line = Line([(0, 2e6)])
    flows = [sender(line, seed=seed, follow=True) for seed in (1, 2)]
    drive(flows, 90)
    for flow in flows:
        estimates = [estimate for now, _, estimate, _ in flow.history if now > 30]
        assert sum(estimates) / len(estimates) >= 0.2 * 2e6


@pytest.mark.parametrize("seconds", [0.4, 0.8, 1.5])
def test_a_busy_machine_behind_radio_loss_is_back_soon(seconds: float) -> None:
    """Lost feedback leaves gaps in what is known of a probe, and is no sign that it was not sent."""
    backs = []
    for seed in range(1, 9):
        line = Line([(0, OPEN)], delay=0.05, loss=random_loss(0.1, seed), busy=[(6.0, seconds)])
        flow = sender(line, seed=seed, return_delay=0.05, return_loss=random_loss(0.1, seed + 99)).run(22)
        backs.append(max((now - 6.0 for now, rung, _, _ in flow.history if rung), default=0.0))
    assert sorted(backs)[4] <= 6.5
    assert sorted(backs)[6] <= 9.0  # bad luck with a probe happens, too


def test_a_longer_route_costs_a_few_seconds() -> None:
    line = Line([(0, OPEN)])
    flow = sender(line)
    flow.prepare()
    for tick in range(40_000):
        line.delay = 0.02 if tick < 10_000 else 0.22
        flow.step(tick / 1000)
    assert flow.share_at(0, 0, 10) == 1.0
    assert flow.share_at(0, 25) == 1.0


def test_the_estimate_of_a_constant_sender_stays() -> None:
    flow = sender(Line([(0, OPEN)])).run(120)
    late = [estimate for now, _, estimate, _ in flow.history if now > 60]
    assert max(late) <= 1.35 * TOP  # 1.1 times the largest of 0.6 s, whose frames vary by a quarter
    assert min(late) >= START
    assert flow.probes == 0


def test_feedback_that_stays_away_halves_and_comes_back() -> None:
    flow = sender(Line([(0, OPEN)]), silent=(10, 14)).run(30)
    assert flow.share_at(0, 12, 14) == 0.0
    assert flow.estimator.counters["silences"] == 2
    assert flow.first(lambda rung, estimate, congested: rung == 0, 14) <= 5


def test_without_any_feedback_nothing_is_known() -> None:
    estimator = BandwidthEstimator(START)
    estimator.no_feedback(100.0)
    assert estimator.bitrate == START
    assert not estimator.congested
    assert estimator.probe_wanted(2_000_000, 100.0) is None


def test_remb_is_the_estimate_without_feedback_and_a_limit_with_it() -> None:
    estimator = BandwidthEstimator(START)
    estimator.remb(500_000, 1.0)
    assert estimator.bitrate == 500_000
    estimator.remb(900_000, 2.0)
    assert estimator.bitrate == 900_000
    flow = sender(Line([(0, OPEN)])).run(5)
    flow.estimator.remb(500_000, 5.0)
    assert flow.estimator.bitrate == 500_000
    flow.estimator.remb(1_000_000_000, 5.1)
    assert flow.estimator.bitrate >= START
    flow.estimator.remb(0, 5.2)
    assert flow.estimator.bitrate == MIN_BITRATE
    assert flow.estimator.probe_wanted(TOP, 5.3) is None
    flow.estimator.remb(700_000, 5.2 + FEEDBACK_TIMEOUT)
    assert flow.estimator.bitrate == 700_000


def test_a_remb_holds_for_as_long_as_it_is_repeated() -> None:
    estimator = sender(Line([(0, OPEN)])).run(5).estimator
    for now in (5.0, 6.0):
        estimator.remb(0, now)
    estimator.no_feedback(5.9 + REMB_SECONDS)
    assert estimator.bitrate == MIN_BITRATE
    estimator.no_feedback(6.1 + REMB_SECONDS)
    assert estimator.bitrate > 2 * MIN_BITRATE


def test_a_start_out_of_range_is_brought_into_it() -> None:
    assert BandwidthEstimator(0).bitrate == MIN_BITRATE
    assert BandwidthEstimator(10**12).bitrate == MAX_BITRATE


number = st.one_of(
    st.floats(-10, 1_000), st.sampled_from([math.inf, -math.inf, math.nan, 1e11, -1e11, 0.0]), st.floats()
)
packet = st.tuples(
    st.integers(0, 0xFFFF),
    number,
    st.one_of(st.integers(0, 1_500), st.integers(-5, 10**9)),
    st.one_of(st.none(), number),
)
call = st.tuples(
    st.sampled_from(["acknowledged", "remb", "no_feedback", "probe"]), st.lists(packet, max_size=40), number
)


@given(st.lists(call, max_size=30))
def test_nonsense_never_raises_and_never_leaves_the_range(
    calls: list[tuple[str, list[AcknowledgedPacket], float]],
) -> None:
    estimator = BandwidthEstimator(START)
    for name, packets, now in calls:
        match name:
            case "acknowledged":
                estimator.acknowledged(acknowledged(packets), now)
            case "remb":
                estimator.remb(len(packets) * 100_000 - 50, now)
            case "no_feedback":
                estimator.no_feedback(now)
            case "probe":
                estimator.probe_wanted(len(packets) * 100_000, now)
        assert MIN_BITRATE <= estimator.bitrate <= MAX_BITRATE
        assert 0.0 <= estimator.loss <= 1.0
        assert 0.0 <= estimator.rtt < 5.0


@given(st.lists(st.tuples(st.integers(0, 60), st.floats(-0.05, 0.3), st.booleans()), min_size=1, max_size=300))
def test_any_arrivals_keep_the_estimate_a_number(steps: list[tuple[int, float, bool]]) -> None:
    """Plausible packets with any delays, losses, repetitions and times that go back."""
    estimator = BandwidthEstimator(START)
    now = 1_000.0
    packets: list[AcknowledgedPacket] = []
    for index, (gap, delay, lost) in enumerate(steps):
        now += gap / 1000
        packets.append((index & 0xFFFF, now, 1_100, None if lost else now + 77 + delay))
        if index % 7 == 6:
            estimator.acknowledged(acknowledged(packets[-9:]), now - delay)  # two of them again
            assert MIN_BITRATE <= estimator.bitrate <= MAX_BITRATE
            assert math.isfinite(estimator.delay.trend)
            assert math.isfinite(estimator.delay.threshold)
            assert math.isfinite(estimator.delay.queue)
