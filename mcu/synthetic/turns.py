"""Who speaks when in a lively but polite meeting: one after the other, rarely two at once, sometimes a pause."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

SHORTEST, LONGEST = 6.0, 14.0  # seconds of one turn
PAUSE = (0.3, 1.2)  # seconds between turns
OVERLAP_CHANCE = 0.15  # of turns, the next one begins before this one ends
OVERLAP = (0.6, 1.6)  # seconds
CHAIR_SHARE = 0.3  # of turns go to whoever sits first: the one who gives the word


@dataclass(frozen=True, slots=True)
class Turn:
    """`speaker` speaks from `begin` to `end`, in seconds of the meeting."""

    speaker: int
    begin: float
    end: float


class Turns:
    """An endless row of turns. Give the same seed and get the same meeting."""

    def __init__(self, speakers: Sequence[int], *, seed: str) -> None:
        """Raises ValueError when nobody may speak."""
        if not speakers:
            raise ValueError("a meeting without speakers")
        self._speakers = tuple(speakers)
        self._choose = random.Random(f"turns {seed}")
        self._last = -1
        self._free_at = 0.0

    def next(self) -> Turn:
        """The turn after the last one."""
        speaker = self._pick()
        begin = max(0.0, self._free_at)
        end = begin + self._choose.uniform(SHORTEST, LONGEST)
        gap = self._choose.uniform(*PAUSE)
        if self._choose.random() < OVERLAP_CHANCE:
            gap = -self._choose.uniform(*OVERLAP)
        self._free_at = end + gap
        self._last = speaker
        return Turn(speaker=speaker, begin=begin, end=end)

    def _pick(self) -> int:
        others = [speaker for speaker in self._speakers if speaker != self._last] or list(self._speakers)
        chair = self._speakers[0]
        if chair in others and self._choose.random() < CHAIR_SHARE:
            return chair
        return self._choose.choice(others)
