"""Which leg a username or a path belongs to, and the ways out: the addresses' side of the endpoint.

Rules:
1. A path belongs to at most one leg. Another leg gets it only when its owner has been silent for HELD_SECONDS, so a
   participant cannot push a neighbour out by checks from a forged source address.
2. Only bound paths let DTLS and SRTP in.
"""

from __future__ import annotations

from mcu._native.packets import MediaSocket, Path, SrtpTransport
from mcu.webrtc.ice_lite import PathLike
from mcu.webrtc.ice_tcp import IceTcpConnection, IceTcpListener
from mcu.webrtc.leg import WebRtcLeg

HELD_SECONDS = 10.0  # longer than any agent pauses between checks, shorter than a person waits before joining again


class Routes:
    """The `Network` of all legs of one endpoint."""

    def __init__(self, media: MediaSocket, listener: IceTcpListener) -> None:
        self.contested = 0  # valid checks over a path that another leg is using
        self._media = media
        self._listener = listener
        self._by_ufrag: dict[str, WebRtcLeg] = {}
        self._by_path: dict[PathLike, WebRtcLeg] = {}

    def leg_named(self, ufrag: str | None) -> WebRtcLeg | None:
        return self._by_ufrag.get(ufrag) if ufrag is not None else None

    def leg_at(self, path: PathLike) -> WebRtcLeg | None:
        return self._by_path.get(path)

    def name(self, ufrag: str, leg: WebRtcLeg) -> None:
        self._by_ufrag[ufrag] = leg

    def unname(self, ufrag: str) -> None:
        self._by_ufrag.pop(ufrag, None)

    def send(self, data: bytes, path: PathLike) -> None:
        """STUN or DTLS; losses are counted where they happen and repaired by retransmission."""
        if isinstance(path, IceTcpConnection):
            path.write(data)
        elif isinstance(path, Path):
            self._media.send(data, path)

    def bind(self, path: PathLike, leg: WebRtcLeg, now: float) -> bool:
        """Give `path` to `leg`; again when the leg has keys. False when it is another's, or one too many."""
        owner = self._by_path.get(path)
        if owner is not None and owner is not leg:
            if now - owner.last_received < HELD_SECONDS:
                self.contested += 1
                return False
            owner.path_lost(path)
        if isinstance(path, IceTcpConnection):
            self._listener.claim(path, leg.video_payload_types)
        elif isinstance(path, Path) and not self._media.bind(path, leg.transport):
            return False
        self._by_path[path] = leg
        return True

    def unbind(self, path: PathLike, leg: WebRtcLeg) -> None:
        if self._by_path.get(path) is not leg:
            return
        del self._by_path[path]
        if isinstance(path, IceTcpConnection):
            path.close()
        elif isinstance(path, Path):
            self._media.unbind(path)

    def select(self, path: PathLike, transport: SrtpTransport) -> None:
        """Media of `transport` goes to `path` from now on."""
        if isinstance(path, IceTcpConnection):
            transport.select_stream(path.write)
        elif isinstance(path, Path):
            transport.select(self._media, path)

    def forget(self, leg: WebRtcLeg) -> list[IceTcpConnection]:
        """Take everything from a leg that ended; its TCP connections are returned, to be closed after the goodbye."""
        for ufrag in leg.ice.ufrags:
            self.unname(ufrag)
        streams = [path for path in leg.ice.paths if isinstance(path, IceTcpConnection)]
        for stream in streams:
            self._by_path.pop(stream, None)
        for path in leg.ice.paths:
            self.unbind(path, leg)
        return streams
