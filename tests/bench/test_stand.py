"""A real server, real people and a real line between two namespaces, for a few seconds: what comes out is measured."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mcu.bench.network.people import Task
from mcu.bench.network.scenarios import Phase, Scenario
from mcu.bench.network.stand import People
from mcu.bench.network.trial import measure
from mcu.synthetic.network.namespaces import refusal
from mcu.synthetic.network.weather import Weather

pytestmark = [
    pytest.mark.network,
    pytest.mark.timeout(300),  # many processes start, on a machine that may be busy
    pytest.mark.skipif(bool(refusal()), reason=refusal()),
]

CLEAR, BAD = Weather(delay=0.02), Weather(delay=0.02, loss=0.05)
SHORT = Scenario(
    "short",
    "a short one",
    "",
    (Phase("clear", 3.0, CLEAR, CLEAR), Phase("bad", 4.0, BAD, BAD)),
    lambda phases: [],
    crowd=3,
)


def children() -> list[str]:
    return Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()


@pytest.mark.long
def test_what_people_receive_is_measured_at_both_ends_of_the_line() -> None:
    before = children()
    told: list[str] = []
    phases = measure(SHORT, seed=3, progress=told.append)
    assert told == ["people come in", "clear", "bad", "decoding"]
    assert set(phases) == {"clear", "bad"}
    for phase in phases.values():
        for figures in (phase.observed, phase.witness):
            assert figures.fps > 0
            assert figures.moved_fps > 0
            assert figures.bitrate > 50_000
            assert figures.delay_p50 > 0
            assert 0 <= figures.concealed < 1
        assert phase.connects == 1
        assert len(phase.samples) > 5
    assert phases["clear"].line_loss == 0
    assert 0.01 < phases["bad"].line_loss < 0.12
    assert phases["clear"].observed.delay_p50 > phases["clear"].witness.delay_p50
    assert children() == before


def test_ctrl_c_is_not_for_those_who_are_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    how: dict[str, Any] = {}
    namespace: Any = SimpleNamespace(command=lambda *words: words, descriptor=9)
    monkeypatch.setattr(subprocess, "Popen", lambda command, **given: how.update(given))
    People(namespace, Task(server="", conference="", members=(), watched=(), cache="", patience=1.0, spacing=0.0))
    assert how["process_group"] == 0
