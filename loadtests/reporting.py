"""The end of a run: is it good, and where is that written? The verdict in the terminal, exit code, files."""

from __future__ import annotations

import csv
import logging
import os
import platform
import shlex
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locust.runners import LocalRunner, MasterRunner

from loadtests import expectations, headcount, report_flags, silence
from loadtests.collecting import Collector
from loadtests.conferences import conferences_of
from loadtests.enough import Pace, enough
from loadtests.expectations import Verdict
from loadtests.exporter import export
from loadtests.findings import Figures
from loadtests.interrupting import INTERRUPTED
from loadtests.options import options_of
from loadtests.progress import Progress
from loadtests.refusal import FAILED, NOTHING, REFUSED, refuse
from loadtests.report.page import About, render
from loadtests.report.sentences import asked_of, headline, sentences, value_of
from loadtests.report.wording import duration, title, told
from loadtests.report_flags import settings_of
from loadtests.results import Results
from loadtests.scenarios import blind, scenario_of
from mcu.errors import ConfigurationError

if TYPE_CHECKING:
    import argparse

    from locust.env import Environment
    from locust.event import Events

MOST_FAILURES = 10  # kinds that the terminal tells; the report has all
TABLES = "locust.stats_logger"  # of locust: wider than a terminal, some eighty lines

log = logging.getLogger(__name__)


def attach(events: Events) -> None:
    """Called by the locustfile, once."""
    events.init_command_line_parser.add_listener(report_flags.add)
    events.init.add_listener(_init)


def _init(environment: Environment, **_: Any) -> None:
    """Ends locust with a sentence when an expectation is not understood, before anything has begun."""
    leads = isinstance(environment.runner, LocalRunner | MasterRunner)
    collector = Collector(environment, leads=leads)
    if leads:
        try:
            reporter = Reporter(environment, collector)
        except ConfigurationError as error:
            refuse(error)
        Progress(environment, lambda: collector.results)
        if not reporter.expects("presence"):
            return
    headcount.attach(environment)


