"""Each way in which the data folder cannot be used has advice that mends it, and harms nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mcu.cli import data_folder
from mcu.errors import ConfigurationError
from mcu.store.health import MIN_FREE_BYTES


@pytest.fixture
def nothing_writable(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for somebody who is not root; the tests may run as root, whom no mode holds up."""
    monkeypatch.setattr(os, "access", lambda *_: False)


def test_a_folder_is_made(tmp_path: Path) -> None:
    assert data_folder.fault(tmp_path / "deep" / "var") is None
    assert data_folder.make(tmp_path / "deep" / "var").is_dir()
    assert data_folder.fault(tmp_path / "deep" / "var") is None


@pytest.mark.usefixtures("nothing_writable")
def test_ones_own_folder_is_made_writable(tmp_path: Path) -> None:
    wrong = data_folder.fault(tmp_path)
    assert wrong is not None
    assert wrong.advice == f"Run: chmod u+rwx {tmp_path}"


@pytest.mark.usefixtures("nothing_writable")
def test_a_folder_of_somebody_else_names_the_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    wrong = data_folder.fault(tmp_path)
    assert wrong is not None
    assert "it belongs to" in wrong.detail
    assert str(tmp_path) in wrong.advice


@pytest.mark.usefixtures("nothing_writable")
def test_the_folder_above_is_left_to_its_owner(tmp_path: Path) -> None:
    wrong = data_folder.fault(tmp_path / "mcu")
    assert wrong is not None
    assert f"install -d -o {data_folder.user()} -m 700 {tmp_path / 'mcu'} " in wrong.advice
    assert "chown" not in wrong.advice
    assert "MCU_SERVER_DATA_DIR" in wrong.advice


@pytest.mark.usefixtures("nothing_writable")
def test_a_file_system_without_writing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = list(os.statvfs(tmp_path))
    values[8] |= os.ST_RDONLY
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result(values))
    wrong = data_folder.fault(tmp_path)
    assert wrong is not None
    assert "read-only" in wrong.detail
    assert "chown" not in wrong.advice
    assert "chmod" not in wrong.advice


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("")
    with pytest.raises(ConfigurationError, match="is no folder"):
        data_folder.make(tmp_path / "var")


def test_a_full_disk_is_a_fault_but_no_reason_not_to_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_folder, "free_bytes", lambda _: MIN_FREE_BYTES - 1)
    wrong = data_folder.fault(tmp_path)
    assert wrong is not None
    assert wrong.advice == data_folder.MAKE_ROOM
    assert data_folder.make(tmp_path) == tmp_path
