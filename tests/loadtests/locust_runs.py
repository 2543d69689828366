"""Locust as its command line would make it, alone or with workers, with agents that play a part."""

from __future__ import annotations

import sys
from collections.abc import Callable

import gevent
import pytest
from locust import User
from locust.argument_parser import get_parser
from locust.env import Environment
from locust.event import Events
from locust.runners import LocalRunner

from loadtests import faces, own_server, report_flags, run_flags, shapes, wiring
from loadtests.users.chair import Chair
from loadtests.users.conference_room import ConferenceRoom
from loadtests.users.district_head import DistrictHead
from loadtests.users.one_too_many import OneTooMany
from loadtests.users.publisher import Publisher
from loadtests.users.remote_expert import RemoteExpert
from loadtests.users.viewer import Viewer
from tests.loadtests.fakes import Told

CLASSES: tuple[type[User], ...] = (Chair, ConferenceRoom, DistrictHead, OneTooMany, Publisher, RemoteExpert, Viewer)
PATIENCE = 30.0
SCRIPTED = (sys.executable, "-m", "tests.loadtests.scripted_agent")


def pretend(monkeypatch: pytest.MonkeyPatch) -> None:
    """Agents that play a part, faces that nobody has to make, and no gateway, whatever else runs on this machine."""
    monkeypatch.delenv("MCU_API_KEY", raising=False)
    monkeypatch.setattr("loadtests.agents.leashed", lambda *_: list(SCRIPTED))
    monkeypatch.setattr(faces, "prepare", lambda people: None)
    monkeypatch.setattr(own_server, "GATEWAY_PORT", 9)  # discard: nobody answers
    for each in CLASSES:  # a run changes them
        monkeypatch.setattr(each, "weight", each.weight)
        monkeypatch.setattr(each, "fixed_count", each.fixed_count)


def environment(*arguments: str, host: str | None) -> Environment:
    """As locust makes it of a command line."""
    parser = get_parser(default_config_files=[])
    run_flags.add(parser)
    report_flags.add(parser)
    parsed = parser.parse_args(["--headless", *(("--host", host) if host else ()), *arguments])
    return Environment(
        user_classes=list(CLASSES), events=Events(), host=parsed.host, parsed_options=parsed, stop_timeout=0
    )


def begin(made: Environment) -> None:
    """What locust does when it has made a runner."""
    wiring.attach(made.events)
    made.events.init.fire(environment=made, runner=made.runner, web_ui=None)


def wait_for(condition: Callable[[], bool]) -> None:
    with gevent.Timeout(PATIENCE):
        while not condition():
            gevent.sleep(0.05)


class Locust:
    """A lone one."""

    def __init__(
        self, *arguments: str, host: str | None, attach: Callable[[Events], None] = lambda events: None
    ) -> None:
        """`attach` is what the locustfile does beside `wiring.attach`."""
        self.told = Told()
        self.environment = environment(*arguments, host=host)
        self.environment.events.request.add_listener(self.told.take)
        self.runner: LocalRunner = self.environment.create_local_runner()
        attach(self.environment.events)
        begin(self.environment)

    def tick_seconds(self) -> float:
        """How old the run is for its shape."""
        shape = self.environment.shape_class
        assert isinstance(shape, shapes.ScenarioShape)
        return shape._running_for()

    def end(self) -> None:
        self.runner.quit()
        self.environment.events.quitting.fire(environment=self.environment, reverse=True)
