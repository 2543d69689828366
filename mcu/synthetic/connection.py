"""The way of one client to the server: ICE, DTLS and SRTP over a UDP socket of its own.

Rules:
1. One socket for each client, because the server tells its peers apart by their addresses.
2. `open` with the answer, then `close`. A broken connection is replaced by a new one.
3. The socket is read as soon as something comes, or together with others' from `gather` on.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from mcu._native.packets import BATCH, Datagram, MediaSocket, Path, Rtcp, SrtpTransport
from mcu._native.rtp_packet import RtpPacket
from mcu.errors import PeerError
from mcu.synthetic.description import Answer
from mcu.synthetic.ice import Address, Failed, IceClient, Selected
from mcu.synthetic.readings import Readings
from mcu.webrtc.dtls import Certificate, DtlsAssociation, DtlsError
from mcu.webrtc.ice_lite import Credentials

CONNECT_SECONDS = 15.0  # from the answer to keys
RECEIVE_BUFFER = 1 << 20  # bytes: half a second of what one participant is sent
MAX_BATCHES = 4  # of BATCH datagrams read per wake-up, so that one client cannot keep the others waiting


class ConnectError(PeerError):
    """No connection; `reason` is "no-answer", "dtls-timeout", "dtls-failed", "timeout", "closed"..."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Owner(Protocol):
    """Whose connection it is."""

    def packets_arrived(self, packets: Sequence[RtpPacket | Rtcp], now: float) -> None: ...
    def connection_broken(self, reason: str) -> None: ...


class Connection:
    """Call `handle_timer` at `next_timer` from `open` to `close`."""

    def __init__(self, owner: Owner, *, certificate: Certificate, seed: str, clock: Callable[[], float]) -> None:
        self.credentials = Credentials.generate()
        self.transport: SrtpTransport | None = None  # set by open
        self._owner = owner
        self._certificate = certificate
        self._seed = seed
        self._clock = clock
        self._udp = _open_socket()
        self._media = MediaSocket(self._udp.fileno())
        self._ice: IceClient | None = None
        self._dtls: DtlsAssociation | None = None
        self._path: Path | None = None
        self._selected: asyncio.Future[Address] | None = None
        self._readings: Readings | None = None  # who reads for us
        self._closed = False

    @property
    def port(self) -> int:
        """Of our socket."""
        return int(self._udp.getsockname()[1])

    @property
    def counters(self) -> Mapping[str, int]:
        """Those of the socket, and of the transport with "srtp_" before."""
        counters = dict(self._media.counters)
        if self.transport is not None:
            counters |= {f"srtp_{name}": count for name, count in self.transport.counters.items()}
        return counters

    async def open(self, answer: Answer, *, started: Callable[[], None]) -> SrtpTransport:
        """Find the way and agree on keys. Raises ConnectError. `started` is called when there is a timer."""
        loop = asyncio.get_running_loop()
        self._selected = loop.create_future()
        self._ice = IceClient(
            local=self.credentials,
            remote=answer.credentials,
            candidates=answer.candidates,
            seed=self._seed,
            now=self._clock(),
        )
        self._dtls = DtlsAssociation(
            self._certificate,
            role=answer.role,
            fingerprints=answer.fingerprints,
            send=self._send_plain,
            closed=self._hung_up,
        )
        loop.add_reader(self._udp.fileno(), self._readable)
        started()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                ip, port = await self._selected
                self._path = Path(ip, port)
                self._media.bind(self._path, None)
                keys = await self._dtls.handshake()
                if self._closed:
                    raise ConnectError("closed")
        except TimeoutError:
            raise ConnectError("timeout") from None
        except DtlsError as error:
            raise ConnectError(error.reason) from error
        transport = self.transport = SrtpTransport(keys.profile, keys.receive_key, keys.send_key)
        self._media.bind(self._path, transport)
        transport.select(self._media, self._path)
        return transport

    def gather(self, readings: Readings | None) -> None:
        """Leave reading to `readings`; None reads as soon as something comes. Once it is open."""
        if self._closed or readings is self._readings:
            return
        loop = asyncio.get_running_loop()
        if self._readings is not None:
            self._readings.discard(self._readable)
        if readings is None:
            loop.add_reader(self._udp.fileno(), self._readable)
        elif self._readings is None:
            loop.remove_reader(self._udp.fileno())
        if readings is not None:
            readings.add(self._readable)
        self._readings = readings

    async def close(self) -> None:
        """Say goodbye and end; once."""
        if self._readings is not None:
            self.gather(None)  # the last words of the server are awaited
        self._closed = True
        if self.transport is not None:
            self.transport.deselect()
        if self._dtls is not None:
            await self._dtls.stop()
        self._path = None  # nothing leaves any more
        if self._selected is not None:
            self._selected.cancel()
            asyncio.get_running_loop().remove_reader(self._udp.fileno())
        self._udp.close()

    async def abandon(self) -> None:
        """End without a word, as when power fails; once."""
        self._path = None
        await self.close()

    def handle_timer(self, now: float) -> None:
        """ICE checks and consent that are due."""
        if self._ice is not None and self._ice.next_timer() <= now:
            self._ice.handle_timer(now)
            self._follow_ice()

    def next_timer(self) -> float:
        """When `handle_timer` wants to be called; math.inf for never."""
        return self._ice.next_timer() if self._ice is not None else math.inf

    # --- inside ---------------------------------------------------------------------------------------

    def _readable(self) -> None:
        now = self._clock()
        packets: list[RtpPacket | Rtcp] = []
        for _ in range(MAX_BATCHES):
            items = self._media.receive(now)
            for item in items:
                if isinstance(item, Datagram):
                    self._receive_plain(item.data, (item.path.ip, item.path.port), now)
                else:
                    packets.append(item)
            if len(items) < BATCH:
                break
        self._owner.packets_arrived(packets, now)

    def _receive_plain(self, data: bytes, source: Address, now: float) -> None:
        """STUN or DTLS, told apart by the first byte (RFC 7983)."""
        if data[0] >= 4:
            if self._dtls is not None:
                self._dtls.receive(data)
        elif self._ice is not None:
            self._ice.receive(data, source, now)
            self._follow_ice()

    def _follow_ice(self) -> None:
        assert self._ice is not None
        for data, (ip, port) in self._ice.data_to_send():
            with contextlib.suppress(ValueError):  # a candidate of a form that this machine cannot reach
                self._media.send(data, Path(ip, port))
        for event in self._ice.events_received():
            match event:
                case Selected(address=address) if self._selected is not None and not self._selected.done():
                    self._selected.set_result(address)
                case Failed(reason=reason) if self._selected is not None and not self._selected.done():
                    self._selected.set_exception(ConnectError(reason))
                case Failed(reason=reason):
                    self._broken(reason)

    def _send_plain(self, data: bytes) -> None:
        if self._path is not None:
            self._media.send(data, self._path)

    def _hung_up(self) -> None:
        self._broken("dtls-closed")

    def _broken(self, reason: str) -> None:
        if not self._closed:
            self._owner.connection_broken(reason)


def _open_socket() -> socket.socket:
    """A UDP socket for IPv6 and IPv4, or for IPv4 where there is no IPv6."""
    if socket.has_dualstack_ipv6():
        udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        udp.bind(("::", 0))
    else:
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("0.0.0.0", 0))
    udp.setblocking(False)
    udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    return udp
