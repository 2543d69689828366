"""A WebRTC client taken apart: every check, handshake and packet is sent when the test says so, over UDP or TCP."""

from __future__ import annotations

import asyncio
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import cast

from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport
from aiortc.rtcicetransport import RTCIceTransport

from mcu._native.packets import build_rtp
from mcu.webrtc import stun
from mcu.webrtc.ice_tcp import Deframer
from mcu.webrtc.stun import Attribute, MessageClass

OFFER = """v=0
o=- 1 {version} IN IP4 0.0.0.0
s=-
t=0 0
a=group:BUNDLE 0
m=audio 9 UDP/TLS/RTP/SAVPF 111
c=IN IP4 0.0.0.0
a=ice-ufrag:{ufrag}
a=ice-pwd:0123456789012345678901
a=fingerprint:sha-256 {fingerprint}
a=setup:actpass
a=mid:0
a=rtcp-mux
a=rtpmap:111 opus/48000/2
"""


async def until(condition: Callable[[], object]) -> None:
    """Let the loop run until `condition` holds; the test's own time limit bounds it."""
    while not condition():
        await asyncio.sleep(0)


class Way(ABC):
    """A socket to the server. What arrives goes to `take`."""

    def __init__(self) -> None:
        self.take: Callable[[Way, bytes], None] = lambda way, data: None

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Send one packet."""

    @abstractmethod
    def close(self) -> None:
        """Close the socket."""


class UdpWay(Way, asyncio.DatagramProtocol):
    def datagram_received(self, data: bytes, addr: object) -> None:
        self.take(self, data)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def write(self, data: bytes) -> None:
        self._transport.sendto(data)

    def close(self) -> None:
        self._transport.close()


class TcpWay(Way, asyncio.Protocol):
    def __init__(self) -> None:
        super().__init__()
        self._deframer = Deframer()
        self.lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set()

    def data_received(self, data: bytes) -> None:
        for packet in self._deframer.receive(data):
            self.take(self, packet)

    def write(self, data: bytes) -> None:
        self._transport.write(len(data).to_bytes(2, "big") + data)

    def close(self) -> None:
        self._transport.close()


async def udp_way(host: str, port: int) -> UdpWay:
    _, way = await asyncio.get_running_loop().create_datagram_endpoint(UdpWay, remote_addr=(host, port))
    return way


async def tcp_way(host: str, port: int) -> TcpWay:
    _, way = await asyncio.get_running_loop().create_connection(TcpWay, host, port)
    return way


class RawClient:
    """One participant with sound only. `role`, `_recv` and `_send` make it the DTLS client's ICE transport."""

    role = "controlling"

    def __init__(self) -> None:
        self.certificate = RTCCertificate.generateCertificate()
        self.ufrag, self.version = "abcd", 1
        self.dtls = RTCDtlsTransport(cast(RTCIceTransport, self), [self.certificate])
        self.dtls._set_role("client")
        self.media: list[tuple[Way, bytes]] = []  # SRTP and SRTCP as it came
        self._replies: dict[bytes, asyncio.Future[stun.Message]] = {}
        self._dtls_in: asyncio.Queue[bytes] = asyncio.Queue()
        self._way: Way | None = None
        self._sequence = 0

    def offer(self) -> str:
        prints = {p.algorithm: p.value for p in self.certificate.getFingerprints()}
        return OFFER.format(ufrag=self.ufrag, fingerprint=prints["sha-256"], version=self.version)

    def restart(self) -> str:
        """An offer with new ICE credentials."""
        self.ufrag, self.version = "efgh", self.version + 1
        return self.offer()

    def accept(self, answer: str) -> None:
        self.server_ufrag, self.server_password, self.server_print = (
            cast(re.Match[str], re.search(pattern, answer))[1]
            for pattern in (r"ice-ufrag:(\S+)", r"ice-pwd:(\S+)", r"fingerprint:sha-256 (\S+)")
        )

    async def check(
        self, way: Way, *extra: tuple[int, bytes], nominate: bool = False, password: str | None = None
    ) -> stun.Message:
        """One connectivity check over `way`; the server's reply."""
        way.take = self._take
        transaction = os.urandom(12)
        attributes = [
            (Attribute.USERNAME, f"{self.server_ufrag}:{self.ufrag}".encode()),
            (Attribute.PRIORITY, bytes(4)),
            (Attribute.ICE_CONTROLLING, bytes(8)),
            *([(Attribute.USE_CANDIDATE, b"")] if nominate else []),
            *extra,
        ]
        password = self.server_password if password is None else password
        reply = self._replies[transaction] = asyncio.get_running_loop().create_future()
        way.write(stun.build(MessageClass.REQUEST, transaction, attributes, password=password))
        return await reply

    async def handshake(self, way: Way) -> str:
        """DTLS over `way`; the state it ends in."""
        way.take = self._take
        self._way = way
        await self.dtls.start(RTCDtlsParameters([RTCDtlsFingerprint("sha-256", self.server_print)]))
        return self.dtls.state

    def send_sound(self, way: Way, payload: bytes = b"sound") -> None:
        """One protected RTP packet."""
        packet = build_rtp(
            payload, payload_type=111, sequence_number=self._sequence, timestamp=960 * self._sequence, ssrc=77
        )
        self._sequence += 1
        way.write(self.dtls._tx_srtp.protect(packet))

    def sounds(self) -> list[tuple[Way, bytes]]:
        """(way, payload) of each RTP packet that came, unprotected."""
        rtp = [(way, data) for way, data in self.media if not 64 <= data[1] & 0x7F < 96]
        self.media = [item for item in self.media if item not in rtp]
        return [(way, self.dtls._rx_srtp.unprotect(data)[12:]) for way, data in rtp]

    async def close(self) -> None:
        await self.dtls.stop()

    def _take(self, way: Way, data: bytes) -> None:
        if data[0] < 4:
            message = stun.parse(data)
            self._replies.pop(message.transaction).set_result(message)
        elif data[0] < 64:
            self._dtls_in.put_nowait(data)
        else:
            self.media.append((way, data))

    async def _recv(self) -> bytes:
        return await self._dtls_in.get()

    async def _send(self, data: bytes) -> None:
        cast(Way, self._way).write(data)
