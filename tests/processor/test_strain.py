from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from mcu.processor.strain import Strain, sample_threads, times_throttled


def test_the_busiest_thread_counts() -> None:
    strain = Strain({1: 10.0, 2: 5.0}, now=100.0)
    assert strain.update({1: 10.2, 2: 6.8, 3: 0.4}, now=102.0) == pytest.approx(0.9)
    assert strain.update({1: 10.4, 2: 6.8}, now=104.0) == pytest.approx(0.1)


def test_no_time_and_nonsense_change_nothing() -> None:
    strain = Strain({1: 1.0}, now=5.0)
    assert strain.update({1: 9.0}, now=5.0) == 0.0
    assert strain.update({}, now=6.0) == 0.0
    assert strain.update({1: 50.0}, now=7.0) == 1.0


def test_a_thread_that_computes_is_seen() -> None:
    stop = threading.Event()

    def compute() -> None:
        while not stop.is_set():
            sum(range(1000))

    thread = threading.Thread(target=compute)
    strain = Strain(sample_threads(), now=time.monotonic())
    thread.start()
    begin = time.thread_time()
    while time.thread_time() - begin < 0.05:  # the two share the interpreter: both run or wait
        sum(range(1000))
    stop.set()
    thread.join()
    assert strain.update(sample_threads(), now=time.monotonic()) > 0.1
    assert os.getpid() in sample_threads()


@pytest.mark.parametrize(
    ("cgroup", "folder"),
    [("0::/mcu.service\n", "mcu.service"), ("3:cpuset:/\n2:cpu,cpuacct:/box\n0::/x\n", "cpu/box"), ("0::/\n", "")],
)
def test_a_quota_that_ends_is_seen(tmp_path: Path, cgroup: str, folder: str) -> None:
    group = tmp_path / "groups" / folder
    group.mkdir(parents=True)
    (group / "cpu.stat").write_text("nr_periods 115\nnr_throttled 52\nthrottled_time 261397289\n")
    (tmp_path / "cgroup").write_text(cgroup)
    assert times_throttled(tmp_path / "cgroup", tmp_path / "groups") == 52


@pytest.mark.parametrize("text", ["", "nonsense", "0::/elsewhere\n", "1:memory:/\n", "0::/broken\n"])
def test_where_the_kernel_does_not_say_nothing_was_throttled(tmp_path: Path, text: str) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "cpu.stat").write_text("nr_throttled many\nwhat\n")
    (tmp_path / "cgroup").write_text(text)
    assert times_throttled(tmp_path / "cgroup", tmp_path) == 0
    assert times_throttled(tmp_path / "nowhere", tmp_path) == 0
    assert times_throttled() >= 0
