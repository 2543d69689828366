"""What there is to measure, by name: each section says how long it takes and adds what it found to the results."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from mcu.bench.compare import (
    SERVER_OVERHEAD,
    Comparison,
    compare,
    contend,
    seconds_of,
    serve,
)
from mcu.bench.composite_cost import composite_milliseconds
from mcu.bench.impaired import run_impaired
from mcu.bench.network.scenarios import SCENARIOS
from mcu.bench.progress import Steps
from mcu.bench.received import judge, observe
from mcu.bench.results import Grown, Results
from mcu.bench.rows import Spread
from mcu.bench.server import ServerFailed
from mcu.bench.stretch import StretchFailed
from mcu.bench.workload import LAYOUTS, Composite, Workload, variant
from mcu.errors import McuError

RIVALS = ("floor", "ffmpeg", "gstreamer")
AIORTC = "aiortc_server"
AIORTC_SEARCH_SECONDS = 60.0  # to find the largest number that it carries
PARTICIPANTS = (5, 10, 20, 30, 60, 100)
MORE_VIEWERS = 50
COMPOSITES = {
    "360p25": Composite(640, 360, 25, 500_000),
    "720p15": Composite(1280, 720, 15, 800_000),
    "720p25": Composite(),
    "1080p25": Composite(1920, 1080, 25, 2_500_000),
}
ENDURANCE_SECONDS = 600.0
OBSERVED_SECONDS = 15.0  # the rows say how many pictures and marks of sound these were
COMPOSITE_SECONDS = 4.0  # that measuring a composite takes


class NotMeasured(McuError):
    """Nothing of a section could be measured here, and what was measured before is to stay; the text says why."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line says."""

    runs: int
    seconds: float
    variants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """`seconds` is how long it should take."""

    name: str
    says: str  # one line for --help
    seconds: Callable[[Settings], float]
    run: Callable[[Settings, Results, Steps], Results]  # raises NotMeasured
    workloads: Callable[[], Sequence[Workload]] = tuple  # beside the variants
    by_variant: bool = False  # each has results of its own

    def parts(self, settings: Settings) -> list[str]:
        """What it measures, by the name under which `Results.machines` has it: "compare", "compare: h264"."""
        if not self.by_variant:
            return [self.name]
        return [self.name if each == "reference" else f"{self.name}: {each}" for each in settings.variants]


def rivals(names: Sequence[str] = RIVALS) -> list[str]:
    """Those that are part of this version."""
    return [name for name in names if importlib.util.find_spec(f"mcu.bench.contenders.{name}") is not None]


def _compare(settings: Settings, results: Results, steps: Steps) -> Results:
    found = dict(results.comparisons)
    for name in settings.variants:
        workload = variant(name)
        found[name] = compare(workload, rivals(), runs=settings.runs, seconds=settings.seconds, steps=steps)
    return msgspec.structs.replace(results, comparisons=found)


def _compare_seconds(settings: Settings) -> float:
    return len(settings.variants) * seconds_of(rivals(), runs=settings.runs, seconds=settings.seconds)


def _aiortc(settings: Settings, results: Results, steps: Steps) -> Results:
    """At the largest number that it carries, which it finds itself when it is given more."""
    with steps.step("aiortc: how many it carries", AIORTC_SEARCH_SECONDS):
        row = contend(AIORTC, variant("reference"), settings.seconds)
    if isinstance(row, str):
        found = Comparison(workload=variant("reference"), server=[], contenders={}, absent={AIORTC: row})
    else:
        number = max(1, row.participants)
        workload = Workload(name=f"aiortc-{number}", participants=number, speakers=min(3, number))
        found = compare(workload, [AIORTC], runs=settings.runs, seconds=settings.seconds, steps=steps)
    return msgspec.structs.replace(results, aiortc=found)


def _composite(settings: Settings, results: Results, steps: Steps) -> Results:
    found = dict(results.composite_ms)
    for name in dict.fromkeys([*settings.variants, "untold"]):
        if variant(name).audio_only:
            continue
        with steps.step(f"composite: {name}", COMPOSITE_SECONDS):
            found[name] = Spread.of(composite_milliseconds(variant(name)))
    return msgspec.structs.replace(results, composite_ms=found)


def _grow(workloads: Sequence[Workload], settings: Settings, steps: Steps, *, runs: int = 1) -> list[Grown]:
    """One line for each, its runs spread over the time; who cannot be carried says why."""
    found = {workload.name: Grown(workload.name, workload, []) for workload in workloads}
    for run in range(runs):
        for workload in workloads:
            with steps.step(f"{workload.name} {run + 1}/{runs}", SERVER_OVERHEAD + settings.seconds):
                line = found[workload.name]
                try:
                    line.server.append(serve(workload, settings.seconds))
                except (StretchFailed, ServerFailed) as error:
                    found[workload.name] = msgspec.structs.replace(line, error=str(error))
    return list(found.values())


