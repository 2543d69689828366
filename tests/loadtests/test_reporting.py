"""The end of a run: its exit code is what was expected of it, and nothing else."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from locust import stats
from locust.argument_parser import get_parser
from locust.env import Environment
from locust.event import Events

from loadtests import report_flags, reporting, run_flags
from loadtests.collecting import Collector
from loadtests.expectations import judge, parse
from loadtests.report.sentences import headline
from loadtests.results import Moment, Results
from loadtests.telling import tell


def run(
    *expected: str,
    flags: Sequence[str] = (),
    crash: bool = False,
    held: Callable[[Environment], None] = lambda environment: None,
) -> int | None:
    """The exit code after three people came in, of whom one did not, and an agent was late."""
    parser, events = get_parser(default_config_files=[]), Events()
    run_flags.add(parser)
    report_flags.add(parser)
    words = [word for text in expected for word in ("--expect", text)]
    parsed = parser.parse_args(["--headless", "--no-scenario-expectations", "--report", "", *flags, *words])
    environment = Environment(events=events, host="http://localhost:1", parsed_options=parsed)
    runner = environment.create_local_runner()
    reporting.attach(events)
    events.init.fire(environment=environment, runner=runner, web_ui=None)
    for seconds, failure in ((0.1, ""), (0.2, ""), (0.3, "refused")):
        tell(environment, "join", "Viewer", seconds=seconds, failure=failure)
    tell(environment, "agent", "Agent", seconds=0.2, failure="woke too late")
    held(environment)
    if crash:
        runner.log_exception("local", "a fault of the load itself", "")
    events.quitting.fire(environment=environment, reverse=True)
    stats.print_stats(runner.stats, current=False)  # as locust's main does between these two
    events.quit.fire(exit_code=environment.process_exit_code)
    runner.quit()
    return environment.process_exit_code


@pytest.mark.parametrize(
    ("expected", "code"),
    [
        (("join count = 3",), 0),  # whatever failed beside it
        (("join count = 3", "join fails = 0"), 1),
        (("first frame p95 < 3 s",), 1),  # silence is no success
        ((), None),  # locust's own: 1 when anything failed
    ],
)
def test_the_exit_code_is_the_verdict(expected: tuple[str, ...], code: int | None) -> None:
    assert run(*expected) == code


@pytest.fixture
def _tables() -> Iterator[None]:
    yield
    logging.getLogger(reporting.TABLES).disabled = False


@pytest.mark.usefixtures("_tables")
@pytest.mark.parametrize("flags", [[], ["--only-summary"]])
def test_the_verdict_and_the_report_come_last(
    caplog: pytest.LogCaptureFixture, tmp_path: Path, flags: list[str]
) -> None:
    caplog.set_level(logging.INFO)
    report = tmp_path / "report.html"
    run("join count = 3", flags=[*flags, "--report", str(report)])
    told = [(record.name, record.getMessage()) for record in caplog.records]
    assert told[-1] == ("loadtests.reporting", f"보고서 · Report: {report}")
    assert "실패 1번 · 1 failed: join (Viewer): refused" in [text for _, text in told]
    verdict = next(at for at, (_, text) in enumerate(told) if text.startswith("✓"))
    tables = [at for at, (name, _) in enumerate(told) if name == reporting.TABLES]
    assert bool(tables) == (not flags)
    assert all(at < verdict for at in tables)


def test_a_fault_of_the_load_itself_is_no_success() -> None:
    assert run("join count = 3", crash=True) is None


@pytest.mark.parametrize(("checks", "code"), [(1, 1), (40, 0)])
def test_few_checks_are_no_success(monkeypatch: pytest.MonkeyPatch, checks: int, code: int) -> None:
    made: list[Collector] = []

    def collect(environment: Environment, *, leads: bool) -> Collector:
        made.append(Collector(environment, leads=leads))
        return made[0]

    def hold(environment: Environment) -> None:
        environment.events.test_start.fire(environment=environment)
        results = made[0].results
        assert results is not None
        for look in range(42):
            results.look(Moment(at=results.began + 5.0 * look, users=8))
        for _ in range(checks):
            tell(environment, "tile check", "Viewer", seconds=3.0)
        environment.events.test_stop.fire(environment=environment)

    monkeypatch.setattr(reporting, "Collector", collect)
    assert run("tile check fails = 0", held=hold) == code


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["--headless", "-u", "30"], "python -m loadtests --scenario soak --headless -u 30"),
        (
            ["--scenario", "soak", "--expect", "fps p50 > 20"],
            "python -m loadtests --scenario soak --expect 'fps p50 > 20'",
        ),
        (["--scenario=soak"], "python -m loadtests --scenario=soak"),
    ],
)
def test_the_report_says_how_to_repeat_the_run(arguments: list[str], command: str) -> None:
    assert reporting.again("soak", arguments) == command


def test_a_run_that_was_ended_by_hand_is_told_as_that() -> None:
    results = Results(began=0.0)
    results.interrupted = True
    missed = judge([parse("join count = 3")], {})
    assert "Interrupted" in headline(results, missed).en
