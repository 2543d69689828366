"""The tables of a bench, for people."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.table import Table

from mcu.bench import figures, impaired
from mcu.bench.compare import Comparison
from mcu.bench.figures import LATE, median, spread_text
from mcu.bench.machine import Machine
from mcu.bench.results import Delays, Grown, Quality, Results
from mcu.bench.rows import ServerRow, Spread, asked_text, left_work_out, ratio, valid
from mcu.bench.workload import variant

COLOURS = {"stretch": "bold green", "yes": "green", "no": "red"}
LATE_NOTE = f"{LATE} did not keep up: it left work out, so its CPU is too low and the ratio to it too high"
SERVER_NOTE = (
    "CPU: cores of all the server's processes; packets: in and out, by second; µs each: of CPU for one; "
    "missed, encoders: of the picture + of the sound; made up: late ticks of the sound, nothing lost; "
    "drops: pictures + datagrams; late: turns of event loops, by over 50 ms; "
    "load: kept when the participants sent all that they should"
)
FIGURES_NOTE = "runs: least–most; reach: the goal / the stretch beyond it; reached: no, yes, or stretch"
SECTION_HEADS = ("section", "commit", "when, UTC", "cores used by others", "cores stolen")
ROW_HEADS = (
    *("CPU", "RSS MB", "packets", "µs each", "missed"),  # packets by second
    *("made up", "encoders", "drops", "late", "load"),
)


def show(results: Results, console: Console, *, machine: Machine) -> None:
    """Everything that was measured, now or before."""
    console.print(
        f"{machine.cpu}, {machine.cores} cores, {machine.memory_gb:.0f} GB, Linux {machine.kernel}, "
        f"Python {machine.python}, mcu {machine.commit}",
        style="dim",
    )
    _print(console, "measured", _sections(results))
    for name, comparison in results.comparisons.items():
        _print(console, f"{name} · CPU seconds a second", _compared(comparison), _late_note(comparison))
    if results.aiortc is not None:
        number = results.aiortc.workload.participants
        title = f"aiortc at {number} participants · CPU seconds a second"
        _print(console, title, _compared(results.aiortc), _late_note(results.aiortc))
    if results.comparisons:
        lines = [Grown(name, found.workload, found.server) for name, found in results.comparisons.items()]
        _print(console, "server", _grown(lines), SERVER_NOTE)
        _print(console, "CPU by thread, milliseconds a second", _threads(lines))
    for title, table in (
        ("by participants", results.participants),
        ("by viewers", results.viewers),
        ("by layout", results.layouts),
        ("by size of the composite", results.sizes),
    ):
        if table:
            _print(console, f"server, {title}", _grown(table), SERVER_NOTE)
    if results.endurance is not None:
        _print(console, "server, in one long stretch", _grown(endured(results.endurance)), SERVER_NOTE)
    if results.delays is not None and results.quality is not None:
        gets = _table("", "server", "plain way")
        for line in received(results.delays, results.quality):
            gets.add_row(*line)
        _print(console, "what one of the participants gets", gets)
    if results.lines:
        _print(console, "through bad lines", impaired.table(results.lines))
    if others := list(composites(results)):
        each = _table("", "CPU, ms")
        for name, milliseconds in others:
            each.add_row(name, milliseconds)
        _print(console, "one composite of other variants", each)
    _print(console, "figures to reach", _figures(results), FIGURES_NOTE)
    unmeasured = [name for name, *_, verdict in figures.lines(results) if verdict == figures.NOT_MEASURED]
    if unmeasured:
        console.print(f"not measured: {'; '.join(unmeasured)}", style="dim")
    for name, found in results.comparisons.items():
        console.print(in_short(name, found, cores=machine.cores), highlight=False)


def in_short(name: str, found: Comparison, *, cores: int) -> str:
    """One sentence for who asks whether the machine carries it."""
    rows = list(valid(found.server))
    missed = sum(row.video_missed + row.audio_missed for row in rows)
    kept = "no tick missed" if not missed else f"{missed} ticks missed"
    stretches = "1 stretch" if len(rows) == 1 else f"{len(rows)} stretches"
    return (
        f"{name}: {found.workload.people} people took {median(rows, lambda row: row.rate):.2f} of {cores} cores, "
        f"{kept}, in {stretches} of {statistics.median(row.seconds for row in rows):.0f} s"
    )


def composites(results: Results) -> Iterator[tuple[str, str]]:
    """Variant, milliseconds of CPU; those of the figures to reach are shown there."""
    for name, spread in results.composite_ms.items():
        if name not in (figures.REFERENCE, figures.UNTOLD):
            yield name, spread_text(spread, 2)


def _print(console: Console, title: str, table: Table, note: str = "") -> None:
    table.title, table.title_justify = title, "left"
    console.print(table)
    if note:
        console.print(note, style="dim", highlight=False)


def _late_note(comparison: Comparison) -> str:
    return LATE_NOTE if any(left_work_out(rows) for rows in comparison.contenders.values()) else ""


def _compared(comparison: Comparison) -> Table:
    table = _table("", "CPU", "server ÷ it", "notes")
    table.add_row(
        "server", spread_text(_spread(row.rate for row in valid(comparison.server)), 3), "", _doubts(comparison)
    )
    for name, rows in comparison.contenders.items():
        missed = sum(row.ticks_missed for row in rows)
        note = rows[-1].note if rows else ""
        late = f"{missed} ticks missed" + (": did not keep up" if left_work_out(rows) else "")
        notes = "; ".join(part for part in (note, late if missed else "") if part)
        cpu = spread_text(_spread(row.rate for row in rows), 3)
        ratio_text = spread_text(ratio(comparison.server, rows), 2) + (f" {LATE}" if left_work_out(rows) else "")
        table.add_row(name, cpu, ratio_text, notes)
    for name, reason in comparison.absent.items():
        table.add_row(name, "–", "–", reason)
    return table


def _doubts(comparison: Comparison) -> str:
    doubts = sorted({row.invalid for row in comparison.server if row.invalid})
    return "; ".join(filter(None, (asked_text(comparison.server, comparison.workload), *doubts)))


def _grown(lines: Sequence[Grown]) -> Table:
    table = _table("", *ROW_HEADS)
    for line in lines:
        if line.server:
            table.add_row(line.label, *cells(line.server))
        else:
            table.add_row(line.label, line.error, *[""] * (len(ROW_HEADS) - 1))
    return table


def cells(rows: list[ServerRow]) -> Iterator[str]:
    """Of the runs with the load that they should have had, where there are some."""
    good = valid(rows)
    yield f"{median(rows, lambda row: row.rate):.3f}"
    yield f"{median(rows, lambda row: row.rss_mb):.0f}"
    yield f"{median(rows, lambda row: row.packets_received + row.packets_sent):.0f}"
    costs = [row.packet_us for row in good if row.packet_us is not None]
    yield f"{statistics.median(costs):.1f}" if costs else "–"
    yield f"{sum(row.video_missed for row in good)} + {sum(row.audio_missed for row in good)}"
    made_up = [row.audio_made_up for row in good if row.audio_made_up is not None]
    yield f"{sum(made_up)}" if made_up else "–"
    yield f"{max(row.video_encoders for row in good)} + {max(row.audio_encoders for row in good)}"
    yield f"{sum(row.frames_dropped for row in good)} + {sum(row.datagrams_dropped for row in good)}"
    yield f"{sum(row.loop_late for row in good)}"
    left_out = len(rows) - len(good)
    doubt = next((row.invalid for row in good if row.invalid), "kept")
    yield doubt + (f"; {left_out} of {len(rows)} runs left out" if left_out else "")


def endured(row: ServerRow) -> list[Grown]:
    """The long stretch as a table of one line."""
    return [Grown(f"{row.seconds / 60:.0f} minutes", variant("reference"), [row])]


def when(machine: Machine) -> tuple[str, ...]:
    """Of a section, under SECTION_HEADS."""
    built = " (sources)" if machine.sources_run else ""
    at = machine.measured[:16].replace("T", " ")
    return machine.commit + built, at, f"{machine.others:.2f}", f"{machine.stolen:.2f}"


def _sections(results: Results) -> Table:
    table = _table(*SECTION_HEADS)
    for name, machine in results.machines.items():
        table.add_row(name, *when(machine))
    return table


def _threads(lines: Sequence[Grown]) -> Table:
    names = sorted({name for line in lines for row in line.server for name in row.threads})
    table = _table("", *names)
    for line in lines:
        shares = [f"{1000 * median(line.server, lambda row: row.threads.get(name, 0.0)):.0f}" for name in names]  # noqa: B023
        table.add_row(line.label, *shares)
    return table


def received(delays: Delays, quality: Quality) -> Iterator[tuple[str, str, str]]:
    """Name, of the server, of the plain way. A delay says of how many pictures, or marks of the sound, it is."""
    pictures, sounds = f"{delays.pictures} pictures", f"{delays.sounds} marks"
    for name, own, plain, digits in (
        (f"delay of the picture p50, ms, {pictures}", delays.video_p50, None, 1),
        (f"delay of the picture p95, ms, {pictures}", delays.video_p95, None, 1),
        (f"delay of the sound p50, ms, {sounds}", delays.audio_p50, None, 1),
        (f"delay of the sound p95, ms, {sounds}", delays.audio_p95, None, 1),
        ("sound behind the picture, ms", delays.skew, None, 1),
        ("PSNR of the composite, dB", quality.psnr, quality.psnr_plain, 2),
        ("the same, moved by parts of a pixel", quality.psnr_aligned, quality.psnr_aligned_plain, 2),
        ("picture, kbit/s", quality.kilobits, quality.kilobits_plain, 0),
        ("intelligibility of the mix (STOI)", quality.stoi, quality.stoi_plain, 3),
        ("distance of its spectrum, dB", quality.distance, quality.distance_plain, 2),
    ):
        here, there = ("–" if value is None else f"{value:.{digits}f}" for value in (own, plain))
        yield name, here, there


def _figures(results: Results) -> Table:
    table = _table("", "median", "runs", "reach", "reached")
    for name, value, *cells, verdict in figures.lines(results):
        if verdict != figures.NOT_MEASURED:
            table.add_row(name, value, *cells, f"[{COLOURS[verdict]}]{verdict}[/]")
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column(first, no_wrap=True)
    for other in others:
        table.add_column(other, justify="left" if other in {"notes", "load", "reached"} else "right")
    return table


def _spread(values: Iterable[float]) -> Spread | None:
    found = list(values)
    return Spread.of(found) if found else None
