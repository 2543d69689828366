"""Locust in earnest: a process that gevent has patched, a server of its own, real agents, judges and a report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN_SECONDS = 18  # eight for everybody to come, then time for two rounds of checks
MOST_SECONDS = 110  # for all of it, faces included


@pytest.mark.long
def test_a_small_gathering_is_held_checked_and_reported(tmp_path: Path) -> None:
    report, statistics = tmp_path / "report.html", tmp_path / "statistics.json"
    flags = {
        "--scenario": "gathering",
        "--users": "4",
        "--run-time": str(RUN_SECONDS),
        "--check-every": "4",
        "--check-seconds": "2",
        "--report": str(report),
        "--json-file": str(statistics.with_suffix("")),  # locust adds it
    }
    ended = subprocess.run(
        [sys.executable, "-m", "loadtests", "--headless", "--only-summary", "--own-server", *sum(flags.items(), ())],
        cwd=ROOT,
        env={
            name: value for name, value in os.environ.items() if not name.startswith(("LOADTEST_", "LOCUST_", "MCU_"))
        },
        capture_output=True,
        text=True,
        timeout=MOST_SECONDS,
    )
    assert statistics.exists(), ended.stderr
    requests, failures = Counter[str](), Counter[str]()
    for row in json.loads(statistics.read_text()):
        requests[row["method"]] += row["num_requests"]
        failures[row["method"]] += row["num_failures"]
    assert requests["join"] == requests["leave"] == requests["first frame"] == 4, ended.stderr
    assert requests["refusal"] >= 1
    assert requests["tile check"] >= 2, ended.stderr
    assert requests["glass-to-glass"] >= 2
    del failures["agent"]  # of a busy machine
    assert not +failures, ended.stderr
    page = report.read_text(encoding="utf-8")
    assert "집합" in page
    assert "refusal fails = 0" in page
