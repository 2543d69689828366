"""What users of load tests meet in their tests: agents that answer as they are told, time that nobody waits for."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from locust.env import Environment

from loadtests.agents import Listener
from loadtests.conferences import Allotment, Conference, Place
from loadtests.options import Options
from loadtests.run import Run, set_run
from loadtests.scenarios import SCENARIOS
from loadtests.wire import Act, AnyCommand, Counts, Enter, Reply

ENTERED = Reply(number=0, figures={"join": 0.3, "first frame": 0.5, "first sound": 0.4})
DONE = Reply(number=0)

Answer = Callable[[AnyCommand], Reply | None]


class Time:
    """`sleep` lets it pass, and does what falls due meanwhile."""

    def __init__(self, now: float = 100.0) -> None:
        self.now = now
        self._due: list[tuple[float, Callable[[], object]]] = []

    def clock(self) -> float:
        return self.now

    def at(self, seconds: float, do: Callable[[], object]) -> None:
        """From now."""
        self._due.append((self.now + seconds, do))

    def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        while falling := [each for each in self._due if each[0] <= until]:
            first = min(falling, key=lambda each: each[0])
            self._due.remove(first)
            self.now = max(self.now, first[0])
            first[1]()
        self.now = until


@dataclass
class FakeAgents:
    """Keeps what it was asked; `answer` may answer in place of success."""

    answer: Answer = lambda command: None
    most: int = 1
    asked: list[AnyCommand] = field(default_factory=list)
    listeners: dict[int, Listener] = field(default_factory=dict)
    conferences: dict[int, str] = field(default_factory=dict)
    far: set[int] = field(default_factory=set)
    said: Counts | None = None

    def admit(self, who: int, *, conference: str, listener: Listener, far: bool = False) -> None:
        assert who not in self.listeners, "an agent has one of a number"
        self.listeners[who], self.conferences[who] = listener, conference
        self.far |= {who} if far else set()

    def dismiss(self, who: int) -> None:
        del self.listeners[who]

    def ask(self, command: AnyCommand, patience: float) -> Reply:
        assert command.who in self.listeners
        self.asked.append(command)
        return self.answer(command) or (ENTERED if isinstance(command, Enter) else DONE)

    def people_of(self, index: int) -> tuple[int, ...]:
        return tuple(self.listeners) if index == 0 else ()

    def counts(self, index: int) -> Counts | None:
        return self.said

    def close(self) -> None:
        assert not self.listeners

    @property
    def wishes(self) -> list[dict[str, Any]]:
        """The fields of what was acted, in order."""
        return [changed(act) for act in self.asked if isinstance(act, Act)]


def changed(act: Act) -> dict[str, Any]:
    """What is not left as it is."""
    told = msgspec.structs.asdict(act)
    return {name: value for name, value in told.items() if value is not None and name not in ("number", "who")}


@dataclass
class Told:
    """What locust's statistics were told."""

    requests: list[dict[str, Any]] = field(default_factory=list)

    def take(self, **request: Any) -> None:
        self.requests.append(request)

    def rows(self) -> list[tuple[str, str, str]]:
        """(type, name, failure)"""
        return [(each["request_type"], each["name"], str(each["exception"] or "")) for each in self.requests]

    def types(self) -> list[str]:
        return [each["request_type"] for each in self.requests]


def options(scenario: str = "churn", **changes: Any) -> Options:
    """As without flags."""
    made = Options(
        scenario=SCENARIOS[scenario],
        host="http://127.0.0.1:9",  # discard: nobody answers
        users=None,
        run_time=None,
        conferences=0,
        conference="",
        chair_key="",
        api_key="",
        gateway="",
        whip="",
        whep="",
        token="",
        own_server=False,
        restart_command="",
        speed=60.0,
        weather=SCENARIOS[scenario].weather,
        agents=1,
        check_every=20.0,
        check_seconds=3.0,
        round_trip=0.0,
    )
    return dataclasses.replace(made, **changes)


def conference(**changes: Any) -> Conference:
    return msgspec.structs.replace(
        Conference(link="L" * 22, id="1", number="123456789", pin="123456", chair_key="key", capacity=30), **changes
    )


class Stand:
    """A run of one conference with fake agents, fake time and real statistics."""

    def __init__(self, *, scenario: str = "gathering", speakers: int = 3, places: int = 1, **changes: Any) -> None:
        self.time, self.agents, self.told = Time(), FakeAgents(), Told()
        self.environment = Environment()
        self.environment.events.request.add_listener(self.told.take)
        allotment = Allotment(
            index=0,
            workers=1,
            gateway="10.0.0.5:1720",
            places=tuple(
                Place(conference=conference(link=f"{place}" * 22), speakers=speakers) for place in range(places)
            ),
        )
        agents: Any = self.agents
        self.run = Run(
            self.environment,
            options(scenario, **changes),
            allotment,
            agents=agents,
            clock=self.time.clock,
            sleep=self.time.sleep,
        )
        set_run(self.environment, self.run)
