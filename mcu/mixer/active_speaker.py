"""Who speaks, decided from levels and time alone: slow to switch, deaf to coughs, patient in pauses."""

from __future__ import annotations

from collections.abc import Mapping


class ActiveSpeaker:
    """Dominant speaker of one conference. Deterministic: the same levels at the same times give the same answer."""

    speaker: str | None  # whom the large tile shows; stays through pauses, None when that participant is gone
    speaking: tuple[str, ...]  # who is audible now, in the order in which they began

    def update(self, levels: Mapping[str, float], now: float) -> bool:
        """Take the dBov level of every participant, at most every 20 ms. True when `speaker` or `speaking` changed."""
        raise NotImplementedError
