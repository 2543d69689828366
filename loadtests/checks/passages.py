"""How long a voice is under way: short passages of what somebody said, found again where they are heard. Pure.

Rules:
1. A delay counts from a packet's leaving its sender to its being played, both decoded: what codecs between them delay
   is in it, the sender's own is not.
2. A passage is sought in whitened sound (`mcu.synthetic.signature`), so others who speak meanwhile hide little of it.
3. Nothing is sought that is later than MAX_DELAY, or that left after the same was said again: loops come round, and
   whoever speaks again begins anew.
4. A passage that is not in the sound is like something else in it now and then. It is the only one so late: one that
   stands alone is not believed, and weak ones, as in noise and where a jitter buffer stretches, only where they agree.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from loadtests.checks.hearing import Hearing, Voice
from loadtests.recording import Sent
from mcu.media.types import BLOCK_SAMPLES, SAMPLE_RATE
from mcu.synthetic.clips import PACKET_SECONDS
from mcu.synthetic.signature import RATE, White

PACKETS, STEP = 25, 15  # of a passage, and from one to the next: half a second, 0.3 s apart
LEAST_ALOUD = 10  # packets of it
MAX_DELAY = 3.0  # seconds; shorter than any loop, and as much as is told of what was sent before a check
AGAIN = 0.02  # seconds before the same is said again, from which on what is heard may be that
AROUND = 0.25  # seconds before and after the range, by which the strength is judged
MIN_STRENGTH = 6.0  # times the usual correlation
MIN_SHARE = 0.34  # of the passage that must be there: among five voices it is 0.37 and more, elsewhere 0.33 at most
ALIKE = 0.08  # seconds by which two passages of one person may differ that were under way together
LEAST_SHARE = 0.18  # of weak passages: in noise 10 dB louder than the voice it is 0.19 and more
AGREEING, AGREED = 4, 0.02  # weak passages that believe each other, and the seconds by which they may differ
ROW_SECONDS = 2.5 * PACKET_SECONDS  # two packets further apart are not of one row
STEP_SAMPLES = RATE * BLOCK_SAMPLES // SAMPLE_RATE  # of a packet, at RATE
MAX_PASSAGES = 200  # of one person in one check


@dataclass(frozen=True, slots=True)
class Row:
    """Packets that left one after the other, as they stand in the loop."""

    first: int  # place in the loop
    times: tuple[float, ...]  # when each left


@dataclass(frozen=True, slots=True)
class Passage:
    """Part of a row that was heard."""

    index: int  # of its first packet in the row
    sent: float  # when its first packet left; the stutter of single packets evened out
    played: float  # when its first sample was
    share: float  # of it that is there

    @property
    def delay(self) -> float:
        return self.played - self.sent


@dataclass(frozen=True, slots=True)
class Followed:
    """A row, and what of it was found again, in order."""

    row: Row
    passages: Sequence[Passage]


def follow(sent: Sent, voice: Voice, hearing: Hearing) -> list[Followed]:
    """All that somebody said."""
    said = rows(sent, voice)
    found = _supported([passages(row, voice, hearing, said) for row in said])
    return [Followed(row, seen) for row, seen in zip(said, found, strict=True)]


def rows(sent: Sent, voice: Voice) -> list[Row]:
    """Of all that somebody said, in order."""
    count = len(voice.aloud)
    found: list[Row] = []
    times: list[float] = []
    first = 0
    spoken = [(place, when) for place, when in sent.spoken if 0 <= place < count]
    for before, (place, when) in pairwise([(-2, float("-inf")), *spoken]):
        if not (place == (before[0] + 1) % count and when - before[1] < ROW_SECONDS):
            if times:
                found.append(Row(first, tuple(times)))
            first, times = place, []
        times.append(when)
    return [*found, Row(first, tuple(times))] if times else found


def passages(row: Row, voice: Voice, hearing: Hearing, said: Sequence[Row]) -> list[Passage]:
    """Those of a row that are like something in what was heard, in order. `said` are all rows of the person."""
    found: list[Passage] = []
    count = len(voice.aloud)
    for index in _beginnings(row, voice, hearing):
        left = statistics.median(
            when - offset * PACKET_SECONDS for offset, when in enumerate(row.times[index : index + PACKETS])
        )
        most = min(MAX_DELAY, _again((row.first + index) % count, left, said, count) - left - AGAIN)
        seen = _seen(row.first + index, left, most, voice, hearing) if most > 0 else None
        if seen is not None:
            found.append(Passage(index, left, *seen))
    return found[:MAX_PASSAGES]


def _supported(found: Sequence[Sequence[Passage]]) -> list[list[Passage]]:
    """Those that are believed."""
    every = [passage for row in found for passage in row]
    strong = [passage for passage in every if passage.share >= MIN_SHARE]
    believed = {
        passage
        for some, apart, least in ((strong, ALIKE, 2), (every, AGREED, AGREEING))
        for passage in some
        if sum(abs(passage.delay - other.delay) < apart for other in some) >= least
    }
    return [[passage for passage in row if passage in believed] for row in found]


def _beginnings(row: Row, voice: Voice, hearing: Hearing) -> Iterator[int]:
    """Indices of passages that may be in the sound and have something to be known by."""
    count = len(voice.aloud)
    for index in range(0, len(row.times) - PACKETS + 1, STEP):
        aloud = sum(voice.aloud[(row.first + index + offset) % count] for offset in range(PACKETS))
        begin, end = row.times[index], row.times[index + PACKETS - 1] + PACKET_SECONDS
        if aloud >= LEAST_ALOUD and begin + MAX_DELAY > hearing.begin and end < hearing.end:
            yield index


def _again(place: int, left: float, said: Sequence[Row], count: int) -> float:
    """When a place of a loop of `count` packets was said for the next time after `left`; math.inf for never."""
    found = math.inf
    for row in said:
        for index in range((place - row.first) % count, len(row.times), count):
            if row.times[index] > left + PACKETS * PACKET_SECONDS:
                found = min(found, row.times[index])
    return found


def _seen(place: int, left: float, most: float, voice: Voice, hearing: Hearing) -> tuple[float, float] | None:
    """When a passage from a place of the loop on, which left at that time, was played, at `most` so many seconds later;
    and how much of it is there."""
    wanted = _excerpt(voice.signature.white, place)
    begin = max(0, round((left - AROUND - hearing.begin) * RATE))
    sound = hearing.white[begin : max(begin, round((left + MAX_DELAY + AROUND - hearing.begin) * RATE) + len(wanted))]
    if len(sound) < len(wanted):
        return None
    size = 1 << (len(sound) + len(wanted)).bit_length()
    correlation = np.fft.irfft(np.fft.rfft(sound, size) * np.conj(np.fft.rfft(wanted, size)), size)
    correlation = correlation[: len(sound) - len(wanted) + 1]
    first = max(0, round((left - hearing.begin) * RATE) - begin)
    last = round((left + most - hearing.begin) * RATE) - begin
    if first >= min(len(correlation), last):
        return None
    peak = first + int(np.argmax(correlation[first:last]))
    usual = float(np.sqrt(np.mean(correlation**2)))
    share = float(correlation[peak] / np.sum(wanted**2)) if usual > 0 else 0.0
    if share < LEAST_SHARE or correlation[peak] < MIN_STRENGTH * usual:
        return None
    return hearing.begin + (begin + _vertex(correlation, peak)) / RATE, share


def _excerpt(white: White, place: int) -> White:
    """A passage of a loop, which goes round."""
    begin = place * STEP_SAMPLES % len(white)
    part = white[begin : begin + PACKETS * STEP_SAMPLES]
    missing = PACKETS * STEP_SAMPLES - len(part)
    return np.concatenate((part, white[:missing])) if missing else part


def _vertex(values: NDArray[np.floating], peak: int) -> float:
    """The top of the parabola through the peak and its neighbours."""
    if not 0 < peak < len(values) - 1:
        return float(peak)
    before, top, after = (float(value) for value in values[peak - 1 : peak + 2])
    bend = before - 2 * top + after
    return peak + 0.5 * (before - after) / bend if bend < 0 else float(peak)


def ninety_five(delays: Sequence[float]) -> float:
    """95 in 100 are not longer."""
    ordered = sorted(delays)
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
