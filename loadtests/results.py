"""Everything that a run measured, on the machine that leads it: samples in time, inspections, how the server did. Pure.

Rules:
1. Times are seconds since the epoch, by the clock of the worker that measured, which sends what it has in batches.
2. Nothing grows for ever: beyond MAX_SAMPLES newer ones of a type replace others by chance, so that percentiles stay
   right, and `dropped` says how many. Counts and failures are exact in any case.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from loadtests.expectations import CHECK_SERIES, MOMENT_SERIES, OF_THE_LOAD, Measured, Series
from loadtests.findings import Inspection
from loadtests.telling import DELAYS

MAX_SAMPLES = 20_000  # of a type: a day of checks every four seconds
MAX_INSPECTIONS = 20_000
MAX_MOMENTS = 20_000  # of the server and of the load: a day at five seconds
MAX_FAILURES = 500  # that the report lists one by one
OF_DELAY = frozenset(DELAYS.values())  # what failed has a time all the same


class Sample(msgspec.Struct, frozen=True, array_like=True):
    """One request."""

    at: float  # seconds since the epoch
    kind: str
    name: str  # class of user
    milliseconds: float
    failure: str = ""


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """The server and the load at one time; None where it was not told."""

    at: float
    users: int
    server_cores: float | None = None  # processor time a second of all its processes
    server_bytes: float | None = None  # resident, likewise
    video_encoders: float | None = None
    audio_encoders: float | None = None
    legs: float | None = None
    descriptors: float | None = None
    tasks: float | None = None
    threads: float | None = None
    ticks_missed: float | None = None  # since the last moment
    load_cores: float | None = None  # of the agents
    load_late: float | None = None  # milliseconds


class Results:
    """What `collecting` puts in, and report, expectations and exporter take out."""

    def __init__(self, *, began: float, seed: int = 1) -> None:
        self.began = began
        self.ended: float | None = None
        self.why_silent = ("", "")  # in Korean and in English, where `is_silent`
        self.interrupted = False  # ended by hand, before its time
        self.samples: dict[str, list[Sample]] = {}  # that did not fail, and all of OF_DELAY
        self.failures: list[Sample] = []
        self.inspections: list[tuple[float, str, Inspection]] = []  # (when, class of user, what)
        self.moments: list[Moment] = []
        self.counts: Counter[tuple[str, str]] = Counter()  # (type, class of user): all requests
        self.fails: Counter[tuple[str, str]] = Counter()
        self.faults: Counter[str] = Counter()  # by name
        self.dropped = 0
        self._seen: Counter[str] = Counter()
        self._chance = random.Random(seed)

    def add(self, samples: Iterable[Sample]) -> None:
        """In any order."""
        for sample in samples:
            self.counts[sample.kind, sample.name] += 1
            if sample.failure:
                self.fails[sample.kind, sample.name] += 1
                if len(self.failures) < MAX_FAILURES:
                    self.failures.append(sample)
            if not sample.failure or (sample.kind in OF_DELAY and sample.milliseconds):
                self._keep(sample)

    def inspect(self, at: float, name: str, inspection: Inspection) -> None:
        """One check."""
        for finding in (*inspection.picture_findings, *inspection.voice_findings):
            self.faults[finding.fault.value] += 1
        if len(self.inspections) < MAX_INSPECTIONS:
            self.inspections.append((at, name, inspection))
        else:
            self.dropped += 1

    def look(self, moment: Moment) -> None:
        """How things stand."""
        if len(self.moments) < MAX_MOMENTS:
            self.moments.append(moment)
        else:
            self.dropped += 1

    @property
    def is_silent(self) -> bool:
        """Nothing was measured of the server; what the load tells of itself is no result."""
        return all(kind in OF_THE_LOAD for kind, _ in self.counts)

    @property
    def seconds(self) -> float:
        """Of the run, until its end or the last thing that was told."""
        last = max((sample.at for kind in self.samples.values() for sample in kind[-1:]), default=self.began)
        return (self.ended if self.ended is not None else last) - self.began

    def measured(self) -> Mapping[str, Measured]:
        """By request type."""
        kinds = sorted({kind for kind, _ in self.counts})
        return {
            kind: Measured(
                times=[sample.milliseconds for sample in self.samples.get(kind, ())],
                fails=sum(count for (of, _), count in self.fails.items() if of == kind),
                seconds=self.seconds,
                at=[sample.at - self.began for sample in self.samples.get(kind, ())],
                count=sum(count for (of, _), count in self.counts.items() if of == kind),
            )
            for kind in kinds
        }

    def series(self) -> Mapping[str, Series]:
        """By name, those of which something was told."""
        found = {name: self._told(name) for name in MOMENT_SERIES} | {
            name: self._seen_in(name) for name in CHECK_SERIES
        }
        return {
            name: Series(values=[value for _, value in points], at=[at for at, _ in points], seconds=self.seconds)
            for name, points in found.items()
            if points
        }

    def _told(self, name: str) -> list[tuple[float, float]]:
        values = ((moment.at - self.began, getattr(moment, name)) for moment in self.moments)
        return [(at, float(value)) for at, value in values if value is not None]

    def _seen_in(self, name: str) -> list[tuple[float, float]]:
        values = ((at - self.began, getattr(inspection.figures, name)) for at, _, inspection in self.inspections)
        return [(at, float(value)) for at, value in values if value is not None]

    def _keep(self, sample: Sample) -> None:
        """Vitter's reservoir: each of all samples of a type is kept with the same chance."""
        kept = self.samples.setdefault(sample.kind, [])
        self._seen[sample.kind] += 1
        if len(kept) < MAX_SAMPLES:
            kept.append(sample)
            return
        self.dropped += 1
        place = self._chance.randrange(self._seen[sample.kind])
        if place < MAX_SAMPLES:
            kept[place] = sample
