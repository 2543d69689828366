"""The faults of shared screens: no place, nothing or somebody else's in it, or a picture that stands. Pure.

Rules:
1. Judged are screens of people of this agent, which carry marks, while their pictures were sent.
2. A screen is large, and is shown once its first keyframe is there: SHOWN_SECONDS are no fault.
3. A server that is short of CPU, and says so, may let screens stand: that is not judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from loadtests.checks.spans import Span, joined, longest
from loadtests.checks.told import Told
from loadtests.checks.tracks import Track
from loadtests.checks.wording import people
from loadtests.findings import Fault, Finding, Limits
from loadtests.recording import Recording

SHOWN_SECONDS = 2.5  # from the first picture on: the word of who shares, a keyframe of up to a second, new tiles
LEAST_SECONDS = 1.0  # without a place
BREAK = 1.0  # seconds between two pictures of a screen that are no interruption: it has five a second


def judge_screens(
    recording: Recording, told: Told, tracks: Mapping[int, Track], *, late: float, limits: Limits
) -> Iterator[Finding]:
    """`tracks` are those of screens, by owner; `late` how old pictures are when they arrive."""
    sent = {each.person: _spans(each.screens) for each in recording.sent if each.screens}
    if recording.strained:
        return
    slack = recording.held
    found: dict[Fault, dict[int, float]] = {}
    for who, spans in sent.items():
        track = tracks.get(who)
        if track is not None and (black := track.black(spans, late)) > SHOWN_SECONDS - BREAK + slack:
            found.setdefault(Fault.SCREEN_BLACK, {})[who] = black
        if track is not None and (still := track.frozen(spans, late)) > limits.tile_freeze + slack:
            found.setdefault(Fault.SCREEN_FROZEN, {})[who] = still
        if len(sent) == 1 and (away := _away(recording, told, who, spans)) > LEAST_SECONDS + slack:
            found.setdefault(Fault.SCREEN_MISSING, {})[who] = away
    for fault, seconds in found.items():
        text = TEXTS[fault].format(people=people(seconds), seconds=max(seconds.values()))
        yield Finding(fault, text, tuple(sorted(seconds)))


TEXTS = {
    Fault.SCREEN_MISSING: "the screen of {people} had no place in the picture for {seconds:.1f} s",
    Fault.SCREEN_BLACK: "nothing can be read in the shared screen of {people} for {seconds:.1f} s",
    Fault.SCREEN_FROZEN: "the shared screen of {people} stood still for {seconds:.1f} s while pictures were sent",
}


def _spans(pictures: Sequence[tuple[int, float]]) -> list[Span]:
    """When it was sent, without the time until it has to be there."""
    spans = joined(((at, at) for _, at in pictures), gap=BREAK)
    return [(begin + SHOWN_SECONDS, end) for begin, end in spans if end - begin > SHOWN_SECONDS]


def _away(recording: Recording, told: Told, who: int, spans: Sequence[Span]) -> float:
    """Seconds of the longest time on end in which no tile was told for the screen."""
    without = []
    times = [recording.begin, *(layout.since for layout in told.layouts), recording.end]
    for begin, end in pairwise(sorted(when for when in times if recording.begin <= when <= recording.end)):
        layout = told.layout_at(begin)
        if layout is not None and not any(place.content and place.person == who for place in layout.places):
            without.append((begin, end))
    return max((longest(spans, begin, end) for begin, end in joined(without)), default=0.0)
