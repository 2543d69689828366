"""Runs the chosen sections one after the other, keeps each as soon as it is there, and shows the tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Console

from mcu.bench import faces, figures, machine, report, result_file, results
from mcu.bench.media import content, performances
from mcu.bench.progress import Steps, shown
from mcu.bench.sections import NotMeasured, Section, Settings
from mcu.bench.workload import Workload, variant
from mcu.errors import ConfigurationError, ProtocolError

DOUBTFUL_CORES = 0.2  # used by others: from there on everything is dearer, and ticks come late


def run(settings: Settings, sections: Sequence[Section], *, path: Path, console: Console) -> None:
    """Measure, and write to `path` what was found. What Ctrl-C cuts short is not in it. Raises ConfigurationError."""
    result_file.require_writable(path)
    with result_file.held(path):
        _measure(settings, sections, path=path, console=console)


def _measure(settings: Settings, sections: Sequence[Section], *, path: Path, console: Console) -> None:
    here = machine.describe()
    found = _kept(path, console)
    needed = _workloads(settings, sections)
    measured: list[str] = []
    making = faces.seconds_to_make(needed)
    steps = Steps(making + sum(section.seconds(settings) for section in sections))
    with shown(steps, console):
        with steps.step("faces and voices, once", making):
            _say(console, "faces and voices, once", making)
            _make_media(needed)
        for section in sections:
            _say(console, f"{section.name}: {section.says}", section.seconds(settings))
            begun, watch = machine.describe(), machine.Watch()
            try:
                found = section.run(settings, found, steps)
            except NotMeasured as reason:
                console.print(f"{section.name}: {reason} What was measured before stays.", style="yellow", markup=False)
                continue
            others, stolen = watch.seen()
            begun = msgspec.structs.replace(begun, others=round(others, 3), stolen=round(stolen, 3))
            parts = section.parts(settings)
            measured += parts
            machines = found.machines | dict.fromkeys(parts, begun)
            found = msgspec.structs.replace(found, machines=machines)
            found = msgspec.structs.replace(found, figures=figures.judged(found))
            results.write(path, found)
    report.show(found, console, machine=here)
    doubts = [part for part in measured if found.machines[part].others > DOUBTFUL_CORES]
    if doubts:
        console.print(
            "다른 프로그램이 CPU를 썼습니다 · Other programs used CPU meanwhile, so these figures are in doubt: "
            f"{', '.join(doubts)}",
            style="yellow",
        )
    console.print(f"{path.absolute()}", style="dim", highlight=False, soft_wrap=True)


def _say(console: Console, what: str, seconds: float) -> None:
    """Where no bar can be drawn, a line for each part."""
    if not console.is_terminal and seconds:
        console.print(f"{what} · {max(1, round(seconds / 60))} min", style="dim")


def _workloads(settings: Settings, sections: Sequence[Section]) -> list[Workload]:
    """Loads whose faces and voices, together, are those of all sections."""
    found = [variant("reference"), *(variant(name) for name in settings.variants)]
    return found + [workload for section in sections for workload in section.workloads()]


def _make_media(workloads: Sequence[Workload]) -> None:
    """Before anything is measured: the processes of a stretch then find it on disk."""
    silent = Console(quiet=True)  # the bar of the whole bench says how far this is
    for workload in workloads:
        performances(workload, console=silent)
        content(workload, console=silent)


def _kept(path: Path, console: Console) -> results.Results:
    try:
        return results.read(path)
    except ProtocolError as error:
        if path != results.FILE:
            raise ConfigurationError(f"--output {error}: not written over; choose another file") from error
        console.print(f"{error}: begun anew", style="yellow")
        return results.Results()
