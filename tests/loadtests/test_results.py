"""Results keep what they must, whatever the length of the run."""

from __future__ import annotations

import pytest

from loadtests import results as module
from loadtests.findings import Fault, Figures, Finding, Inspection
from loadtests.results import Moment, Results, Sample


def test_counts_and_failures_by_type_and_class() -> None:
    results = Results(began=100.0)
    results.add([Sample(101.0, "join", "Chair", 300.0), Sample(102.0, "join", "Viewer", 0.0, "refused")])
    measured = results.measured()["join"]
    assert list(measured.times) == [300.0]
    assert measured.fails == 1
    assert measured.seconds == 1.0
    results.ended = 110.0
    assert results.measured()["join"].seconds == 10.0


def test_what_came_too_late_has_a_time_and_is_counted_once() -> None:
    results = Results(began=0.0)
    results.add(
        [
            Sample(1.0, "voice delay", "Chair", 60.0),
            Sample(2.0, "voice delay", "Chair", 260.0, "sound late: 3"),
            Sample(3.0, "voice delay", "Chair", 0.0, "lips and voice apart: 3"),  # no delay was measured
            Sample(4.0, "tile check", "Chair", 3000.0, "tile black: 3"),
        ]
    )
    delays, tiles = results.measured()["voice delay"], results.measured()["tile check"]
    assert (list(delays.times), delays.fails, delays.figure("count")) == ([60.0, 260.0], 2, 3.0)
    assert delays.figure("fail%") == pytest.approx(200 / 3)
    assert (list(tiles.times), tiles.figure("count")) == ([], 1.0)


def test_a_long_run_keeps_a_fair_sample_and_exact_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_SAMPLES", 1_000)
    results = Results(began=0.0)
    for start in range(0, 20_000, 500):
        results.add(Sample(float(at), "join", "Chair", float(at)) for at in range(start, start + 500))
    measured = results.measured()["join"]
    assert len(measured.times) == 1_000
    assert results.counts["join", "Chair"] == 20_000
    assert measured.figure("count") == 20_000
    assert results.dropped == 19_000
    assert measured.figure("p50") == pytest.approx(10_000, rel=0.1)
    assert measured.figure("p95") == pytest.approx(19_000, rel=0.03)


def test_faults_are_counted_by_name_and_nothing_grows_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_INSPECTIONS", 2)
    monkeypatch.setattr(module, "MAX_MOMENTS", 2)
    monkeypatch.setattr(module, "MAX_FAILURES", 2)
    results = Results(began=0.0)
    found = Inspection(
        who=1,
        began=0.0,
        figures=Figures(seconds=3.0),
        picture_findings=(Finding(Fault.TILE_BLACK, "4 is black", (4,)),),
        voice_findings=(Finding(Fault.OWN_VOICE, "1 hears itself", (1,)),),
    )
    for at in range(3):
        results.inspect(float(at), "Chair", found)
        results.look(Moment(at=float(at), users=1))
        results.add([Sample(float(at), "tile check", "Chair", 0.0, "tile black: 4")])
    assert results.faults == {"tile black": 3, "own voice heard": 3}
    assert (len(results.inspections), len(results.moments), len(results.failures)) == (2, 2, 2)
    assert results.dropped == 2
    assert results.fails["tile check", "Chair"] == 3
