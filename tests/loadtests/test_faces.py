"""Faces are made before a run, and only those that are missing."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from loadtests import faces
from loadtests.agent.media import Loop, settings_of
from mcu.errors import ConfigurationError
from mcu.synthetic.library import Library


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

    def run(command: list[str], **_: Any) -> None:
        commands.append(command)
        put(shelf, int(command[-1]))

    monkeypatch.setattr(subprocess, "run", run)
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
    faces.main(["12"])
    assert [(numbers, how["loop"]) for numbers, how in made] == [
        (list(range(12)), Loop.CAMERA),
        (list(range(8)), Loop.SCREEN),
    ]
    assert {how["cache"] for _, how in made} == {shelf}


def test_faces_that_cannot_be_made(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faces.sys, "executable", "/no/such/python")
    with pytest.raises(ConfigurationError, match="could not be made"):
        faces.prepare(1)
