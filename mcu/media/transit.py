"""When packets of a stream could first be played: the distribution that the jitter buffer aims at.

`transit` is the time of the tick at which a packet was there minus the packet's media time, in seconds. Its zero means
nothing (sender and receiver share no clock); only differences do.
"""

from __future__ import annotations

from array import array

BIN = 0.005  # seconds; a quarter of a tick
BINS = 100  # half a second between the earliest and the latest packet that is worth waiting for
QUANTILE = 0.985  # share of packets that shall be there in time; what is concealed stays under 2 %
MEMORY = 120  # packets after which an observation counts 1/e: 2.4 s of 20 ms packets
RESTART_TICKS = 5  # consecutive ticks of packets from nowhere near: the sender has begun a new time line

_BIN = BIN  # C's number, where BIN is everybody's
_GROWTH = MEMORY / (MEMORY - 1)
_RESCALE = 1e9  # weights grow instead of being forgotten one by one; at this size all are divided


class TransitHistogram:
    """A forgetting histogram with its quantile kept up to date; a few operations per packet."""

    def __init__(self) -> None:
        self._clear(0.0)

    def _clear(self, anchor: float) -> None:
        self.target = anchor + BIN  # the transit by which QUANTILE of the packets are there (upper edge of a bin)
        self._anchor = anchor  # transit at the lower edge of the first bin
        self._weights = array("d", [0.0]) * BINS
        self._total = 0.0
        self._weight = 1.0  # of the next observation
        self._top = 0  # bin of the quantile
        self._below = 0.0  # total weight of all bins under `_top`
        self._strangers = 0  # consecutive ticks with nothing but out-of-range transits
        self._last_stranger = float("-inf")

    @property
    def empty(self) -> bool:
        return not self._total

    @property
    def spread(self) -> float:
        """Seconds between the quickest packets (all but 1 %) and `target`: the delay that jitter costs."""
        below = 0.0
        for index, weight in enumerate(self._weights):
            below += weight
            if below > 0.01 * self._total:
                return (self._top - index) * BIN
        return 0.0

    def is_early(self, transit: float) -> bool:
        """Whether a packet came sooner than any line that is known could have brought it."""
        return transit < self._anchor - (BINS - 1) * BIN

    def add(self, transit: float, now: float) -> bool:
        """Enter one packet. True when the time line is a new one, and everything known before is void."""
        if not self._total:
            self._clear(transit - BIN / 2)
        index = int((transit - self._anchor) // _BIN)
        if index < 0 and index > -BINS:
            self._lower(-index)
            index = 0
        elif not 0 <= index < BINS:
            return self._add_stranger(transit, now)
        self._strangers = 0
        self._weights[index] += self._weight
        self._total += self._weight
        if index < self._top:
            self._below += self._weight
        self._weight *= _GROWTH
        self._follow()
        if self._weight > _RESCALE:
            self._rescale()
        return False

    def _add_stranger(self, transit: float, now: float) -> bool:
        """A stall of the line ends with packets in range, in the same tick; a new time line does not."""
        if now > self._last_stranger:
            self._last_stranger = now
            self._strangers += 1
        if self._strangers < RESTART_TICKS:
            return False
        self._clear(transit - BIN / 2)
        self.add(transit, now)
        return True

    def _lower(self, bins: int) -> None:
        """The line got quicker: make room at the lower end; what falls off the upper end is kept in the last bin."""
        weights = list(self._weights)
        self._weights = array("d", [0.0] * bins + weights[: BINS - bins])
        self._weights[BINS - 1] += sum(weights[BINS - bins :])
        self._anchor -= bins * BIN
        self._top = min(self._top + bins, BINS - 1)
        self._below = sum(list(self._weights)[: self._top])

    def _follow(self) -> None:
        wanted = QUANTILE * self._total
        top, below = self._top, self._below
        while top < BINS - 1 and below + (weight := self._weights[top]) < wanted:
            below += weight
            top += 1
        while top > 0 and below >= wanted:
            top -= 1
            below -= self._weights[top]
        self._top, self._below = top, below
        self.target = self._anchor + (top + 1) * _BIN

    def _rescale(self) -> None:
        weights = [weight / self._weight for weight in self._weights]
        self._weights = array("d", weights)
        self._weight = 1.0
        self._total = sum(weights)
        self._below = sum(weights[: self._top])
