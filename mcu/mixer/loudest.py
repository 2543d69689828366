"""Which few of the voices are mixed: the loudest, with an advantage for those who are heard already."""

from __future__ import annotations

from collections.abc import Mapping

MAX_VOICES = 5  # people who speak at once and can still be told apart; each costs one decode and one encode a tick
ADVANTAGE_DB = 6.0  # a newcomer must be this much louder to take somebody's place
AUDIBLE_DBOV = -70.0  # below this a microphone gives room noise, which thirty times over is a hiss


class Loudest:
    """Keeps who was chosen last, nothing else."""

    def __init__(self, limit: int = MAX_VOICES) -> None:
        self._limit = limit
        self._chosen: frozenset[str] = frozenset()

    def choose(self, levels: Mapping[str, float]) -> frozenset[str]:
        """At most `limit` participants, by dBov level; equally loud ones in the mapping's order."""
        candidates = [
            (level + (ADVANTAGE_DB if participant in self._chosen else 0.0), participant)
            for participant, level in levels.items()
            if level > AUDIBLE_DBOV
        ]
        if len(candidates) > self._limit:
            candidates.sort(key=lambda candidate: -candidate[0])
        self._chosen = frozenset(participant for _, participant in candidates[: self._limit])
        return self._chosen
