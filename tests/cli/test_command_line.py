"""The command line teaches, and mistakes end with one sentence and a code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def mcu(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mcu", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "200", "NO_COLOR": "1"} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", ["serve", "demo", "doctor"])
def test_every_command_explains_itself(command: str, tmp_path: Path) -> None:
    overall, own = mcu("--help", folder=tmp_path), mcu(command, "--help", folder=tmp_path)
    assert command in overall.stdout
    assert own.returncode == 0
    assert "--config" in own.stdout


def test_an_unknown_key_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "mcu.toml").write_text("[media]\nprot = 1\n")
    ended = mcu("serve", folder=tmp_path)
    assert ended.returncode == 2
    assert "did you mean port?" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_unknown_variable_is_one_sentence(tmp_path: Path) -> None:
    ended = mcu("doctor", folder=tmp_path, MCU_HTTP_PROT="1")
    assert ended.returncode == 2
    assert "did you mean MCU_HTTP_PORT?" in ended.stderr
