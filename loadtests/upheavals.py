"""What a scenario does to the server in the middle of a run: it is restarted, or the weather of its line changes.

Workers are told before and after, so that nobody is judged by what nobody could help.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

import gevent
from locust.env import Environment
from locust.runners import LocalRunner, MasterRunner

from loadtests import own_server
from loadtests.line import forecast
from loadtests.line.server import LineServer
from loadtests.options import Options
from loadtests.own_server import OwnServer
from loadtests.rest import Server
from loadtests.worker import GOES, IS_BACK, LINE_DIES, LINE_IS_BACK
from mcu.errors import ConfigurationError

READY_LOOK = 0.5  # seconds between two looks whether a restarted server is ready
RESTART_AT = 0.5  # of the duration

log = logging.getLogger(__name__)


class Upheavals:
    """Of one run at a time, in greenlets: `restart` and `change`, and `end`."""

    def __init__(self, environment: Environment, runner: LocalRunner | MasterRunner) -> None:
        self._environment, self._runner = environment, runner
        self._greenlets: list[gevent.Greenlet[..., Any]] = []

    def restart(self, asked: Options, own: OwnServer | LineServer | None, *, duration: float) -> None:
        """In the middle of so many seconds from now."""
        self._greenlets.append(gevent.spawn(self._restart, asked, own, duration * RESTART_AT))

    def change(self, line: LineServer, changes: Sequence[forecast.Change], *, running_for: Callable[[], float]) -> None:
        """The weather, as it was told."""
        self._greenlets.append(gevent.spawn(self._change, line, changes, running_for))

    def end(self) -> None:
        """With the run."""
        gevent.killall(self._greenlets)
        self._greenlets.clear()

    def _restart(self, asked: Options, own: OwnServer | LineServer | None, seconds: float) -> None:
        gevent.sleep(seconds)
        log.info("서버를 다시 시작합니다 · Restarting the server")
        self._runner.send_message(GOES)
        wrong = own_server.restart(asked, own, ready=lambda: _is_ready(asked))
        if wrong:
            log.error("%s", wrong)
            self._environment.process_exit_code = 1
            return
        self._runner.send_message(IS_BACK)

    def _change(self, line: LineServer, changes: Sequence[forecast.Change], running_for: Callable[[], float]) -> None:
        was_dead = False
        for change in changes:
            gevent.sleep(max(0.0, change.at - running_for()))
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
