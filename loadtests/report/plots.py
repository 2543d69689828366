"""Drawings of a run as SVG, by matplotlib: text stays text, so any browser shows Korean with its own fonts. Pure.

Times of day are seconds since the beginning of the run.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from loadtests.findings import Fault
from loadtests.results import Moment, Results, Sample

SIZE = (7.2, 2.6)  # inches
PALE = "#a9c6e8"
BLUE, RED, GREY, GREEN, ORANGE = "#1f5fa8", "#c0392b", "#8a94a0", "#2e8b57", "#d98324"
WINDOW = 10.0  # seconds over which a line in time is summed up
STYLE: dict[Any, object] = {  # keys are literals of matplotlib's own
    "svg.fonttype": "none",
    "svg.hashsalt": "load test",  # the same run gives the same file
    "font.family": ["Noto Sans CJK KR", "sans-serif"],
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e3e7eb",
    "axes.edgecolor": GREY,
}


@dataclass(frozen=True, slots=True)
class Plot:
    """One drawing with its words."""

    title_ko: str
    title_en: str
    svg: str


def plots(results: Results) -> list[Plot]:
    """Those for which there is something to draw."""
    makers: tuple[tuple[str, str, Callable[[Results, Axes], bool]], ...] = (
        ("참가자 수", "People in the run", _people),
        ("들어오는 데 걸린 시간", "Time to come in", _joins),
        ("화면과 소리 확인", "Checks of picture and sound", _checks),
        (
            "화면이 도착하는 데 걸린 시간 (마지막 패킷이 보낸 사람을 떠난 때부터)",
            "Delay of pictures, from the last packet's leaving the sender",
            _pictures,
        ),
        (
            "소리가 들리는 데 걸린 시간 (보낸 사람을 떠난 때부터)",
            "Delay of voices, from leaving the speaker to being played",
            _voices,
        ),
        ("초당 화면 수", "Pictures a second", _fps),
        ("메운 소리의 비율", "Share of sound that was concealed", _concealed),
        ("서버의 CPU와 부하 생성기의 CPU (코어)", "Processors of the server and of the load (cores)", _cores),
        ("서버의 메모리 (MB)", "Memory of the server (MB)", _memory),
        ("서버가 연 파일과 소켓, 작업, 스레드의 수", "Descriptors, tasks and threads of the server", _handles),
        ("서버의 부호기 수", "Encoders of the server", _encoders),
        ("입보다 소리가 늦은 정도", "Sound after lips", _lips),
    )
    found = []
    for korean, english, draw in makers:
        svg = _drawn(results, draw)
        if svg:
            found.append(Plot(korean, english, svg))
    return found


def _drawn(results: Results, draw: Callable[[Results, Axes], bool]) -> str:
    """Empty where there was nothing to draw."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=SIZE, layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        axes.set_axisbelow(True)
        if not draw(results, axes):
            return ""
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return text.getvalue().partition("<svg")[2].join(("<svg", ""))


# --- one function for each -------------------------------------------------------------------------------


def _people(results: Results, axes: Axes) -> bool:
    return _moments(results, axes, (("users", BLUE, "사람 · people"),))


def _cores(results: Results, axes: Axes) -> bool:
    return _moments(
        results, axes, (("server_cores", BLUE, "서버 · server"), ("load_cores", GREY, "부하 생성기 · load"))
    )


def _memory(results: Results, axes: Axes) -> bool:
    return _moments(results, axes, (("server_bytes", BLUE, "서버 · server"),), scale=1e-6)


def _handles(results: Results, axes: Axes) -> bool:
    return _moments(
        results,
        axes,
        (
            ("descriptors", BLUE, "파일과 소켓 · descriptors"),
            ("tasks", GREEN, "작업 · tasks"),
            ("threads", ORANGE, "스레드 · threads"),
        ),
    )


def _encoders(results: Results, axes: Axes) -> bool:
    return _moments(
        results, axes, (("video_encoders", BLUE, "영상 · pictures"), ("audio_encoders", ORANGE, "음성 · sound"))
    )


