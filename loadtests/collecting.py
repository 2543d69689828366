"""Gathers `Results` from locust's events on the machine that leads the run, and looks at the server every few seconds.

Rules:
1. Workers keep what happened until locust reports to the leader (every three seconds), MAX_WAITING samples at most.
2. The server is asked for /metrics by a greenlet; where it does not answer (another product, a firewall), moments have
   only what the load knows, and one line in the log says so. Who is known by WHIP and WHEP alone is not asked.
"""

from __future__ import annotations

import logging
import math
import re
import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import gevent
import msgspec
import requests
from urllib3.exceptions import HTTPError

from loadtests.deadline import TooSlow, within
from loadtests.findings import Inspection
from loadtests.results import Moment, Results, Sample
from loadtests.rounds import COUNT_SECONDS
from loadtests.wire import Counts

if TYPE_CHECKING:
    from locust.env import Environment

LOOK_SECONDS = 5.0
CPU_LOOKS = 2  # over which CPU is taken: the server's figures are up to two seconds old, now more and now less
ASK_SECONDS = 4.0  # for the next part of /metrics to come
WHOLE_SECONDS = 6.0  # for all of it
MAX_BODY = 4 << 20  # bytes
MAX_WAITING = 50_000  # samples of a worker: ten seconds of five thousand a second
_LINE = re.compile(r"^(?P<name>[a-zA-Z_:][\w:]*)(?:\{[^}]*\})? (?P<value>\S+)")
# Field of a moment: the metrics of which the sum over all processes is taken.
GAUGES: Mapping[str, tuple[str, ...]] = {
    "server_bytes": ("mcu_processor_rss_bytes", "mcu_controller_process_resident_memory_bytes"),
    "video_encoders": ("mcu_video_encoders", "mcu_content_encoders"),
    "audio_encoders": ("mcu_audio_encoders",),
    "legs": ("mcu_legs",),
    "descriptors": ("mcu_descriptors", "mcu_controller_process_open_fds"),
    "tasks": ("mcu_tasks", "mcu_signaling_tasks"),
    "threads": ("mcu_threads",),
}
CPU = ("mcu_processor_cpu_seconds_total", "mcu_controller_process_cpu_seconds_total")
MISSED = ("mcu_audio_ticks_missed_total", "mcu_video_ticks_missed_total")

log = logging.getLogger(__name__)


class Reading(NamedTuple):
    """Of /metrics."""

    at: float
    metrics: Mapping[str, float]


