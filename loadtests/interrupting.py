"""Ctrl-C and SIGTERM: a run ends as it does when its time is over, with everybody leaving and the report.

Rules:
1. Before a run, while a server is started and faces are made, the process ends with one sentence, and what it started
   ends with it.
2. Python raises KeyboardInterrupt in whichever greenlet is running, which may not be the one that would end the run: so
   the signal is taken by the hub. That is for runs without the web page; with it locust ends in order by itself.
3. A second signal ends the process at once; the folders of the run are removed all the same.
4. Locust's own handler of SIGTERM writes the report before anybody has left. It is set when the run begins: ours comes
   in its place then.
5. A run is ended once. Locust's main ends it by itself when its shape has ended, and a second time does not wait for
   those who are leaving: their agents would go away under them.
"""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import gevent

from loadtests import folders

if TYPE_CHECKING:
    from types import FrameType

    from locust.env import Environment
    from locust.runners import Runner

SIGNALS = (signal.SIGINT, signal.SIGTERM)
BY_SIGNAL = {each: 128 + each for each in SIGNALS}  # exit codes
INTERRUPTED = frozenset(BY_SIGNAL.values())
ENDING = frozenset(("cleanup", "stopping"))  # as locust.runners has them, which must not be imported: it patches

log = logging.getLogger(__name__)


def begin(environment: Environment, **_: Any) -> None:
    """Rule 1, before anything else is done with locust's `init`."""
    for each in SIGNALS:
        signal.signal(each, _give_up)


def attach(environment: Environment, **_: Any) -> None:
    """When everything else is done with it."""
    if environment.parsed_options is None or not environment.parsed_options.headless:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        return

    def interrupt(number: signal.Signals) -> None:
        log.warning(
            "중단합니다. 한 번 더 누르면 바로 끝납니다 · Interrupted: everybody leaves. Once more ends it at once"
        )
        for each in SIGNALS:
            _take(each, _end)
        environment.process_exit_code = BY_SIGNAL[number]
        if environment.runner is not None:
            _end_run(environment.runner)

    def take_all(**_: Any) -> None:
        for each in SIGNALS:
            _take(each, interrupt)

    take_all()
    environment.events.test_start.add_listener(take_all)


def _give_up(number: int, frame: FrameType | None) -> None:
    log.warning("시작하기 전에 중단했습니다 · Interrupted before the run began")
    raise SystemExit(BY_SIGNAL[signal.Signals(number)])


def _end_run(runner: Runner) -> None:
    """Rule 5."""
    if runner.state in ENDING:
        return  # its time was over just now
    if runner.shape_greenlet is not None:
        runner.shape_greenlet.kill(block=False)
    else:
        gevent.spawn(runner.quit)


def _take(number: signal.Signals, do: Callable[[signal.Signals], None]) -> None:
    """Rule 2."""
    loop = gevent.get_hub().loop
    signal.signal(number, lambda *_: loop.run_callback_threadsafe(do, number))


def _end(number: signal.Signals) -> None:
    folders.remove_all()
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)
