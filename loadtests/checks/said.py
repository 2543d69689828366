"""What everybody said, put together as it should have been heard: next to it, gaps and unclear speech show. Pure.

Rules:
1. Each packet stands where the passage next to it was heard, so delays do not count here.
2. What was not found is put where it is likely: as late as the rest of its speaker's, or as everybody's.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loadtests.checks.hearing import Samples, Voice
from loadtests.checks.passages import PACKETS, Followed, Passage
from loadtests.checks.spans import Span, within
from mcu.media.types import BLOCK_SAMPLES, SAMPLE_RATE

FRAME = SAMPLE_RATE // 100  # samples: gaps are told in steps of 10 ms
ALOUD = 10 ** (-45 / 20)  # root mean square of a frame in which somebody speaks
DEAD = 10 ** (-25 / 20)  # of what was said: what is softer is a gap; codecs and limiters take a tenth of that
QUIET = 10 ** (-50 / 20)  # root mean square: what is softer is no more than the rest of a voice that faded


@dataclass(frozen=True, slots=True)
class Said:
    """One row of one speaker."""

    voice: Voice
    followed: Followed
    spans: Sequence[Span]  # when all could hear it; packets that left at other times are left out


def put_together(said: Sequence[Said], begin: float, length: int) -> Samples:
    """The sum of all that was said, `length` samples from the time `begin` on."""
    total = np.zeros(length, np.float32)
    everybody = [passage.delay for each in said for passage in each.followed.passages]
    if not everybody:
        return total
    for each in said:
        _add(total, each, begin, usual=statistics.median(everybody))
    return total


def _add(total: Samples, said: Said, begin: float, *, usual: float) -> None:
    blocks, row = said.voice.blocks, said.followed.row
    marks = said.followed.passages or [Passage(0, row.times[0], row.times[0] + usual, 1.0)]
    nearest = 0
    for index, when in enumerate(row.times):
        while nearest + 1 < len(marks) and _distance(marks[nearest + 1], index) <= _distance(marks[nearest], index):
            nearest += 1
        if not within(when, said.spans):
            continue
        mark = marks[nearest]
        start = round((mark.played - begin) * SAMPLE_RATE) + (index - mark.index) * BLOCK_SAMPLES
        first, last = max(0, start), min(len(total), start + BLOCK_SAMPLES)
        if first < last:
            total[first:last] += blocks[(row.first + index) % len(blocks)][first - start : last - start]


def _distance(mark: Passage, index: int) -> int:
    """Packets from the middle of a passage."""
    return abs(mark.index + PACKETS // 2 - index)


def longest_gap(wanted: Samples, heard: Samples) -> float:
    """Seconds of the longest stretch, of two equally long sounds, in which something was said and nothing was heard.

    Pauses of the speaker count as part of it when nothing is heard before, in and after them.
    """
    loud, got = _loudness(wanted), _loudness(heard)
    aloud = loud > ALOUD
    missing = aloud & (got < DEAD * loud)
    dead = missing | (~aloud & (got < QUIET))
    longest = begin = 0
    counting = False
    for index, (is_dead, is_missing) in enumerate(zip(dead.tolist(), missing.tolist(), strict=True)):
        if not is_dead:
            counting = False
        elif is_missing:
            if not counting:
                begin, counting = index, True
            longest = max(longest, index + 1 - begin)
    return longest * FRAME / SAMPLE_RATE


def seconds_aloud(wanted: Samples) -> float:
    """In which somebody speaks."""
    return float(np.count_nonzero(_loudness(wanted) > ALOUD)) * FRAME / SAMPLE_RATE


def _loudness(sound: Samples) -> NDArray[np.float32]:
    frames = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME)
    loudness: NDArray[np.float32] = np.sqrt(np.mean(frames**2, axis=1))
    return loudness
