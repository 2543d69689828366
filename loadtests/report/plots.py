"""Drawings of a run as SVG, by matplotlib: text stays text, so any browser shows Korean with its own fonts. Pure.

Times of day are seconds since the beginning of the run.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from loadtests.findings import Fault
from loadtests.report import drawing
from loadtests.report.drawing import BLUE, GREEN, GREY, ORANGE, PALE, RED, WINDOW
from loadtests.results import Results

SIZE = (7.2, 2.6)  # inches
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
    return drawing.moments(results, axes, (("users", BLUE, "사람 · people"),), is_counted=True)


def _cores(results: Results, axes: Axes) -> bool:
    return drawing.moments(
        results, axes, (("server_cores", BLUE, "서버 · server"), ("load_cores", GREY, "부하 생성기 · load"))
    )


def _memory(results: Results, axes: Axes) -> bool:
    return drawing.moments(results, axes, (("server_bytes", BLUE, "서버 · server"),), scale=1e-6)


def _handles(results: Results, axes: Axes) -> bool:
    return drawing.moments(
        results,
        axes,
        (
            ("descriptors", BLUE, "파일과 소켓 · descriptors"),
            ("tasks", GREEN, "작업 · tasks"),
            ("threads", ORANGE, "스레드 · threads"),
        ),
        is_counted=True,
    )


def _encoders(results: Results, axes: Axes) -> bool:
    return drawing.moments(
        results,
        axes,
        (("video_encoders", BLUE, "영상 · pictures"), ("audio_encoders", ORANGE, "음성 · sound")),
        is_counted=True,
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
        drawing.legend(axes)
    return bool(last)


def _checks(results: Results, axes: Axes) -> bool:
    good = drawing.every(results, ("tile check", "voice check"))
    failed = [s for s in results.failures if s.kind in ("tile check", "voice check")]
    if not good and not failed:
        return False
    edges = np.arange(0, max(results.seconds, WINDOW) + WINDOW, WINDOW)
    right, _ = np.histogram([s.at - results.began for s in good], edges)
    wrong, _ = np.histogram([s.at - results.began for s in failed], edges)
    axes.bar(edges[:-1], right, WINDOW * 0.9, align="edge", color=GREEN, label="맞음 · right")
    axes.bar(edges[:-1], wrong, WINDOW * 0.9, align="edge", bottom=right, color=RED, label="틀림 · wrong")
    drawing.in_time(results, axes, "확인 · checks", is_counted=True)
    drawing.legend(axes)
    return True


def _pictures(results: Results, axes: Axes) -> bool:
    return drawing.inspected(results, axes, "picture_delay", "ms", wrong={Fault.LATE_PICTURE})


def _voices(results: Results, axes: Axes) -> bool:
    return drawing.inspected(results, axes, "sound_delay", "ms", wrong={Fault.LATE_SOUND})


def _fps(results: Results, axes: Axes) -> bool:
    return drawing.inspected(results, axes, "fps", "장/초 · a second", wrong={Fault.FROZEN})


def _lips(results: Results, axes: Axes) -> bool:
    return drawing.inspected(results, axes, "lip_sync", "ms", wrong={Fault.LIPS})


def _concealed(results: Results, axes: Axes) -> bool:
    return drawing.inspected(results, axes, "concealed", "%", scale=100.0, wrong={Fault.GAPS}, least=1.0)
