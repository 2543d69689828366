"""Whether the server has everybody who should be there: its own count of legs against that of the load.

Rules:
1. The server is asked for /metrics (mcu_legs) every LOOK_SECONDS; what it had before the run is somebody else's.
   Where it shows no such figure nothing is told.
2. Everybody who is in and not away has to be there; those who are on the way in or out may be. Workers say how many
   these are with their reports, every three seconds: the last READINGS of each are taken together.
3. Too few for more than TOO_FEW_SECONDS are a failure of "presence". Too many are one after TOO_MANY_SECONDS, for the
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
from loadtests.run import run_of
from loadtests.telling import tell

if TYPE_CHECKING:
    from locust.env import Environment

LOOK_SECONDS = 2.0
TELL_SECONDS = 10.0
TOO_FEW_SECONDS = 10.0
TOO_MANY_SECONDS = 60.0  # the server waits 45 s for who was lost
READINGS = 3  # of each worker
BEGIN_SECONDS = 5.0  # that a server which has just started may take until its figures are complete
LOCAL = "local"  # a lone locust is its own worker
SERVER = "Server"  # locust's name of what no user has asked
FIELD = "loadtest_headcount"  # of a worker's report

log = logging.getLogger(__name__)


class Headcount:
    """What is compared with what, and since when it differs. No I/O; time is given."""

    def __init__(self, *, before: float, now: float) -> None:
        """`before`: legs that were there before the run."""
        self._before = before
        self._few: float | None = None
        self._many: float | None = None
        self._told = now
        self._readings: dict[str, deque[tuple[int, int]]] = defaultdict(lambda: deque(maxlen=READINGS))

    def count(self, worker: str, least: int, most: int) -> None:
        """What a worker says."""
        self._readings[worker].append((least, most))

    def take(self, legs: float, now: float) -> str | None:
        """What the server says: what is wrong ("" for nothing), or None while there is nothing to tell."""
        present = legs - self._before
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
        sleep: Callable[[float], object] = gevent.sleep,
    ) -> None:
        self._environment, self._read, self._clock, self._sleep = environment, read, clock, sleep
        self._count: Headcount | None = None
        self._looking: gevent.Greenlet[..., Any] | None = None
        environment.events.test_start.add_listener(self.begin)
        environment.events.test_stop.add_listener(self.end)
        environment.events.worker_report.add_listener(self.take_report)

    def begin(self, **_: Any) -> None:
        """Before the first user."""
        self.end()
        began = self._clock()
        while (legs := self._legs()) is None and self._clock() < began + BEGIN_SECONDS:
            self._sleep(BEGIN_SECONDS / 10)
        if legs is None:
            log.warning("The server shows no mcu_legs: whether it has everybody cannot be told.")
            return
        self._count = Headcount(before=legs, now=self._clock())
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
        now = self._clock()
        legs, run = self._legs(), run_of(self._environment)
        if self._count is None or legs is None:
            return
        if run is not None:
            self._count.count(LOCAL, *run.headcount())
        wrong = self._count.take(legs, now)
        if wrong is not None:
            tell(self._environment, "presence", SERVER, failure=wrong)

    def _look(self) -> None:
        while True:
            gevent.sleep(LOOK_SECONDS)
            self.look()

    def _legs(self) -> float | None:
        try:
            return total(self._read(self._environment.host or ""), GAUGES["legs"])
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
