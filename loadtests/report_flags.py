"""The flags that say what is expected of a run, and where that is written; and the same as one value."""

from __future__ import annotations

import argparse
import errno
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from loadtests import expectations
from loadtests.expectations import Expectation
from loadtests.flags import ArgumentParser, flags
from loadtests.refusal import EXIT_CODES_EN, EXIT_CODES_KO, refusal
from loadtests.scenarios import scenario_of

GROUP = "부하 시험의 결과 · Results of load tests"
TEXT = f"{EXIT_CODES_KO}\n{EXIT_CODES_EN}"
DEFAULT_REPORT = "var/load/report.html"
MOST_PORT = 65_535
TABLE = ".csv"  # of the checks one by one, beside the report


@dataclass(frozen=True, slots=True)
class Settings:
    """What the flags say."""

    expected: tuple[Expectation, ...]
    report: Path | None
    metrics_port: int


def add(parser: ArgumentParser) -> None:
    """The flags, as locust's event `init_command_line_parser` asks for."""
    flag = flags(parser, GROUP, TEXT)
    flag(
        "expect",
        "지켜야 할 기준입니다. 여러 번 쓸 수 있습니다. 시나리오의 기준에 더해집니다.",
        f"What has to be reached beside what the scenario expects; may be given again. Like {expectations.EXAMPLES}. "
        f"Figures: {', '.join(expectations.FIGURES)}.",
        action="append",
        default=[],
        metavar="EXPECTATION",
        include_in_web_ui=False,
    )
    flag(
        "no-scenario-expectations",
        "시나리오가 정한 기준은 쓰지 않습니다.",
        "Leave out what the scenario itself expects.",
        action="store_true",
        default=False,
        include_in_web_ui=False,
    )
    flag(
        "report",
        "보고서(HTML 파일 하나)를 쓸 곳입니다. 옆에 확인 결과 표(CSV)도 씁니다.",
        "Where to write the report, one HTML file; the checks one by one stand beside it as CSV. Empty: none.",
        default=DEFAULT_REPORT,
        metavar="FILE",
        include_in_web_ui=False,
    )
    flag(
        "metrics-port",
        "시험하는 동안 Prometheus 형식으로 보여 줄 포트입니다. 0이면 보여 주지 않습니다.",
        "Show the run to Prometheus at this port while it lasts; 0: not at all.",
        type=int,
        default=0,
        metavar="PORT",
        include_in_web_ui=False,
    )


def settings_of(parsed: argparse.Namespace) -> Settings:
    """Raises ConfigurationError for what is not understood."""
    texts = [
        *([] if parsed.no_scenario_expectations else scenario_of(parsed.scenario).expectations),
        *parsed.expect,
    ]
    if not 0 <= parsed.metrics_port <= MOST_PORT:
        raise refusal(
            f"--metrics-port {parsed.metrics_port}: 포트는 1부터 {MOST_PORT}까지입니다. 0이면 보여 주지 않습니다.",
            f"--metrics-port {parsed.metrics_port}: ports go from 1 to {MOST_PORT}; 0 shows nothing.",
        )
    report = Path(parsed.report) if parsed.report else None
    if report is not None and report.suffix == TABLE:
        raise refusal(
            f"--report {report}: {TABLE}는 옆에 쓰는 표의 이름입니다. .html로 끝나는 이름을 적으십시오.",
            f"--report {report}: {TABLE} is the table beside it. Name a file that ends with .html.",
        )
    return Settings(tuple(map(expectations.parse, texts)), report, parsed.metrics_port)


def try_out(settings: Settings) -> None:
    """Whether the files can be written and the port is free, before anything starts. Raises ConfigurationError."""
    if settings.report is not None:
        try:
            table = settings.report.with_suffix(TABLE)
        except ValueError as error:  # of "/" and ".", which are no files
            raise _unwritable(settings.report, os.strerror(errno.EISDIR)) from error
        for path in (settings.report, table):
            _try_to_write(path)
    if settings.metrics_port:
        _try_to_listen(settings.metrics_port)


def _try_to_write(path: Path) -> None:
    """Leaves everything as it is, but for folders that the file needs."""
    try:
        there = path.exists()
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab"):
            pass
        if not there:
            path.unlink()
    except ValueError as error:  # characters that no file can have
        raise _unwritable(path, str(error)) from error
    except OSError as error:
        is_file = isinstance(error, FileExistsError)  # where a folder would have to be
        why = os.strerror(errno.ENOTDIR) if is_file else error.strerror or str(error)
        raise _unwritable(path, why) from error


def _unwritable(path: Path, why: str) -> Exception:
    shown = str(path).encode(errors="replace").decode()
    return refusal(
        f"--report: {shown}에 쓸 수 없습니다 ({why}). 다른 곳을 적으십시오.",
        f"--report: {shown} cannot be written ({why}). Name another place.",
    )


def _try_to_listen(port: int) -> None:
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the exporter's server has it
            trial.bind(("0.0.0.0", port))
            trial.listen(1)
    except OSError as error:
        raise port_taken(port, error) from error


def port_taken(port: int, error: OSError) -> Exception:
    """What to do about it."""
    why = error.strerror or os.strerror(error.errno or 0)
    return refusal(
        f"--metrics-port {port}: 쓸 수 없습니다 ({why}). 다른 포트를 고르십시오.",
        f"--metrics-port {port}: {why}. Choose another one.",
    )
