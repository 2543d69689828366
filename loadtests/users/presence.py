"""Being in a conference, for all users: coming in, being told what happens, leaving.

Rules:
1. `attend` is locust's only task, and does one thing at a time: come in, take part, leave. Whoever is out for whatever
   reason tries again, as people do.
2. What fails because the connection broke meanwhile is told once, as a reconnect, and not again as what was attempted.
3. However a user ends, its participant leaves properly (`on_stop`).
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, ClassVar

from locust import User, task
from locust.exception import StopUser

from loadtests import telling
from loadtests.agents import AGENT_DIED
from loadtests.meeting import Meeting
from loadtests.run import Run, run_of
from loadtests.telling import RequestType
from loadtests.wire import AnyCommand, Enter, Happened, Kind, Leave, Reply
from mcu.errors import ConfigurationError
from mcu.synthetic.people import person

if TYPE_CHECKING:
    from locust.env import Environment

ENTER_PATIENCE = 20.0  # seconds that somebody tries to come in before giving up
REPLY_MARGIN = 10.0  # beyond it, for the agent to say so
LEAVE_PATIENCE = 10.0
AGAIN_SECONDS = (3.0, 6.0)  # from failing to come in to the next attempt
OUT_SECONDS = (1.0, 5.0)  # from leaving to coming again
REST_SECONDS = 60.0  # of a number whose owner was lost: the server keeps a lost participant for 45 s
FIRST: tuple[RequestType, ...] = ("first frame", "first sound")


class Presence(User):
    """Somebody who is in a conference, or on the way. Subclasses say in `take_part` what they do there."""

    abstract = True
    kind: ClassVar[Kind] = "attendee"
    camera: ClassVar[bool] = True
    late: ClassVar[tuple[float, float]] = (0.0, 0.0)  # seconds before coming in for the first time
    pause: ClassVar[tuple[float, float]] = (2.0, 6.0)  # seconds between two things
    looks: ClassVar[bool] = True  # can check what it sees and hears
    goes: ClassVar[bool] = True  # with those who leave and come again, where the scenario has such

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        run = run_of(environment)
        self.name = type(self).__name__
        self.chance = random.Random(f"{self.name} {run.next_user() if run else 0}")
        self.who = -1  # no number yet
        self.since = 0.0
        self.away = False
        self.excused = False  # from checks, for the moment
        self.breaks = 0
        self.reconnects = 0
        self._meeting: Meeting[Presence] | None = None
        self._was_in = False
        self._came_late = False
        self._lost = False  # out, without having left
        self._stays_until = float("inf")

    # --- locust -----------------------------------------------------------------------------------------

    def on_start(self) -> None:
        if run_of(self.environment) is None:  # this worker came when conferences were shared out already
            raise StopUser

    def on_stop(self) -> None:
        self.leave()

    def wait_time(self) -> float:
        return self.chance.uniform(*self.pause)

    @task
    def attend(self) -> None:
        """Rule 1."""
        if self._lost and self._meeting is not None:
            self._forget(rest=REST_SECONDS)
        if self._meeting is None:
            self._wait_when_late()
            self.come_in()
        elif self.run_.clock() >= self._stays_until:
            self.leave()
            self.run_.sleep(self.chance.uniform(*OUT_SECONDS))
        else:
            self.take_part()

    def take_part(self) -> None:
        """One thing that this kind of person does in a conference; nothing where its class does not say."""

    # --- being in a conference --------------------------------------------------------------------------

    @property
    def run_(self) -> Run:
        """The run; `run` is locust's own."""
        run = run_of(self.environment)
        assert run is not None
        return run

    @property
    def meeting(self) -> Meeting[Presence]:
        """Where this person is, or is going."""
        assert self._meeting is not None
        return self._meeting

    @property
    def is_staying(self) -> bool:
        """In a conference, and not about to leave it."""
        return self._was_in and not self._lost

    def enter_command(self) -> Enter:
        """How this person enters. Raises ConfigurationError where there is no way in."""
        return Enter(
            number=0,
            who=self.who,
            kind=self.kind,
            server=self.run_.entrance,
            conference=self.meeting.conference.link,
            camera=self.camera,
            patience=ENTER_PATIENCE,
        )

    def find_place(self) -> Meeting[Presence]:
        return self.run_.find_place()

    def come_in(self) -> None:
        """Once: in, or out again and a while later."""
        run = self.run_
        try:
            meeting = self._take_place()
            command = self.enter_command()
        except ConfigurationError as error:
            self._stay_out(0.0, str(error), rest=0.0)
            return
        begun = run.clock()
        reply = self.ask(command, ENTER_PATIENCE + REPLY_MARGIN)
        if reply.failed or self._lost:
            self._stay_out(run.clock() - begun, words(reply), rest=0.0 if reply.failed == "refused" else REST_SECONDS)
            return
        self.since, self.away, self._was_in = run.clock(), False, True
        meeting.entered(self)
        if run.scenario.stay is not None and self.goes:
            self._stays_until = self.since + self.chance.uniform(*run.scenario.stay)
        self.tell("join", seconds=reply.figures.get("join", self.since - begun))
        for kind in FIRST:
            if kind in reply.figures:
                self.tell(kind, seconds=reply.figures[kind])

    def leave(self) -> None:
        """Out, and not lost; nothing where nobody is in or on the way, or where the run has ended its agents."""
        run, was_in = run_of(self.environment), self._was_in
        if self._meeting is None or run is None:
            return
        self._was_in = False
        self.meeting.left(self.who)
        begun = run.clock()
        reply = self.ask(Leave(number=0, who=self.who), LEAVE_PATIENCE)
        if was_in and not self._lost:
            self.tell("leave", seconds=reply.figures.get("leave", run.clock() - begun), failure=words(reply))
        self._forget(rest=REST_SECONDS if reply.failed else 0.0)

    def _take_place(self) -> Meeting[Presence]:
        run, meeting = self.run_, self.find_place()
        self.who = run.numbers.take(now=run.clock())
        self._meeting, self._lost = meeting, False
        meeting.expected += 1
        run.agents.admit(self.who, conference=meeting.key, listener=self, far=run.scenario.is_far(self.name))
        return meeting

    def _stay_out(self, seconds: float, why: str, *, rest: float) -> None:
        """The attempt has failed: say so, and wait before the next one."""
        self.tell("join", seconds=seconds, failure=why)
        if self._meeting is not None:
            self._forget(rest=rest)
        self.run_.sleep(self.chance.uniform(*AGAIN_SECONDS))

    def _forget(self, *, rest: float) -> None:
        """Give everything back; to nobody where the run has ended while an agent was waited for."""
        run, meeting = run_of(self.environment), self.meeting
        if run is None:
            return
        meeting.left(self.who)
        meeting.expected -= 1
        run.agents.dismiss(self.who)
        run.numbers.give_back(self.who, now=run.clock(), rest=rest)
        self._meeting, self.who, self._was_in, self._stays_until = None, -1, False, float("inf")

    def _wait_when_late(self) -> None:
        if not self._came_late:
            self._came_late = True
            if not self.run_.scenario.at_once:
                self.run_.sleep(self.chance.uniform(*self.late))

    # --- saying and being told ----------------------------------------------------------------------------

    def ask(self, command: AnyCommand, patience: float) -> Reply:
        """The agent's reply; kinds of failure as in `AgentProcess.ask`."""
        return self.run_.agents.ask(command, patience)

    def tell(self, request_type: RequestType, *, seconds: float = 0.0, failure: str = "") -> None:
        telling.tell(self.environment, request_type, self.name, seconds=seconds, failure=failure)

    def happened(self, happened: Happened) -> None:
        """Told by the agent, at any time (loadtests.agents.Listener)."""
        match happened.what:
            case "media lost":
                self.away = True
                self.breaks += 1
            case "reconnect":
                self.away = False
                self.breaks += 1
                self.reconnects += 1
                self._lost = self._lost or bool(happened.failed)
                self.tell("reconnect", seconds=happened.seconds, failure=words(happened))
            case "ended" if self.is_staying:
                self._lost = True
                if happened.failed:  # otherwise somebody has ended the conference: the next attempt to enter tells so
                    self.tell("reconnect", seconds=happened.seconds, failure=f"put out: {words(happened)}")
            case what if what == AGENT_DIED:
                self._lost = True
                self.tell("agent", failure=words(happened))


def words(said: Reply | Happened) -> str:
    """What failed, in one line; "" where nothing did."""
    if not said.failed:
        return ""
    return f"{said.failed}: {telling.in_short(said.detail)}" if said.detail else said.failed


def name_of(who: int) -> str:
    """As the roster shows it."""
    return person(who).name
