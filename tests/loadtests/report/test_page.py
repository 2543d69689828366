"""The report says what results say, takes nothing from outside, and lets no text become markup."""

from __future__ import annotations

import re

import pytest

from loadtests import expectations
from loadtests.findings import Fault, Figures, Finding, Inspection
from loadtests.report.page import About, render
from loadtests.report.plots import plots
from loadtests.report.sentences import FAULTS, KINDS, SERIES, Both, headline
from loadtests.results import Moment, Results, Sample
from loadtests.telling import REQUEST_TYPES

ABOUT = About(Both("고른 부하", "steady"), [("서버", "server", "http://127.0.0.1:8080")])
EXPECTED = [expectations.parse("join p95 < 3000")]


def full(failure: str = "") -> Results:
    results = Results(began=1_800_000_000.0)
    for number in range(30):
        at = results.began + number
        results.add([Sample(at, kind, "Chair", 100.0 + number) for kind in REQUEST_TYPES])
        results.look(Moment(at=at, users=number, server_cores=0.5, server_bytes=3e8, load_cores=0.2))
        figures = Figures(seconds=3.0, frames=75, fps=25.0, concealed=0.01)
        finding = (Finding(Fault.TILE_BLACK, "one", (3,)),) if failure and number == 3 else ()
        results.inspect(at, "Chair", Inspection(who=1, began=0.0, figures=figures, picture_findings=finding))
    if failure:
        results.add([Sample(results.began + 3, "tile check", "Chair", 0.0, failure)])
    results.ended = results.began + 30
    return results


def page(results: Results) -> str:
    return render(results, expectations.judge(EXPECTED, results.measured()), ABOUT)


def test_a_good_run_says_so_with_every_plot_and_figure() -> None:
    text = page(full())
    assert "합격: 모든 기준을 지켰습니다" in text
    assert "129 ms" in text  # the worst join
    assert text.count("<figure>") == 9
    for korean, _ in KINDS.values():
        assert korean in text


def test_a_server_that_tells_more_has_more_plots() -> None:
    results = full()
    for number in range(30):
        at = results.began + number
        results.look(Moment(at=at, users=1, descriptors=60, tasks=40.0 + number, threads=9, video_encoders=2))
        figures = Figures(seconds=3.0, frames=75, lip_sync=10.0 - number)
        results.inspect(at, "Chair", Inspection(who=1, began=0.0, figures=figures))
    found = {plot.title_en: plot.svg for plot in plots(results)}
    assert len(found) == 12
    assert "작업 · tasks" in found["Descriptors, tasks and threads of the server"]
    assert "audio" not in found["Encoders of the server"]
    assert "−" in found["Sound after lips"]  # its axis goes below zero


def test_a_fault_stands_in_it_by_name() -> None:
    text = page(full("tile black: 3"))
    assert "합격" not in text.replace("불합격", "")
    assert FAULTS["tile black"] in text
    assert "tile black: 3" in text


def test_an_expectation_that_is_missed_fails_the_run() -> None:
    results = full()
    verdicts = expectations.judge([expectations.parse("join p95 < 110")], results.measured())
    assert headline(results, verdicts).en.startswith("Failed: 1 of 1")


def test_nothing_comes_from_outside_and_names_are_text() -> None:
    text = page(full('<script>alert("x")</script>'))
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    links = re.findall(r'(?:src|href|xlink:href)="([^"#][^"]*)"', text)
    assert not links, links


def test_a_run_without_anything_is_no_success() -> None:
    empty = Results(began=0.0)
    assert headline(empty, ()).en == "Nothing was measured"
    assert plots(empty) == []
    assert "그릴 것이 없습니다" in page(empty)


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_has_korean_words(fault: Fault) -> None:
    assert fault.value in FAULTS


def test_every_request_type_has_words() -> None:
    assert set(KINDS) == set(REQUEST_TYPES)


def test_every_series_has_words_and_growth_is_told_with_its_unit() -> None:
    assert set(SERIES) == set(expectations.SERIES)
    results = full()
    texts = ["server_bytes growth < 5%", "fps max < 30", "join p50 growth < 5 ms", "lip_sync growth < 5%"]
    judged = expectations.judge(list(map(expectations.parse, texts)), {**results.measured(), **results.series()})
    written = render(results, judged, ABOUT)
    assert SERIES["server_bytes"][0] in written
    for value in ("+0.0 %", ">25<", "+20 ms", ">—<"):
        assert value in written


def test_the_same_results_give_the_same_file() -> None:
    assert page(full()) == page(full())