def _joins(results: Results, axes: Axes) -> bool:
    """Who is in often hears something at once: a broad pale line stays to be seen below the narrow ones."""
    rows = (
        ("join", PALE, 7.0, "회의에 들어옴 · in"),
        ("first sound", ORANGE, 1.6, "첫 소리 · first sound"),
        ("first frame", BLUE, 1.6, "첫 화면 · first picture"),
    )
    last = 0.0
    for kind, colour, width, label in rows:
        times = np.sort([sample.milliseconds / 1000 for sample in results.samples.get(kind, ())])
        if len(times):
            share = 100 * np.arange(len(times) + 1) / len(times)
            axes.step([0.0, *times], share, where="post", color=colour, linewidth=width, label=label)
            last = max(last, times[-1])
    if last:
        axes.set(
            xlabel="초 안에 · within seconds", ylabel="사람의 % · % of people", ylim=(0, 104), xlim=(0, 1.05 * last)
        )
        axes.legend(loc="lower right", frameon=False)
    return bool(last)


def _checks(results: Results, axes: Axes) -> bool:
    good = _every(results, ("tile check", "voice check"))
    failed = [s for s in results.failures if s.kind in ("tile check", "voice check")]
    if not good and not failed:
        return False
    edges = np.arange(0, max(results.seconds, WINDOW) + WINDOW, WINDOW)
    right, _ = np.histogram([s.at - results.began for s in good], edges)
    wrong, _ = np.histogram([s.at - results.began for s in failed], edges)
    axes.bar(edges[:-1], right, WINDOW * 0.9, align="edge", color=GREEN, label="맞음 · right")
    axes.bar(edges[:-1], wrong, WINDOW * 0.9, align="edge", bottom=right, color=RED, label="틀림 · wrong")
    axes.set(xlabel="초 · seconds", ylabel="확인 · checks", xlim=(0, None))
    _legend(axes)
    return True


def _pictures(results: Results, axes: Axes) -> bool:
    return _inspected(results, axes, "picture_delay", "ms", wrong={Fault.LATE_PICTURE})


def _voices(results: Results, axes: Axes) -> bool:
    return _inspected(results, axes, "sound_delay", "ms", wrong={Fault.LATE_SOUND})


def _fps(results: Results, axes: Axes) -> bool:
    return _inspected(results, axes, "fps", "장/초 · a second", wrong={Fault.FROZEN})


def _lips(results: Results, axes: Axes) -> bool:
    drawn = _inspected(results, axes, "lip_sync", "ms", wrong={Fault.LIPS})
    axes.autoscale(axis="y")  # sound may be first
    return drawn


def _concealed(results: Results, axes: Axes) -> bool:
    return _inspected(results, axes, "concealed", "%", scale=100.0, wrong={Fault.GAPS})


# --- what they share -------------------------------------------------------------------------------------


def _moments(results: Results, axes: Axes, fields: Sequence[tuple[str, str, str]], *, scale: float = 1.0) -> bool:
    drawn = False
    for field, colour, label in fields:
        points = [(moment.at - results.began, value * scale) for moment, value in _told(results.moments, field)]
        if points:
            axes.plot(*zip(*points, strict=True), color=colour, label=label)
            drawn = True
    if drawn:
        axes.set(xlabel="초 · seconds", ylim=(0, None), xlim=(0, None))
        if len(fields) > 1:
            _legend(axes)
    return drawn


def _told(moments: Sequence[Moment], field: str) -> Iterator[tuple[Moment, float]]:
    for moment in moments:
        value = getattr(moment, field)
        if value is not None:
            yield moment, float(value)


def _every(results: Results, kinds: Sequence[str]) -> list[Sample]:
    return [sample for kind in kinds for sample in results.samples.get(kind, ())]


def _inspected(
    results: Results, axes: Axes, field: str, unit: str, *, wrong: AbstractSet[Fault], scale: float = 1.0
) -> bool:
    """A figure of every check, and the median of each window as a line; checks that found a fault in it are marked."""
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
    axes.plot(
        at[~bad], values[~bad], "o", color=BLUE, alpha=0.4, markersize=3.5, markeredgewidth=0, label="확인 · a check"
    )
    windows = np.floor(at / WINDOW)
    middles = [(window * WINDOW + WINDOW / 2, np.median(values[windows == window])) for window in np.unique(windows)]
    axes.plot(*zip(*middles, strict=True), color=BLUE, linewidth=1.6, label="가운데 값 · median")
    if bad.any():
        axes.plot(at[bad], values[bad], "x", color=RED, markersize=6, markeredgewidth=1.6, label="잘못 · wrong")
    axes.set(xlabel="초 · seconds", ylabel=unit, ylim=(0, None), xlim=(0, None))
    _legend(axes)
    return True


def _legend(axes: Axes) -> None:
    """Above the drawing, where it hides nothing."""
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, frameon=False)
