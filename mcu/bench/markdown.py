"""The tables of var/bench.json for a page: `python -m mcu.bench.markdown docs/performance.md`.

What stands between BEGIN and END in the page is replaced; nothing is measured.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mcu.bench import figures, impaired, report, results
from mcu.bench.compare import Comparison
from mcu.bench.figures import spread_text
from mcu.bench.results import Grown, Results
from mcu.bench.rows import Spread, asked_text, left_work_out, ratio, valid
from mcu.bench.sections import SECTIONS
from mcu.errors import ProtocolError

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def replaced(page: str, results_: Results) -> str:
    """`page` with the tables of now. Raises ProtocolError when it has no place for them."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ProtocolError(f"the page has no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n{tables(results_)}{END}{after}"


def tables(found: Results) -> str:
    """Everything that was measured."""
    return "\n".join(_parts(found))


def _parts(found: Results) -> Iterator[str]:
    for machine in list(found.machines.values())[:1]:
        yield f"{machine.cpu}, {machine.cores} cores, Linux {machine.kernel}, Python {machine.python}.\n"
    if found.machines:
        yield _table(report.SECTION_HEADS, ((name, *report.when(machine)) for name, machine in found.machines.items()))
    yield _table(("", "median", "runs", "reach / stretch", "reached"), figures.lines(found))
    compared = [*found.comparisons.items(), *([("aiortc", found.aiortc)] if found.aiortc else [])]
    for name, comparison in compared:
        people = comparison.workload.participants
        yield f"CPU seconds a second, `{name}`, {people} participants:\n"
        yield _table(("", "CPU", "server ÷ it", "notes"), _compared(comparison))
    if found.delays is not None and found.quality is not None:
        yield "What one of the participants gets:\n"
        yield _table(("", "server", "plain way"), report.received(found.delays, found.quality))
    if others := list(report.composites(found)):
        yield "One composite of other variants:\n"
        yield _table(("", "CPU, ms"), others)
    if found.lines:
        yield "Through bad lines:\n"
        yield _table(impaired.HEADS, map(impaired.cells, found.lines))
    for title, lines in (
        ("participants", found.participants),
        ("viewers beside 30 participants", found.viewers),
        ("layout", found.layouts),
        ("size of the composite", found.sizes),
    ):
        if lines:
            yield f"By {title}:\n"
            yield _table(("", *report.ROW_HEADS), _grown(lines))
    if found.endurance is not None:
        yield "In one long stretch:\n"
        yield _table(("", *report.ROW_HEADS), _grown(report.endured(found.endurance)))


def _compared(comparison: Comparison) -> Iterator[tuple[str, ...]]:
    if comparison.server:
        cpu = spread_text(Spread.of([row.rate for row in valid(comparison.server)]), 3)
        yield "server", cpu, "", asked_text(comparison.server, comparison.workload)
    for name, rows in comparison.contenders.items():
        note = rows[-1].note + ("; did not keep up" if left_work_out(rows) else "")
        cpu = spread_text(Spread.of([row.rate for row in rows]), 3)
        yield name, cpu, spread_text(ratio(comparison.server, rows), 2), note
    for name, reason in comparison.absent.items():
        yield name, "–", "–", reason


def _grown(lines: Sequence[Grown]) -> Iterator[tuple[str, ...]]:
    for line in lines:
        yield (line.label, *report.cells(line.server)) if line.server else (line.label, line.error)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)


def main(arguments: Sequence[str]) -> None:
    """See the top."""
    parser = argparse.ArgumentParser(
        prog="python -m mcu.bench.markdown",
        description=f"Puts the tables of {results.FILE} into a page, between {BEGIN} and {END}. Nothing is measured.",
    )
    parser.add_argument("page", metavar="PAGE", type=Path, help="such as docs/performance.md")
    parser.add_argument("--partial", action="store_true", help="though some sections were not measured")
    given, measured = parser.parse_args(arguments), results.read(results.FILE)
    page = given.page
    if not measured.machines:
        sys.exit(f"nothing was measured in {results.FILE}: first `make bench`")
    missing = [name for name in SECTIONS if name not in measured.machines]
    if missing and not given.partial:
        sys.exit(
            f"not in {results.FILE}: {', '.join(missing)}; their tables would go from {page}. "
            f"Measure them with `make bench ARGS='--only {','.join(missing)}'`, or give --partial"
        )
    try:
        page.write_text(replaced(page.read_text(encoding="utf-8"), measured), encoding="utf-8")
    except OSError as error:
        sys.exit(f"{page}: {error.strerror}")
    except ProtocolError as error:
        sys.exit(f"{page}: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
