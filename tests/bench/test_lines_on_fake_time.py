"""Calls through bad lines on fake time, by the table of the bench: loss, bursts and jitter that need no other rung."""

from __future__ import annotations

import pytest

from mcu.bench.network.figures import asked_after
from mcu.media.types import StreamKind
from mcu.synthetic.network.weather import Bursts, Weather
from tests.bench.faked import COMPOSITE, Call, frames_between, freeze_between

SECONDS = 20.0
SETTLE = 5.0


def settled(weather: Weather, seed: int) -> Call:
    """A call that has been in this weather for a while."""
    call = Call(seed=seed)
    call.weather(Weather(delay=weather.delay))
    call.run(3.0)
    call.weather(weather)
    call.run(SETTLE)
    return call


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
def test_five_percent_loss(seed: int) -> None:
    call = settled(Weather(delay=0.05, loss=0.05), seed)
    begin = call.now
    heard = call.listen(call.client, SECONDS)
    assert heard.concealed <= 0.06
    assert heard.restored > 0
    assert len(frames_between(call.client, begin, call.now)) >= 0.9 * 25 * SECONDS
    assert freeze_between(call.client, begin, call.now) <= 1.0


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
def test_ten_percent_loss(seed: int) -> None:
    call = settled(Weather(delay=0.05, loss=0.1), seed)
    begin = call.now
    heard = call.listen(call.client, SECONDS)
    assert heard.concealed <= 0.12
    assert len(frames_between(call.client, begin, call.now)) >= 15 * SECONDS
    assert len(frames_between(call.server, begin, call.now)) >= 0.9 * 15 * SECONDS


def test_twenty_percent_loss() -> None:
    call = settled(Weather(delay=0.05, loss=0.2), 1)
    begin = call.now
    heard = call.listen(call.client, SECONDS)
    assert heard.concealed <= 0.12
    assert heard.gap <= 0.12
    assert freeze_between(call.client, begin, call.now) <= 2.0
    assert len(frames_between(call.client, begin, call.now)) >= 0.9 * 25 * SECONDS
    assert call.server.session.counters["repairs_repeated"] > 100, "by then the loss is known to be the line's own"


def test_repairs_do_not_fill_a_line_that_is_full() -> None:
    call = settled(Weather(delay=0.05, rate=300_000, queue_bytes=6_000), 1)
    counters, receiver = call.server.session.counters, call.client.session.video(StreamKind.MAIN)
    assert receiver is not None
    before, asked_before = dict(counters), receiver.counters.nacks
    call.run(SECONDS)
    refused, asked = counters["repairs_refused"] - before["repairs_refused"], receiver.counters.nacks - asked_before
    assert refused > 0.5 * asked > 0
    repeated = counters["repairs_repeated"] - before["repairs_repeated"]
    assert repeated <= 0.001 * asked, "an empty queue may be seen for a moment"


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.long) for seed in (2, 3))])
def test_bursts(seed: int) -> None:
    call = settled(Weather(delay=0.05, bursts=Bursts(enter=0.02, leave=0.3)), seed)
    begin = call.now
    heard = call.listen(call.client, SECONDS)
    assert heard.concealed <= 0.08
    assert freeze_between(call.client, begin, call.now) <= 1.5
    received = call.client.received
    assert max(asked_after(received.frames, received.asked, fps=COMPOSITE.fps), default=0.0) <= 0.3


@pytest.mark.parametrize(
    "weather",
    [
        Weather(delay=0.01, jitter=0.08, jitter_reorders=True),
        Weather(delay=0.01, jitter=0.08, jitter_every=0.04),
        Weather(delay=0.01, jitter=0.08),
    ],
    ids=["overtaking", "gusts", "in order"],
)
def test_jitter(weather: Weather) -> None:
    call = Call(seed=4)
    call.weather(Weather(delay=0.01))
    call.run(5.0)
    before = call.client.received.delays[-1][1]
    call.weather(weather)
    call.run(SETTLE)
    heard = call.listen(call.client, SECONDS)
    during = call.client.received.delays[-1][1]
    call.weather(Weather(delay=0.01))
    call.run(15.0)
    assert heard.concealed <= 0.02
    assert during > before + 0.005
    assert call.client.received.delays[-1][1] <= before + 0.015


def test_equal_seeds_make_equal_calls() -> None:
    def frames() -> list[float]:
        call = settled(Weather(delay=0.05, loss=0.1), 6)
        return call.client.received.frames

    assert frames() == frames()
