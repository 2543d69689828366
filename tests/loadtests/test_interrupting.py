"""Ctrl-C and SIGTERM before and during a run, in a process of its own: signals are the whole process's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from loadtests import folders

BEGINNING = """
import os, signal
from types import SimpleNamespace
import gevent
from locust.event import EventHook
from loadtests import folders, interrupting

folder = folders.make()
print(folder.name, flush=True)

def quit():
    print("everybody leaves", flush=True)
    gevent.sleep({leaving})
    folder.cleanup()
    print("the report is written", flush=True)

environment = SimpleNamespace(
    parsed_options=SimpleNamespace(headless={headless}),
    process_exit_code=None,
    runner=SimpleNamespace(quit=quit, shape_greenlet=None, state="running"),
    events=SimpleNamespace(test_start=EventHook()),
)
interrupting.begin(environment)
"""
RUN = (
    BEGINNING
    + """
interrupting.attach(environment)
gevent.signal_handler(signal.SIGTERM, print, "locust reports too early")  # as its main does when it begins to wait
environment.events.test_start.fire()
for _ in range({presses}):
    os.kill(os.getpid(), signal.{number})
    gevent.sleep(0.1)
gevent.sleep({leaving})
print(environment.process_exit_code, flush=True)
"""
)
WITH_A_SHAPE = (
    BEGINNING
    + """
runner = environment.runner
runner.shape_greenlet = gevent.spawn(gevent.sleep, 30)
runner.state = "{state}"
interrupting.attach(environment)
gevent.spawn_later({leaving}, gevent.kill, runner.shape_greenlet)  # where it is not to be killed
gevent.spawn(os.kill, os.getpid(), signal.SIGINT)
runner.shape_greenlet.join()  # as locust's main does
print("the shape has ended", flush=True)
quit()
"""
)
BEFORE = (
    BEGINNING
    + """
gevent.spawn(os.kill, os.getpid(), signal.{number})
gevent.sleep(30)  # faces are made
"""
)
WITH_WEB_PAGE = (
    BEGINNING
    + """
interrupting.attach(environment)
environment.events.test_start.fire()
print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
print(signal.getsignal(signal.SIGTERM) == signal.SIG_DFL)
"""
)
NUMBERS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


def ended(script: str, **how: object) -> subprocess.CompletedProcess[str]:
    how = {"presses": 1, "leaving": 0.2, "headless": True} | how
    ended = subprocess.run(
        [sys.executable, "-c", script.format(**how)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | {"LOCUST_SKIP_MONKEY_PATCH": "1"},
    )
    assert "Traceback" not in ended.stderr
    folder = Path(ended.stdout.splitlines()[0])
    assert folder.name.startswith(folders.PREFIX)
    assert not folder.exists()
    return ended


@NUMBERS
def test_once_everybody_leaves_and_the_report_is_written(number: signal.Signals) -> None:
    once = ended(RUN, number=number.name)
    assert once.stdout.split("\n")[1:4] == ["everybody leaves", "the report is written", str(128 + number)]
    assert "중단합니다" in once.stderr
    assert once.returncode == 0


@NUMBERS
@pytest.mark.parametrize("presses", [2, 3])
def test_twice_ends_it_at_once(number: signal.Signals, presses: int) -> None:
    at_once = ended(RUN, number=number.name, presses=presses, leaving=30.0)
    assert at_once.returncode == -number
    assert "the report is written" not in at_once.stdout


@pytest.mark.parametrize("state", ["running", "cleanup", "stopping"])
def test_a_run_with_a_shape_ends_once(state: str) -> None:
    once = ended(WITH_A_SHAPE, state=state, leaving=0.2 if state != "running" else 1.0)
    assert once.stdout.splitlines()[1:] == ["the shape has ended", "everybody leaves", "the report is written"]


@NUMBERS
def test_before_a_run_it_ends_with_a_sentence(number: signal.Signals) -> None:
    early = ended(BEFORE, number=number.name)
    assert early.returncode == 128 + number
    assert "시작하기 전에 중단했습니다" in early.stderr


def test_with_the_web_page_locust_ends_by_itself() -> None:
    by_locust = ended(WITH_WEB_PAGE, headless=False)
    assert by_locust.stdout.splitlines()[1:] == ["True", "True"]