def _of_participants() -> list[Workload]:
    return [Workload(name=f"{number} participants", participants=number) for number in PARTICIPANTS]


def _of_viewers() -> list[Workload]:
    return [Workload(name=f"{number} viewers", viewers=number) for number in (0, MORE_VIEWERS)]


def _of_layouts() -> list[Workload]:
    return [Workload(name=name, layout=name) for name in LAYOUTS]


def _of_sizes() -> list[Workload]:
    return [Workload(name=name, composite=composite) for name, composite in COMPOSITES.items()]


def _endurance(settings: Settings, results: Results, steps: Steps) -> Results:
    with steps.step("ten minutes", SERVER_OVERHEAD + ENDURANCE_SECONDS):
        return msgspec.structs.replace(results, endurance=serve(variant("reference"), ENDURANCE_SECONDS))


def _received(settings: Settings, results: Results, steps: Steps) -> Results:
    workload = variant("reference")
    with steps.step("delays and quality: observing", SERVER_OVERHEAD + OBSERVED_SECONDS):
        seen = observe(workload, OBSERVED_SECONDS)
    with steps.step("delays and quality: decoding", 2 * OBSERVED_SECONDS):
        delays, quality = judge(seen, workload)
    return msgspec.structs.replace(results, delays=delays, quality=quality)


def _lines(settings: Settings, results: Results, steps: Steps) -> Results:
    outcomes = []
    for name, scenario in SCENARIOS.items():
        with steps.step(f"bad lines: {name}", scenario.seconds):
            outcomes += run_impaired([name])
    before = {outcome.name: outcome for outcome in results.lines if outcome.checks}
    if before and not any(outcome.checks for outcome in outcomes):
        raise NotMeasured(outcomes[0].note)
    kept = [outcome if outcome.checks else before.get(outcome.name, outcome) for outcome in outcomes]
    return msgspec.structs.replace(results, lines=kept)


def _growth(name: str, says: str, workloads: Callable[[], list[Workload]], *, field: str, most_runs: int) -> Section:
    """A table of workloads; `field` is its place in the results."""

    def runs(settings: Settings) -> int:
        return min(settings.runs, most_runs)

    def run(settings: Settings, results: Results, steps: Steps) -> Results:
        found = _grow(workloads(), settings, steps, runs=runs(settings))
        return msgspec.convert({**msgspec.structs.asdict(results), field: found}, Results)

    def seconds(settings: Settings) -> float:
        return len(workloads()) * runs(settings) * (SERVER_OVERHEAD + settings.seconds)

    return Section(name, says, seconds, run, workloads)


SECTIONS: dict[str, Section] = {
    section.name: section
    for section in (
        Section(
            "compare", "the server ÷ floor, FFmpeg, GStreamer, interleaved", _compare_seconds, _compare, by_variant=True
        ),
        Section(
            "aiortc",
            "÷ a plain aiortc mixing server, at the largest number that it carries",
            lambda settings: AIORTC_SEARCH_SECONDS + seconds_of([AIORTC], runs=settings.runs, seconds=settings.seconds),
            _aiortc,
        ),
        Section(
            "composite",
            "CPU of one composite",
            lambda settings: len({*settings.variants, "untold"}) * COMPOSITE_SECONDS,
            _composite,
            by_variant=True,
        ),
        Section(
            "received",
            "delay that the server adds; PSNR and intelligibility of what it sends",
            lambda settings: SERVER_OVERHEAD + 3 * OBSERVED_SECONDS,
            _received,
        ),
        _growth("participants", "cost of 5 to 100 participants", _of_participants, field="participants", most_runs=1),
        _growth("viewers", "cost of one more viewer", _of_viewers, field="viewers", most_runs=3),
        _growth("layouts", "cost of each layout", _of_layouts, field="layouts", most_runs=1),
        _growth("sizes", "cost of each size of the composite", _of_sizes, field="sizes", most_runs=1),
        Section(
            "lines",
            "what people receive through bad lines, and from a server that gets too little CPU",
            lambda settings: sum(scenario.seconds for scenario in SCENARIOS.values()),
            _lines,
        ),
        Section(
            "endurance",
            "ticks missed in ten minutes",
            lambda settings: SERVER_OVERHEAD + ENDURANCE_SECONDS,
            _endurance,
        ),
    )
}


def chosen(names: Sequence[str]) -> list[Section]:
    """Those that can be measured with this version; `names` empty means all."""
    found = [section for name, section in SECTIONS.items() if not names or name in names]
    return [section for section in found if section.name != "aiortc" or rivals([AIORTC])]
