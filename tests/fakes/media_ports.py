"""Ports for RTP that are not there: what a leg does with them is kept."""

from __future__ import annotations

from mcu._native.packets import SrtpTransport
from mcu.h323.media_port import Arrivals
from mcu.h323.source_latch import NOWHERE, Place


class FakePort:
    """A mcu.h323.media_port.MediaPort."""

    def __init__(self, rtp: int) -> None:
        self.rtp, self.rtcp = rtp, rtp + 1
        self.arrivals: Arrivals | None = None
        self.fresh = False
        self.bound = NOWHERE
        self.aimed = NOWHERE
        self.reports: list[tuple[bytes, Place]] = []
        self.keepalives: list[Place] = []
        self.packets: list[bytes] = []
        self.closed = False

    def open(self, arrivals: Arrivals, *, fresh: bool) -> None:
        self.fresh = fresh or (self.fresh and self.arrivals is not None)
        self.arrivals = arrivals

    def shut(self) -> None:
        self.arrivals = None
        self.bound = NOWHERE

    def bind(self, place: Place, transport: SrtpTransport) -> None:
        self.bound = place

    def aim(self, transport: SrtpTransport, place: Place) -> None:
        self.aimed = place
        transport.select_stream(self._keep)

    def send_packet(self, data: bytes, place: Place) -> None:
        self.aimed = place
        self.packets.append(data)

    def send_report(self, data: bytes, place: Place) -> None:
        self.reports.append((data, place))

    def send_keepalive(self, place: Place) -> None:
        self.keepalives.append(place)

    def close(self) -> None:
        self.closed = True

    def _keep(self, data: bytes) -> bool:
        self.packets.append(data)
        return True
