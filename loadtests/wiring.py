"""How the load tests hang on locust: which of its events does what, in the process that leads and in those that work.

    init           leads: which server, whether it can be tried, the shape of the scenario; works: listens to the leader
    test_start     leads: makes the conferences, shares them out; then works: a Run and its agents, before the first
                   user comes; then the time of the run begins
    test_stopping  works: sees who is not back from a restart
    test_stop      works: ends the agents; leads: ends the conferences
    quitting       leads: ends what is left, and its own server
A lone locust leads and works; a master leads; a worker works.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

from locust.env import Environment
from locust.event import Events
from locust.runners import LocalRunner, MasterRunner, WorkerRunner

from loadtests import run_flags
from loadtests.leader import Leader
from loadtests.line.server import NotHere
from loadtests.refusal import refuse
from loadtests.worker import Worker
from mcu.errors import ConfigurationError

log = logging.getLogger(__name__)


def attach(events: Events) -> None:
    """Called by the locustfile, once."""
    events.init_command_line_parser.add_listener(run_flags.add)
    events.init.add_listener(_init)


def _init(environment: Environment, **_: Any) -> None:
    """Ends locust with a sentence where the run cannot be made."""
    runner = environment.runner
    worker = Worker(environment) if isinstance(runner, LocalRunner | WorkerRunner) else None
    leader = None
    if isinstance(runner, LocalRunner | MasterRunner):
        try:
            leader = Leader(environment, runner)
        except NotHere as error:
            log.warning("%s: %s · Skipped: %s", "건너뜁니다", error, error)
            sys.exit(0)
        except ConfigurationError as error:
            refuse(error)
    events = environment.events
    # Listeners of one event are called in this order, at the end of a run as at its beginning.
    if leader is not None:
        events.test_start.add_listener(leader.start)
    if worker is not None:
        events.test_start.add_listener(worker.start)
        if leader is not None:
            events.test_start.add_listener(leader.begin_clock)  # its own agents are there
        events.test_stopping.add_listener(worker.stopping)
        events.test_stop.add_listener(worker.stop)
    if leader is not None:
        events.test_stop.add_listener(leader.stop)
        events.quitting.add_listener(leader.quit)
