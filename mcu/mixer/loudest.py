"""Which few of the voices are mixed: the loudest, with an advantage for those who are heard already."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter

MAX_VOICES = 5  # people who speak at once and can still be told apart; each costs one decode and one encode a tick
ADVANTAGE_DB = 6.0  # a newcomer must be this much louder to take somebody's place
AUDIBLE_DBOV = -55.0  # a soft voice is 15 dB louder; an office without one 5 to 10 dB softer, and thirty of them hiss
SILENCE_DBOV = -127.0  # RFC 6464: nothing at all; also what the muted are given as
HANG_TICKS = 50  # of 20 ms that a voice is still mixed after its last audible one: the soft end of a word

_LEVEL = itemgetter(0)


class Loudest:
    """Keeps who was chosen last, nothing else."""

    def __init__(self, limit: int = MAX_VOICES) -> None:
        self._limit = limit
        self._chosen: frozenset[str] = frozenset()
        self._hanging: dict[str, int] = {}  # ticks for which each voice is still taken

    def choose(self, levels: Mapping[str, float]) -> frozenset[str]:
        """At most `limit` participants, by dBov level; equally loud ones in the mapping's order. Once a tick."""
        before, chosen = self._hanging, self._chosen
        audible, silence, advantage = AUDIBLE_DBOV, SILENCE_DBOV, ADVANTAGE_DB  # as C's numbers
        self._hanging = hanging = {}
        candidates: list[tuple[float, str]] = []
        for participant, level in levels.items():
            if level > audible:
                left = HANG_TICKS
            elif level > silence and participant in before:
                left = before[participant] - 1
            else:
                continue
            if left > 0:
                hanging[participant] = left
                candidates.append((level + (advantage if participant in chosen else 0.0), participant))
        if len(candidates) > self._limit:
            candidates.sort(key=_LEVEL, reverse=True)  # and equally loud ones stay in order
        self._chosen = frozenset([participant for _, participant in candidates[: self._limit]])
        return self._chosen