class Collector:
    """Of one process. With `leads`, `results` is where everything comes together."""

    def __init__(self, environment: Environment, *, leads: bool) -> None:
        self.results = Results(began=time.time()) if leads else None
        self.lost = 0  # samples that a worker could not keep
        self._environment = environment
        self._samples: list[Sample] = []
        self._inspections: list[tuple[float, str, Inspection]] = []
        self._agents: Counter[str] = Counter()  # since the last moment: seconds, CPU
        self._late = 0.0
        self._load_cores: float | None = None  # of all agents, when they said it last
        self._load_since = time.time()  # they tell what they used since then
        self._looking: gevent.Greenlet[..., Any] | None = None
        environment.events.request.add_listener(self.take)
        if leads:
            environment.events.test_start.add_listener(self.begin)
            environment.events.test_stop.add_listener(self.end)
            environment.events.worker_report.add_listener(self.take_report)
        else:
            environment.events.report_to_master.add_listener(self.fill_report)

    # --- what happens -----------------------------------------------------------------------------------

    def take(
        self,
        *,
        request_type: str,
        name: str,
        response_time: float | None,
        exception: BaseException | None = None,
        context: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> None:
        """One request."""
        now = time.time()
        inspection = cast("Inspection | None", (context or {}).get("inspection"))
        counts = cast("Counts | None", (context or {}).get("counts"))
        sample = Sample(now, request_type, name, response_time or 0.0, str(exception) if exception else "")
        if len(self._samples) >= MAX_WAITING:
            self.lost += 1
            return
        self._samples.append(sample)
        if inspection is not None:
            self._inspections.append((now, name, inspection))
        if counts is not None:
            self._agents["cpu"] += counts.cpu_seconds  # type: ignore[assignment]
            self._late = max(self._late, counts.late)
        if self.results is not None:
            self._hand_over(self.results)

    def fill_report(self, client_id: str, data: dict[str, Any]) -> None:
        """On a worker: everything since the last report."""
        samples, self._samples = self._samples, []
        inspections, self._inspections = self._inspections, []
        data["loadtest"] = {
            "samples": msgspec.to_builtins(samples),
            "inspections": msgspec.to_builtins(inspections),
            "cpu": self._agents["cpu"],
            "late": self._late,
        }
        self._agents.clear()
        self._late = 0.0

    def take_report(self, client_id: str, data: dict[str, Any]) -> None:
        """On the leader: what a worker reports."""
        told = data.get("loadtest")
        if told is None or self.results is None:
            return
        self.results.add(msgspec.convert(told["samples"], list[Sample]))
        for at, name, inspection in msgspec.convert(told["inspections"], list[tuple[float, str, Inspection]]):
            self.results.inspect(at, name, inspection)
        self._agents["cpu"] += told["cpu"]
        self._late = max(self._late, told["late"])

    def _hand_over(self, results: Results) -> None:
        results.add(self._samples)
        for at, name, inspection in self._inspections:
            results.inspect(at, name, inspection)
        self._samples.clear()
        self._inspections.clear()

    # --- how things stand -------------------------------------------------------------------------------

    def begin(self, **_: Any) -> None:
        """A run begins, and all results with it."""
        self.results = Results(began=time.time())
        self.end_looking()
        self._load_cores, self._load_since = None, time.time()
        self._looking = gevent.spawn(self._look)

    def end(self, **_: Any) -> None:
        """It is over."""
        self.end_looking()
        if self.results is not None:
            self.results.ended = time.time()

    def end_looking(self) -> None:
        if self._looking is not None:
            self._looking.kill()
            self._looking = None

    def _look(self) -> None:
        readings = deque([Reading(time.time(), {})], maxlen=CPU_LOOKS)
        told = False
        while True:
            gevent.sleep(LOOK_SECONDS)
            metrics: Mapping[str, float] = {}
            try:
                if self._environment.host:
                    metrics = read_metrics(self._environment.host)
            except requests.RequestException as error:
                if not told:
                    log.warning("The server shows no /metrics (%s): the report has none of its figures.", error)
                told = True
            now = time.time()
            if self.results is not None:
                self.results.look(self._moment(metrics, readings, now))
            readings.append(Reading(now, metrics))

    def _moment(self, metrics: Mapping[str, float], before: Sequence[Reading], now: float) -> Moment:
        """`before`: the readings before this one, oldest first."""
        runner = self._environment.runner
        if self._agents["cpu"] and now - self._load_since >= COUNT_SECONDS:  # each agent has said once how it does
            cpu, self._agents["cpu"] = self._agents["cpu"], 0
            self._load_cores, self._load_since = cpu / (now - self._load_since), now
        late, self._late = self._late, 0.0
        gauges = {field: total(metrics, names) for field, names in GAUGES.items()}
        return Moment(
            at=now,
            users=runner.user_count if runner is not None else 0,
            server_cores=_rate(metrics, before[0].metrics, CPU, now - before[0].at),
            ticks_missed=_rate(metrics, before[-1].metrics, MISSED, 1.0),
            load_cores=self._load_cores,
            load_late=late * 1000,
            **gauges,
        )


def read_metrics(host: str) -> Mapping[str, float]:
    """Sums over labels, by name. Raises requests.RequestException, also where they are not whole in WHOLE_SECONDS."""
    try:
        body = within(WHOLE_SECONDS, lambda: _fetch(f"{host.rstrip('/')}/metrics"), host)
    except TooSlow as error:
        raise requests.Timeout(str(error)) from error
    return parse_metrics(body.decode(errors="replace").splitlines())


def _fetch(url: str) -> bytes:
    try:
        with requests.get(url, timeout=ASK_SECONDS, verify=False, stream=True) as response:
            response.raise_for_status()
            body: bytes = response.raw.read(MAX_BODY, decode_content=True)
            return body
    except HTTPError as error:  # of urllib3: it broke off, or is not coded as it says
        raise requests.ConnectionError(str(error)) from error
    except requests.RequestException:
        raise
    except ValueError as error:  # of urllib: it sends on to an address that is none
        raise requests.exceptions.InvalidURL(str(error)) from error


def parse_metrics(lines: Iterable[str]) -> Mapping[str, float]:
    """The text exposition format, as much of it as sums need; lines that are none are passed over."""
    sums: Counter[str] = Counter()
    for line in lines:
        found = _LINE.match(line)
        if found is not None:
            try:
                sums[found["name"]] += float(found["value"])  # type: ignore[assignment]
            except ValueError:
                continue
    return sums


def total(metrics: Mapping[str, float], names: Iterable[str]) -> float | None:
    """None where none of them is there, as a number."""
    found = [metrics[name] for name in names if math.isfinite(metrics.get(name, math.nan))]
    return sum(found) if found else None


def _rate(
    metrics: Mapping[str, float], before: Mapping[str, float], names: tuple[str, ...], seconds: float
) -> float | None:
    """Growth a second; None at first, and after a restart of the server."""
    now, then = total(metrics, names), total(before, names)
    return (now - then) / seconds if now is not None and then is not None and now >= then else None
