"""What the line to a room carries, as far as its receiver reports (RFC 3550) tell: the share of packets it lacks.

The rooms of H.323 give no feedback on delay, and reports come every few seconds. So the line is taken to carry what the
channels allow until much is lost; then less, and slowly more again (the loss-based half of draft-ietf-rmcat-gcc,
section 6, with a rise in time instead of in reports).
"""

from __future__ import annotations

import math

MUCH = 0.10  # share lost: the line is too full, or so bad that less data leaves more room for whoever shares it
LITTLE = 0.02  # share lost: all is well
RISE = 1.05  # a second
MAX_REST = 10.0  # seconds between two reports that count for a rise


class ReportedLoss:
    """Of one leg; bit/s of pictures."""

    def __init__(self) -> None:
        self.bitrate = math.inf  # what the line carries; math.inf until much was lost
        self._at = 0.0

    def reported(self, loss: float, sending: float, *, most: float, now: float) -> None:
        """A report came: `loss` (0 to 1) of pictures sent at `sending` bit/s. `most` is what the channels allow."""
        if loss > MUCH and sending > 0:
            self.bitrate = min(self.bitrate, sending) * (1 - loss / 2)
        elif loss < LITTLE and self.bitrate < math.inf:
            self.bitrate *= RISE ** min(MAX_REST, now - self._at)
            if self.bitrate >= most:
                self.bitrate = math.inf
        self._at = now
