"""What is refused before anything starts, in both languages; and what is left as it was."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from locust.argument_parser import get_parser
from locust.env import Environment

from loadtests import preflight, report_flags, run_flags
from loadtests.refusal import REFUSED
from tests.support.both_languages import in_both_languages


def fly(*arguments: str, worker: bool = False) -> None:
    """As locust does when it begins."""
    parser = get_parser(default_config_files=[])
    run_flags.add(parser)
    report_flags.add(parser)
    parsed = parser.parse_args(["--headless", *arguments])
    environment = Environment(host=parsed.host, parsed_options=parsed)
    runner: Any = object() if worker else environment.create_local_runner()
    environment.runner = runner
    preflight.attach(environment)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        fly(*arguments)
    assert ended.value.code == REFUSED
    return in_both_languages(capsys.readouterr().err)


def test_a_report_that_can_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    fly("--report", str(tmp_path / "new" / "report.html"))
    assert list((tmp_path / "new").iterdir()) == []


def test_a_report_that_is_there_already_stays_as_it_is(tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    report.write_text("of yesterday")
    fly("--report", str(report))
    assert report.read_text() == "of yesterday"
    assert list(tmp_path.iterdir()) == [report]


def test_a_report_that_cannot_be_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be written (Not a directory)" in refused(capsys, "--report", str(tmp_path / "file" / "report.html"))
    assert "cannot be written (Is a directory)" in refused(capsys, "--report", str(tmp_path))
    (tmp_path / "report.csv").mkdir()
    assert "cannot be written (Is a directory)" in refused(capsys, "--report", str(tmp_path / "report.html"))
    assert "Name a file that ends with .html" in refused(capsys, "--report", str(tmp_path / "table.csv"))


@pytest.mark.parametrize("report", ["/", ".", "..", "x" * 300 + ".html", "\udcff.html\0", "/proc/x.html"])
def test_a_report_that_no_file_can_be(capsys: pytest.CaptureFixture[str], report: str) -> None:
    assert "cannot be written (" in refused(capsys, "--report", report)


@pytest.mark.parametrize("error", [OSError("no space left"), ValueError("of no kind")])
def test_whatever_else_is_wrong_with_flags_ends_the_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(settings: report_flags.Settings) -> None:
        raise error

    monkeypatch.setattr(report_flags, "try_out", fail)
    assert f"This run cannot begin: {error}" in refused(capsys, "--report", "")


@pytest.mark.parametrize("port", ["99999", "65536", "-1"])
def test_a_port_that_there_is_not(capsys: pytest.CaptureFixture[str], port: str) -> None:
    assert f"--metrics-port {port}: ports go from 1 to 65535" in refused(capsys, "--report", "", "--metrics-port", port)


def test_a_port_that_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("0.0.0.0", 0)) as listening:
        port = str(listening.getsockname()[1])
        assert "Address already in use. Choose another one" in refused(capsys, "--report", "", "--metrics-port", port)
    fly("--report", "", "--metrics-port", port)


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ("join p95", "is not understood. Write it like"),
        ("joins p95 < 3", "no request type 'joins'"),
        ("join p96 < 3", "no figure 'p96'"),
        ("join p95 < 3 MB", "3MB is no number with a unit of this"),
    ],
)
def test_an_expectation_that_is_not_understood(capsys: pytest.CaptureFixture[str], expected: str, said: str) -> None:
    assert said in refused(capsys, "--report", "", "--expect", expected)


def test_flags_of_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert "-u has to be at least 1" in refused(capsys, "--report", "", "-u", "0")
    assert "--host is written like" in refused(capsys, "--report", "", "--host", "http://[::1")


def test_workers_are_told_what_the_leader_was() -> None:
    fly("-u", "0", worker=True)
