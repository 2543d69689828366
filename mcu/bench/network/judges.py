"""What is read off the phases of each scenario: the figures that are judged, and those that stand beside them. Pure."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence

from mcu.bench.network.figures import NOTHING
from mcu.bench.network.measured import Check, Measured, ServerSample, shown
from mcu.controller.pool import MOST_STRAIN

SETTLED_QUEUE = 0.25  # seconds: a queue that stays shorter than this, without drops, is no stall
BACK_SHARE = 0.8  # of the bitrate before: it is back
FEWER_FRAMES, ALL_FRAMES = 0.9, 0.95  # of the frames before
MOST_MISSED, MOST_MADE_UP = 1, 5  # percent of all ticks under too little CPU; what is made up was late, no more
SAME_FPS, SAME_CONCEALED, SAME_SECONDS = 0.99, 0.005, 0.04  # what counts as no change: share, share, one frame

Phases = Mapping[str, Measured]


def five(phases: Phases) -> list[Check]:
    bad = phases["bad"]
    return [
        Check("concealed", 100 * bad.observed.concealed, 6, "%"),
        Check("frames", 100 * bad.observed.frame_share, 90, "%", least=True),
        Check("freeze", bad.observed.freeze, 1.0, "s"),
        _other_way(bad),
    ]


def ten(phases: Phases) -> list[Check]:
    bad = phases["bad"]
    return [
        Check("concealed", 100 * bad.observed.concealed, 12, "%"),
        Check("decoded", bad.observed.fps, 15, "fps", least=True),
        _other_way(bad),
    ]


def twenty(phases: Phases) -> list[Check]:
    bad = phases["bad"]
    return [
        Check("connections", bad.connects, 1, ""),
        Check("concealed", 100 * bad.observed.concealed, 20, "%"),
        Check("longest gap", bad.observed.gap, 0.5, "s"),
        _other_way(bad),
    ]


def bursts(phases: Phases) -> list[Check]:
    """Where no keyframe was asked for, how soon one is cannot be told."""
    bad = phases["bad"]
    slowest = max(bad.observed.asked, default=NOTHING)
    return [
        Check("freeze", bad.observed.freeze, 1.5, "s"),
        Check("keyframe asked within, at the slowest", 1000 * slowest, 300, "ms"),
        shown("freezes that asked", len(bad.observed.asked)),
        _other_way(bad),
    ]


def jitter(phases: Phases) -> list[Check]:
    before, bad, after = (phases[name].observed for name in ("clear", "bad", "after"))
    return [
        Check("concealed", 100 * bad.concealed, 2, "%"),
        Check("sound delay rises by", 1000 * (bad.buffer - before.buffer), 20, "ms", least=True),
        Check("and returns to within", 1000 * (after.buffer - before.buffer), 15, "ms"),
    ]


def bottleneck(phases: Phases) -> list[Check]:
    narrow, after = phases["bad"], phases["after"]
    return [
        Check("sound lost", 100 * max(narrow.observed.lost, after.observed.lost), 2, "%"),
        Check("settled after", settled(narrow), 5, "s"),
        Check("back after", back(after.observed.rates, phases["clear"].observed.bitrate), 20, "s"),
        Check("stall", max(narrow.observed.freeze, after.observed.freeze), 2, "s"),
        shown("concealed while narrow", 100 * narrow.observed.concealed, "%"),
        shown("concealed after", 100 * after.observed.concealed, "%"),
    ]


def one_bad(phases: Phases) -> list[Check]:
    """The witness is judged; what the bad one gets stands beside it."""
    before, during, own = phases["clear"].witness, phases["bad"].witness, phases["bad"].observed
    return [
        Check("frames", during.frame_share / max(0.01, before.frame_share) * 100, 100 * SAME_FPS, "%", least=True),
        Check("more concealed", 100 * (during.concealed - before.concealed), 100 * SAME_CONCEALED, "%"),
        Check("longer freeze", 1000 * (during.freeze - before.freeze), 1000 * SAME_SECONDS, "ms"),
        Check("later, p95", 1000 * (during.delay_p95 - before.delay_p95), 1000 * SAME_SECONDS, "ms"),
        Check("keyframes per 10 s", 10 * during.keyframes / during.seconds, 10 * before.keyframes / before.seconds, ""),
        shown("the bad one decodes", own.fps, "fps"),
        shown("its longest freeze", own.freeze, "s"),
        shown("its concealed", 100 * own.concealed, "%"),
        shown("its longest gap", own.gap, "s"),
    ]


def squeezed(phases: Phases) -> list[Check]:
    """Judged is the delay of who moves most: with too little CPU not all who speak do (docs/decisions/0017)."""
    before, bad, after = phases["clear"], phases["bad"], phases["after"]
    count = len(bad.speakers)
    return [
        Check("frames fall to", bad.witness.fps, FEWER_FRAMES * before.witness.fps, "fps"),
        Check("and stay at", bad.witness.fps, 4, "fps", least=True),
        Check("delay p95, who moves", 1000 * bad.witness.delay_p95, 400, "ms"),
        Check("ticks missed", 100 * bad.ticks_missed, MOST_MISSED, "%"),
        Check("made up", 100 * bad.ticks_made_up, MOST_MADE_UP, "%"),
        *_door(bad),
        Check("back after", recovered(after.witness.frame_rates, before.witness.fps), 15, "s"),
        shown(f"delay p95, slowest of {count} who speak", 1000 * _most(each.delay_p95 for each in bad.speakers), "ms"),
        shown("longest stall of one of them", _most(each.stall for each in bad.speakers), "s"),
    ]


def _door(bad: Measured) -> list[Check]:
    """Whether newcomers are refused, and before ticks are missed."""
    arrival = bad.arrival
    refused = list(arrival.refused.values()) if arrival else []
    closed = first_strained(bad.server)
    missed, made_up, after = NOTHING, NOTHING, math.inf
    if closed is not None:
        missed, made_up = closed.missed - bad.server[0].missed, closed.made_up - bad.server[0].made_up
        after = closed.at - bad.begin
    return [
        Check("joins refused", len(refused), 1, "", least=True),
        Check("ticks missed until it refuses", missed, 0, ""),
        shown("made up until then", made_up),
        shown("refuses from", after, "s"),
        shown("last one told after", _most(each.waited for each in refused), "s"),
        shown("joins without an answer", len(arrival.unanswered) if arrival else 0),
        shown("joins let in", len(arrival.joined) + len(arrival.without_media) if arrival else 0),
    ]


def first_strained(samples: Sequence[ServerSample]) -> ServerSample | None:
    """The first time at which the server's own report is one by which it refuses newcomers."""
    return next((sample for sample in samples if sample.strain > MOST_STRAIN), None)


