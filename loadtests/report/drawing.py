"""What drawings of a run share: the axis of time, lines of moments, figures of checks, the legend. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from loadtests.findings import Fault
from loadtests.results import Moment, Results, Sample

PALE = "#a9c6e8"
BLUE, RED, GREY, GREEN, ORANGE = "#1f5fa8", "#c0392b", "#8a94a0", "#2e8b57", "#d98324"
WINDOW = 10.0  # seconds over which a line in time is summed up
ROOM = 1.08  # of the axis above what is drawn


def in_time(results: Results, axes: Axes, unit: str = "", *, least: float = 0.0, is_counted: bool = False) -> None:
    """All drawings have the same time below; nothing that is drawn is cut off at the top, or below zero."""
    low, high = axes.dataLim.y0, axes.dataLim.y1
    top = max(high * ROOM, least) or 1.0
    axes.set(xlabel="초 · seconds", ylabel=unit, xlim=(0, max(results.seconds, 1.0)), ylim=(min(0.0, low * ROOM), top))
    if is_counted:
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))


def moments(
    results: Results,
    axes: Axes,
    fields: Sequence[tuple[str, str, str]],
    *,
    scale: float = 1.0,
    is_counted: bool = False,
) -> bool:
    drawn = False
    for field, colour, label in fields:
        points = [(moment.at - results.began, value * scale) for moment, value in _told(results.moments, field)]
        if points:
            axes.plot(*zip(*points, strict=True), color=colour, label=label)
            drawn = True
    if drawn:
        in_time(results, axes, is_counted=is_counted)
        if len(fields) > 1:
            legend(axes)
    return drawn


def _told(moments: Sequence[Moment], field: str) -> Iterator[tuple[Moment, float]]:
    for moment in moments:
        value = getattr(moment, field)
        if value is not None:
            yield moment, float(value)


def every(results: Results, kinds: Sequence[str]) -> list[Sample]:
    return [sample for kind in kinds for sample in results.samples.get(kind, ())]


def inspected(
    results: Results,
    axes: Axes,
    field: str,
    unit: str,
    *,
    wrong: AbstractSet[Fault],
    scale: float = 1.0,
    least: float = 0.0,
) -> bool:
    """A figure of every check, and the median of each window as a line; checks that found a fault in it are marked.

    The axis reaches `least` at the least: of what is nothing all the time nobody sees how little it is.
    """
    points: list[tuple[float, float, bool]] = []
    for at, _, inspection in results.inspections:
        value = getattr(inspection.figures, field)
        if value is not None:
            found = {each.fault for each in (*inspection.picture_findings, *inspection.voice_findings)}
            points.append((at - results.began, value * scale, bool(found & wrong)))
    if not points:
        return False
    at, values, are_wrong = np.array(points, float).T
    bad = are_wrong > 0
    (dots,) = axes.plot(at[~bad], values[~bad], "o", color=BLUE, alpha=0.4, markersize=3.5, label="확인 · a check")
    dots.set(markeredgewidth=0, clip_on=False)
    windows = np.floor(at / WINDOW)
    middles = [(window * WINDOW + WINDOW / 2, np.median(values[windows == window])) for window in np.unique(windows)]
    axes.plot(*zip(*middles, strict=True), color=BLUE, linewidth=1.6, label="가운데 값 · median")
    if bad.any():
        axes.plot(at[bad], values[bad], "x", color=RED, markersize=6, markeredgewidth=1.6, label="잘못 · wrong")
    in_time(results, axes, unit, least=least)
    legend(axes)
    return True


def legend(axes: Axes) -> None:
    """Above the drawing, where it hides nothing."""
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, frameon=False)
