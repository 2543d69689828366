"""The figures that the project promises: what was measured, what is to be reached, and whether it was.

A figure that was not measured says so and is never reached.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mcu.bench.results import Delays, Judged, Results
from mcu.bench.rows import ContenderRow, ServerRow, Spread, left_work_out, ratio, valid
from mcu.bench.sections import AIORTC, MORE_VIEWERS

REFERENCE, UNTOLD = "reference", "untold"
NOT_MEASURED = "unmeasured"
LATE = "*"  # beside the ratio to a contender that did not keep up


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `reach` and `stretch` are the most that the value may be, or the least."""

    name: str
    reach: float
    stretch: float
    measure: Callable[[Results], Spread | None]
    more_is_better: bool = False
    digits: int = 2
    rival: str = ""  # the contender that it is a ratio to
    beside: Callable[[Results], str] = lambda _: ""  # said where other figures have their least and most

    def verdict(self, results: Results) -> str:
        """ "stretch", "yes", "no" or NOT_MEASURED; judged by the median."""
        value = self.measure(results)
        if value is None:
            return NOT_MEASURED
        sign = -1 if self.more_is_better else 1
        for word, limit in (("stretch", self.stretch), ("yes", self.reach)):
            if sign * value.median <= sign * limit:
                return word
        return "no"


def _compared(contender: str, results: Results) -> tuple[list[ServerRow], list[ContenderRow]]:
    found = results.aiortc if contender == AIORTC else results.comparisons.get(REFERENCE)
    return (found.server, found.contenders.get(contender, [])) if found else ([], [])


def _ratio(name: str, reach: float, stretch: float, rival: str) -> Figure:
    return Figure(name, reach, stretch, lambda results: ratio(*_compared(rival, results)), rival=rival)


def _server(read: Callable[[ServerRow], float | None]) -> Callable[[Results], Spread | None]:
    """Of the server under the reference load."""

    def measure(results: Results) -> Spread | None:
        found = results.comparisons.get(REFERENCE)
        values = [value for row in valid(found.server) if (value := read(row)) is not None] if found else []
        return Spread.of(values) if values else None

    return measure


def _composite(name: str) -> Callable[[Results], Spread | None]:
    def measure(results: Results) -> Spread | None:
        return results.composite_ms.get(name)

    return measure


def viewer_milliseconds(results: Results) -> Spread | None:
    """CPU milliseconds a second for one more viewer."""
    if len(results.viewers) != 2:
        return None
    few, many = (line.server for line in results.viewers)
    pairs = list(zip(few, many, strict=False))
    good = [pair for pair in pairs if not (pair[0].invalid or pair[1].invalid)] or pairs
    slopes = [(more.rate - less.rate) / MORE_VIEWERS * 1e3 for less, more in good]
    return Spread.of(slopes) if slopes else None


def _delay(read: Callable[[Delays], float | None]) -> Callable[[Results], Spread | None]:
    def measure(results: Results) -> Spread | None:
        value = None if results.delays is None else read(results.delays)
        return None if value is None else Spread.of([value])

    return measure


def _missed(results: Results) -> Spread | None:
    row = results.endurance
    return None if row is None else Spread.of([row.video_missed + row.audio_missed])


def _made_up(results: Results) -> str:
    """What was late, and no more, of the ticks that `_missed` does not count."""
    row = results.endurance
    return "" if row is None or row.audio_made_up is None else f"{row.audio_made_up} late, made up"


def _pictures(results: Results) -> str:
    return "" if results.delays is None else f"of {results.delays.pictures} pictures"


def _marks(results: Results) -> str:
    return "" if results.delays is None else f"of {results.delays.sounds} marks"


def carried(results: Results) -> Spread | None:
    """The largest number of participants with every tick kept under a load that kept its pace."""
    kept = [line.workload.participants for line in results.participants if any(_kept(row) for row in line.server)]
    if not results.participants:
        return None
    return Spread.of([max(kept, default=0)])


def _kept(row: ServerRow) -> bool:
    return not (row.invalid or row.video_missed or row.audio_missed)


FIGURES = (
    _ratio("CPU ÷ codec floor", 1.0, 0.8, "floor"),
    _ratio("CPU ÷ FFmpeg xstack + amix", 0.9, 0.65, "ffmpeg"),
    _ratio("CPU ÷ GStreamer", 0.6, 0.42, "gstreamer"),
    _ratio("CPU ÷ plain aiortc mixing server", 0.15, 0.1, AIORTC),
    Figure("network path, µs per packet", 7, 5, _server(lambda row: row.packet_us), digits=1),
    Figure("30-tile 720p composite, CPU ms", 0.6, 0.4, _composite(REFERENCE)),
    Figure("composite of 320×180, scaled, CPU ms", 0.6, 0.4, _composite(UNTOLD)),
    Figure("one more viewer, CPU ms/s", 4, 2, viewer_milliseconds, digits=1),
    Figure("delay added, video p50, ms", 45, 35, _delay(lambda delays: delays.video_p50), digits=0, beside=_pictures),
    Figure("delay added, video p95, ms", 75, 60, _delay(lambda delays: delays.video_p95), digits=0, beside=_pictures),
    Figure("delay added, audio p95, ms", 50, 40, _delay(lambda delays: delays.audio_p95), digits=0, beside=_marks),
    Figure("ticks missed in 10 minutes", 0, 0, _missed, digits=0, beside=_made_up),
    Figure("video encoders", 1, 1, _server(lambda row: row.video_encoders), digits=0),
    Figure("audio encoders", 6, 6, _server(lambda row: row.audio_encoders), digits=0),
    Figure("RSS of the server, MB", 400, 250, _server(lambda row: row.rss_mb), digits=0),
    Figure("participants, every tick kept", 60, 100, carried, more_is_better=True, digits=0),
)


def median(rows: list[ServerRow], read: Callable[[ServerRow], float]) -> float:
    """Of the runs with the load that they should have had. Raises statistics.StatisticsError for none."""
    return statistics.median(read(row) for row in valid(rows))


def judged(results: Results) -> list[Judged]:
    """Every figure with its value and verdict."""
    return [
        Judged(
            name=figure.name,
            value=figure.measure(results),
            reach=figure.reach,
            stretch=figure.stretch,
            more_is_better=figure.more_is_better,
            reached=figure.verdict(results),
        )
        for figure in FIGURES
    ]


def lines(results: Results) -> Iterator[tuple[str, str, str, str, str]]:
    """Name, median (with LATE), least to most, limits and verdict of each figure, as text."""
    for figure in FIGURES:
        sign = "≥" if figure.more_is_better else "≤"
        value = figure.measure(results)
        late = f" {LATE}" if left_work_out(_compared(figure.rival, results)[1]) else ""
        yield (
            figure.name,
            "–" if value is None else f"{value.median:.{figure.digits}f}{late}",
            range_text(value, figure.digits) or figure.beside(results),
            f"{sign} {figure.reach:g} / {figure.stretch:g}",
            figure.verdict(results),
        )


def range_text(value: Spread | None, digits: int) -> str:
    """From the least to the most, where there were several runs."""
    if value is None or value.least == value.most:
        return ""
    return f"{value.least:.{digits}f}–{value.most:.{digits}f}"


def spread_text(value: Spread | None, digits: int) -> str:
    """The median, and what lies around it where there were several runs."""
    if value is None:
        return "–"
    text, around = f"{value.median:.{digits}f}", range_text(value, digits)
    return f"{text} ({around})" if around else text
