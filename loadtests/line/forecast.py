"""Weather in words: what a line does to packets, and how that changes during a run. Pure.

    loss=5%,delay=50ms,jitter=20ms,rate=2mbit,bursts=2%/30%,reorder=1% ; 60s: blackhole ; 65s: fine

1. Parts are separated by ";" and in the order of time; each but the first begins with the second of the run from which
   on it holds, and replaces the part before it in both directions.
2. `bursts=A/B`: at each packet a burst of loss begins with chance A, and ends with chance B.
3. `only=down` is bad towards who is far, and fine the other way; `only=up` likewise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from loadtests.refusal import refusal
from mcu.synthetic.network.weather import Bursts, Weather

EXAMPLE = "loss=5%,delay=50ms,jitter=20ms,rate=2mbit,bursts=2%/30%,reorder=1%; 60s: blackhole; 65s: fine"
MAX_CHANGES = 100
REPAIRED = 2  # round trips of a packet that was lost, asked for again and sent again
REORDER_BY = 0.02  # seconds that a packet out of order is late: one packet of sound
SCALES = {"": 1.0, "%": 0.01, "ms": 0.001, "s": 1.0, "kbit": 1e3, "mbit": 1e6}
_AMOUNT = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>\D*)")
_FROM = re.compile(r"(?P<at>\d+(?:\.\d+)?)s:\s*")


@dataclass(frozen=True, slots=True)
class Change:
    """From this second of the run on."""

    at: float
    down: Weather  # towards who is far
    up: Weather

    @property
    def is_dead(self) -> bool:
        return self.down.blackhole and self.up.blackhole


def parse(text: str) -> tuple[Change, ...]:
    """At least one, from second 0 on. Raises ConfigurationError with an example when it is not understood."""
    changes: list[Change] = []
    parts = text.split(";")
    try:
        if len(parts) > MAX_CHANGES:
            raise ValueError(f"more than {MAX_CHANGES} changes")
        for part in parts:
            at, rest = _time_of(part.strip(), first=not changes)
            if changes and at <= changes[-1].at:
                raise ValueError(f"{at:g}s does not come after {changes[-1].at:g}s")
            changes.append(Change(at, *_both(rest)))
    except ValueError as error:
        raise refusal(
            f"--weather {text!r}: 알아볼 수 없습니다. 이렇게 적으십시오: {EXAMPLE!r}",
            f"--weather {text!r}: {error}. Write it like {EXAMPLE!r}.",
        ) from error
    return tuple(changes)


def _time_of(part: str, *, first: bool) -> tuple[float, str]:
    found = _FROM.match(part)
    if found is not None and not first:
        return float(found["at"]), part[found.end() :]
    if found is not None or not first:
        raise ValueError("the first part has no time, and each of the others has one, such as 60s:")
    return 0.0, part


def _both(text: str) -> tuple[Weather, Weather]:
    fields: dict[str, Any] = {}
    only = ""
    for word in filter(None, (word.strip() for word in text.split(","))):
        name, _, value = word.partition("=")
        if word == "fine":
            continue
        if word == "blackhole":
            fields["blackhole"] = True
        elif name == "only" and value in ("down", "up"):
            only = value
        elif name in _FIELDS:
            fields |= _FIELDS[name](value)
        else:
            raise ValueError(f"{word!r} is not understood")
    weather, fine = Weather(**fields), Weather()
    return (fine if only == "up" else weather), (fine if only == "down" else weather)


def _amount(text: str, *units: str) -> float:
    found = _AMOUNT.fullmatch(text)
    if found is None or found["unit"] not in units:
        raise ValueError(f"{text!r} is no number with one of {', '.join(units)}")
    return float(found["number"]) * SCALES[found["unit"]]


def _one(field: str, *units: str) -> Callable[[str], dict[str, Any]]:
    return lambda text: {field: _amount(text, *units)}


def _bursts(text: str) -> dict[str, Any]:
    enter, _, leave = text.partition("/")
    return {"bursts": Bursts(enter=_amount(enter, "%"), leave=_amount(leave, "%"))}


_FIELDS: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "loss": _one("loss", "%"),
    "delay": _one("delay", "ms", "s"),
    "jitter": _one("jitter", "ms", "s"),
    "rate": _one("rate", "kbit", "mbit"),
    "reorder": lambda text: {"reorder": _amount(text, "%"), "reorder_by": REORDER_BY},
    "bursts": _bursts,
}


def round_trip(text: str) -> float:
    """Seconds that packets take through the line and back at its worst, while it lets any pass; 0.0 for no weather.

    Raises ConfigurationError.
    """
    changes = parse(text) if text else ()
    return max((_round_trip(change) for change in changes if not change.is_dead), default=0.0)


def _round_trip(change: Change) -> float:
    ways = (change.up, change.down)
    loses = any(way.loss or way.bursts is not None for way in ways)
    return sum(way.delay + way.jitter + way.reorder_by for way in ways) * (REPAIRED if loses else 1)


def describe(change: Change) -> str:
    """For the log."""
    down, up = (msgspec.json.encode(weather).decode() for weather in (change.down, change.up))
    return f"down {down}, up {up}"
