"""One run in one locust worker: its meetings, its people, its agents. It owns what users share."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import gevent

from loadtests.agents import Agents, Prepared
from loadtests.conferences import Allotment
from loadtests.line import forecast
from loadtests.line_break import LineBreak
from loadtests.meeting import Meeting
from loadtests.numbers import Numbers
from loadtests.options import Options
from loadtests.rest import Server
from loadtests.rounds import AT_ONCE, Rounds
from loadtests.telling import in_short, tell, tell_counts
from mcu.errors import ConfigurationError

if TYPE_CHECKING:
    from locust.env import Environment

    from loadtests.users.presence import Presence

BACK_SECONDS = 30.0  # for everybody to be back once a restarted server is ready
AGENT = "Agent"  # locust's name of what no user has asked


class Run:
    """`begin`, users come and go, `close`."""

    def __init__(
        self,
        environment: Environment,
        options: Options,
        allotment: Allotment,
        *,
        agents: Agents | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = gevent.sleep,
    ) -> None:
        self.environment = environment
        self.options = options
        self.scenario = options.scenario
        self.server = Server(options.host, api_key=options.api_key)
        self.gateway = allotment.gateway
        self.entrance = allotment.entrance or self.server.address  # where participants come in
        self.meetings: list[Meeting[Presence]] = [Meeting(place) for place in allotment.places]
        self.numbers = Numbers(index=allotment.index, workers=allotment.workers)
        self.agents = agents or Agents(
            most=options.agents,
            died=self._agent_died,
            near=allotment.near,
            far=allotment.far,
            round_trip=options.round_trip,
            line=forecast.round_trip(options.weather),
        )
        self.clock, self.sleep = clock, sleep
        self.users = 0  # that have come so far: a user's chances are drawn from its place in the row
        self._before: dict[Presence, int] = {}  # who was in when the server was restarted, with its reconnects so far
        self._cut: LineBreak | None = None
        self._greenlets: list[gevent.Greenlet[..., Any]] = []

    # --- life -------------------------------------------------------------------------------------------

    def prepare(self) -> Prepared:
        """Have the agents running before anybody comes, so that nobody's time goes by with it."""
        far = bool(self.options.weather)
        ends = (*((False,) if not far or self.scenario.far_receivers else ()), *((True,) if far else ()))
        return self.agents.prepare([meeting.key for meeting in self.meetings], ends=ends)

    def begin(self) -> None:
        """Have people check, and agents say how they do, from now on."""
        every = self.options.check_every
        rounds = Rounds(
            self.agents,
            lambda: {who: person for who, person in self._people().items() if person.looks and not person.excused},
            every=min(every, self.scenario.checks_every or every),
            seconds=self.options.check_seconds,
            settle=self.scenario.settle,
            clock=self.clock,
            sleep=self.sleep,
        )
        for agent in range(self.agents.most):
            self._greenlets.append(gevent.spawn(rounds.count, agent, self._tell_counts))
            if self.options.check_every:
                self._greenlets += [gevent.spawn(rounds.look, agent) for _ in range(AT_ONCE)]

    def close(self) -> None:
        """When all users have left."""
        gevent.killall(self._greenlets)
        self._greenlets.clear()
        self.agents.close()

    # --- people -----------------------------------------------------------------------------------------

    def find_place(self, *, chair: bool = False) -> Meeting[Presence]:
        """Where somebody goes: the emptiest conference; a chair to one that has none."""
        places = [each for each in self.meetings if each.chaired and each.chair is None] if chair else []
        return min(places or self.meetings, key=lambda meeting: meeting.expected)

    def find_stage(self) -> Meeting[Presence]:
        """Where somebody sends to all others: nobody else does. Raises ConfigurationError when all are taken."""
        places = [each for each in self.meetings if each.chaired and not each.has_sender]
        if not places:
            raise ConfigurationError("every conference has its sender already")
        return min(places, key=lambda meeting: meeting.expected)

    def next_user(self) -> int:
        """How many users have come before this one."""
        self.users += 1
        return self.users - 1

    def _people(self) -> dict[int, Any]:
        return {who: person for meeting in self.meetings for who, person in meeting.people.items()}

    def headcount(self) -> tuple[int, int]:
        """How many the server has to have at the least, and how many it may have."""
        sure = sum(person.is_staying and not person.away for person in self._people().values())
        return sure, sum(meeting.expected for meeting in self.meetings)

    def _tell_counts(self, counts: Any) -> None:
        tell_counts(self.environment, AGENT, counts)

    def _agent_died(self, why: str) -> None:
        tell(self.environment, "agent", AGENT, failure=in_short(why))

    # --- a restart of the server ------------------------------------------------------------------------

    def server_goes(self) -> None:
        """It is about to be restarted: whoever is in has to come back."""
        self._before = {person: person.reconnects for person in self._people().values()}

    def server_is_back(self) -> None:
        """It is ready again: see after a while who has not come back."""
        self._greenlets.append(gevent.spawn(self.expect_everybody))

    # --- a dead line ------------------------------------------------------------------------------------

    def line_dies(self) -> None:
        """Nobody is judged until the line is back."""
        self._cut = LineBreak(self, list(self._people().values()))

    def line_is_back(self) -> None:
        """Look who is back, and after how long."""
        if self._cut is not None:
            self._greenlets += self._cut.end()
            self._cut = None

    def expect_everybody(self) -> None:
        """After BACK_SECONDS, see who is back."""
        self.sleep(BACK_SECONDS)
        self.count_the_missing()

    def count_the_missing(self) -> None:
        """Tell of everybody who is not back, or has not noticed. At the end of a run, however soon after a restart."""
        before, self._before = self._before, {}
        for person, reconnects in before.items():
            if person.is_staying and (person.away or person.reconnects == reconnects):
                person.tell("reconnect", seconds=BACK_SECONDS, failure="not back after the restart of the server")


_runs: WeakKeyDictionary[Environment, Run] = WeakKeyDictionary()


def set_run(environment: Environment, run: Run | None) -> None:
    """The run of this environment's users; None: there is none."""
    if run is None:
        _runs.pop(environment, None)
    else:
        _runs[environment] = run


def run_of(environment: Environment) -> Run | None:
    return _runs.get(environment)
