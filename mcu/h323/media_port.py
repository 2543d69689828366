"""What stands between the media of a leg and its sockets: the ports as a medium sees them, and who takes what comes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mcu._native.packets import SrtpTransport
from mcu.h323.source_latch import Place
from mcu.media.types import StreamKind


class Arrivals(Protocol):
    """Who takes what comes to the ports."""

    @property
    def kind(self) -> StreamKind: ...
    def searching(self, now: float) -> bool: ...  # whether all packets go to `receive_unknown`
    def receive_known(self, items: Sequence[object], now: float) -> None: ...
    def receive_unknown(self, data: bytes, place: Place, now: float) -> None: ...
    def receive_report(self, data: bytes, place: Place, now: float) -> None: ...
    def failed(self) -> None: ...  # something was raised on the way of what came: a bug


class MediaPort(Protocol):
    """Two sockets of ours, for RTP and RTCP."""

    @property
    def rtp(self) -> int: ...
    @property
    def rtcp(self) -> int: ...
    def open(self, arrivals: Arrivals, *, fresh: bool) -> None: ...  # hand on what comes; `fresh`: drop what waits
    def shut(self) -> None: ...  # hand on nothing
    def bind(self, place: Place, transport: SrtpTransport) -> None: ...  # its packets come parsed, no others
    def aim(self, transport: SrtpTransport, place: Place) -> None: ...
    def send_packet(self, data: bytes, place: Place) -> None: ...
    def send_report(self, data: bytes, place: Place) -> None: ...
    def send_keepalive(self, place: Place) -> None: ...
    def close(self) -> None: ...
