"""Modules that run compiled: which form runs, and that both do the same under the same tests."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from mcu import compiled

ROOT = Path(__file__).parents[1]
TESTS = tuple(
    f"tests/media/test_{name}.py"
    for name in (
        "audio_receiver",
        "jitter_buffer",
        "keyframe_requests",
        "nack",
        "payload_vp8",
        "reception_statistics",
        "reorder_buffer",
        "rtp_session",
        "sequence",
        "transit",
        "transport_feedback",
        "video_receiver",
    )
)


def run(*arguments: str, switch: str) -> subprocess.CompletedProcess[str]:
    """Python with the switch set, in this checkout."""
    environment = {**os.environ, compiled.SWITCH: switch}
    return subprocess.run([sys.executable, *arguments], env=environment, cwd=ROOT, capture_output=True, text=True)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of two modules, one with types, both built."""
    monkeypatch.setattr(compiled, "_PACKAGE", tmp_path)
    monkeypatch.setattr(compiled, "MODULES", ("mcu.one", "mcu.two"))
    for age, name in enumerate(("one.py", "one.pxd", "two.py"), start=1):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (age, age))
    for name in ("one", "two"):
        built = tmp_path / f"{name}{EXTENSION_SUFFIXES[0]}"
        built.touch()
        os.utime(built, (10, 10))
    return tmp_path


def test_what_was_built_runs(tree: Path) -> None:
    assert compiled._unusable() == ""


@pytest.mark.parametrize("name", ["one.py", "one.pxd", "two.py"])
def test_newer_sources_win(tree: Path, name: str) -> None:
    os.utime(tree / name, (11, 11))
    assert f"mcu.{name[:3]} was changed" in compiled._unusable()


def test_all_or_none(tree: Path) -> None:
    (tree / f"two{EXTENSION_SUFFIXES[0]}").unlink()
    assert compiled._unusable() == "not built"


def test_every_module_has_its_types() -> None:
    for module in compiled.MODULES:
        source = ROOT / f"{module.replace('.', '/')}.py"
        assert source.exists()
        assert source.with_suffix(".pxd").exists()


def test_the_switch_runs_the_sources() -> None:
    names = repr(compiled.MODULES)
    program = f"import importlib; print({{importlib.import_module(n).__file__.rpartition('.')[2] for n in {names}}})"
    assert run("-c", program, switch="0").stdout.strip() == "{'py'}"


def test_the_sources_pass_the_same_tests() -> None:
    """What runs here otherwise is what was built, or the sources when that is missing or old."""
    done = run("-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS, switch="0")
    assert done.returncode == 0, done.stdout[-4000:]
