"""What a run says again and again in the terminal: who is there, what failed so far, how the server stands."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import gevent

from loadtests.report.wording import duration
from loadtests.results import Moment, Results

if TYPE_CHECKING:
    from locust.env import Environment

FIRST_SECONDS, OFTEN_SECONDS = 120.0, 10.0  # so long so often: whoever waits wants to see that something happens
EVERY_SECONDS = 60.0  # then
# Fields of a moment, how they are called, and what one of their units is.
TOLD = (
    ("server_cores", "CPU {:.2f}", 1.0),
    ("server_bytes", "{:.0f} MB", 1e6),
    ("descriptors", "descriptors {:.0f}", 1.0),
    ("tasks", "tasks {:.0f}", 1.0),
    ("threads", "threads {:.0f}", 1.0),
    ("video_encoders", "video encoders {:.0f}", 1.0),
    ("audio_encoders", "audio encoders {:.0f}", 1.0),
)

log = logging.getLogger(__name__)


def line(results: Results, now: float) -> str:
    """The run so far, in one line; what the server does not tell is left out."""
    requests, fails = sum(results.counts.values()), sum(results.fails.values())
    checks = sum(count for (kind, _), count in results.counts.items() if kind in ("tile check", "voice check"))
    last = results.moments[-1] if results.moments else Moment(at=now, users=0)
    server = [text.format(value / unit) for field, text, unit in TOLD if (value := getattr(last, field)) is not None]
    lasted = duration(now - results.began)
    return (
        f"{lasted.ko}: 참가자 {last.users}명, 확인 {checks}번, 실패 {fails}번 · "
        f"{lasted.en}: {last.users} people, {requests} requests, "
        f"{checks} checks, {fails} failed" + "".join(f", {each}" for each in server)
    )


def pause(lasted: float) -> float:
    """Seconds until the next line, when a run has lasted so many."""
    return OFTEN_SECONDS if lasted < FIRST_SECONDS else EVERY_SECONDS


class Progress:
    """Of the process that leads."""

    def __init__(self, environment: Environment, results: Callable[[], Results | None]) -> None:
        self._results = results
        self._saying: gevent.Greenlet[..., Any] | None = None
        environment.events.test_start.add_listener(self.begin)
        environment.events.test_stop.add_listener(self.end)

    def begin(self, **_: Any) -> None:
        """A run begins."""
        self.end()
        self._saying = gevent.spawn(self._say)

    def end(self, **_: Any) -> None:
        """It is over."""
        if self._saying is not None:
            self._saying.kill()
            self._saying = None

    def _say(self) -> None:
        lasted = 0.0
        while True:
            gevent.sleep(pause(lasted))
            lasted += pause(lasted)
            results = self._results()
            if results is not None:
                log.info("%s", line(results, time.time()))
