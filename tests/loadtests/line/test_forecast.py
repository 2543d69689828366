"""Weather in words."""

from __future__ import annotations

import pytest

from loadtests.line.forecast import EXAMPLE, REORDER_BY, Change, parse, round_trip
from mcu.errors import ConfigurationError
from mcu.synthetic.network.weather import Bursts, Weather


def test_the_example() -> None:
    bad, dead, fine = parse(EXAMPLE)
    weather = Weather(
        loss=0.05,
        delay=0.05,
        jitter=0.02,
        rate=2e6,
        bursts=Bursts(enter=0.02, leave=0.3),
        reorder=0.01,
        reorder_by=REORDER_BY,
    )
    assert bad == Change(0.0, weather, weather)
    assert dead == Change(60.0, Weather(blackhole=True), Weather(blackhole=True))
    assert dead.is_dead
    assert fine == Change(65.0, Weather(), Weather())


def test_one_direction() -> None:
    (down,) = parse("only=down,rate=300kbit")
    assert (down.down, down.up) == (Weather(rate=3e5), Weather())
    (up,) = parse("blackhole, only=up")
    assert (up.down, up.up) == (Weather(), Weather(blackhole=True))
    assert not up.is_dead


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", 0.0),
        ("fine", 0.0),
        ("delay=20ms,jitter=5ms; 45s: blackhole; 50s: delay=10ms", 0.05),
        ("only=down,delay=80ms,jitter=40ms", 0.12),
        ("fine; 9s: loss=2%,delay=50ms,jitter=20ms", 0.28),  # what was lost comes a round trip later
        ("bursts=1%/30%,delay=50ms", 0.2),
        ("blackhole", 0.0),
    ],
)
def test_how_long_packets_take_at_the_worst(text: str, seconds: float) -> None:
    assert round_trip(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("loss=5", "'5' is no number with one of %"),
        ("loss=500%", "lies between 0 and 1"),
        ("delay=5%", "no number with one of ms, s"),
        ("delay=20s", "lies between 0 and 10"),
        ("bursts=2%", "no number"),
        ("rain", "'rain' is not understood"),
        ("only=left", "'only=left' is not understood"),
        ("5s: fine", "the first part has no time"),
        ("fine; blackhole", "each of the others has one"),
        ("fine; 9s: blackhole; 9s: fine", "9s does not come after 9s"),
    ],
)
def test_what_is_not_understood_says_what_would_be(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match="Write it like") as caught:
        parse(text)
    assert said in str(caught.value)
