"""What a leg goes through, whom it tells, and what it needs from its endpoint."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Protocol

from mcu._native.packets import SrtpTransport
from mcu.media.types import EncodedFrame, StreamKind
from mcu.webrtc.ice_lite import PathLike

if TYPE_CHECKING:
    from mcu.webrtc.leg import WebRtcLeg


class LegState(enum.Enum):
    CHECKING = "checking"  # no path is valid yet
    SECURING = "securing"  # a path is valid, keys are not there yet
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"  # silent; may return
    CLOSED = "closed"


TRANSITIONS = {
    LegState.CHECKING: frozenset((LegState.SECURING, LegState.CLOSED)),
    LegState.SECURING: frozenset((LegState.CONNECTED, LegState.CLOSED)),
    LegState.CONNECTED: frozenset((LegState.DISCONNECTED, LegState.CLOSED)),
    LegState.DISCONNECTED: frozenset((LegState.CONNECTED, LegState.CLOSED)),
    LegState.CLOSED: frozenset[LegState](),
}


class LegHandler(Protocol):
    """Who is told about a leg. Reasons: ice-timeout, dtls-timeout, dtls-failed, dtls-fingerprint, dtls-closed (the peer
    hung up), silent, internal-error, and whatever the owner gave to `close`."""

    def leg_connected(self, leg: WebRtcLeg) -> None: ...
    def leg_state(self, leg: WebRtcLeg, state: str) -> None: ...  # "disconnected", and "connected" again
    def leg_closed(self, leg: WebRtcLeg, reason: str) -> None: ...
    def frame_received(self, leg: WebRtcLeg, kind: StreamKind, frame: EncodedFrame) -> None: ...
    def keyframe_requested(self, leg: WebRtcLeg, kind: StreamKind) -> None: ...


class Network(Protocol):
    """The ways in and out, shared by all legs of an endpoint."""

    def name(self, ufrag: str, leg: WebRtcLeg) -> None: ...
    def unname(self, ufrag: str) -> None: ...
    def bind(self, path: PathLike, leg: WebRtcLeg, now: float) -> bool: ...
    def unbind(self, path: PathLike, leg: WebRtcLeg) -> None: ...
    def select(self, path: PathLike, transport: SrtpTransport) -> None: ...
    def send(self, data: bytes, path: PathLike) -> None: ...


class Driver(Protocol):
    """Whoever has the clock, the timers and the tasks."""

    def now(self) -> float: ...
    def secure(self, leg: WebRtcLeg) -> None: ...
    def touched(self, leg: WebRtcLeg) -> None: ...
    def hurry(self, until: float) -> None:
        """Serve timers every ten milliseconds, at the latest, for a while."""

    def ended(self, leg: WebRtcLeg) -> None: ...