def settled(phase: Measured) -> float:
    """Seconds until the queue stays short and drops nothing more."""
    last = phase.begin
    dropped = phase.samples[0].dropped if phase.samples else 0.0
    for sample in phase.samples:
        if sample.queue_delay > SETTLED_QUEUE or sample.dropped > dropped:
            last = sample.at
        dropped = sample.dropped
    if not phase.samples or last >= phase.samples[-1].at - 1.0:
        return math.inf
    return last - phase.begin


def back(rates: Sequence[float], before: float) -> float:
    """Seconds until the bitrate is that of before again, on average of three seconds."""
    for index in range(len(rates) - 2):
        if statistics.mean(rates[index : index + 3]) >= BACK_SHARE * before:
            return float(index)
    return math.inf


def recovered(frame_rates: Sequence[int], before: float) -> float:
    """Seconds until all frames come again, and keep coming for the second after."""
    for index, pair in enumerate(itertools.pairwise(frame_rates)):
        if min(pair) >= ALL_FRAMES * before:
            return float(index)
    return math.inf


def _other_way(phase: Measured) -> Check:
    """What the line does to what the one behind it sends."""
    return shown("longest stall of what it sends", phase.seen.stall, "s")


def _most(values: Iterable[float]) -> float:
    """Of those that can be told."""
    return max((value for value in values if not math.isnan(value)), default=NOTHING)
