"""Whether a listener's sound is protected against loss, from what the listener reports (Opus in-band FEC).

Rules:
1. Yes or no, and not a dial: all who lose packets share an encoder, and those without loss notice nothing.
   libopus makes the same copies for 5 % as for 20 %.
2. Yes at once, no only well below what protection begins at: each change is a change of encoder.
"""

from __future__ import annotations

from mcu.media.types import AudioProfile

PROTECTED_LOSS = 0.10  # share of packets that the protecting encoder is told it will lose
ENTER, LEAVE = 0.03, 0.015  # reported loss; below 3 % copies cost more quality than they save


class Protection:
    """Of one listener."""

    def __init__(self) -> None:
        self._protected = False

    def update(self, reported: float, profile: AudioProfile) -> float:
        """Take the smoothed share of packets that the listener says it lacks; what to tell the encoder."""
        if profile.codec != "opus":
            return 0.0  # G.711 has no copies
        self._protected = reported >= (LEAVE if self._protected else ENTER)
        return PROTECTED_LOSS if self._protected else 0.0
