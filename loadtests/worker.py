"""What a working process of a load test does: makes a Run of what the leader tells it.

A run ends with a report to the leader, as soon as the last user has left: locust's own comes every three seconds, and
at the end later than its master waits for it.
"""

from __future__ import annotations

import logging
import time
from typing import Any

import msgspec
from locust.env import Environment
from locust.exception import StopTest
from locust.runners import WorkerRunner

from loadtests import silence
from loadtests.conferences import Allotment
from loadtests.options import options_of
from loadtests.run import Run, run_of, set_run
from loadtests.telling import in_short

# Messages from the leader.
ALLOTMENT, GOES, IS_BACK = "loadtest-allotment", "loadtest-server-goes", "loadtest-server-is-back"
LINE_DIES, LINE_IS_BACK = "loadtest-line-dies", "loadtest-line-is-back"
LEAVE = "loadtest-leave"
PREPARED = "loadtest-prepared"  # from a worker: its agents are there, or will not be
REPORT = "stats"  # locust's own message to the leader

log = logging.getLogger(__name__)


class Worker:
    """Makes a Run of what it is told."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._allotment: Allotment | None = None
        runner = environment.runner
        assert runner is not None
        runner.register_message(LEAVE, lambda **_: runner.stop())
        runner.register_message(ALLOTMENT, self._take)
        runner.register_message(GOES, lambda **_: self._to_run(Run.server_goes))
        runner.register_message(IS_BACK, lambda **_: self._to_run(Run.server_is_back))
        runner.register_message(LINE_DIES, lambda **_: self._to_run(Run.line_dies))
        runner.register_message(LINE_IS_BACK, lambda **_: self._to_run(Run.line_is_back))

    def _take(self, *, msg: Any, **_: Any) -> None:
        self._allotment = msgspec.convert(msg.data, Allotment)

    def _to_run(self, say: Any) -> None:
        run = run_of(self._environment)
        if run is not None:
            say(run)

    def start(self, environment: Environment, **_: Any) -> None:
        """Before the first user."""
        allotment, self._allotment = self._allotment, None
        if allotment is None:
            log.error("This worker came when the conferences were shared out already: it waits for the next run.")
            return
        parsed = environment.parsed_options
        assert parsed is not None
        run = Run(environment, options_of(parsed, host=environment.host or ""), allotment)
        set_run(environment, run)
        self._prepare(run)
        run.begin()

    def _prepare(self, run: Run) -> None:
        """Start its agents. Raises StopTest where there are none, and nobody else who would have some."""
        log.info("참가자 프로세스를 시작합니다 · Starting the agents, which carry the participants")
        begun = time.monotonic()
        prepared = run.prepare()
        taken = time.monotonic() - begun
        if prepared.ready:
            ready = f"{prepared.ready}/{prepared.wanted}"
            log.info("%s개가 %.1f초 만에 준비되었습니다 · %s were ready after %.1f s", ready, taken, ready, taken)
        runner = self._environment.runner
        if isinstance(runner, WorkerRunner):
            runner.send_message(PREPARED)
        elif not prepared.ready:
            why = silence.no_agent(seconds=taken, detail=in_short(prepared.why))
            silence.set_reason(self._environment, why)
            raise StopTest(f"{why.ko}\n{why.en}")

    def stopping(self, environment: Environment, **_: Any) -> None:
        """Before the last users leave."""
        self._to_run(Run.count_the_missing)

    def stop(self, environment: Environment, **_: Any) -> None:
        """After the last user."""
        if isinstance(environment.runner, WorkerRunner):
            _report(environment, environment.runner)
        run = run_of(environment)
        set_run(environment, None)
        if run is not None:
            run.close()


def _report(environment: Environment, runner: WorkerRunner) -> None:
    """What happened since the last report, now."""
    data: dict[str, Any] = {}
    environment.events.report_to_master.fire(client_id=runner.client_id, data=data)
    runner.send_message(REPORT, data)
