"""What the leading process of a load test does: chooses the server, makes the conferences, ends what is left.

A lone locust leads and works; a master leads.
"""

from __future__ import annotations

import argparse
import logging
import time
from typing import Any

import gevent
import msgspec
from locust.env import Environment
from locust.exception import StopTest
from locust.runners import LocalRunner, MasterRunner

from loadtests import conferences, faces, own_server, shapes
from loadtests.agent_process import START_SECONDS
from loadtests.casting import choose_users, count_of
from loadtests.conferences import Conference
from loadtests.line import forecast
from loadtests.line.server import LineServer
from loadtests.options import Options, options_of
from loadtests.own_server import OwnServer
from loadtests.refusal import REFUSED, in_both, refusal
from loadtests.report.wording import until
from loadtests.rest import Server
from loadtests.scenarios import plan_of
from loadtests.shapes import Plan, ScenarioShape
from loadtests.upheavals import Upheavals
from loadtests.worker import ALLOTMENT, LEAVE, PREPARED
from mcu.errors import ConfigurationError

STEADY_RATE = 2.0  # users a second, where nothing is said
LEAVE_SECONDS = 30.0  # for all users of all workers to leave: each waits ten for its agent at most
PREPARE_SECONDS = START_SECONDS + 10.0  # for agents of all workers to be there; then the clock begins without them
LEAVE_LOOK = 0.1  # between two looks whether they have
TITLE = "부하 시험"

log = logging.getLogger(__name__)


