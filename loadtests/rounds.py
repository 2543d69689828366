"""Checks, one after the other: everybody in an agent takes turns, whatever their users are doing meanwhile.

Rules:
1. Of one agent AT_ONCE people check at a time: a check costs its judge about as long as it looks, and no packet may
   wait for it. Whoever was checked longest ago comes first, and nobody more often than `every`.
2. Who has just come in is left alone for a while; who is away, or was meanwhile, is not judged.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Protocol

from loadtests.agents import Agents
from loadtests.findings import Inspection
from loadtests.wire import Check, Counts, Reply

AT_ONCE = 2
JUDGE_SECONDS = 30.0  # beyond the time looked at, for the verdict of a busy judge
IDLE_SECONDS = 0.5  # between two looks whether somebody is due
COUNT_SECONDS = 10.0  # between two questions to an agent how it does
GONE = frozenset({"gone", "unknown"})  # left, or lost, while it was looking: no verdict and no fault


class Checked(Protocol):
    """Who can be asked to check."""

    who: int
    since: float  # in, with media, since this monotonic second
    away: bool  # from the server, for the moment
    breaks: int  # of its connections so far

    def checked(self, inspection: Inspection) -> None:
        """What came out."""

    def check_failed(self, reply: Reply) -> None:
        """The agent did not do it."""


class Rounds:
    """`look` and `count` are loops, for greenlets of their own; they end when those are killed."""

    def __init__(
        self,
        agents: Agents,
        people: Callable[[], dict[int, Checked]],
        *,
        every: float,
        seconds: float,
        settle: float,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        """`people` are those who are in, by number; checks look at so many `seconds`, the first after `settle`."""
        self._agents, self._people = agents, people
        self._every, self._seconds, self._settle = every, seconds, settle
        self._clock, self._sleep = clock, sleep
        self._last: dict[int, float] = {}  # when who was checked
        self._checking: set[int] = set()
        self._chance = random.Random("rounds")  # who is first among equals

    def look(self, agent: int) -> None:
        """Check those in this agent, for ever."""
        while True:
            person = self.due(agent)
            if person is None:
                self._sleep(IDLE_SECONDS)
            else:
                self.check(person)

    def due(self, agent: int) -> Checked | None:
        """Who is next."""
        now, people = self._clock(), self._people()
        self._last = {who: at for who, at in self._last.items() if who in people}
        waiting = [
            people[who]
            for who in self._agents.people_of(agent)
            if who in people and who not in self._checking and self._is_due(people[who], now)
        ]
        self._chance.shuffle(waiting)
        return min(waiting, key=lambda person: self._last.get(person.who, 0.0), default=None)

    def _is_due(self, person: Checked, now: float) -> bool:
        last = self._last.get(person.who)
        return not person.away and now - person.since >= self._settle and (last is None or now - last >= self._every)

    def check(self, person: Checked) -> None:
        """Have one person check, and tell it what came out."""
        who, breaks = person.who, person.breaks
        self._last[who] = self._clock()
        self._checking.add(who)
        try:
            reply = self._agents.ask(Check(number=0, who=who, seconds=self._seconds), self._seconds + JUDGE_SECONDS)
        finally:
            self._checking.discard(who)
        if person.who != who or person.breaks != breaks or reply.failed in GONE:
            return
        if reply.inspection is not None:
            person.checked(reply.inspection)
        else:
            person.check_failed(reply)

    def count(self, agent: int, tell: Callable[[Counts], None]) -> None:
        """Ask how this agent does, for ever."""
        while True:
            self._sleep(COUNT_SECONDS)
            counts = self._agents.counts(agent)
            if counts is not None:
                tell(counts)
