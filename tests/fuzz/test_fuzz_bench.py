"""What the bench reads of others (contenders, /proc, /metrics, its own file): a value, or an error of ours."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from mcu.bench import cpu, metrics, results, workload
from mcu.bench.contender import Result, read_line
from mcu.errors import ProtocolError
from tests.bench.rows_of import HERE, comparison, contender, server
from tests.fuzz.mutations import mutations

RESULT = Result(name="floor", cpu_seconds=3.5, seconds=10.0, ticks=250, ticks_missed=0, participants=30, note="1.2")
STAT = b"42 (a) b) S 1 1 1 0 -1 4194304 10 0 0 0 12 34 0 0 20 0 5 0 100 1000000 900 18446744073709551615 0 0 0 0"
EXPOSITION = b"""# HELP mcu_legs People
mcu_legs{processor="0"} 10.0
mcu_audio_ticks_total{processor="0"} 1500
mcu_datagrams_total{processor="0",what="send_errors"} 3
"""


def read_metrics(data: bytes) -> object:
    found = metrics.parse(data.decode(errors="replace"))
    return metrics.counted(metrics.Metrics(), found)


def read_stat(data: bytes) -> object:
    return cpu.parse_stat(data.decode(errors="replace"))


@pytest.mark.parametrize(
    ("read", "valid"),
    [
        (read_line, msgspec.json.encode(RESULT)),
        (workload.from_json, workload.to_json(workload.Workload()).encode()),
        (read_stat, STAT),
        (read_metrics, EXPOSITION),
    ],
    ids=["contender", "workload", "stat", "metrics"],
)
def test_damaged_text(read: Callable[[bytes], object], valid: bytes) -> None:
    assert read(valid) is not None
    for data in mutations([valid], seed=20261121):
        with contextlib.suppress(ProtocolError):
            read(data)


def test_damaged_results(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    found = results.Results(
        machines={"compare": HERE}, comparisons={"reference": comparison([server()], floor=[contender(0.4)])}
    )
    results.write(path, found)
    valid = path.read_bytes()
    for index, data in enumerate(mutations([valid], seed=20261121)):
        if index % 10 == 3:  # a damaged one
            path.write_bytes(data)
            with contextlib.suppress(ProtocolError):
                results.read(path)
