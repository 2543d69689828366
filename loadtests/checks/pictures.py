"""Judges the composites of a recording: whether they come, in time, with everybody where the server says. Pure.

Rules:
1. A picture's delay counts from its last packet's leaving the sender to the arrival of the first composite with it.
2. Composites stand still while nobody in them moves: only time in which somebody shown sent pictures is judged.
3. What comes within KEYFRAME_SECONDS of the first composite is late because we asked for that keyframe ourselves.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from loadtests.checks.hidden import judge_hidden
from loadtests.checks.judgement import Judgement
from loadtests.checks.looking import CODECS, MAX_FRAMES, Look, Looks, look
from loadtests.checks.rates import judge_rate, unjudged_rate
from loadtests.checks.spans import Span, covered, joined, longest
from loadtests.checks.tiles import judge_tiles
from loadtests.checks.told import Told
from loadtests.checks.validity import check
from loadtests.checks.wording import milliseconds, people
from loadtests.findings import Fault, Figures, Finding, Limits
from loadtests.recording import Recording
from mcu.synthetic import picture_delay

KEYFRAME_SECONDS = 0.5  # a keyframe is sent over a fifth of a second, and what is painted meanwhile waits behind it
NO_PICTURE_SECONDS = 2.0  # to wait for a keyframe: the server makes one a second on request, large ones less often
BREAK = 0.5  # seconds between two pictures that are no interruption: cameras in the dark give three a second
MAX_DELAY = 3.5  # seconds; the shortest loop of pictures repeats its numbers after four
MIN_DELAYS = 5  # of one person, that make a median
MANY_DELAYS = 20  # of all, of which one in twenty can be told
AWAY_SECONDS = 0.3  # out of the picture, after which somebody enters it anew
MOVING_SHARE = 0.9  # of the time in which somebody must have moved for a rate of composites to mean anything
STRAINED_FREEZE = 1.5  # seconds; a server short of CPU moves who speaks, and sends one a second while nobody does
WORST = 0.95  # of delays are not longer than what is called the worst


def judge_pictures(recording: Recording, limits: Limits) -> Judgement:
    """Raises RecordingError for what is no recording."""
    check(recording)
    seconds = recording.end - recording.begin
    if recording.frames and recording.codec not in CODECS:
        text = f"pictures: no marks are read in {recording.codec[:16]!r}"
        return Judgement(figures=Figures(seconds=seconds), unjudged=(text,))
    told = Told(recording)
    looks = look(recording, told)
    if not looks.looks and looks.before is None:
        return _nothing(looks, seconds)
    pictures = {sent.person: sent.pictures for sent in recording.sent}
    sent = {who: joined(((at, at) for _, at in sendings), gap=BREAK) for who, sendings in pictures.items()}
    delays = _delays(looks.looks, pictures, since=recording.frames[0].arrived + KEYFRAME_SECONDS)
    every = sorted(delay for found in delays.values() for delay in found)
    late = statistics.median(every) if every else 0.0
    tiles = judge_tiles(recording, looks, told, sent, late=late, limits=limits)
    shown = _shown(told, recording) - tiles.black
    moving = joined(((first + late, last + late) for who in shown for first, last in sent.get(who, ())), gap=BREAK)
    freeze = _longest_freeze(looks, recording.end, moving)
    return Judgement(
        figures=Figures(
            seconds=seconds,
            frames=len(looks.looks),
            fps=_fps(looks.looks, moving),
            longest_freeze=1000 * freeze if moving else None,
            tiles=tiles.count,
            tiles_right=tiles.right,
            tile_fps=tiles.fps,
            tile_fps_least=tiles.least,
            picture_delay=1000 * late if every else None,
            picture_delay_worst=1000 * _worst(every) if every else None,
        ),
        findings=(
            *tiles.findings,
            *judge_hidden(recording, looks, late=late, limits=limits),
            *judge_rate(recording, looks, told, moving, tiles.black | tiles.still, limits),
            *_frozen(freeze, limits, strained=recording.strained),
            *_late(delays, limits, recording.late),
        ),
        delays={who: statistics.median(found) for who, found in delays.items() if len(found) >= MIN_DELAYS},
        unjudged=(
            *tiles.unjudged,
            *unjudged_rate(recording),
            *_unjudged(looks, told, recording.late, limits, moving=bool(moving), delays=every),
        ),
    )


def _nothing(looks: Looks, seconds: float) -> Judgement:
    figures = Figures(seconds=seconds)
    if looks.frames:
        text = f"none of {looks.frames} composites could be decoded"
    elif seconds >= NO_PICTURE_SECONDS:
        text = f"no keyframe of the composite came in {seconds:.1f} s"
    else:
        return Judgement(figures=figures, unjudged=(f"pictures: no keyframe came in {seconds:.1f} s",))
    return Judgement(figures=figures, findings=(Finding(Fault.NO_PICTURE, text),))


def _delays(
    looks: Iterable[Look], pictures: Mapping[int, picture_delay.Sending], *, since: float
) -> dict[int, list[float]]:
    """Seconds by person, wherever in the picture they are. Who comes back into it may be shown with an old picture."""
    found: dict[int, list[float]] = {}
    changes = picture_delay.first_appearances(_sightings(shown for shown in looks if shown.arrived >= since))
    for (who, _), seen in changes.items():
        sendings = sorted(pictures.get(who, ()), key=lambda sending: sending[1])
        found.setdefault(who, []).extend(picture_delay.delays(seen, sendings, most=MAX_DELAY))
    return {who: delays for who, delays in found.items() if delays}


def _sightings(looks: Iterable[Look]) -> Iterator[tuple[float, dict[tuple[int, int], int]]]:
    """(when, numbers in the picture), by person and the count of their entrances so far."""
    entrances: dict[int, int] = {}
    last: dict[int, float] = {}
    for shown in looks:
        cameras = (code for place, code in shown.codes.items() if not place.content)  # screens count for themselves
        numbers = {code.person: code.frame for code in cameras if code is not None}
        for who in numbers:
            if shown.arrived - last.get(who, shown.arrived) > AWAY_SECONDS:
                entrances[who] = entrances.get(who, 0) + 1
            last[who] = shown.arrived
        yield shown.arrived, {(who, entrances.get(who, 0)): number for who, number in numbers.items()}


def _shown(told: Told, recording: Recording) -> set[int]:
    """Who may be in the picture; everybody who sends, where no tiles are told."""
    if not told.layouts:
        return {sent.person for sent in recording.sent}
    return {place.person for layout in told.layouts for place in layout.places}


def _longest_freeze(looks: Looks, end: float, moving: Sequence[Span]) -> float:
    """Seconds without a composite while somebody moved."""
    first = [] if looks.before is None else [looks.before]
    times = [*first, *(shown.arrived for shown in looks.looks), end]
    return max(longest(moving, before, after) for before, after in pairwise(times))


def _fps(looks: Sequence[Look], moving: Sequence[Span]) -> float | None:
    if len(looks) < 2:
        return None
    first, last = looks[0].arrived, looks[-1].arrived
    if last == first or covered(moving, first, last) < MOVING_SHARE * (last - first):
        return None
    return (len(looks) - 1) / (last - first)


def _frozen(freeze: float, limits: Limits, *, strained: bool) -> Iterator[Finding]:
    if freeze > (max(limits.freeze, STRAINED_FREEZE) if strained else limits.freeze):
        yield Finding(Fault.FROZEN, f"no new composite for {freeze:.1f} s while people in it moved")


def _late(delays: Mapping[int, Sequence[float]], limits: Limits, agent: float) -> Iterator[Finding]:
    """All together, or one person most of the time. What the agent slept too long may be in it, and is not judged."""
    limit = limits.picture_delay + agent
    every = sorted(delay for found in delays.values() for delay in found)
    slow = {who for who, found in delays.items() if len(found) >= MIN_DELAYS and statistics.median(found) > limit}
    if slow or (len(every) >= MANY_DELAYS and _worst(every) > limit):
        whose = f"; those of {people(slow)} most of the time" if slow else ""
        good = milliseconds(limits.picture_delay)
        text = f"5 in 100 pictures come {milliseconds(_worst(every))} late or more, where {good} are good{whose}"
        yield Finding(Fault.LATE_PICTURE, text, tuple(sorted(slow)))


def _worst(ordered: Sequence[float]) -> float:
    return ordered[min(len(ordered) - 1, int(WORST * len(ordered)))]


def _unjudged(
    looks: Looks, told: Told, agent: float, limits: Limits, *, moving: bool, delays: Sequence[float]
) -> Iterator[str]:
    if looks.left_out:
        yield f"{looks.left_out} composites after the first {MAX_FRAMES}"
    if not told.layouts:
        yield "tiles: the server told of none"
    if not moving:
        yield "freezes: nobody in the picture moved"
    elif not delays and any(code for look in looks.looks for code in look.codes.values()):
        yield "delay of pictures: none that was seen is among those that were sent"
    if delays and limits.picture_delay < _worst(delays) <= limits.picture_delay + agent:
        yield f"delay of pictures: the agent itself was {milliseconds(agent)} late"
