"""Compares the roster that one participant was told with what the agent knows of its own people. Pure.

Rules:
1. Words are under way: only what has been known without a change for `Limits.words` has to be told by now, and longer
   where the agent itself slept.
2. What changes is no fault: AHEAD seconds before a change the server may have told it already.
3. LEAST_WRONG seconds in all are a fault, each kind by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from loadtests.checks.accounts import accounts, runs
from loadtests.checks.roster import MAX_STATES
from loadtests.checks.wording import people
from loadtests.findings import Fault, Finding, Limits
from loadtests.recording import Known, Present, Recording

AHEAD = 0.5  # seconds: the word for others may be heard before the agent has heard its own
LEAST_WRONG = 1.0  # seconds

# What is said of whom, what is known of it, and what is wrong where it is known to be so and told otherwise.
Aspect = tuple[Callable[[Known], bool | None], Callable[[Present], bool], dict[bool, str]]
ASPECTS: tuple[Aspect, ...] = (
    (
        lambda known: known.here or None,
        lambda told: told.here,
        {True: "the roster that {who} is told is without {people}, who {are} in, for {seconds:.1f} s"},
    ),
    (
        lambda known: known.muted if known.here else None,
        lambda told: told.muted,
        {
            True: "{who} is told for {seconds:.1f} s that {people} {are} not muted, who {are}",
            False: "{who} is told for {seconds:.1f} s that {people} {are} muted, who {are} not",
        },
    ),
    (
        lambda known: known.camera_off if known.here else None,
        lambda told: told.camera_off or told.hidden,
        {
            True: "{who} is told for {seconds:.1f} s that the camera of {people} is on, which is off",
            False: "{who} is told for {seconds:.1f} s that the camera of {people} is off, which is on",
        },
    ),
)

Span = tuple[float, float]


def judge_roster(recording: Recording, limits: Limits) -> tuple[Finding, ...]:
    """Nothing where no roster is told, or nobody is known."""
    if not recording.present or not recording.known:
        return ()
    told: dict[int, list[Present]] = {}
    for state in recording.present[:MAX_STATES]:
        told.setdefault(state.person, []).append(state)
    known = accounts(recording)
    first = min(state.since for state in recording.present)
    late = limits.words + recording.held
    findings: list[Finding] = []
    for aspect, said, texts in ASPECTS:
        wrong: dict[bool, dict[int, float]] = {}
        for person, states in known.items():
            lines = _lines(told.get(person, ()), person, first, recording.end)
            for begin, end, value in runs(states, aspect, recording.end):
                until = end if end >= recording.end else end - AHEAD
                seconds = sum(
                    max(0.0, min(until, last) - max(begin + late, since))
                    for line, since, last in lines
                    if said(line) != value and (line.here or aspect is ASPECTS[0][0])
                )
                wrong.setdefault(value, {})[person] = wrong.get(value, {}).get(person, 0.0) + seconds
        findings += _findings(recording.who, wrong, texts)
    return tuple(findings)


def _lines(states: Sequence[Present], person: int, first: float, end: float) -> list[tuple[Present, float, float]]:
    """What was told of somebody from when to when; who is not told of is not there."""
    absent = Present(first, person, muted=False, camera_off=False, here=False)
    every = [absent, *sorted(states, key=lambda state: state.since)]
    times = [*(max(first, state.since) for state in every), end]
    return [(state, since, until) for state, (since, until) in zip(every, pairwise(times), strict=True)]


def _findings(who: int, wrong: dict[bool, dict[int, float]], texts: dict[bool, str]) -> Iterator[Finding]:
    for value, seconds in sorted(wrong.items()):
        found = {person: long for person, long in seconds.items() if long >= LEAST_WRONG}
        if found:
            text = texts[value].format(
                who=who, people=people(found), are="are" if len(found) > 1 else "is", seconds=max(found.values())
            )
            yield Finding(Fault.ROSTER_WRONG, text, tuple(sorted(found)))
