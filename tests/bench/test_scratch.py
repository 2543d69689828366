"""Folders of the bench do not outlive it, even when it was killed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from mcu.bench import scratch

KILLED = """
import os
from mcu.bench import scratch
with scratch.folder() as folder:
    (folder / "x").touch()
    print(folder, flush=True)
    os.kill(os.getpid(), 9)
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_it_is_gone_at_the_end_with_all_that_is_in_it(place: Path) -> None:
    with scratch.folder() as folder:
        (folder / "a").mkdir()
        (folder / "a" / "b").touch()
        with scratch.folder() as inner:
            assert folder.exists()
            assert inner != folder
    assert not list(place.iterdir())


def test_what_a_killed_run_left_goes_when_the_next_one_begins(place: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED], env={**os.environ, "TMPDIR": str(place)}, stdout=subprocess.PIPE
    )
    left = Path(killed.stdout.decode().strip())
    assert (left / "x").exists()
    with scratch.folder():
        assert not left.exists()


def test_what_is_of_others_stays(place: Path) -> None:
    """Of a process that runs, of another name, and no folder at all."""
    running = place / f"mcu-bench-{os.getppid()}-a"
    running.mkdir()
    (place / "mcu-bench-notes").mkdir()
    (place / "mcu-bench-999999999-a").touch()
    (place / "mcu-bench-999999998-a").symlink_to(running)
    with scratch.folder():
        pass
    assert len(list(place.iterdir())) == 4
