"""The scenarios of bad lines: what the weather does, and what has to be reached in it. A table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mcu.bench.network import judges
from mcu.bench.network.measured import Check
from mcu.synthetic.network.weather import Bursts, Weather, queue_of

ONE_WAY = Weather(delay=0.05)  # half of a round trip of 100 ms
NARROW, WIDE = 300_000, 2_000_000  # bits per second
QUEUE_SECONDS = 0.5  # of the bottleneck's queue at its rate
OVERHEAD = 25.0  # seconds around the phases: people come in, and what was received is decoded
RAMP = 20.0  # seconds: a machine on which something else begins, and not one that is taken away at once


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of one weather. What happens in its first `skip` seconds is not measured."""

    name: str
    seconds: float
    down: Weather
    up: Weather
    skip: float = 0.0
    squeeze: float = 1.0  # share that the server is given of the CPU that it took in the phase before
    ramp: float = 0.0  # seconds in which it falls to that, from RAMP_FROM times what it took
    joiners: int = 0  # people who want to come in meanwhile


@dataclass(frozen=True, slots=True)
class Scenario:
    """Who comes is always: the observed one behind the line, a witness beside the server, and a crowd."""

    name: str
    title: str
    reach: str
    phases: tuple[Phase, ...]
    judge: Callable[[judges.Phases], list[Check]]
    crowd: int = 4
    tries: int = 1  # with weather of another seed each, as long as a figure cannot be told from what happened

    @property
    def seconds(self) -> float:
        """How long it takes in all."""
        return OVERHEAD + sum(phase.seconds for phase in self.phases)


def _steady(weather: Weather, seconds: float = 30.0) -> tuple[Phase, ...]:
    return (Phase("clear", 8.0, ONE_WAY, ONE_WAY, skip=3.0), Phase("bad", seconds, weather, weather, skip=5.0))


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
            judges.five,
        ),
        Scenario(
            "loss-10", "10 % loss", "concealed ≤ 12 %, ≥ 15 fps", _steady(Weather(delay=0.05, loss=0.1)), judges.ten
        ),
        Scenario(
            "loss-20",
            "20 % loss",
            "call and audio survive: concealed ≤ 20 %, no gap > 0.5 s",
            _steady(Weather(delay=0.05, loss=0.2)),
            judges.twenty,
        ),
        Scenario(
            "bursts",
            "bursts (Gilbert-Elliott 2 %/30 %)",
            "no freeze > 1.5 s, keyframe asked within 300 ms",
            _steady(Weather(delay=0.05, bursts=Bursts(enter=0.02, leave=0.3)), 40.0),
            judges.bursts,
            tries=3,  # repairs mend nearly all of them, and then nobody asks for a keyframe
        ),
        Scenario(
            "jitter",
            "jitter 0–80 ms, packets overtake each other",
            "concealed ≤ 2 %, delay follows and returns",
            _jittery(_JITTER),
            judges.jitter,
        ),
        Scenario(
            "gusts",
            "jitter 0–80 ms, in order, new every 40 ms",
            "concealed ≤ 2 %, delay follows and returns",
            _jittery(_GUSTS),
            judges.jitter,
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
            judges.bottleneck,
        ),
        Scenario(
            "one-bad",
            "one bad receiver among thirty",
            "the other 29 see no change at all; one of them is judged",
            (
                Phase("clear", 20.0, ONE_WAY, ONE_WAY, skip=5.0),
                Phase("bad", 25.0, Weather(delay=0.05, loss=0.1, rate=500_000), Weather(delay=0.05, loss=0.1)),
            ),
            judges.one_bad,
            crowd=28,
        ),
        Scenario(
            "squeeze",
            "CPU squeezed to half",
            "fps falls, delay of who moves ≤ 400 ms, joins refused before ticks are missed, all back ≤ 15 s",
            (
                Phase("clear", 15.0, _NEAR, _NEAR, skip=5.0),
                Phase("bad", 54.0, _NEAR, _NEAR, skip=RAMP + 3.0, squeeze=0.5, ramp=RAMP, joiners=3),
                Phase("after", 20.0, _NEAR, _NEAR),
            ),
            judges.squeezed,
            crowd=20,
        ),
    )
}