class Leader:
    """Knows the server, and makes conferences on it."""

    def __init__(self, environment: Environment, runner: LocalRunner | MasterRunner) -> None:
        """Raises ConfigurationError where the run cannot be made."""
        self._environment, self._runner = environment, runner
        parsed = environment.parsed_options
        assert parsed is not None
        self._parsed: argparse.Namespace = parsed
        self._own: OwnServer | LineServer | None = None
        self._line: LineServer | None = None
        self._forecast: tuple[forecast.Change, ...] = ()
        self._conferences: list[Conference] = []
        self._began: float | None = None
        self._upheavals = Upheavals(environment, runner)
        self._unprepared = 0  # workers whose agents are not there yet
        self._begins_anyhow: gevent.Greenlet[..., Any] | None = None  # until the time of a run begins
        if isinstance(runner, MasterRunner):
            runner.register_message(PREPARED, self._take_prepared)
        try:
            self._prepare()
        except BaseException:  # Ctrl-C, too: nobody else knows of a server that was started
            self.quit()
            raise

    def _prepare(self) -> None:
        environment, runner, parsed = self._environment, self._runner, self._parsed
        self._choose_server()
        asked = self._options()
        if not asked.whip:
            own_server.look(asked)
        if asked.scenario.restarts and self._own is None and not asked.restart_command:
            raise refusal(
                f"{asked.scenario.name}은(는) 서버를 다시 시작합니다. --restart-command로 방법을 적거나 "
                "--own-server를 쓰십시오.",
                f"{asked.scenario.name} restarts the server: say how with --restart-command, or take --own-server.",
            )
        parsed.num_users = parsed.num_users or asked.scenario.users
        parsed.run_time = parsed.run_time or (round(asked.run_time) if asked.run_time else None)  # --hours
        parsed.spawn_rate = parsed.spawn_rate or STEADY_RATE
        pace = asked.scenario.pace
        if pace is None and parsed.run_time and (parsed.headless or parsed.autostart):
            pace = shapes.steadily(parsed.spawn_rate)  # locust's own clock begins before the agents are there
        if pace is not None:
            environment.shape_class = ScenarioShape(
                pace, plan=self._plan, running_for=self._running_for, extra=asked.scenario.extra
            )
            environment.shape_class.runner = runner
        if parsed.headless or parsed.autostart:  # the run's own time begins at once
            self._make_faces()
        log.info("%s · %s", asked.scenario.title_ko, asked.scenario.title_en)

    def _choose_server(self) -> None:
        asked = self._options()
        if asked.whip:
            return  # whoever it is has nothing but its two addresses
        if asked.weather:
            if asked.host or asked.own_server:
                raise refusal(
                    f"{asked.scenario.name}은(는) 나쁜 회선 뒤에 자기 서버를 띄웁니다. "
                    "--host와 --own-server를 빼십시오.",
                    f"{asked.scenario.name} starts a server behind a bad line: leave --host and --own-server out.",
                )
            log.info("나쁜 회선과 그 뒤의 서버를 시작합니다 · Starting a bad line, and a server behind it")
            self._own = self._line = LineServer()
            self._forecast = forecast.parse(asked.weather)
        elif own_server.wants_own_server(asked):
            log.info("시험용 서버를 시작합니다 · Starting a server of our own")
            self._own = OwnServer()
            log.info("%s", self._own.address)
        address = self._own.address if self._own is not None else asked.host or own_server.DEFAULT_HOST
        self._environment.host = self._parsed.host = address

    def _options(self) -> Options:
        return options_of(self._parsed, host=self._environment.host or "")

    def _plan(self) -> Plan:
        asked = self._options()
        return plan_of(asked.scenario, users=asked.users, run_time=asked.run_time, speed=asked.speed)

    def _make_faces(self) -> None:
        faces.prepare(self._plan().users + self._options().scenario.extra)

    def _running_for(self) -> float:
        return 0.0 if self._began is None else time.monotonic() - self._began

    # --- the beginning ----------------------------------------------------------------------------------

    def start(self, **_: Any) -> None:
        """Make the conferences, and tell the workers."""
        try:
            asked = self._options()
            self._make_faces()
            gateway = "" if asked.whip else own_server.gateway_of(asked, self._own)
            workers = self._workers()
            self._conferences = self._make(asked, workers=len(workers))
            conferences.set_conferences(self._environment, self._conferences)
            choose_users(self._environment, asked.scenario, self._conferences, has_gateway=bool(gateway))
        except ConfigurationError as error:
            self._environment.process_exit_code = REFUSED
            if isinstance(self._runner, MasterRunner) and self._parsed.headless:
                gevent.spawn(self._runner.quit)  # a lone locust does that by itself
            raise StopTest(in_both(error)) from error
        allotted = conferences.allot(
            self._conferences,
            workers=len(workers),
            gateway=gateway,
            ends=self._line.ends if self._line is not None else None,
        )
        for worker, allotment in zip(workers, allotted, strict=True):
            self._runner.send_message(ALLOTMENT, msgspec.to_builtins(allotment), worker)
        self._unprepared = len(workers)
        self._begins_anyhow = gevent.spawn_later(PREPARE_SECONDS, self.begin_clock)

    def begin_clock(self, **_: Any) -> None:
        """The agents are there: the time of the run begins, with everything that happens at its time. Once a run."""
        if self._begins_anyhow is None:
            return
        self._do_not_begin()
        asked = self._options()
        self._began = time.monotonic()
        if asked.scenario.pace is not None or asked.run_time:
            log.info("%s", until(self._plan().duration, now=time.time()))
        if self._line is not None:
            self._upheavals.change(self._line, self._forecast, running_for=self._running_for)
        if asked.scenario.restarts:
            self._upheavals.restart(asked, self._own, duration=self._plan().duration)

    def _take_prepared(self, **_: Any) -> None:
        """From a worker."""
        self._unprepared -= 1
        if self._unprepared == 0:
            self.begin_clock()

    def _do_not_begin(self) -> None:
        waiting, self._begins_anyhow = self._begins_anyhow, None
        if waiting is not None and waiting is not gevent.getcurrent():
            waiting.kill()

    def _make(self, asked: Options, *, workers: int) -> list[Conference]:
        users = self._plan().users
        count = count_of(asked, users=users, workers=workers)
        if asked.whip:
            return conferences.streams(whip=asked.whip, whep=asked.whep, token=asked.token, count=count)
        server = Server(asked.host, api_key=asked.api_key)
        if asked.conference:
            return [conferences.existing(server, link=asked.conference, chair_key=asked.chair_key)]
        capacity = users if asked.scenario.is_one else None
        return conferences.make(server, count=count, people=users, title=TITLE, capacity=capacity)

    def _workers(self) -> list[str | None]:
        """Ids of those who get an allotment, in the order in which locust hands users to them."""
        if isinstance(self._runner, LocalRunner):
            return [None]
        dispatcher = self._runner._users_dispatcher
        assert dispatcher is not None  # made right before the event
        return [node.id for node in dispatcher._worker_nodes]

    # --- the end ----------------------------------------------------------------------------------------

    def stop(self, **_: Any) -> None:
        """A run is over. Where workers do not stop in time, conferences wait for `quit`."""
        self._do_not_begin()
        self._began = None
        self._upheavals.end()
        if isinstance(self._runner, MasterRunner):
            self._stop_workers(self._runner)
        if self._runner.user_count == 0:
            self._end_conferences()

    @staticmethod
    def _stop_workers(master: MasterRunner) -> None:
        """A master that quits goes on after half a second, and misses what they report last: that all have left."""
        if master.user_count:
            master.send_message(LEAVE)
        until = time.monotonic() + LEAVE_SECONDS
        while master.user_count and time.monotonic() < until:
            gevent.sleep(LEAVE_LOOK)
        if master.user_count:
            log.warning("%d users of workers had not left within %.0f s.", master.user_count, LEAVE_SECONDS)

    def quit(self, **_: Any) -> None:
        """Locust ends."""
        self._do_not_begin()
        self._end_conferences()
        if self._own is not None:
            self._own.close()
            self._own = None

    def _end_conferences(self) -> None:
        made, self._conferences = self._conferences, []
        conferences.set_conferences(self._environment, ())
        if not made:
            return
        asked = self._options()
        server = Server(asked.host, api_key=asked.api_key)
        try:
            if not conferences.wait_until_empty(server, made, sleep=gevent.sleep):
                log.warning("Somebody is still in a conference of this run; it is ended all the same.")
        except ConfigurationError as error:
            log.warning("%s", error)
        conferences.end(server, made)
