"""What people receive through bad lines: `python -m mcu.bench.impaired [NAMES]`, or `run_impaired` for the bench.

A scenario whose figures were taken while the machine was too busy says so: then the server missed ticks, or somebody
measured too late, and what is read off it is no figure of the server's.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from mcu.bench import machine, result_file
from mcu.bench.network import squeeze
from mcu.bench.network.figures import Figures
from mcu.bench.network.measured import Check, Measured
from mcu.bench.network.scenarios import SCENARIOS, Scenario
from mcu.bench.network.trial import measure
from mcu.bench.progress import Steps, shown
from mcu.errors import ConfigurationError, McuError
from mcu.lifetime import exit_code, sigterm_raised
from mcu.synthetic.network import namespaces

SEED = 20
FILE = Path("var/impaired.json")
NOT_MEASURED = 3  # exit code
MAX_MISSED = 0.01  # share of the server's ticks: more are missed only where something else takes the CPU
MAX_LATE = 0.060  # seconds

SAID = ("strain", "shed", "ticks", "missed", "made_up", "refused")  # see ServerSample

HEADS = ("line", "reach", "measured", "reached")

Progress = Callable[[str, float], None]  # what is done now, and the share that is done


class Checked(msgspec.Struct, frozen=True):
    """One figure with its limit."""

    name: str
    value: float | None  # None: never, or it cannot be told
    limit: float | None  # None: shown, not judged
    unit: str
    least: bool  # the limit is the least, not the most
    ok: bool


class Outcome(msgspec.Struct, frozen=True):
    """One scenario as it came out; goes into var/bench.json as it is."""

    name: str
    title: str
    reach: str
    reached: bool | None  # None: not measured, or not reached by a disturbed server; `note` says why
    checks: tuple[Checked, ...]
    phases: dict[str, dict[str, Any]]  # everything else that was measured
    disturbed: bool = False  # by other work on this machine
    note: str = ""


def run_impaired(names: Sequence[str] = (), progress: Progress | None = None, *, seed: int = SEED) -> list[Outcome]:
    """All scenarios, or those with these names. Raises ConfigurationError for a name that there is not."""
    chosen = _chosen(names)
    refusal = namespaces.refusal()
    outcomes = []
    for index, scenario in enumerate(chosen):

        def say(what: str, done: float = index / len(chosen), name: str = scenario.name) -> None:
            if progress is not None:
                progress(f"{name}: {what}", done)

        reason = refusal or (squeeze.refusal() if any(phase.squeeze < 1 for phase in scenario.phases) else "")
        if reason:
            outcomes.append(_absent(scenario, reason))
            continue
        try:
            outcomes.append(_tried(scenario, seed, say))
        except McuError as error:
            outcomes.append(_absent(scenario, str(error)))
    return outcomes


def _tried(scenario: Scenario, seed: int, say: Callable[[str], None]) -> Outcome:
    """Raises McuError. Of several, the one before stands where the next cannot be measured."""
    outcome: Outcome | None = None
    for attempt in range(scenario.tries):
        try:
            phases = measure(scenario, seed=seed + attempt, progress=say)
        except McuError:
            if outcome is None:
                raise
            break
        outcome = _judged(scenario, phases, attempt)
        if not _untold(scenario.judge(phases)):
            break
    assert outcome is not None
    return outcome


def _untold(checks: Sequence[Check]) -> bool:
    """Whether all that can be judged is good, and something cannot."""
    judged = [check for check in checks if check.limit is not None]
    told = [check for check in judged if not math.isnan(check.value)]
    return len(told) < len(judged) and all(check.ok for check in told)


def _chosen(names: Sequence[str]) -> list[Scenario]:
    """Raises ConfigurationError."""
    if unknown := set(names) - SCENARIOS.keys():
        raise ConfigurationError(f"no scenario {', '.join(sorted(unknown))}; there are {', '.join(SCENARIOS)}")
    return [SCENARIOS[name] for name in names or SCENARIOS]


def table(outcomes: Sequence[Outcome]) -> Table:
    """For people."""
    made = Table(title="Through bad lines")
    for title in HEADS:
        made.add_column(title)
    for outcome in outcomes:
        made.add_row(*cells(outcome))
    return made


def cells(outcome: Outcome) -> tuple[str, str, str, str]:
    """One line of a table under HEADS."""
    reached = {True: "yes", False: "no", None: "–"}[outcome.reached]
    judged = ", ".join(_told(check) for check in outcome.checks if check.limit is not None)
    beside = ", ".join(_told(check) for check in outcome.checks if check.limit is None)
    parts = (judged, beside and f"not judged: {beside}", outcome.note)
    return outcome.title, outcome.reach, "; ".join(filter(None, parts)), reached


def _judged(scenario: Scenario, phases: dict[str, Measured], attempt: int) -> Outcome:
    checks = scenario.judge(phases)
    squeezing = any(phase.squeeze < 1 for phase in scenario.phases)
    missed = 0.0 if squeezing else max(phase.ticks_missed + phase.ticks_made_up for phase in phases.values())
    late = max(phase.late for phase in phases.values())
    disturbed = missed > MAX_MISSED or late > MAX_LATE
    found = f"disturbed: {100 * missed:.1f} % of ticks missed or late, up to {1000 * late:.0f} ms late"
    return Outcome(
        name=scenario.name,
        title=scenario.title,
        reach=scenario.reach,
        reached=all(check.ok for check in checks) or (None if disturbed else False),
        checks=tuple(map(_checked, checks)),
        phases={name: _plain(phase) for name, phase in phases.items()},
        disturbed=disturbed,
        note="; ".join(filter(None, (found if disturbed else "", f"try {attempt + 1}" if attempt else ""))),
    )


def _checked(check: Check) -> Checked:
    value = round(check.value, 3) if math.isfinite(check.value) else None
    limit = None if check.limit is None else round(check.limit, 3)
    return Checked(check.name, value, limit, check.unit, check.least, check.ok)


def _told(check: Checked) -> str:
    """Such as "freeze 0.4 s", with a cross behind what is not reached."""
    if check.value is None:
        value = "never"
    else:
        value = f"{check.value:.3g}" if abs(check.value) < 100 else f"{check.value:.0f}"
        value = f"{value} {check.unit}".rstrip()
    return f"{check.name} {value}" + ("" if check.ok else " ✗")


def _plain(phase: Measured) -> dict[str, Any]:
    people = {"observed": phase.observed, "witness": phase.witness, "seen of the observed": phase.seen}
    return {name: _rounded(figures) for name, figures in people.items()} | {
        "line loss": round(phase.line_loss, 4),
        "ticks missed": round(phase.ticks_missed, 4),
        "ticks made up": round(phase.ticks_made_up, 4),
        "late": round(phase.late, 4),
        "connects": phase.connects,
        "speakers": [_rounded(figures) for figures in phase.speakers],
        "arrival": None if phase.arrival is None else msgspec.to_builtins(phase.arrival, str_keys=True),
        "server": [
            {"after": round(sample.at - phase.begin, 3), **{name: getattr(sample, name) for name in SAID}}
            for sample in phase.server
        ],
    }


def _rounded(figures: Figures) -> dict[str, Any]:
    """NaN, which JSON has not, becomes None."""
    found: dict[str, Any] = {}
    for name in Figures.__dataclass_fields__:
        value = getattr(figures, name)
        if isinstance(value, tuple):
            found[name] = [round(each, 3) for each in value]
        else:
            found[name] = None if math.isnan(value) else round(value, 4)
    return found


def _absent(scenario: Scenario, reason: str) -> Outcome:
    return Outcome(scenario.name, scenario.title, scenario.reach, None, (), {}, note=reason)


def main(arguments: Sequence[str]) -> int:
    """Print the table and keep it in FILE; 0 when everything was reached, 1 when not, 2, NOT_MEASURED, or 128 and the
    signal that stopped it.
    """
    parser = argparse.ArgumentParser(
        prog="python -m mcu.bench.impaired",
        description="What people receive through bad lines, between network namespaces (as root).\n"
        "Prints a table, and keeps it in var/impaired.json beside those of other scenarios. The exit code is 0 when\n"
        "everything was reached, 1 when something was not, 3 when nothing could be measured. A scenario takes a\n"
        "minute or two: in `clear` the line is good, in `bad` it is as the scenario says, in `after` good again.",
        epilog="scenarios:\n" + "\n".join(f"  {name:12} {each.title}" for name, each in SCENARIOS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="a scenario; without one, all")
    names = parser.parse_args(arguments).names
    console = Console(stderr=True)
    watch = machine.Watch()
    try:
        result_file.require_writable(FILE, "run it in a folder of yours")
        with sigterm_raised(), result_file.held(FILE):
            outcomes = _measured(names, console)
            Console().print(table(outcomes))
            _keep(outcomes, console)
    except KeyboardInterrupt as interrupt:
        console.print("중단했습니다 · Stopped; nothing is kept.", style="yellow")
        return exit_code(interrupt)
    except ConfigurationError as error:
        console.print(f"mcu: {error}", markup=False)
        return 2
    others, stolen = watch.seen()
    console.print(
        f"{FILE.absolute()} · mcu {machine.describe().commit} · cores used by others {others:.2f}, stolen {stolen:.2f}",
        style="dim",
        highlight=False,
        soft_wrap=True,
    )
    if all(not outcome.checks for outcome in outcomes):
        return NOT_MEASURED
    return 0 if all(outcome.reached for outcome in outcomes) else 1


def _measured(names: Sequence[str], console: Console) -> list[Outcome]:
    """Each with its seconds on the bar. Raises ConfigurationError."""
    chosen = _chosen(names)
    steps = Steps(sum(scenario.seconds for scenario in chosen))
    outcomes: list[Outcome] = []

    def say(what: str, _: float) -> None:
        steps.label = what
        if not console.is_terminal:
            left = round(steps.remaining)
            console.print(f"{what} · {left // 60}:{left % 60:02d} to go", style="dim", highlight=False)

    with shown(steps, console):
        for scenario in chosen:
            with steps.step(scenario.name, scenario.seconds):
                outcomes += run_impaired([scenario.name], say)
    return outcomes


def _keep(outcomes: Sequence[Outcome], console: Console) -> None:
    """In FILE, beside what other scenarios had; what could not be measured now leaves what was."""
    try:
        before = msgspec.json.decode(FILE.read_bytes(), type=list[Outcome])
    except FileNotFoundError:
        before = []
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        console.print(f"{FILE}: {error}: begun anew", style="yellow", markup=False)
        before = []
    found = {outcome.name: outcome for outcome in before}
    found |= {outcome.name: outcome for outcome in outcomes if outcome.checks or outcome.name not in found}
    kept = [found[name] for name in SCENARIOS if name in found]
    try:
        result_file.write(FILE, msgspec.json.format(msgspec.json.encode(kept)))
    except OSError as error:
        console.print(f"{FILE.absolute()} was not written: {error.strerror}", style="bold red", markup=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
