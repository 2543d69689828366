"""Whether people are seen who must not be: their camera is off, as the agent knows it without the server. Pure.

Rules:
1. Words are under way: a camera counts as off once it has been off for `Limits.words`, and longer where the agent
   itself slept or pictures come late; and until AHEAD seconds before it is turned on.
2. A picture that stands is seen all the same: their own mark in three composites is a fault, wherever it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadtests.checks.accounts import accounts, runs
from loadtests.checks.looking import Looks
from loadtests.checks.roster_truth import AHEAD
from loadtests.checks.tracks import MIN_LOOKS
from loadtests.checks.wording import people
from loadtests.findings import Fault, Finding, Limits
from loadtests.recording import Known, Recording


def judge_hidden(recording: Recording, looks: Looks, *, late: float, limits: Limits) -> Iterator[Finding]:
    """`late` is how old pictures are when they arrive, in seconds."""
    seen: dict[int, list[float]] = {}
    for look in looks.looks:
        for who in {code.person for place, code in look.codes.items() if code is not None and not place.content}:
            seen.setdefault(who, []).append(look.arrived)
    found: dict[int, float] = {}
    for who, states in accounts(recording).items():
        for begin, end, off in runs(states, _camera_off, recording.end):
            first = begin + limits.words + recording.held + late
            last = end if end >= recording.end else end - AHEAD
            times = [when for when in seen.get(who, ()) if off and first <= when <= last]
            if len(times) >= MIN_LOOKS:
                found[who] = max(found.get(who, 0.0), times[-1] - times[0])
    if found:
        text = f"{people(found)} seen for {max(found.values()):.1f} s, with the camera off"
        yield Finding(Fault.CAMERA_OFF_SEEN, text, tuple(sorted(found)))


def _camera_off(known: Known) -> bool | None:
    return known.camera_off if known.here else None
