"""What a run has to reach, in words: "join p95 < 3000", "tile check fails = 0". Pure.

    request type   figure   < <= = >= >   number [unit]

Figures: p50, p90, p95, p99, max, mean (milliseconds of requests that did not fail), count, fails, fail%, rate (per s).
An expectation of which nothing was measured is not met: silence is no success.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from loadtests.telling import REQUEST_TYPES
from mcu.errors import ConfigurationError

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}
PERCENTILES = {"p50": 50.0, "p90": 90.0, "p95": 95.0, "p99": 99.0, "max": 100.0}
FIGURES = (*PERCENTILES, "mean", "count", "fails", "fail%", "rate")
UNITS = {"": 1.0, "ms": 1.0, "s": 1000.0, "%": 1.0, "/s": 1.0}
EXAMPLES = '"join p95 < 3000", "glass-to-glass p95 < 0.4 s", "tile check fails = 0", "voice check fail% < 1"'
_FORM = re.compile(r"(?P<kind>.+?)\s+(?P<figure>\S+)\s*(?P<sign><=|>=|<|>|=)\s*(?P<number>-?[\d.]+)\s*(?P<unit>\S*)")


@dataclass(frozen=True, slots=True)
class Measured:
    """All requests of one type."""

    times: Sequence[float]  # milliseconds, of those that did not fail
    fails: int
    seconds: float  # of the run

    def figure(self, name: str) -> float:
        """nan where there is nothing to tell it from."""
        count = len(self.times) + self.fails
        match name:
            case "count":
                return float(count)
            case "fails":
                return float(self.fails) if count else math.nan
            case "fail%":
                return 100 * self.fails / count if count else math.nan
            case "rate":
                return count / self.seconds if self.seconds > 0 else math.nan
            case "mean":
                return float(np.mean(self.times)) if len(self.times) else math.nan
            case _:
                return float(np.percentile(self.times, PERCENTILES[name])) if len(self.times) else math.nan


@dataclass(frozen=True, slots=True)
class Expectation:
    """One of them, as `parse` reads it."""

    text: str
    kind: str
    figure: str
    sign: str
    limit: float  # milliseconds where the figure is a time

    def judge(self, measured: Measured | None) -> Verdict:
        """Whether it is met by all requests of its type."""
        value = measured.figure(self.figure) if measured is not None else math.nan
        if self.figure == "count" and measured is None:
            value = 0.0
        return Verdict(self, value, not math.isnan(value) and COMPARISONS[self.sign](value, self.limit))


@dataclass(frozen=True, slots=True)
class Verdict:
    """An expectation after the run; `value` is nan when nothing of the type was measured."""

    expectation: Expectation
    value: float
    met: bool


def parse(text: str) -> Expectation:
    """Raises ConfigurationError with an example when it is not understood."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ConfigurationError(f"--expect {text!r} is not understood. Write it like {EXAMPLES}.")
    kind, figure, unit = found["kind"], found["figure"], found["unit"]
    if kind not in REQUEST_TYPES:
        raise ConfigurationError(f"--expect {text!r}: no request type {kind!r}; there are {', '.join(REQUEST_TYPES)}.")
    if figure not in FIGURES:
        raise ConfigurationError(f"--expect {text!r}: no figure {figure!r}; there are {', '.join(FIGURES)}.")
    try:
        limit = float(found["number"]) * UNITS[unit]
    except (ValueError, KeyError) as error:
        raise ConfigurationError(f"--expect {text!r}: {found['number']}{unit} is no number with a unit.") from error
    return Expectation(" ".join(text.split()), kind, figure, found["sign"], limit)


def judge(expectations: Sequence[Expectation], measured: Mapping[str, Measured]) -> tuple[Verdict, ...]:
    """Each, by what was measured of its type."""
    return tuple(each.judge(measured.get(each.kind)) for each in expectations)
