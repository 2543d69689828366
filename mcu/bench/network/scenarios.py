"""The scenarios of bad lines: what the weather does, and what has to be reached in it. A table, and pure judges."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mcu.bench.network.figures import Figures
from mcu.synthetic.network.weather import Bursts, Weather, queue_of

ONE_WAY = Weather(delay=0.05)  # half of a round trip of 100 ms
NARROW, WIDE = 300_000, 2_000_000  # bits per second
QUEUE_SECONDS = 0.5  # of the bottleneck's queue at its rate
SETTLED_QUEUE = 0.25  # seconds: a queue that stays shorter than this, without drops, is no stall
BACK_SHARE = 0.8  # of the bitrate before: it is back
FEWER_FRAMES, ALL_FRAMES = 0.9, 0.95  # of the frames before
MOST_MISSED, MOST_MADE_UP = 1, 5  # percent of all ticks under too little CPU; what is made up was late, no more
SAME_FPS, SAME_CONCEALED, SAME_SECONDS = 0.99, 0.005, 0.04  # what counts as no change: share, share, one frame


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of one weather. What happens in its first `skip` seconds is not measured."""

    name: str
    seconds: float
    down: Weather
    up: Weather
    skip: float = 0.0
    squeeze: float = 1.0  # share that the server is given of the CPU that it took in the phase before
    joiners: int = 0  # people who want to come in meanwhile


@dataclass(frozen=True, slots=True)
class LineSample:
    """The line at one time."""

    at: float
    queue_delay: float  # seconds, at the bottleneck towards the receiver
    dropped: float  # packets in front of it, since the beginning


