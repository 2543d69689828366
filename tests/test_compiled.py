"""Modules that run compiled: which form runs, and that both do the same under the same tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from mcu import compiled

ROOT = Path(__file__).parents[1]
TESTS = tuple(
    f"tests/{name.replace('/', '/test_')}.py"
    for name in (
        "media/audio_codecs",
        "media/audio_receiver",
        "media/bandwidth_estimator",
        "media/bandwidth_parts",
        "media/jitter_buffer",
        "media/keyframe_requests",
        "media/nack",
        "media/payload_vp8",
        "media/playout",
        "media/reception_statistics",
        "media/reorder_buffer",
        "media/rtcp",
        "media/rtcp_allowance",
        "media/rtp_session",
        "media/sequence",
        "media/transit",
        "media/transport_feedback",
        "media/video_receiver",
        "mixer/active_speaker",
        "mixer/audio_mixer",
        "mixer/loudest",
        "processor/sound_encoders",
        "processor/sounding",
    )
)

# Minutes of lines on fake time, a fifth of a minute of real time each in Python: shorter ones run the same code.
LONG = "jitter_of_80_ms or two_flows or busy_machine"


def run(*arguments: str, switch: str) -> subprocess.CompletedProcess[str]:
    """Python with the switch set, in this checkout."""
    environment = {**os.environ, compiled.SWITCH: switch}
    return subprocess.run([sys.executable, *arguments], env=environment, cwd=ROOT, capture_output=True, text=True)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of two modules, one with types, both built."""
    monkeypatch.setattr(compiled, "_PACKAGE", tmp_path)
    monkeypatch.setattr(compiled, "MODULES", ("mcu.one", "mcu.two"))
    for name in ("one.py", "one.pxd", "two.py"):
        (tmp_path / name).write_text(name)
    for name in ("one", "two"):
        (tmp_path / f"{name}{EXTENSION_SUFFIXES[0]}").touch()
    (tmp_path / compiled.RECORD).write_text(json.dumps(compiled.digests()))
    return tmp_path


def test_what_was_built_runs(tree: Path) -> None:
    assert compiled._unusable() == ""


def test_a_copy_with_new_file_times_runs(tree: Path) -> None:
    for path in tree.glob("*.p*"):
        os.utime(path, (2**31, 2**31))
    assert compiled._unusable() == ""


@pytest.mark.parametrize("name", ["one.py", "one.pxd", "two.py"])
def test_changed_sources_win(tree: Path, name: str) -> None:
    (tree / name).write_text("changed")
    os.utime(tree / name, (0, 0))
    assert compiled._unusable() == f"mcu.{name[:3]} was changed since it was built"
    assert compiled.changed() == [f"mcu.{name[:3]}"]


def test_new_types_are_a_change(tree: Path) -> None:
    (tree / "two.pxd").touch()
    assert compiled.changed() == ["mcu.two"]


def test_all_or_none(tree: Path) -> None:
    (tree / f"two{EXTENSION_SUFFIXES[0]}").unlink()
    assert compiled._unusable() == "not built"


@pytest.mark.parametrize("content", [None, "", "{"])
def test_without_a_record_the_sources_run(tree: Path, content: str | None) -> None:
    if content is None:
        (tree / compiled.RECORD).unlink()
    else:
        (tree / compiled.RECORD).write_text(content)
    assert "was changed" in compiled._unusable()


def test_every_module_has_a_source() -> None:
    for module in compiled.MODULES:
        assert (ROOT / f"{module.replace('.', '/')}.py").exists()


def test_the_switch_runs_the_sources() -> None:
    names = repr(compiled.MODULES)
    program = f"import importlib; print({{importlib.import_module(n).__file__.rpartition('.')[2] for n in {names}}})"
    assert run("-c", program, switch="0").stdout.strip() == "{'py'}"


@pytest.mark.long
def test_the_sources_pass_the_same_tests() -> None:
    """What runs here otherwise is what was built, or the sources when that is missing or old."""
    done = run("-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", f"not ({LONG})", *TESTS, switch="0")
    assert done.returncode == 0, done.stdout[-4000:]
