"""Ctrl-C: a run without the web page ends as it does when its time is over, with everybody leaving and the report.

Rules:
1. Python raises KeyboardInterrupt in whichever greenlet is running, which may not be the one that would end the run: so
   the signal is taken by the hub.
2. A second Ctrl-C ends the process at once.
"""

from __future__ import annotations

import logging
import signal
from typing import TYPE_CHECKING, Any

import gevent

if TYPE_CHECKING:
    from locust.env import Environment

INTERRUPTED = 130  # exit code: 128 and the signal's number

log = logging.getLogger(__name__)


def attach(environment: Environment, **_: Any) -> None:
    """Once in the process that is started by hand."""
    if environment.parsed_options is None or not environment.parsed_options.headless:
        return  # there locust ends with its web page

    def interrupt() -> None:
        log.warning(
            "중단합니다. 한 번 더 누르면 바로 끝납니다 · Interrupted: everybody leaves. Once more ends it at once"
        )
        first.cancel()
        gevent.signal_handler(signal.SIGINT, _end)
        environment.process_exit_code = INTERRUPTED
        if environment.runner is not None:
            gevent.spawn(environment.runner.quit)

    first = gevent.signal_handler(signal.SIGINT, interrupt)


def _end() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.raise_signal(signal.SIGINT)