@dataclass(frozen=True, slots=True)
class Measured:
    """A phase as it was."""

    observed: Figures  # at the far end of the line
    witness: Figures  # at the near end, next to the server
    seen: Figures  # what the witness sees of the one behind the line
    samples: Sequence[LineSample]
    begin: float
    line_loss: float  # share of the packets towards the receiver that the line lost or dropped
    ticks_missed: float  # share of the server's ticks, sound and picture, that nobody heard or saw anything of
    ticks_made_up: float  # likewise, of those that came late and lost nothing (docs/decisions/0027)
    late: float  # seconds: the most that a measuring process, or the line, was late
    connects: int  # media connections that the observed one needed, from the beginning
    joined: int = 0
    refused: Mapping[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One figure with its limit."""

    name: str
    value: float
    limit: float
    unit: str  # "%", "ms", "s", "fps", "" ...
    least: bool = False  # the limit is the least, not the most

    @property
    def ok(self) -> bool:
        """False for what could not be told."""
        return self.value >= self.limit if self.least else self.value <= self.limit


@dataclass(frozen=True, slots=True)
class Scenario:
    """Who comes is always: the observed one behind the line, a witness beside the server, and a crowd."""

    name: str
    title: str
    reach: str
    phases: tuple[Phase, ...]
    judge: Callable[[Mapping[str, Measured]], list[Check]]
    crowd: int = 4


def _steady(weather: Weather, seconds: float = 30.0) -> tuple[Phase, ...]:
    return (Phase("clear", 8.0, ONE_WAY, ONE_WAY, skip=3.0), Phase("bad", seconds, weather, weather, skip=5.0))


def _five(phases: Mapping[str, Measured]) -> list[Check]:
    seen = phases["bad"].observed
    return [
        Check("concealed", 100 * seen.concealed, 6, "%"),
        Check("frames", 100 * seen.frame_share, 90, "%", least=True),
        Check("freeze", seen.freeze, 1.0, "s"),
    ]


def _ten(phases: Mapping[str, Measured]) -> list[Check]:
    seen = phases["bad"].observed
    return [Check("concealed", 100 * seen.concealed, 12, "%"), Check("decoded", seen.fps, 15, "fps", least=True)]


def _twenty(phases: Mapping[str, Measured]) -> list[Check]:
    bad = phases["bad"]
    return [
        Check("connections", bad.connects, 1, ""),
        Check("concealed", 100 * bad.observed.concealed, 50, "%"),
        Check("longest gap", bad.observed.gap, 0.5, "s"),
    ]


def _bursts(phases: Mapping[str, Measured]) -> list[Check]:
    seen = phases["bad"].observed
    slowest = max(seen.asked, default=0.0)
    return [Check("freeze", seen.freeze, 1.5, "s"), Check("keyframe asked", 1000 * slowest, 300, "ms")]


def _jitter(phases: Mapping[str, Measured]) -> list[Check]:
    before, bad, after = (phases[name].observed for name in ("clear", "bad", "after"))
    return [
        Check("concealed", 100 * bad.concealed, 2, "%"),
        Check("sound delay rises by", 1000 * (bad.buffer - before.buffer), 20, "ms", least=True),
        Check("and returns to within", 1000 * (after.buffer - before.buffer), 15, "ms"),
    ]


def _bottleneck(phases: Mapping[str, Measured]) -> list[Check]:
    narrow, after = phases["bad"], phases["after"]
    return [
        Check("sound lost", 100 * max(narrow.observed.lost, after.observed.lost), 2, "%"),
        Check("settled after", settled(narrow), 5, "s"),
        Check("back after", back(after.observed.rates, phases["clear"].observed.bitrate), 20, "s"),
        Check("stall", max(narrow.observed.freeze, after.observed.freeze), 2, "s"),
    ]


def _one_bad(phases: Mapping[str, Measured]) -> list[Check]:
    before, during = phases["clear"].witness, phases["bad"].witness
    return [
        Check("frames", during.frame_share / max(0.01, before.frame_share) * 100, 100 * SAME_FPS, "%", least=True),
        Check("more concealed", 100 * (during.concealed - before.concealed), 100 * SAME_CONCEALED, "%"),
        Check("longer freeze", 1000 * (during.freeze - before.freeze), 1000 * SAME_SECONDS, "ms"),
        Check("later, p95", 1000 * (during.delay_p95 - before.delay_p95), 1000 * SAME_SECONDS, "ms"),
        Check("keyframes per 10 s", 10 * during.keyframes / during.seconds, 10 * before.keyframes / before.seconds, ""),
    ]


def _squeezed(phases: Mapping[str, Measured]) -> list[Check]:
    before, bad, after = phases["clear"], phases["bad"], phases["after"]
    return [
        Check("frames fall to", bad.witness.fps, FEWER_FRAMES * before.witness.fps, "fps"),
        Check("and stay at", bad.witness.fps, 4, "fps", least=True),
        Check("delay p95", 1000 * bad.witness.delay_p95, 400, "ms"),
        Check("ticks missed", 100 * bad.ticks_missed, MOST_MISSED, "%"),
        Check("made up", 100 * bad.ticks_made_up, MOST_MADE_UP, "%"),
        Check("joins refused", len(bad.refused or ()), 1, "", least=True),
        Check("back after", recovered(after.witness.frame_rates, before.witness.fps), 15, "s"),
    ]


def settled(phase: Measured) -> float:
    """Seconds until the queue stays short and drops nothing more."""
    last = phase.begin
    dropped = phase.samples[0].dropped if phase.samples else 0.0
    for sample in phase.samples:
        if sample.queue_delay > SETTLED_QUEUE or sample.dropped > dropped:
            last = sample.at
        dropped = sample.dropped
    if not phase.samples or last >= phase.samples[-1].at - 1.0:
        return math.inf
    return last - phase.begin


def back(rates: Sequence[float], before: float) -> float:
    """Seconds until the bitrate is that of before again, on average of three seconds."""
    for index in range(len(rates) - 2):
        if statistics.mean(rates[index : index + 3]) >= BACK_SHARE * before:
            return float(index)
    return math.inf


def recovered(frame_rates: Sequence[int], before: float) -> float:
    """Seconds until all frames come again, and keep coming for the second after."""
    for index, pair in enumerate(itertools.pairwise(frame_rates)):
        if min(pair) >= ALL_FRAMES * before:
            return float(index)
    return math.inf


def _rate(bits: int) -> Weather:
    return Weather(delay=0.025, rate=bits, queue_bytes=queue_of(QUEUE_SECONDS, rate=bits))


_UPLINK = Weather(delay=0.025)
_JITTER = Weather(delay=0.01, jitter=0.08, jitter_reorders=True)
_GUSTS = Weather(delay=0.01, jitter=0.08, jitter_every=0.04)
_NEAR = Weather(delay=0.01)


def _jittery(weather: Weather) -> tuple[Phase, ...]:
    return (
        Phase("clear", 10.0, _NEAR, _NEAR, skip=5.0),
        Phase("bad", 25.0, weather, weather, skip=5.0),
        Phase("after", 20.0, _NEAR, _NEAR, skip=15.0),
    )


SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            "loss-5",
            "5 % random loss, 100 ms round trip",
            "concealed ≤ 6 %, ≥ 90 % of frames, no freeze > 1 s",
            _steady(Weather(delay=0.05, loss=0.05)),
            _five,
        ),
        Scenario("loss-10", "10 % loss", "concealed ≤ 12 %, ≥ 15 fps", _steady(Weather(delay=0.05, loss=0.1)), _ten),
        Scenario("loss-20", "20 % loss", "call and audio survive", _steady(Weather(delay=0.05, loss=0.2)), _twenty),
        Scenario(
            "bursts",
            "bursts (Gilbert-Elliott 2 %/30 %)",
            "no freeze > 1.5 s, keyframe asked within 300 ms",
            _steady(Weather(delay=0.05, bursts=Bursts(enter=0.02, leave=0.3)), 40.0),
            _bursts,
        ),
        Scenario(
            "jitter",
            "jitter 0–80 ms, packets overtake each other",
            "concealed ≤ 2 %, delay follows and returns",
            _jittery(_JITTER),
            _jitter,
        ),
        Scenario(
            "gusts",
            "jitter 0–80 ms, in order, new every 40 ms",
            "concealed ≤ 2 %, delay follows and returns",
            _jittery(_GUSTS),
            _jitter,
        ),
        Scenario(
            "bottleneck",
            "bottleneck 300 kbit/s, then 2 Mbit/s again",
            "audio loss < 2 %, settled ≤ 5 s, back ≤ 20 s, no stall > 2 s",
            (
                Phase("clear", 12.0, _rate(WIDE), _UPLINK, skip=5.0),
                Phase("bad", 25.0, _rate(NARROW), _UPLINK),
                Phase("after", 30.0, _rate(WIDE), _UPLINK),
            ),
            _bottleneck,
        ),
        Scenario(
            "one-bad",
            "one bad receiver among thirty",
            "the other 29 see no change at all",
            (
                Phase("clear", 20.0, ONE_WAY, ONE_WAY, skip=5.0),
                Phase("bad", 25.0, Weather(delay=0.05, loss=0.1, rate=500_000), Weather(delay=0.05, loss=0.1)),
            ),
            _one_bad,
            crowd=28,
        ),
        Scenario(
            "squeeze",
            "CPU squeezed to half",
            "fps falls, delay ≤ 400 ms, joins refused before ticks are missed, all back ≤ 15 s",
            (
                Phase("clear", 15.0, _NEAR, _NEAR, skip=5.0),
                Phase("bad", 25.0, _NEAR, _NEAR, skip=3.0, squeeze=0.5, joiners=3),
                Phase("after", 20.0, _NEAR, _NEAR),
            ),
            _squeezed,
            crowd=20,
        ),
    )
}
