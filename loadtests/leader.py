"""What the leading process of a load test does: chooses the server, makes the conferences, restarts, ends what is left.

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

from loadtests import conferences, faces, own_server
from loadtests.conferences import STREAM, Conference
from loadtests.line import forecast
from loadtests.line.server import LineServer
from loadtests.options import Options, options_of
from loadtests.own_server import OwnServer
from loadtests.rest import Server
from loadtests.scenarios import counts_of, plan_of
from loadtests.shapes import Plan, ScenarioShape
from loadtests.worker import ALLOTMENT, GOES, IS_BACK, LEAVE, LINE_DIES, LINE_IS_BACK
from mcu.errors import ConfigurationError

STEADY_RATE = 2.0  # users a second, where nothing is said
READY_LOOK = 0.5  # seconds between two looks whether a restarted server is ready
RESTART_AT = 0.5  # of the duration
LEAVE_SECONDS = 30.0  # for all users of all workers to leave: each waits ten for its agent at most
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
        self._changing: gevent.Greenlet[..., Any] | None = None
        self._conferences: list[Conference] = []
        self._began: float | None = None
        self._restarting: gevent.Greenlet[..., Any] | None = None
        self._choose_server()
        asked = self._options()
        if not asked.whip:
            own_server.look(asked)
        if asked.scenario.restarts and self._own is None and not asked.restart_command:
            raise ConfigurationError(
                f"{asked.scenario.name} restarts the server: say how with --restart-command, or take --own-server."
            )
        parsed.num_users = parsed.num_users or asked.scenario.users
        parsed.run_time = parsed.run_time or (round(asked.run_time) if asked.run_time else None)  # --hours
        parsed.spawn_rate = parsed.spawn_rate or STEADY_RATE
        if asked.scenario.pace is not None:
            environment.shape_class = ScenarioShape(
                asked.scenario.pace, plan=self._plan, running_for=self._running_for, extra=asked.scenario.extra
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
                raise ConfigurationError(f"{asked.scenario.name} starts a server behind a bad line: leave --host out.")
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
            self._choose_users(asked, has_gateway=bool(gateway))
        except ConfigurationError as error:
            self._environment.process_exit_code = 1
            if isinstance(self._runner, MasterRunner) and self._parsed.headless:
                gevent.spawn(self._runner.quit)  # a lone locust does that by itself
            raise StopTest(str(error)) from error
        allotted = conferences.allot(
            self._conferences,
            workers=len(workers),
            gateway=gateway,
            ends=self._line.ends if self._line is not None else None,
        )
        for worker, allotment in zip(workers, allotted, strict=True):
            self._runner.send_message(ALLOTMENT, msgspec.to_builtins(allotment), worker)
        self._began = time.monotonic()
        if self._line is not None:
            self._changing = gevent.spawn(self._change, self._line)
        if asked.scenario.restarts:
            self._restarting = gevent.spawn(self._restart, asked)

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

    def _choose_users(self, asked: Options, *, has_gateway: bool) -> None:
        """How many of which class, unless the web page's class picker says it. Raises ConfigurationError for nobody."""
        first, scenario = self._conferences[0], asked.scenario
        barred = {
            "Viewer": "" if first.id or first.whep else "REST does not show this conference",
            "Publisher": "" if first.id or first.whip else "REST does not show this conference",
            "ConferenceRoom": "" if has_gateway and first.pin else "no gateway answers, or the PIN is not known",
        }
        counts = counts_of(scenario, conferences=len(self._conferences))
        users = self._environment.user_classes
        is_mixed = any(user.__name__ in scenario.mix for user in users)  # else just those named with the command
        for user in users:
            name = user.__name__
            if not self._parsed.class_picker:
                user.fixed_count = counts.get(name, 0)
                user.weight = 0.0 if name in counts else scenario.mix.get(name, 0.0) if is_mixed else 1.0
            if user.weight and barred.get(name):
                log.warning("No %s comes: %s.", name, barred[name])
                user.weight = 0.0
        if not any(user.weight or user.fixed_count for user in users):
            raise ConfigurationError("Nobody can come: see above who is missing, and why.")

    def _workers(self) -> list[str | None]:
        """Ids of those who get an allotment, in the order in which locust hands users to them."""
        if isinstance(self._runner, LocalRunner):
            return [None]
        dispatcher = self._runner._users_dispatcher
        assert dispatcher is not None  # made right before the event
        return [node.id for node in dispatcher._worker_nodes]

    # --- the middle -------------------------------------------------------------------------------------

    def _restart(self, asked: Options) -> None:
        gevent.sleep(self._plan().duration * RESTART_AT)
        log.info("서버를 다시 시작합니다 · Restarting the server")
        self._runner.send_message(GOES)
        wrong = own_server.restart(asked, self._own, ready=lambda: self._is_ready(asked))
        if wrong:
            log.error("%s", wrong)
            self._environment.process_exit_code = 1
            return
        self._runner.send_message(IS_BACK)

    def _change(self, line: LineServer) -> None:
        """The weather, as it was told."""
        was_dead = False
        for change in self._forecast:
            gevent.sleep(max(0.0, change.at - self._running_for()))
            if change.is_dead and not was_dead:
                self._runner.send_message(LINE_DIES)
            try:
                line.change(change)
            except ConfigurationError as error:
                log.error("%s", error)
                self._environment.process_exit_code = 1
                return
            log.info("날씨 · Weather: %s", forecast.describe(change))
            if was_dead and not change.is_dead:
                self._runner.send_message(LINE_IS_BACK)
            was_dead = change.is_dead

    @staticmethod
    def _is_ready(asked: Options) -> bool:
        server = Server(asked.host, api_key=asked.api_key)
        deadline = time.monotonic() + own_server.RESTART_SECONDS
        while time.monotonic() < deadline:
            try:
                if server.ready().ready:
                    return True
            except ConfigurationError as error:
                log.debug("%s", error)
            gevent.sleep(READY_LOOK)
        return False

    # --- the end ----------------------------------------------------------------------------------------

    def stop(self, **_: Any) -> None:
        """A run is over. Where workers do not stop in time, conferences wait for `quit`."""
        self._began = None
        for greenlet in (self._restarting, self._changing):
            if greenlet is not None:
                greenlet.kill()
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
        self._end_conferences()
        if self._own is not None:
            self._own.close()
            self._own = None

    def _end_conferences(self) -> None:
        made, self._conferences = self._conferences, []
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


def count_of(asked: Options, *, users: int, workers: int) -> int:
    """How many conferences, or streams. Raises ConfigurationError where a worker would watch a sender of another one.

    Delays are told for senders of the same agent: who forwards has a stream in each worker.
    """
    is_one = asked.conference or (asked.whip and not (STREAM in asked.whip and STREAM in asked.whep))
    wanted = 1 if is_one else asked.scenario.conferences(users)
    if not asked.scenario.forwards:
        return asked.conferences or wanted
    count = asked.conferences or (wanted if is_one else max(wanted, workers))
    if count < workers:
        numbered = f" with {STREAM} in --whip and --whep" if asked.whip else " of their own"
        raise ConfigurationError(
            f"{count} stream{'s' * (count > 1)} for {workers} locust workers: a worker that has no sender cannot tell "
            f"how late pictures and sound are. Start {count} of them, or take --conferences {workers}{numbered}."
        )
    return count
