"""Whether composites come, and people move in them, as often as they should. Pure.

Rules:
1. A composite is due where somebody in it has a new picture; of people who send by themselves so many coincide. The
   smallest rung leaves out every second one.
2. A tile has to go on as its person sends, or as composites come, whichever is less often.
3. The longest standstill is no matter of rates: how long one may be has limits of its own.
4. A server that is short of CPU and says so may be slower; and where the agent itself slept, nobody is blamed.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from loadtests.checks.looking import Looks
from loadtests.checks.spans import Span, covered
from loadtests.checks.told import Told
from loadtests.checks.tracks import Track
from loadtests.checks.wording import milliseconds, tiles
from loadtests.findings import Fault, Finding, Limits
from loadtests.recording import Recording
from mcu.processor.rungs import DIVISORS, SLOW_FPS

LEAST_SECONDS = 1.0  # by which a rate is told, without the longest standstill
LEAST_PICTURES = 5  # of one person, likewise
BROKEN_OFF = 0.5  # seconds between two composites with a tile, in which it was not looked at
HELD_SECONDS = 0.1  # that the agent slept: the machine is busy, and the server on it has not said so yet
SMALLEST = 1 / math.sqrt(DIVISORS[-1] * DIVISORS[-2])  # of the width: what is narrower is of the smallest rung

Sendings = Sequence[tuple[int, float]]


def too_slow(tracks: Mapping[int, Track], pictures: Mapping[int, Sendings], late: float, limits: Limits) -> list[int]:
    """Whose tiles go on too seldom; `late` is how old pictures are when they arrive."""
    return [who for who, track in tracks.items() if who in pictures and _is_slow(track, pictures[who], late, limits)]


def _is_slow(track: Track, pictures: Sendings, late: float, limits: Limits) -> bool:
    times = sorted(when + late for _, when in pictures)
    still = track.longest_run()
    steps = [
        (before, after)
        for before, after in pairwise(track.own)
        if after[0] - before[0] <= BROKEN_OFF and not still[0] <= before[0] < still[1]
    ]
    seconds = sum(after[0] - before[0] for before, after in steps)
    sent = sum(bisect_right(times, after[0]) - bisect_right(times, before[0]) for before, after in steps)
    due = min(sent, len(steps))
    changes = sum(before[1] != after[1] for before, after in steps)
    return seconds >= LEAST_SECONDS and due >= LEAST_PICTURES and changes < limits.tile_pictures * due


def tiles_slow(slow: Sequence[int], rates: Mapping[int, float]) -> Iterator[Finding]:
    """One finding for all of them."""
    if slow:
        least = min((rates[who] for who in slow if who in rates), default=0.0)
        text = f"{tiles(slow)} went on {least:.1f} times a second, far less often than pictures were sent"
        yield Finding(Fault.TILE_SLOW, text, tuple(sorted(slow)))


def judge_rate(
    recording: Recording, looks: Looks, told: Told, moving: Sequence[Span], still: Iterable[int], limits: Limits
) -> Iterator[Finding]:
    """`moving` is when somebody shown moved, `still` are those who do not, for a fault that is told already."""
    if recording.strained or recording.held > HELD_SECONDS or recording.fps <= 0 or not looks.looks:
        return
    begin = recording.begin if looks.before is not None else looks.looks[0].arrived
    times = [begin, *(look.arrived for look in looks.looks), recording.end]
    seconds = covered(moving, begin, recording.end)
    left = seconds - max(after - before for before, after in pairwise(times))
    if left < LEAST_SECONDS:
        return
    rate = _due(recording, looks, told, frozenset(still))
    if len(looks.looks) < limits.composites * rate * left:
        found = len(looks.looks) / seconds
        text = f"{found:.1f} pictures a second came, where {rate:.1f} were due and {limits.composites:.0%} are good"
        yield Finding(Fault.SLOW, text)


def unjudged_rate(recording: Recording) -> Iterator[str]:
    """Why it could not be."""
    if recording.held > HELD_SECONDS:
        yield f"rate of pictures: the agent itself was {milliseconds(recording.held)} late"


def _due(recording: Recording, looks: Looks, told: Told, still: frozenset[int]) -> float:
    """Composites a second, in the layout that has the fewest."""
    begin, end, most = recording.begin, recording.end, float(recording.fps)
    widest = max((layout.width for layout in told.layouts), default=0)
    if min(look.width for look in looks.looks) < SMALLEST * widest:
        most /= SLOW_FPS
    rates = {
        sent.person: min(most, sum(begin <= when < end for _, when in sent.pictures) / (end - begin))
        for sent in recording.sent
        if sent.person not in still
    }
    ends = [*(each.since for each in told.layouts[1:]), end][: len(told.layouts)]
    shown = [
        {place.person for place in layout.places if not place.content}
        for layout, until in zip(told.layouts, ends, strict=True)
        if layout.since < end and until > begin
    ]
    return min((_together(rates, people, most) for people in shown or [set(rates)]), default=0.0)


def _together(rates: Mapping[int, float], people: Iterable[int], most: float) -> float:
    """Of `most` ticks a second, those in which somebody has a new picture."""
    return most * (1.0 - math.prod(1.0 - rates.get(who, 0.0) / most for who in people))
