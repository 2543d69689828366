"""Whether the server has everybody who should be there, and nobody else: its own count against that of the load.

Rules:
1. The server is asked every LOOK_SECONDS: by REST who is connected in the conferences of this run, and how many are in
   others. Where nobody is in others, its own count of media connections (mcu_legs in /metrics) is all of this run, and
   is taken: it tells also of those whom the roster has and whose media are gone. Otherwise the roster is all there is.
2. A conference that was not made for this run may be entered by anybody: there nothing is told, and the log says so,
   as it does where REST does not answer.
3. Everybody who is in and not away has to be there; those who are on the way in or out may be. Workers say how many
   these are with their reports, every three seconds: the last READINGS of each are taken together.
4. Too few for more than TOO_FEW_SECONDS are a failure of "presence". Too many are one after TOO_MANY_SECONDS, for the
   server keeps those who were lost a while. Each TELL_SECONDS one request is told.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import gevent
import requests
from locust.runners import LocalRunner, MasterRunner, WorkerRunner

from loadtests.collecting import GAUGES, read_metrics, total
from loadtests.conferences import conferences_of
from loadtests.rest import Server
from loadtests.run import run_of
from loadtests.telling import tell
from mcu.errors import ConfigurationError

if TYPE_CHECKING:
    from locust.env import Environment

LOOK_SECONDS = 2.0
TELL_SECONDS = 10.0
TOO_FEW_SECONDS = 10.0
TOO_MANY_SECONDS = 60.0  # the server waits 45 s for who was lost
READINGS = 3  # of each worker
LOCAL = "local"  # a lone locust is its own worker
SERVER = "Server"  # locust's name of what no user has asked
FIELD = "loadtest_headcount"  # of a worker's report

log = logging.getLogger(__name__)


class Headcount:
    """What is compared with what, and since when it differs. No I/O; time is given."""

    def __init__(self, *, now: float) -> None:
        self._few: float | None = None
        self._many: float | None = None
        self._told = now
        self._readings: dict[str, deque[tuple[int, int]]] = defaultdict(lambda: deque(maxlen=READINGS))

    def count(self, worker: str, least: int, most: int) -> None:
        """What a worker says."""
        self._readings[worker].append((least, most))

    def take(self, present: float, now: float) -> str | None:
        """What the server says: what is wrong ("" for nothing), or None while there is nothing to tell."""
        least = sum(min(least for least, _ in each) for each in self._readings.values())
        most = sum(max(most for _, most in each) for each in self._readings.values())
        self._few = None if present >= least else now if self._few is None else self._few
        self._many = None if present <= most else now if self._many is None else self._many
        if now - self._told < TELL_SECONDS or not self._readings:
            return None
        self._told = now
        if self._few is not None and now - self._few > TOO_FEW_SECONDS:
            return f"the server has {present:.0f} of the {least} who are in, for {now - self._few:.0f} s"
        if self._many is not None and now - self._many > TOO_MANY_SECONDS:
            return f"the server has {present:.0f} where {most} are at most, for {now - self._many:.0f} s"
        return ""


class Watch:
    """Of the process that leads: asks the server while a run lasts."""

    def __init__(
        self,
        environment: Environment,
        *,
        read: Callable[[str], Mapping[str, float]] = read_metrics,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._environment, self._read, self._clock = environment, read, clock
        self._count: Headcount | None = None
        self._warned = False
        self._looking: gevent.Greenlet[..., Any] | None = None
        environment.events.test_start.add_listener(self.begin)
        environment.events.test_stop.add_listener(self.end)
        environment.events.worker_report.add_listener(self.take_report)

    def begin(self, **_: Any) -> None:
        """Before the first user, when the conferences are there."""
        self.end()
        ours = conferences_of(self._environment)
        if not ours or not all(each.ours for each in ours):
            log.warning(
                "다른 사람도 들어올 수 있는 회의입니다. 서버에 모두 있는지는 말할 수 없습니다 · "
                "Others may enter these conferences, too: whether the server has everybody cannot be told."
            )
            return
        self._count, self._warned = Headcount(now=self._clock()), False
        self._looking = gevent.spawn(self._look)

    def end(self, **_: Any) -> None:
        """After the last user, or before."""
        if self._looking is not None:
            self._looking.kill()
        self._looking = self._count = None

    def take_report(self, client_id: str, data: dict[str, Any]) -> None:
        """Of a worker."""
        if self._count is not None and FIELD in data:
            self._count.count(client_id, *data[FIELD])

    def look(self) -> None:
        """Once."""
        if self._count is None:
            return
        present, run = self._present(), run_of(self._environment)
        if present is None:
            return
        if run is not None:
            self._count.count(LOCAL, *run.headcount())
        wrong = self._count.take(present, self._clock())
        if wrong is not None:
            tell(self._environment, "presence", SERVER, failure=wrong)

    def _look(self) -> None:
        while True:
            gevent.sleep(LOOK_SECONDS)
            self.look()

    def _present(self) -> float | None:
        """Rule 1."""
        parsed, host = self._environment.parsed_options, self._environment.host or ""
        server = Server(host, api_key=parsed.api_key if parsed is not None else "")
        try:
            here, elsewhere = server.headcount({each.id for each in conferences_of(self._environment)})
        except ConfigurationError as error:
            if not self._warned:
                log.warning("서버의 인원을 셀 수 없습니다 · Who is there cannot be counted: %s", error)
            self._warned = True
            return None
        legs = None if elsewhere else self._legs(host)
        return here if legs is None else legs

    def _legs(self, host: str) -> float | None:
        try:
            return total(self._read(host), GAUGES["legs"])
        except requests.RequestException as error:
            log.debug("no metrics: %s", error)
            return None


def fill_report(environment: Environment, data: dict[str, Any]) -> None:
    """On a worker: how many are in."""
    run = run_of(environment)
    if run is not None:
        data[FIELD] = run.headcount()


def attach(environment: Environment) -> None:
    """Once in each process of locust."""
    if isinstance(environment.runner, LocalRunner | MasterRunner):
        Watch(environment)
    elif isinstance(environment.runner, WorkerRunner):
        environment.events.report_to_master.add_listener(lambda client_id, data: fill_report(environment, data))
