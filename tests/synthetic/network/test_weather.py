"""Weather as a value and as JSON; what makes no sense is refused."""

from __future__ import annotations

import math

import msgspec
import pytest

from mcu.synthetic.network.weather import Bursts, Distribution, Weather, queue_of


def test_weather_goes_through_json() -> None:
    weather = Weather(delay=0.1, bursts=Bursts(enter=0.02, leave=0.3), distribution=Distribution.SPIKES, rate=3e5)
    assert msgspec.json.decode(msgspec.json.encode(weather), type=Weather) == weather


@pytest.mark.parametrize(
    "text",
    ['{"loss": 1.1}', '{"delay": -1}', '{"rate": 1e12}', '{"queue_bytes": -1}', '{"bursts": {"enter": 2, "leave": 0}}'],
)
def test_senseless_weather_is_refused(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=Weather)


def test_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="loss"):
        Weather(loss=math.nan)


def test_a_queue_is_seconds_at_a_rate() -> None:
    assert queue_of(0.4, rate=300_000) == 15_000
