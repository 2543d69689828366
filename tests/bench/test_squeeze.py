"""Control groups: a process is put into one with the quota asked for, and nothing of it is left afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcu.bench.network import squeeze
from mcu.bench.network.squeeze import LEAST_QUOTA, VERSION_1, refusal, squeezed

pytestmark = pytest.mark.skipif(bool(refusal()), reason=refusal())


@pytest.fixture
def sleeper() -> Iterator[int]:
    process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    yield process.pid
    process.communicate()


def group_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cgroup").read_text()


def groups() -> list[Path]:
    parent = VERSION_1 if (VERSION_1 / "cpu.cfs_quota_us").exists() else squeeze.VERSION_2
    return list(parent.glob(f"mcu-bench-{os.getpid()}"))


@pytest.mark.parametrize(("cores", "quota"), [(0.5, 10_000), (0.001, LEAST_QUOTA)])
def test_a_process_is_squeezed_and_let_go_again(sleeper: int, cores: float, quota: int) -> None:
    before = group_of(sleeper)
    with squeezed([sleeper], cores):
        (group,) = groups()
        assert group.name in group_of(sleeper)
        quotas = [
            path.read_text().split()[0] for path in (group / "cpu.cfs_quota_us", group / "cpu.max") if path.exists()
        ]
        assert quotas == [str(quota)]
    assert group_of(sleeper) == before
    assert groups() == []


def test_a_process_that_has_ended_meanwhile_leaves_no_group(sleeper: int) -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with squeezed([process.pid, sleeper], 0.5):
        process.communicate()
    assert groups() == []


def test_groups_that_limit_nothing_are_said_before_measuring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(squeeze, "VERSION_1", tmp_path)
    monkeypatch.setattr(squeeze, "VERSION_2", tmp_path)  # as where the cpu controller is not given to those below
    assert "cpu controller" in refusal()
    assert not list(tmp_path.iterdir())
