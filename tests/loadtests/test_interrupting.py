"""Ctrl-C during a run, in a process of its own: signals are the whole process's."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

RUN = """
import os, signal
from types import SimpleNamespace
import gevent
from loadtests import interrupting

def quit():
    print("everybody leaves", flush=True)
    gevent.sleep({leaving})
    print("the report is written", flush=True)

environment = SimpleNamespace(
    parsed_options=SimpleNamespace(headless=True), process_exit_code=None, runner=SimpleNamespace(quit=quit)
)
interrupting.attach(environment)
for _ in range({presses}):
    os.kill(os.getpid(), signal.SIGINT)
    gevent.sleep(0.1)
gevent.sleep({leaving})
print(environment.process_exit_code, flush=True)
"""


def pressed(presses: int, *, leaving: float) -> subprocess.CompletedProcess[str]:
    script = RUN.format(presses=presses, leaving=leaving)
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)


def test_once_everybody_leaves_and_the_report_is_written() -> None:
    ended = pressed(1, leaving=0.2)
    assert ended.stdout.split("\n")[:3] == ["everybody leaves", "the report is written", "130"]
    assert "중단합니다" in ended.stderr
    assert ended.returncode == 0


@pytest.mark.parametrize("presses", [2, 3])
def test_twice_ends_it_at_once(presses: int) -> None:
    ended = pressed(presses, leaving=30.0)
    assert ended.returncode == -signal.SIGINT
    assert "the report is written" not in ended.stdout
