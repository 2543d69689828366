from __future__ import annotations

import io
import math
import re
import signal
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.console import Console
from typer.testing import CliRunner

import mcu
from mcu.__main__ import app
from mcu.bench import result_file, results, runner, sections
from mcu.bench.impaired import Checked, Outcome
from mcu.bench.network.scenarios import SCENARIOS
from mcu.bench.sections import SECTIONS
from mcu.bench.server import ServerFailed
from mcu.bench.stretch import StretchFailed
from mcu.bench.workload import VARIANTS
from mcu.cli import bench
from mcu.cli.bench import FAILED, Options
from mcu.errors import ConfigurationError
from tests.bench.rows_of import HERE

SILENT = Options(runs=None, seconds=None, variants=None, only=None, quick=False, output=None)


def options(**changes: Any) -> Options:
    return Options(**{name: changes.get(name, getattr(SILENT, name)) for name in Options.__slots__})


def test_the_defaults_measure_everything_on_the_reference_load() -> None:
    settings, names = bench.read(SILENT)
    assert (settings.runs, settings.seconds, settings.variants, names) == (5, 10.0, ("reference",), ())


def test_quick_takes_less_than_two_minutes() -> None:
    settings, names = bench.read(options(quick=True))
    assert sum(SECTIONS[name].seconds(settings) for name in names) < 120


def test_everything_takes_as_long_as_the_help_says() -> None:
    settings, _ = bench.read(SILENT)
    assert 35 * 60 < sum(section.seconds(settings) for section in SECTIONS.values()) < 45 * 60


def test_the_help_names_every_section_and_every_load() -> None:
    said = CliRunner().invoke(app, ["bench", "--help"], terminal_width=200, color=False).output
    words = set(re.findall(r"\w+", said))
    assert set(SECTIONS) <= words
    assert set(VARIANTS) <= words


def test_names_are_lists() -> None:
    settings, names = bench.read(options(variants="h264, audio", only="viewers,composite", runs=2, seconds=6.0))
    assert settings.variants == ("h264", "audio")
    assert names == ("viewers", "composite")
    assert len(bench.read(options(variants="all"))[0].variants) == len(VARIANTS)
    assert bench.read(options(only="all,composite"))[1] == tuple(SECTIONS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"variants": "h265"},
        {"variants": "all,h265"},
        {"only": "everything"},
        {"only": " , "},
        {"only": ""},
        {"variants": ""},
        {"seconds": 1.0},
        {"seconds": 0.0},
        {"seconds": math.nan},
        {"seconds": math.inf},
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=r"there are|4 to 3600"):
        bench.read(options(**wrong))


def test_a_file_that_is_no_result_is_not_written_over(tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("mine")
    for path, said in ((notes, "--output"), (tmp_path, "is a folder")):
        with pytest.raises(ConfigurationError, match=said):
            runner.run(bench.read(SILENT)[0], [], path=path, console=Console(quiet=True))
    assert notes.read_text() == "mine"


def test_bad_lines_that_cannot_be_measured_leave_what_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, said = tmp_path / "bench.json", io.StringIO()
    reached = Checked("freeze", 0.4, 1.0, "s", least=False, ok=True)
    before = Outcome("loss-5", "5 % loss", "no freeze > 1 s", True, (reached,), {})
    absent = Outcome("loss-5", "5 % loss", "no freeze > 1 s", None, (), {}, note="An emulated network needs root.")
    machine = msgspec.structs.replace(HERE, commit="old")
    monkeypatch.setattr(sections, "run_impaired", lambda _: [absent])
    monkeypatch.setattr(runner, "_make_media", lambda _: None)
    for kept in ([], [before]):
        results.write(path, results.Results(lines=kept, machines={"lines": machine} if kept else {}))
        runner.run(bench.read(SILENT)[0], [SECTIONS["lines"]], path=path, console=Console(file=said))
        found = results.read(path)
        if kept:
            assert (found.lines, found.machines["lines"]) == ([before], machine)
            assert "needs root. What was measured before stays." in " ".join(said.getvalue().split())
        else:
            assert found.lines == [absent] * len(SCENARIOS)
            assert found.machines["lines"].commit != "old"


def test_two_do_not_measure_into_one_file(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    with result_file.held(path), pytest.raises(ConfigurationError, match="another run measures into"):
        runner.run(bench.read(SILENT)[0], [], path=path, console=Console(quiet=True))
    with result_file.held(path):  # it is free again
        pass
    with result_file.held(tmp_path / "bench.txt"), result_file.held(path):
        pass


def test_a_lock_takes_no_result_away(tmp_path: Path) -> None:
    path = tmp_path / "mine.lock"
    path.write_text("results")
    with result_file.held(path):
        assert path.read_text() == "results"
    assert path.read_text() == "results"
    (tmp_path / "other.json.lock").mkdir()
    with pytest.raises(ConfigurationError, match="cannot be locked"), result_file.held(tmp_path / "other.json"):
        pass


def test_it_is_said_that_the_sources_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(runner, "run", lambda *_, **__: None)
    for reason in ("", "switched off"):
        monkeypatch.setattr(mcu, "SOURCES_RUN_BECAUSE", reason)
        assert bench.run(options(quick=True)) == 0
        assert ("make setup" in capsys.readouterr().out) == bool(reason)


@pytest.mark.parametrize("fault", [StretchFailed("19 of 30 came in"), ServerFailed("it does not answer")])
def test_what_cannot_be_measured_is_one_sentence(
    fault: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(runner, "run", fail)
    assert bench.run(options(quick=True)) == FAILED
    assert str(fault) in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_and_sigterm_end_it_alike(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        with tempfile.TemporaryDirectory(prefix="server", dir=tmp_path):
            signal.raise_signal(number)

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(runner, "run", interrupted)
    assert bench.run(options(output=tmp_path / "bench.json")) == 128 + number
    assert "중단했습니다" in capsys.readouterr().out
    assert not list(tmp_path.glob("server*"))
    assert signal.getsignal(signal.SIGTERM) == before
