"""Runs the chosen sections one after the other, keeps each as soon as it is there, and shows the tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Console

from mcu.bench import figures, machine, report, results
from mcu.bench.media import content, performances
from mcu.bench.progress import Steps, shown
from mcu.bench.sections import Section, Settings
from mcu.bench.workload import Workload, variant
from mcu.errors import ProtocolError


def run(settings: Settings, sections: Sequence[Section], *, path: Path, console: Console) -> None:
    """Measure, and write to `path` what was found. What Ctrl-C cuts short is not in it. Raises ConfigurationError."""
    results.require_writable(path)
    _make_media(settings, console)
    here = machine.describe()
    found = _kept(path, console)
    steps = Steps(sum(section.seconds(settings) for section in sections))
    with shown(steps, console):
        for section in sections:
            begun = machine.describe()
            found = section.run(settings, found, steps)
            found = msgspec.structs.replace(found, machines={**found.machines, section.name: begun})
            found = msgspec.structs.replace(found, figures=figures.judged(found))
            results.write(path, found)
    report.show(found, console, machine=here)
    console.print(f"{path} · {len(sections)} sections", style="dim")


def _make_media(settings: Settings, console: Console) -> None:
    """Before anything is measured: the processes of a stretch then find it on disk."""
    for workload in {name: variant(name) for name in settings.variants}.values():
        performances(workload, console=console)
        content(workload, console=console)
    performances(Workload(participants=100), console=console)


def _kept(path: Path, console: Console) -> results.Results:
    try:
        return results.read(path)
    except ProtocolError as error:
        console.print(f"{error}: begun anew", style="yellow")
        return results.Results()
