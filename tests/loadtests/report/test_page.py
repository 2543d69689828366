"""The report says what results say, takes nothing from outside, and lets no text become markup."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from loadtests import expectations
from loadtests.findings import Fault, Figures, Finding, Inspection
from loadtests.report import plots as module
from loadtests.report.drawing import PALE, RED
from loadtests.report.page import About, render
from loadtests.report.plots import plots
from loadtests.report.sentences import FAULTS, FIGURES, GROWTHS, KINDS, SERIES, asked_of, headline, sentences
from loadtests.report.wording import Both
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
        figures = Figures(seconds=3.0, frames=75, fps=25.0, picture_delay=40.0, sound_delay=60.0, concealed=0.01)
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
    assert "합격: 30초 동안 기준 1개를 모두 지켰고, 실패는 없었습니다" in text
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


def test_checks_that_came_too_late_are_drawn_and_marked() -> None:
    results = full()
    at = results.began + 15
    late = Finding(Fault.LATE_PICTURE, "late")
    figures = Figures(seconds=3.0, frames=75, picture_delay=1234.0, sound_delay=70.0)
    results.inspect(at, "Chair", Inspection(who=1, began=0.0, figures=figures, picture_findings=(late,)))
    found = {plot.title_ko.partition(" (")[0]: plot.svg for plot in plots(results)}
    pictures, voices = found["화면이 도착하는 데 걸린 시간"], found["소리가 들리는 데 걸린 시간"]
    assert ("잘못" in pictures, "잘못" in voices) == (True, False)
    assert RED in pictures
    assert RED not in voices
    assert "1200" in pictures  # its axis reaches it


def drawn(results: Results, maker: Callable[[Results, Axes], bool]) -> Axes:
    axes = Figure().add_subplot()
    assert maker(results, axes)
    return axes


@pytest.mark.parametrize("maker", [module._people, module._checks, module._pictures, module._fps, module._cores])
def test_all_drawings_have_the_time_of_the_run_below(maker: Callable[[Results, Axes], bool]) -> None:
    assert drawn(full(), maker).get_xlim() == (0.0, 30.0)


@pytest.mark.parametrize("maker", [module._people, module._pictures, module._fps, module._memory])
def test_nothing_is_cut_off_at_the_top(maker: Callable[[Results, Axes], bool]) -> None:
    axes = drawn(full(), maker)
    bottom, top = axes.get_ylim()
    assert bottom == 0.0
    assert top == pytest.approx(1.08 * axes.dataLim.y1)


def test_what_is_nothing_all_the_time_is_little() -> None:
    results = full()
    results.inspections = [
        (at, name, msgspec.structs.replace(each, figures=msgspec.structs.replace(each.figures, concealed=0.0)))
        for at, name, each in results.inspections
    ]
    assert drawn(results, module._concealed).get_ylim() == (0.0, 1.0)


def test_people_are_counted_in_whole_numbers() -> None:
    results = Results(began=0.0)
    for look in range(3):
        results.look(Moment(at=5.0 * look, users=look))
    results.ended = 15.0
    axes = drawn(results, module._people)
    assert all(tick == int(tick) for tick in axes.get_yticks())


def test_whoever_is_in_and_hears_something_at_once_is_seen_twice() -> None:
    joins = next(plot.svg for plot in plots(full()) if plot.title_en == "Time to come in")
    assert all(label in joins for label in ("· in", "first sound", "first picture"))
    assert re.search(f"stroke: {PALE}; stroke-width: 7", joins)


def test_what_is_expected_is_said_in_korean() -> None:
    texts = ["join fails = 0", "voice delay p95 < 1 s", "tasks late growth < 10%", "any fails = 0"]
    assert [asked_of(expectations.parse(text)) for text in texts] == [
        "회의에 들어오기 — 실패한 횟수: 0번",
        "소리가 늦는 정도 — 100번 중 95번은: 1초 미만",
        "서버의 작업 수 — 보통, 중간보다 늘어난 정도: 10% 미만",
        "모든 요청과 확인 — 실패한 횟수: 0번",
    ]
    assert set(FIGURES) == set(expectations.FIGURES)
    assert set(GROWTHS) == {"", *expectations.GROWTHS}


def test_how_often_it_was_too_late_stands_at_the_top() -> None:
    results = full()
    results.add([Sample(results.began, "voice delay", "Chair", 300.0, "sound late: 3")] * 2)
    said = "\n".join(f"{each.ko} {each.en}" for each in sentences(results))
    assert "32번 가운데 2번은 너무 늦었거나" in said
    assert "2 of 32 times it was too late" in said


@pytest.mark.parametrize(("more", "times"), [(0, "once"), (1, "2 times")])
def test_one_time_is_once(more: int, times: str) -> None:
    results = full("tile black: 3")
    results.add([Sample(results.began, "tile check", "Chair", 3000.0, "tile black: 3")] * more)
    assert f"found something wrong {times}." in " ".join(each.en for each in sentences(results))


def test_a_fault_stands_in_it_by_name() -> None:
    text = page(full("tile black: 3"))
    assert "합격" not in text.replace("불합격", "")
    assert FAULTS["tile black"] in text
    assert "tile black: 3" in text


def test_an_expectation_that_is_missed_fails_the_run() -> None:
    results = full()
    verdicts = expectations.judge([expectations.parse("join p95 < 110")], results.measured())
    said = headline(results, verdicts)
    assert said.en == "Failed: 1 of 1 expectations were not met: join p95 < 110"
    assert said.ko.endswith("못 미쳤습니다. 못 미친 것: 회의에 들어오기 — 100번 중 95번은: 110밀리초 미만")


def test_many_that_are_missed_are_counted() -> None:
    results = full()
    verdicts = expectations.judge([expectations.parse("join p95 < 110")] * 5, results.measured())
    said = headline(results, verdicts)
    assert said.en.count("join p95") == 3
    assert said.en.endswith("; and 2 more")
    assert said.ko.endswith(" 등 2개 더")


def test_what_fails_beside_what_is_expected_is_said() -> None:
    results = full("tile black: 3")
    verdicts = expectations.judge(EXPECTED, results.measured())
    assert headline(results, verdicts).en == "All 1 expectations were met, but 1 requests or checks failed"
    assert headline(results, ()).en == "Nothing was expected, but 1 requests or checks failed"
    assert headline(full(), ()).en == "Nothing failed, and nothing was expected"


def test_the_verdict_comes_first_and_the_help_text_last() -> None:
    text = page(full())
    assert text.index("<h1>고른 부하</h1>") < text.index("합격: 30초 동안") < text.index("가장 많을 때")


def test_nothing_comes_from_outside_and_names_are_text() -> None:
    text = page(full('<script>alert("x")</script>'))
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    links = re.findall(r'(?:src|href|xlink:href)="([^"#][^"]*)"', text)
    assert not links, links


def test_a_run_without_anything_is_no_success() -> None:
    empty = Results(began=0.0)
    assert headline(empty, ()).en == "Failed: nothing was measured"
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
