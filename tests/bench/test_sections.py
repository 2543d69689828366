from __future__ import annotations

import pytest

from mcu.bench import compare as compared
from mcu.bench import sections
from mcu.bench.contender import Absent, Result
from mcu.bench.progress import Steps
from mcu.bench.results import Results
from mcu.bench.rows import ContenderRow, ServerRow
from mcu.bench.sections import AIORTC, SECTIONS, Settings
from mcu.bench.stretch import StretchFailed
from mcu.bench.workload import LAYOUTS, Workload
from tests.bench.rows_of import contender, server

SETTINGS = Settings(runs=3, seconds=5.0, variants=("reference",))


@pytest.fixture
def order(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The stretches in the order in which they were measured; nothing is started."""
    seen: list[str] = []

    def serve(workload: Workload, seconds: float) -> ServerRow:
        seen.append("server")
        if workload.participants == 100:
            raise StretchFailed("97 of 100 came in")
        return server()

    def run_contender(name: str, workload: Workload, seconds: float) -> Result | Absent:
        seen.append(name)
        if name == "gstreamer":
            return Absent(name=name, absent="GStreamer is not installed")
        carried = min(8, workload.participants) if name == AIORTC else workload.participants
        return Result(name=name, cpu_seconds=2.0, seconds=5.0, ticks=125, ticks_missed=0, participants=carried)

    for module in (compared, sections):
        monkeypatch.setattr(module, "serve", serve)
    monkeypatch.setattr(compared, "run_contender", run_contender)
    monkeypatch.setattr(sections, "rivals", lambda names=("floor", "gstreamer"): list(names))
    return seen


def test_runs_are_interleaved_and_everybody_is_first_once(order: list[str]) -> None:
    found = SECTIONS["compare"].run(SETTINGS, Results(), Steps(100.0)).comparisons["reference"]
    assert order == ["server", "floor", "gstreamer", "floor", "server", "server", "floor"]
    assert len(found.server) == len(found.contenders["floor"]) == 3
    assert found.contenders["floor"][0].rate == 0.4
    assert found.absent == {"gstreamer": "GStreamer is not installed"}


@pytest.mark.parametrize("failures", [1, 2])
def test_what_fails_once_is_measured_again(failures: int, order: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    whole_server, whole_contender = compared.serve, compared.run_contender

    def serve(workload: Workload, seconds: float) -> ServerRow:
        row = whole_server(workload, seconds)
        if order.count("server") <= failures - 1:
            raise StretchFailed("somebody did not come in")
        return row

    def run_contender(name: str, workload: Workload, seconds: float) -> Result | Absent:
        result = whole_contender(name, workload, seconds)
        if name == "floor" and order.count("floor") <= failures:
            raise StretchFailed("floor ended with 1")
        return result

    monkeypatch.setattr(compared, "serve", serve)
    monkeypatch.setattr(compared, "run_contender", run_contender)
    found = SECTIONS["compare"].run(SETTINGS, Results(), Steps(100.0)).comparisons["reference"]
    assert len(found.server) == 3
    assert len(found.contenders.get("floor", ())) == (3 if failures == 1 else 0)
    assert found.absent.get("floor") == (None if failures == 1 else "floor ended with 1")


def test_aiortc_is_compared_at_the_largest_number_that_it_carries(order: list[str]) -> None:
    found = SECTIONS["aiortc"].run(SETTINGS, Results(), Steps(100.0)).aiortc
    assert found is not None
    assert found.workload.participants == 8
    assert [row.participants for row in found.contenders[AIORTC]] == [8, 8, 8]


def test_everybody_of_a_table_is_known_before_it_is_measured() -> None:
    """So that their faces and voices are made, and counted in the bar, at the beginning."""
    assert [load.participants for load in SECTIONS["participants"].workloads()] == [5, 10, 20, 30, 60, 100]
    assert {load.layout for load in SECTIONS["layouts"].workloads()} == set(LAYOUTS)
    assert {load.composite.height for load in SECTIONS["sizes"].workloads()} == {360, 720, 1080}
    assert not SECTIONS["compare"].workloads()


def test_a_table_goes_on_behind_what_could_not_be_carried(order: list[str]) -> None:
    found = SECTIONS["participants"].run(SETTINGS, Results(), Steps(100.0)).participants
    assert [(line.workload.participants, len(line.server)) for line in found] == [
        *[(number, 1) for number in (5, 10, 20, 30, 60)],
        (100, 0),
    ]
    assert found[-1].error == "97 of 100 came in"


def test_viewers_are_measured_in_turns(order: list[str]) -> None:
    found = SECTIONS["viewers"].run(SETTINGS, Results(), Steps(100.0)).viewers
    assert [(line.workload.viewers, len(line.server)) for line in found] == [(0, 3), (50, 3)]


def test_every_layout_and_size_has_a_line(order: list[str]) -> None:
    found = SECTIONS["layouts"].run(SETTINGS, Results(), Steps(100.0))
    assert [line.label for line in found.layouts] == list(LAYOUTS)
    found = SECTIONS["sizes"].run(SETTINGS, found, Steps(100.0))
    assert {line.workload.composite.height for line in found.sizes} == {360, 720, 1080}
    assert found.layouts  # and what was there stays


def test_every_section_knows_how_long_it_takes() -> None:
    for section in SECTIONS.values():
        assert section.seconds(SETTINGS) > 0
        assert section.says


def test_who_misses_ticks_did_not_keep_up() -> None:
    assert contender(0.3).kept_up
    assert not contender(0.3, missed=4).kept_up
    row = ContenderRow(rate=0.1, seconds=1.0, participants=2, ticks=0, ticks_missed=0)
    assert row.kept_up
