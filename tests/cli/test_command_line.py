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


def test_without_its_compiled_modules_it_says_how_to_get_them(tmp_path: Path) -> None:
    """As while they are being compiled."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'mcu._native.opus':\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Missing())\n"
    )
    ended = mcu("demo", "--server", "http://localhost:1", folder=tmp_path, PYTHONPATH=f"{tmp_path}:{ROOT}")
    assert ended.returncode == 2
    assert ended.stderr.startswith("mcu: what is compiled of it is missing or out of date (")
    assert "mcu._native.opus" in ended.stderr
    assert ended.stderr.rstrip().endswith("Run: make setup; if that runs, wait.")
    assert len(ended.stderr.splitlines()) == 1


def test_an_unknown_variable_is_one_sentence(tmp_path: Path) -> None:
    ended = mcu("doctor", folder=tmp_path, MCU_HTTP_PROT="1")
    assert ended.returncode == 2
    assert "did you mean MCU_HTTP_PORT?" in ended.stderr


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"MCU_MEDIA_ADVERTISE": "meet.example.kr"}, "MCU_MEDIA_ADVERTISE"),
        ({"MCU_HTTPS_PORT": "0", "MCU_SERVER_DATA_DIR": "/proc/none"}, "/proc/none cannot be made"),
        ({"MCU_HTTPS_PORT": "24999", "MCU_MEDIA_PORT": "24999"}, "24999 is configured twice"),
        ({"MCU_HTTPS_CERTIFICATE": "/nope.pem", "MCU_HTTPS_KEY": "/nope.key"}, "/nope.pem does not exist"),
        ({"MCU_SERVER_LANGUAGE": "fr"}, "MCU_SERVER_LANGUAGE must be ko or en"),
        ({"MCU_HTTPS_PUBLIC_URL": "meet.example.kr"}, "MCU_HTTPS_PUBLIC_URL must be"),
        ({"MCU_TURN_URLS": "turn.example.kr:443"}, "MCU_TURN_URLS must be"),
    ],
)
def test_settings_that_cannot_work_are_refused_before_anything_starts(
    environment: dict[str, str], sentence: str, tmp_path: Path
) -> None:
    free = {"MCU_HTTP_PORT": "0", "MCU_HTTPS_PORT": "0", "MCU_MEDIA_PORT": "0"}
    ended = mcu("serve", folder=tmp_path, **(free | environment))
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [(("--media", "none"), "none is not a folder"), (("--conference", "abc"), "--conference needs --server")],
)
def test_a_demo_that_cannot_work_is_refused(arguments: tuple[str, ...], sentence: str, tmp_path: Path) -> None:
    ended = mcu("demo", *arguments, folder=tmp_path)
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_doctor_names_an_address_that_is_none(tmp_path: Path) -> None:
    ended = mcu("doctor", folder=tmp_path, MCU_MEDIA_ADVERTISE="meet.example.kr")
    assert ended.returncode == 1
    assert "'meet.example.kr' does not appear to be" in ended.stdout + ended.stderr


def test_a_file_that_the_server_may_not_read_is_one_sentence(tmp_path: Path) -> None:
    """Found out after the start of the media processor, within a task group."""
    (tmp_path / "var" / "ready-conference.json").mkdir(parents=True)
    ended = mcu("serve", folder=tmp_path, MCU_HTTP_PORT="0", MCU_HTTPS_PORT="0", MCU_MEDIA_PORT="0")
    assert ended.returncode == 2
    assert "ready-conference.json cannot be read" in ended.stderr
    assert "Traceback" not in ended.stderr