class Reporter:
    """On the machine that leads."""

    def __init__(self, environment: Environment, collector: Collector) -> None:
        """Raises ConfigurationError."""
        parsed = environment.parsed_options
        assert parsed is not None
        self._parsed: argparse.Namespace = parsed
        self._environment = environment
        self._collector = collector
        self._settings = settings_of(parsed)
        self._stop: Callable[[], None] | None = None
        if self._settings.metrics_port:
            self._stop = export(self._settings.metrics_port, lambda: collector.results)
        self._pace: Pace | None = None
        self._judged: tuple[Results, Sequence[Verdict]] | None = None
        self._written: Path | None = None
        environment.events.test_start.add_listener(self.begin)
        environment.events.quitting.add_listener(self.finish)
        environment.events.quit.add_listener(self.tell)

    def expects(self, kind: str) -> bool:
        """Whether something is expected of this type of request."""
        return any(each.kind == kind for each in self._settings.expected)

    def begin(self, **_: Any) -> None:
        """A run begins, and its conferences are there."""
        runner, scenario = self._environment.runner, scenario_of(self._parsed.scenario)
        asked = options_of(self._parsed, host=self._environment.host or "")
        count = max(1, len(conferences_of(self._environment)))
        workers = len(runner.clients) if isinstance(runner, MasterRunner) else 1
        self._pace = Pace(
            every=min(asked.check_every, scenario.checks_every or asked.check_every),
            seconds=asked.check_seconds,
            lead=scenario.lead,
            agents=min(count, asked.agents * max(1, workers)),
            blind=blind(scenario, conferences=count),
        )

    @property
    def _was_run(self) -> bool:
        """Whether a run has begun, or should have; in the web page perhaps nobody has pressed the button."""
        return self._pace is not None or bool(self._parsed.headless)

    def finish(self, **_: Any) -> None:
        """Everybody has left: judge, and write the report."""
        if self._parsed.only_summary:
            logging.getLogger(TABLES).disabled = True  # ours is the summary; all figures are in the report
        if self._stop is not None:
            self._stop()
        results = self._collector.results
        if self._environment.process_exit_code == REFUSED:
            return  # why, was told
        if results is None or (results.is_silent and not self._was_run):
            log.error("아무것도 재지 못했습니다 · Nothing was measured")
            self._environment.process_exit_code = self._environment.process_exit_code or NOTHING
            return
        why = silence.reason_of(self._environment)
        results.why_silent = (why.ko, why.en)
        results.interrupted = self._environment.process_exit_code in INTERRUPTED
        expected = self._settings.expected
        if self._pace is not None:
            expected += enough(expected, results.moments, self._pace)
        verdicts = expectations.judge(expected, {**results.measured(), **results.series()})
        self._judged = results, verdicts
        runner = self._environment.runner
        if isinstance(runner, MasterRunner) and runner.clients.missing:
            log.error("작업자 %d개가 사라졌습니다 · %d workers were lost", *2 * [len(runner.clients.missing)])
            self._environment.process_exit_code = FAILED
        if results.is_silent:
            self._environment.process_exit_code = self._environment.process_exit_code or NOTHING
        elif not all(verdict.met for verdict in verdicts) and not results.interrupted:
            self._environment.process_exit_code = FAILED
        elif verdicts and self._environment.process_exit_code is None and not (runner and runner.exceptions):
            self._environment.process_exit_code = 0  # what failed beside what is expected is told, and no more
        if self._settings.report is not None:
            self._write(self._settings.report, results, verdicts)

    def tell(self, **_: Any) -> None:
        """The last that locust does, after its own tables: what came of it has to be seen."""
        if self._judged is not None:
            say(*self._judged)
        if self._written is not None:
            log.info("보고서 · Report: %s", self._written)

    def _write(self, path: Path, results: Results, verdicts: Sequence[Verdict]) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(render(results, verdicts, self._about(results)), encoding="utf-8")
            write_checks(path.with_suffix(".csv"), results)
        except OSError as error:
            log.error("%s: %s", path, error.strerror)
            self._environment.process_exit_code = self._environment.process_exit_code or FAILED
            return
        self._written = path.resolve()

    def _about(self, results: Results) -> About:
        server = self._parsed.whip or self._environment.host or ""
        scenario, people = scenario_of(self._parsed.scenario), self._parsed.num_users or 0
        return About(
            title(scenario, people=people, seconds=results.seconds, server=server), self._facts(results, server)
        )

    def _facts(self, results: Results, server: str) -> list[tuple[str, str, str]]:
        runner, lasted = self._environment.runner, duration(results.seconds)
        scenario = scenario_of(self._parsed.scenario)
        report, what = scenario.report, told(scenario)
        workers = len(runner.clients) if isinstance(runner, MasterRunner) else 1
        return [
            ("서버", "server", server),
            ("시나리오", "scenario", f"{scenario.name} — {what.ko} · {what.en}"),
            *([("알려진 결함의 보고", "report of the known failure", report)] if report else []),
            ("시간", "time", f"{lasted.ko} · {lasted.en}"),
            ("locust 작업자", "locust workers", str(workers)),
            ("부하를 만든 컴퓨터", "machine of the load", f"{platform.machine()}, {os.cpu_count()} cores"),
            ("다시 해 보려면", "to repeat", again(self._parsed.scenario, sys.argv[1:])),
        ]


def again(scenario: str, arguments: Sequence[str]) -> str:
    """The command that repeats a run of these arguments, whose scenario may have come from the environment."""
    named = any(each.split("=")[0] == "--scenario" for each in arguments)
    return shlex.join(["python", "-m", "loadtests", *([] if named else ["--scenario", scenario]), *arguments])


def say(results: Results, verdicts: Sequence[Verdict]) -> None:
    """In the terminal: what failed most, then what was expected and found."""
    failures = Counter(f"{each.kind} ({each.name}): {each.failure}" for each in results.failures)
    for text, count in failures.most_common(MOST_FAILURES):
        log.info("실패 %d번 · %d failed: %s", count, count, text)
    for verdict in verdicts:
        mark = "✓" if verdict.met else "✗"
        asked = verdict.expectation
        log.info("%s %s · %s  (%s)", mark, asked_of(asked), asked.text, value_of(verdict))
    for each in (*sentences(results), headline(results, verdicts)):
        log.info("%s · %s", each.ko, each.en)


def write_checks(path: Path, results: Results) -> None:
    """Every check as a row. Raises OSError."""
    figures = Figures.__struct_fields__
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["at", "user", "who", *figures, "findings", "unjudged"])
        for at, name, inspection in results.inspections:
            values = [getattr(inspection.figures, field) for field in figures]
            found = (*inspection.picture_findings, *inspection.voice_findings)
            rows.writerow(
                [f"{at - results.began:.3f}", name, inspection.who]
                + [" ".join(map(str, value)) if isinstance(value, tuple) else value for value in values]
                + ["; ".join(f"{each.fault.value}: {each.detail}" for each in found), "; ".join(inspection.unjudged)]
            )
