"""`mcu bench`: measure the server against the bare codecs and against what one would use instead."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

import mcu
from mcu.bench import runner
from mcu.bench.results import FILE
from mcu.bench.sections import SECTIONS, Settings, chosen
from mcu.bench.server import ServerFailed
from mcu.bench.stretch import StretchFailed
from mcu.bench.workload import VARIANTS
from mcu.errors import ConfigurationError
from mcu.lifetime import exit_code, sigterm_raised

RUNS, SECONDS = 5, 10.0
QUICK_RUNS, QUICK_SECONDS = 2, 4.0  # with the comparison and the composite alone: two minutes
QUICK_SECTIONS = ("compare", "composite")
LEAST_SECONDS = 4.0  # an MP reports its counters every two
MOST_SECONDS = 3600.0
FAILED = 1
BUSY = 1.0  # load average by core from which on figures are in doubt
PIPE_WIDTH = 160  # columns, where nobody says how many there are: narrower, heads of tables are cut


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says; None where it is silent."""

    runs: int | None
    seconds: float | None
    variants: str | None
    only: str | None
    quick: bool
    output: Path | None


def run(options: Options) -> int:
    """Measure; returns the exit code. Raises ConfigurationError for names that do not exist."""
    console = Console()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console = Console(width=PIPE_WIDTH)
    settings, names = read(options)
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    if load > BUSY:
        console.print(
            f"조금 전까지 기계가 바빴습니다 · The machine was busy in the last minute ({load:.1f} tasks a core): "
            "if other work goes on, ratios suffer less from it than seconds do, but they suffer.",
            style="yellow",
        )
    if mcu.SOURCES_RUN_BECAUSE:
        console.print(
            "컴파일한 모듈이 아니라 원본이 실행되어 서버가 CPU를 훨씬 더 씁니다. 먼저: make setup\n"
            f"The sources run instead of what was compiled, which takes far more CPU ({mcu.SOURCES_RUN_BECAUSE}). "
            "First: make setup",
            style="yellow",
        )
    try:
        with sigterm_raised():
            runner.run(settings, chosen(names), path=options.output or FILE, console=console)
    except KeyboardInterrupt as interrupt:
        console.print("중단했습니다 · Stopped; sections that were finished are kept.", style="yellow")
        return exit_code(interrupt)
    except (StretchFailed, ServerFailed) as error:
        console.print(
            f"측정하지 못했습니다 · Not measured: {error}. Sections that were finished are kept. "
            "On a machine with other work people are refused: close it, or begin with --only composite.",
            style="bold red",
        )
        return FAILED
    return 0


def read(options: Options) -> tuple[Settings, tuple[str, ...]]:
    """The settings, and the names of the sections (none means all). Raises ConfigurationError."""
    variants = _names(options.variants, VARIANTS, "variant") or ("reference",)
    names = _names(options.only, SECTIONS, "section")
    seconds = options.seconds
    if seconds is None:
        seconds = QUICK_SECONDS if options.quick else SECONDS
    if not LEAST_SECONDS <= seconds <= MOST_SECONDS:
        raise ConfigurationError(
            f"--seconds {seconds:g}: {LEAST_SECONDS:g} to {MOST_SECONDS:g}; counters come every two seconds"
        )
    runs = options.runs or (QUICK_RUNS if options.quick else RUNS)
    return Settings(runs, seconds, variants), names or (QUICK_SECTIONS if options.quick else ())


def _names(text: str | None, known: Collection[str], what: str) -> tuple[str, ...]:
    """The words of a list; "all" is every name there is."""
    names = tuple(part.strip() for part in (text or "").split(",") if part.strip())
    if text is None:
        return ()
    if not names:
        raise ConfigurationError(f"no {what} in {text!r}; there are {', '.join(known)}, all")
    for name in names:
        if name not in {*known, "all"}:
            raise ConfigurationError(f"no {what} {name!r}; there are {', '.join(known)}, all")
    return tuple(known) if "all" in names else names
