"""How many checks of each kind there have to be at the least, so that one good check of hundreds is no success. Pure.

Rules:
1. Each kind of check of which something is expected has to be made often enough, unless a count above 0 is expected.
2. So many were due: the seconds that people who check were there, over the seconds between two checks of one person,
   and no more than their agents can do, which let so many people check at a time. Nobody checks in the first seconds.
3. SHARES of that are enough: who leaves while looking gives no verdict, and a machine may be busy; of silence there is
   nothing to tell.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loadtests.expectations import ANY, COMPARISONS, Expectation, parse
from loadtests.results import Moment
from loadtests.rounds import AT_ONCE

SHARES: Mapping[str, float] = {"tile check": 0.5, "glass-to-glass": 0.5, "voice check": 0.25, "voice delay": 0.25}
JUDGED_AFTER = 3.0  # seconds beside those looked at: to settle, for a keyframe, for the verdict; on two busy cores 1.5
AGENTS_START = 10.0  # seconds until the agents of a run are up, on a busy machine
COUNT = "count"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a run checks."""

    every: float  # seconds between two checks by one person
    seconds: float  # that are looked at
    lead: float  # seconds that somebody is there before the first check begins
    agents: int  # that carry conferences
    blind: int  # users who never check


def enough(expected: Sequence[Expectation], moments: Sequence[Moment], pace: Pace) -> tuple[Expectation, ...]:
    """What is expected beside `expected`, after a run."""
    counted = {each.kind for each in expected if each.figure == COUNT and not _is_idle(each)}
    about = {each.kind for each in expected} - counted - {ANY}
    due = checks_due(moments, pace) if pace.every else 0.0
    return tuple(
        parse(f"{kind} {COUNT} >= {max(1, int(share * due))}") for kind, share in SHARES.items() if kind in about
    )


def _is_idle(expectation: Expectation) -> bool:
    """Whether no check at all would do: a limit from above, or from nothing on, says nothing of enough."""
    return expectation.sign != "=" and COMPARISONS[expectation.sign](0.0, expectation.limit)


def checks_due(moments: Sequence[Moment], pace: Pace) -> float:
    """Rule 2."""
    one = pace.seconds + JUDGED_AFTER
    first = AGENTS_START + pace.lead + one  # seconds until the first check is judged
    spans = [
        (max(0, min(before.users, after.users) - pace.blind), after.at - before.at)
        for before, after in itertools.pairwise(moments)
    ]
    most = max((people for people, _ in spans), default=0)
    present = sum(people * seconds for people, seconds in spans) - most * first
    working = sum(seconds for people, seconds in spans if people) - first
    return max(0.0, min(present / pace.every, working * AT_ONCE * pace.agents / one))
