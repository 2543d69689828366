"""Faces are made before a run, and only those that are missing."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from loadtests import faces
from loadtests.agent.media import Loop, settings_of
from mcu.errors import ConfigurationError
from mcu.synthetic.library import GivenUp, Library


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty one."""
    monkeypatch.delenv("MCU_MEDIA", raising=False)
    monkeypatch.setattr(faces, "CACHE", tmp_path)
    return tmp_path


def put(shelf: Path, people: int) -> None:
    """As if they had been made."""
    for loop, numbers in faces.wanted(people):
        for who in numbers:
            for path in Library(shelf).missing((who,), settings=settings_of(who, loop)):
                path.touch()


def test_those_that_are_missing_are_made(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []

    class Making:
        def __init__(self, command: list[str], *, process_group: int, **_: Any) -> None:
            assert process_group == 0  # not for Ctrl-C
            commands.append(command)
            put(shelf, int(command[-1]))

        def __enter__(self) -> Making:
            return self

        def __exit__(self, *_: object) -> None:
            """Nothing is left to wait for."""

        def wait(self, seconds: float) -> int:
            return 0

    monkeypatch.setattr(subprocess, "Popen", Making)
    put(shelf, 3)
    assert faces.missing(5) == 4  # two faces, two screens
    faces.prepare(5)
    faces.prepare(5)
    assert [command[1:] for command in commands] == [["-m", "loadtests.faces", "5"]]


def test_there_are_as_many_as_there_are_codes(shelf: Path) -> None:
    assert faces.missing(5_000) == 1_024 + faces.SCREENS


def test_they_are_made_on_the_shelf_where_agents_look(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[list[int], dict[str, Any]]] = []
    monkeypatch.setattr(faces, "performances", lambda numbers, **how: made.append((list(numbers), how)))
    faces.main(["12"], threading.Event())
    assert [(numbers, how["loop"]) for numbers, how in made] == [
        (list(range(12)), Loop.CAMERA),
        (list(range(8)), Loop.SCREEN),
    ]
    assert {how["cache"] for _, how in made} == {shelf}


def test_faces_that_cannot_be_made(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(ConfigurationError, match="could not be made"):
        faces.prepare(1)
    monkeypatch.setattr(sys, "executable", "false")
    with pytest.raises(ConfigurationError, match="exit code 1"):
        faces.prepare(1)


def test_the_making_is_given_up_with_a_sentence(
    shelf: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def give_up(numbers: Any, *, given_up: threading.Event, **_: Any) -> None:
        assert given_up.is_set()
        raise GivenUp

    given_up = threading.Event()
    given_up.set()
    monkeypatch.setattr(faces, "performances", give_up)
    with pytest.raises(SystemExit) as ended:
        faces.main(["3"], given_up)
    assert ended.value.code == 130
    assert "중단했습니다" in capsys.readouterr().err


MAKES_FOR_EVER = """
import os, signal, sys, threading
from loadtests import faces

def perform(numbers, *, given_up, **_):
    assert "locust" not in sys.modules  # which patches what the library cannot do without
    print("making", flush=True)
    assert given_up.wait(30)
    raise faces.GivenUp

faces.performances = perform
faces.main(["3"], faces.given_up_by_signals())
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_making_without_a_traceback(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", MAKES_FOR_EVER], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as making:
        assert making.stdout is not None
        assert making.stdout.readline() == "making\n"
        making.send_signal(number)
        _, errors = making.communicate(timeout=30)
    assert making.returncode == 130
    assert "Traceback" not in errors


def test_whoever_waits_for_them_takes_them_along(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[subprocess.Popen[bytes]] = []

    class Making(subprocess.Popen[bytes]):
        def __init__(self, *_: Any, **__: Any) -> None:
            super().__init__(["sleep", "60"])
            made.append(self)

        def wait(self, timeout: float | None = None) -> int:
            if timeout == faces.MAKING_SECONDS:
                raise SystemExit(130)
            return super().wait(timeout)

    monkeypatch.setattr(subprocess, "Popen", Making)
    with pytest.raises(SystemExit):
        faces.prepare(1)
    assert made[0].poll() == -signal.SIGTERM
