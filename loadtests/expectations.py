"""What a run has to reach, in words: "join p95 < 3000", "tile check fails = 0", "server_bytes growth < 5%". Pure.

    what   figure   [growth | late growth]   < <= = >= >   number [unit]

1. `what` is a request type of locust, "any", or a series: what the server and the load said every few seconds, and
   figures of checks (`SERIES`).
2. Figures of requests: p50, p90, p95, p99, max, mean (milliseconds of those that did not fail, and of all checks of
   delay: what came too late came all the same), count, fails, fail%, rate (per s). Figures of a series: percentiles,
   max, mean, and growth alone, which is that of p50.
3. Growth is the figure in the last third of the run against that in the first; late growth, against that in the middle
   third, for what a server takes while it warms up is no leak. With % it is relative, otherwise a difference.
4. "any" is every request but those of "agent", which tell of the load and not of the server. It has no times.
5. An expectation of which nothing was measured is not met: silence is no success. Nor is growth that is told from
   fewer than LEAST values in a third.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from loadtests.refusal import refusal
from loadtests.telling import REQUEST_TYPES

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}
PERCENTILES = {"p5": 5.0, "p10": 10.0, "p50": 50.0, "p90": 90.0, "p95": 95.0, "p99": 99.0, "max": 100.0}
COUNTED = ("count", "fails", "fail%", "rate")
FIGURES = (*PERCENTILES, "mean", *COUNTED)
ANY, OF_THE_LOAD = "any", frozenset({"agent"})
STATISTICS = frozenset((*PERCENTILES, "mean"))  # that there are of any list of numbers
GROWTHS: Mapping[str, int] = {"growth": 0, "late growth": 1}  # the third with which the last one is compared
LEAST = 3  # values in a third
# Fields of loadtests.results.Moment, and figures of checks (loadtests.findings.Figures).
MOMENT_SERIES = (
    "server_cores",
    "server_bytes",
    "video_encoders",
    "audio_encoders",
    "legs",
    "descriptors",
    "tasks",
    "threads",
    "load_cores",
    "load_late",
)
CHECK_SERIES = ("fps", "tile_fps", "tile_fps_least", "concealed", "lip_sync", "longest_freeze", "longest_gap", "stoi")
SERIES = (*MOMENT_SERIES, *CHECK_SERIES)
# What limits may be written in, and how many of what is measured that is; numbers alone are always understood.
TIME = {"ms": 1.0, "s": 1000.0}
COUNTED_IN: Mapping[str, Mapping[str, float]] = {"count": {}, "fails": {}, "fail%": {"%": 1.0}, "rate": {"/s": 1.0}}
SERIES_IN: Mapping[str, Mapping[str, float]] = {
    **dict.fromkeys(("load_late", "lip_sync", "longest_freeze", "longest_gap"), TIME),
    **{series: {"%": 0.01} for series in ("concealed", "stoi")},
    "server_bytes": {"MB": 1e6},
}
EXAMPLES = (
    '"join p95 < 3000", "glass-to-glass p95 < 0.4 s", "tile check fails = 0", "voice check fail% < 1", '
    '"voice delay p50 growth < 10%", "server_bytes late growth < 5%"'
)
_FORM = re.compile(r"(?P<words>[^<>=]+?)\s*(?P<sign><=|>=|<|>|=)\s*(?P<number>-?[\d.]+)\s*(?P<unit>\S*)")


class Figured(Protocol):
    """What figures are told of."""

    def figure(self, name: str) -> float: ...

    def growth(self, name: str, *, since: int, relative: bool) -> float: ...


@dataclass(frozen=True, slots=True)
class Measured:
    """All requests of one type."""

    times: Sequence[float]  # milliseconds, by rule 2
    fails: int
    seconds: float  # of the run
    at: Sequence[float] = ()  # when each of `times` was, in seconds of the run
    count: int = 0  # of all

    def figure(self, name: str) -> float:
        """nan where there is nothing to tell it from."""
        count = self.count
        match name:
            case "count":
                return float(count)
            case "fails":
                return float(self.fails) if count else math.nan
            case "fail%":
                return 100 * self.fails / count if count else math.nan
            case "rate":
                return count / self.seconds if self.seconds > 0 else math.nan
            case _:
                return statistic(self.times, name)

    def growth(self, name: str, *, since: int, relative: bool) -> float:
        """Rule 3; nan where there is too little."""
        return growth_of(self.times, self.at, self.seconds, name, since=since, relative=relative)


@dataclass(frozen=True, slots=True)
class Series:
    """What was looked at again and again."""

    values: Sequence[float]
    at: Sequence[float]  # seconds of the run
    seconds: float  # of the run

    def figure(self, name: str) -> float:
        """nan where there is nothing to tell it from."""
        return statistic(self.values, name)

    def growth(self, name: str, *, since: int, relative: bool) -> float:
        """Rule 3; nan where there is too little."""
        return growth_of(self.values, self.at, self.seconds, name, since=since, relative=relative)


def statistic(values: Sequence[float], name: str) -> float:
    """One of STATISTICS; nan of nothing."""
    if not len(values):
        return math.nan
    return float(np.mean(values)) if name == "mean" else float(np.percentile(values, PERCENTILES[name]))


def growth_of(
    values: Sequence[float], at: Sequence[float], seconds: float, name: str, *, since: int, relative: bool
) -> float:
    """From third `since` of the run to the last: percent, or a difference."""
    if seconds <= 0 or len(at) != len(values):
        return math.nan
    thirds: tuple[list[float], list[float], list[float]] = ([], [], [])
    for value, when in zip(values, at, strict=True):
        thirds[min(2, max(0, int(3 * when / seconds)))].append(value)
    if min(len(thirds[since]), len(thirds[2])) < LEAST:
        return math.nan
    before, after = statistic(thirds[since], name), statistic(thirds[2], name)
    if not relative or after == before:
        return after - before
    return 100 * (after - before) / abs(before) if before else math.inf * (after - before)


@dataclass(frozen=True, slots=True)
class Expectation:
    """One of them, as `parse` reads it."""

    text: str
    kind: str  # request type, ANY, or series
    figure: str
    sign: str
    limit: float  # milliseconds where the figure is a time
    growth: str = ""  # of GROWTHS
    relative: bool = False  # growth in percent

    def judge(self, measured: Figured | None) -> Verdict:
        """Whether it is met by all requests of its type, or by all values of the series."""
        value = math.nan
        if measured is not None and self.growth:
            value = measured.growth(self.figure, since=GROWTHS[self.growth], relative=self.relative)
        elif measured is not None:
            value = measured.figure(self.figure)
        elif self.figure == "count":
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
    words = found["words"].split() if found is not None else []
    if found is None or len(words) < 2:
        raise refusal(
            f"--expect {text!r}: 알아볼 수 없습니다. 이렇게 적으십시오: {EXAMPLES}",
            f"--expect {text!r} is not understood. Write it like {EXAMPLES}.",
        )
    growth = ""
    if words[-1] == "growth":
        growth = "late growth" if words[-2] == "late" else "growth"
        del words[-len(growth.split()) :]
    figure = words.pop() if len(words) > 1 and not (growth and " ".join(words) in SERIES) else "p50" if growth else ""
    kind = " ".join(words)
    if kind not in REQUEST_TYPES and kind not in SERIES and kind != ANY:
        known = ", ".join((*REQUEST_TYPES, ANY, *SERIES))
        raise refusal(
            f"--expect {text!r}: 요청 종류 {kind!r}은(는) 없습니다. 있는 것: {known}",
            f"--expect {text!r}: no request type {kind!r}; there are {known}.",
        )
    allowed = COUNTED if kind == ANY else FIGURES if kind in REQUEST_TYPES and not growth else sorted(STATISTICS)
    if figure not in allowed or (kind == ANY and growth):
        raise refusal(
            f"--expect {text!r}: 수치 {figure!r}은(는) 없습니다. 있는 것: {', '.join(allowed)}",
            f"--expect {text!r}: no figure {figure!r}; there are {', '.join(allowed)}.",
        )
    try:
        limit = float(found["number"]) * _units(kind, figure, growth)[found["unit"]]
    except (ValueError, KeyError) as error:
        raise refusal(
            f"--expect {text!r}: {found['number']}{found['unit']}은(는) 이것의 단위가 붙은 수가 아닙니다.",
            f"--expect {text!r}: {found['number']}{found['unit']} is no number with a unit of this.",
        ) from error
    relative = bool(growth) and found["unit"] == "%"
    return Expectation(" ".join(text.split()), kind, figure, found["sign"], limit, growth, relative)


def _units(kind: str, figure: str, growth: str) -> Mapping[str, float]:
    """Growth may be relative as well."""
    own = SERIES_IN.get(kind, {}) if kind in SERIES else COUNTED_IN.get(figure, TIME)
    return {"": 1.0, **own, **({"%": 1.0} if growth else {})}


def judge(expectations: Sequence[Expectation], measured: Mapping[str, Figured]) -> tuple[Verdict, ...]:
    """Each, by what was measured of its type."""
    return tuple(
        each.judge(_together(measured) if each.kind == ANY else measured.get(each.kind)) for each in expectations
    )


def _together(measured: Mapping[str, Figured]) -> Measured | None:
    """Rule 4; None where nothing was requested."""
    of_the_server = [each for kind, each in measured.items() if isinstance(each, Measured) and kind not in OF_THE_LOAD]
    if not of_the_server:
        return None
    return Measured(
        times=[time for each in of_the_server for time in each.times],
        fails=sum(each.fails for each in of_the_server),
        seconds=max(each.seconds for each in of_the_server),
        count=sum(each.count for each in of_the_server),
    )
