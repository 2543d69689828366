"""All RTP legs of an MP: their ports, their timers on the MP's clock, and what is counted of them.

Rules:
1. Timers are served by `tick`, every 20 ms: none of them (reports, missing packets, silence) is finer than that.
2. A bug on a leg's way closes that leg, nothing else.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import structlog

from mcu.errors import RefusedError
from mcu.h323.leg import H323Leg, LegState, RtpLegHandler
from mcu.h323.rtp_ports import PortPair, PortRange
from mcu.media.types import StreamKind, VideoProfile

log = structlog.get_logger()


class RtpEndpoint:
    """One per MP."""

    def __init__(self, first_port: int, ports: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.legs: dict[str, H323Leg] = {}
        self._range = PortRange(first_port, ports)
        self._clock = clock
        self._pairs: dict[str, list[PortPair]] = {}  # by leg
        self._closed: Counter[str] = Counter()  # of legs that are gone
        self._failures = 0

    def create_leg(
        self, leg_id: str, *, host: str, handler: RtpLegHandler, pictures: Sequence[VideoProfile]
    ) -> H323Leg:
        """A leg with a pair of ports for each kind, on `host`. Raises RefusedError."""
        if leg_id in self.legs:
            raise RefusedError("leg-exists", leg_id)
        pairs: dict[StreamKind, PortPair] = {}
        try:
            for kind in StreamKind:
                pairs[kind] = self._range.take(host, clock=self._clock)
        except RefusedError:
            for pair in pairs.values():
                pair.close()
            raise
        leg = H323Leg(
            leg_id,
            pairs,
            driver=self,
            handler=handler,
            pictures=pictures,
            wall_clock_offset=time.time() - time.monotonic(),
        )
        self.legs[leg_id] = leg
        self._pairs[leg_id] = list(pairs.values())
        return leg

    def tick(self, now: float) -> None:
        """Serve the legs whose time has come."""
        for leg in list(self.legs.values()):
            if leg.due <= now:
                try:
                    leg.handle_timer(now)
                except Exception:  # a bug costs this leg, and no other
                    log.exception("leg failed", leg=leg.id)
                    self.failed(leg)

    def abandon(self, leg: H323Leg) -> None:
        """Close it without a goodbye, as when power fails: for rooms made of code."""
        for pair in self._pairs[leg.id]:
            pair.close()
        leg.close("abandoned")

    def close(self) -> None:
        for leg in list(self.legs.values()):
            leg.close("server-stopping")

    @property
    def counters(self) -> Mapping[str, int]:
        """Datagrams since the start, by what became of them, and `ports` that are lent now."""
        total = Counter(self._closed)
        for leg in self.legs.values():
            total.update(self._of(leg))
        return {**total, "legs_failed": self._failures, "ports": 2 * self._range.lent}

    # --- for legs (mcu.h323.leg.Driver) -----------------------------------------------------------------

    def now(self) -> float:
        return self._clock()

    def ended(self, leg: H323Leg) -> None:
        if self.legs.get(leg.id) is leg:
            self._closed.update(self._of(leg))
            del self.legs[leg.id], self._pairs[leg.id]

    def failed(self, leg: H323Leg) -> None:
        self._failures += 1
        if leg.state is not LegState.CLOSED:
            leg.close("internal-error")

    # --- inside ---------------------------------------------------------------------------------------

    def _of(self, leg: H323Leg) -> Counter[str]:
        total = leg.datagram_counters
        for pair in self._pairs[leg.id]:
            total.update(pair.counters)
        return total
