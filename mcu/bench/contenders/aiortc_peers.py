"""Participants of a server that is not ours: light clients of the bench that get along with a full ICE agent."""

from __future__ import annotations

from mcu._native.packets import Path
from mcu.errors import ProtocolError
from mcu.media.types import EncodedFrame, StreamKind
from mcu.synthetic.client import Client
from mcu.synthetic.connection import Connection
from mcu.synthetic.ice import Address
from mcu.synthetic.player import Reels
from mcu.synthetic.readings import Readings
from mcu.synthetic.stage import Stage
from mcu.webrtc import stun
from mcu.webrtc.dtls import Certificate
from mcu.webrtc.stun import Attribute, MessageClass

MAX_KEPT = 100  # frames of a peer that keeps them


class FullIceConnection(Connection):
    """Also answers checks: a full agent sends its own (RFC 8445 section 7.3), which an ICE-lite server never does."""

    def _receive_plain(self, data: bytes, source: Address, now: float) -> None:
        reply = check_answer(data, source, self.credentials.password)
        if reply is None:
            super()._receive_plain(data, source, now)
        else:
            self._media.send(reply, Path(*source))


def check_answer(data: bytes, source: Address, password: str) -> bytes | None:
    """The answer to a check that proves to know our password, None for everything else."""
    try:
        request = stun.parse(data)
    except ProtocolError:
        return None
    if request.message_class != MessageClass.REQUEST or not request.integrity_matches(password):
        return None
    address = (Attribute.XOR_MAPPED_ADDRESS, stun.xor_address(*source, request.transaction))
    return stun.build(MessageClass.SUCCESS, request.transaction, [address], password=password)


class Peer(Client):
    """One participant. Counts the pictures and packets of sound it receives; decodes nothing."""

    def __init__(
        self, stage: Stage, reels: Reels | None, *, certificate: Certificate, order: int, codec: str, keep: bool = False
    ) -> None:
        super().__init__(
            stage, reels, certificate=certificate, seed=f"peer {order}", codec=codec, order=order, listener=self
        )
        self.order = order
        self.pictures = 0  # whole ones, that could be decoded
        self.kept: list[EncodedFrame] = []  # the first of them
        self._keep = keep
        self._connection._udp.close()  # of a kind that does not suit; never opened
        self._connection = FullIceConnection(self, certificate=certificate, seed=f"peer {order}", clock=stage.now)

    def offer(self, *addresses: str) -> str:
        """As a client of DTLS: aiortc would choose that role for itself when asked."""
        return super().offer(*addresses).replace("a=setup:actpass", "a=setup:active")

    @property
    def _readings(self) -> Readings:
        """Read with the others, as the crowd before our own server is."""
        return self._stage.readings

    # --- mcu.synthetic.client.Listener ------------------------------------------------------------------

    def frame_received(self, client: Client, kind: StreamKind, frame: EncodedFrame) -> None:
        if kind is StreamKind.MAIN:
            self.pictures += 1
            if self._keep and len(self.kept) < MAX_KEPT:
                self.kept.append(frame)

    def connection_lost(self, client: Client, reason: str) -> None:
        """It shows in the pictures that are missing."""
