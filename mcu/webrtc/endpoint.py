"""The one port of an MP: the way of each datagram to its leg, the timer wheel, and the legs themselves.

The whole receive path:

    loop.add_reader ─▶ MediaSocket.receive ─┬─ RtpPacket ─▶ leg.session.receive_rtp
                                            ├─ Rtcp ──────▶ leg.session.receive_rtcp
                                            └─ Datagram ──┬─ STUN, by username ─▶ leg.receive_check
                                                          └─ DTLS, by path ─────▶ leg.receive_dtls
    every leg that got something ─▶ leg.pump ─▶ wheel.schedule(leg.next_timer)

Rules:
1. One thread, one loop. An exception on a leg's way is a bug: it is logged and closes that leg, nothing else.
2. The clock is read once for each batch, here and nowhere else in this package. Media count from when they came,
   by the kernel's clock, and not from when they are read: senders are told of it.
3. Under load packets gather and are read together, and the legs' timers are served then: at whatever has a `beat`, and
   in between when they are many or there is none.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

import structlog

from mcu._native.packets import MediaSocket, Rtcp
from mcu._native.rtp_packet import RtpPacket
from mcu.media.rtp_session import RtpSession
from mcu.media.types import AudioProfile, VideoProfile
from mcu.webrtc import sockets
from mcu.webrtc.alarm import Alarm
from mcu.webrtc.dtls import Certificate, DtlsError
from mcu.webrtc.front_door import FrontDoor
from mcu.webrtc.gathering import GATHER_SECONDS, Gathering
from mcu.webrtc.ice_lite import PathLike
from mcu.webrtc.ice_tcp import IceTcpConnection, IceTcpListener
from mcu.webrtc.leg import WebRtcLeg
from mcu.webrtc.leg_description import Defaults, LegDescription, Server
from mcu.webrtc.leg_interfaces import LegHandler, LegState
from mcu.webrtc.routes import Routes
from mcu.webrtc.timer_wheel import Timed

# Per wake-up, 512 datagrams: about 3 ms, so timers and the audio tick are not kept waiting longer. Dense RTCP of one
# leg costs no more (mcu.media.rtcp_allowance); the worst from sixteen legs at once is 8 ms, and half a second passes
# until it can be so again.
MAX_BATCHES = 8
AUDIO = AudioProfile()
CONNECTED, CLOSED = LegState.CONNECTED, LegState.CLOSED

log = structlog.get_logger()


class Endpoint:
    """One per MP. `start`, then `create_leg` as often as wanted, then `close`."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.port = 0  # set by start
        self.addresses: tuple[str, ...] = ()  # advertised, set by start
        self.legs: dict[str, WebRtcLeg] = {}
        self._clock = clock
        self._certificate = Certificate()
        self._unvalidated = 0  # DTLS or SRTP over a TCP connection without a valid check
        self._dtls_dropped = 0  # found a full queue
        self._failures = 0  # legs closed by a bug
        self._listener = IceTcpListener(self)
        self._touched: dict[WebRtcLeg, bool] = {}  # whether it was by media alone, which tells of deadlines itself
        self._awake = False  # inside a callback that will settle the touched legs itself
        self._closing = asyncio.Event()
        self._gathering = Gathering()
        self._reading: asyncio.TimerHandle | None = None  # of what has gathered
        self._hurry_until = 0.0  # somebody's timer cannot wait for a whole tick

    async def start(self, host: str, port: int, addresses: Sequence[str] = ()) -> None:
        """Open UDP and TCP on `port` (0: any). `addresses` are told to peers; () means the machine's own.

        Raises ConfigurationError.
        """
        self.addresses = sockets.advertised(host, addresses)
        self._udp, tcp = sockets.open_pair(host, port)
        self.port = self._udp.getsockname()[1]
        self._loop = asyncio.get_running_loop()
        self._media = MediaSocket(self._udp.fileno())
        self._routes = Routes(self._media, self._listener)
        self._door = FrontDoor(self._routes)
        self._alarm = Alarm(self._loop.call_later, clock=self._clock, serve=self._serve)
        await self._listener.start(tcp)
        self._loop.add_reader(self._udp.fileno(), self._readable)
        started = asyncio.Event()
        self._tasks_done = asyncio.create_task(self._own_tasks(started), name="webrtc-endpoint")
        await started.wait()

    async def close(self) -> None:
        """Close every leg with a goodbye, then the port."""
        for leg in list(self.legs.values()):
            self._guarded(leg, leg.close, "server-stopping")
        self._closing.set()
        await self._tasks_done
        self._alarm.close()
        if self._reading is not None:
            self._reading.cancel()
        self._loop.remove_reader(self._udp.fileno())
        await self._listener.close()
        self._udp.close()

    @property
    def counters(self) -> dict[str, int]:
        """Since the start: of MediaSocket, of FrontDoor, of IceTcpListener with "tcp_" before, and those named here."""
        media = self._media.counters
        tcp = {f"tcp_{name}": count for name, count in self._listener.counters.items()}
        own = {
            "dropped_unvalidated": media["dropped_unvalidated"] + self._unvalidated,
            "paths_contested": self._routes.contested,
            "dtls_dropped": self._dtls_dropped,
            "legs_failed": self._failures,
        }
        return {**media, **self._door.counters, **tcp, **own}

    def create_leg(
        self,
        leg_id: str,
        *,
        offer: str,
        direction: str,
        handler: LegHandler,
        video: VideoProfile,
        audio: AudioProfile = AUDIO,
    ) -> WebRtcLeg:
        """A leg that answers `offer`. `direction` is "both", "receive" or "send", in the server's words.

        Raises RefusedError with a code of mcu.webrtc.sdp_negotiation.
        """
        if time.time() >= self._certificate.renew_at:
            self._certificate = Certificate()  # legs that are there keep the one they began with
        server = Server(self.addresses, self.port, self._certificate.fingerprint)
        description = LegDescription(offer, server=server, defaults=Defaults(direction, audio, video))
        now = self._clock()
        session = RtpSession(
            cname=description.cname,
            ssrc_for_reports=description.report_ssrc(),
            reduced_size=description.negotiation.reduced_size,
            wall_clock_offset=time.time() - time.monotonic(),
        )
        leg = WebRtcLeg(
            leg_id,
            description,
            network=self._routes,
            driver=self,
            handler=handler,
            certificate=self._certificate,
            session=session,
            now=now,
        )
        self.legs[leg_id] = leg
        self._alarm.schedule(leg, now)
        return leg

    def beat(self) -> None:
        """What has arrived is about to be played: read what has gathered. Without load it has been read already."""
        if self._reading is not None:
            self._reading.cancel()
            self._read_gathered()

    # --- for legs (mcu.webrtc.leg.Driver) ---------------------------------------------------------------

    def now(self) -> float:
        return self._clock()

    def secure(self, leg: WebRtcLeg) -> None:
        """Serve the leg's DTLS handshake."""
        self._tasks.create_task(self._handshake(leg))

    def touched(self, leg: WebRtcLeg) -> None:
        """Something was asked of the leg: pump it soon."""
        if not self._touched and not self._awake:
            self._loop.call_soon(self._settle)
        self._touched[leg] = False

    def hurry(self, until: float) -> None:
        """Read, and serve the legs' timers, at least twice a tick until then: a probe is sent in parts."""
        self._hurry_until = max(self._hurry_until, until)

    def ended(self, leg: WebRtcLeg) -> None:
        """The leg was closed: forget it and let it say goodbye."""
        self._alarm.cancel(leg)
        if self.legs.get(leg.id) is leg:
            del self.legs[leg.id]
        self._tasks.create_task(self._say_goodbye(leg, self._routes.forget(leg)))

    # --- what arrives ---------------------------------------------------------------------------------

    def _readable(self) -> None:
        """The socket has something. Under load it is left alone for a while afterwards."""
        if self._gathering.active:
            self._loop.remove_reader(self._udp.fileno())
            self._alarm.drive()
            self._reading = self._loop.call_later(self._gathering.seconds, self._read_gathered)
        self._read()

    def _read_gathered(self) -> None:
        """Read what has gathered, and have it done again as long as there is load."""
        if self._gathering.active:
            most = GATHER_SECONDS / 2 if self._clock() < self._hurry_until else GATHER_SECONDS
            self._reading = self._loop.call_later(min(most, self._gathering.seconds), self._read_gathered)
        else:
            self._reading = None
            self._loop.add_reader(self._udp.fileno(), self._readable)
            self._alarm.release(self._clock())
        if not self._read() and self._reading is not None:  # more than one reading takes: others first, then the rest
            self._reading.cancel()
            self._reading = self._loop.call_later(0, self._read_gathered)
        self._alarm.run(self._clock())

    def _read(self) -> bool:
        """Whether that was all."""
        count = 0
        self._awake = True
        now = self._clock()
        for _ in range(MAX_BATCHES):
            items = self._media.receive(now)
            count += len(items)
            for item in items:
                if isinstance(item, RtpPacket):
                    self._receive_rtp(item, now)
                elif isinstance(item, Rtcp):
                    self._receive_rtcp(item, now)
                else:
                    self._receive_plain(item.data, item.path, now)
            if self._media.drained:
                break
            now = self._clock()
        self._gathering.note(count, now)
        self._settle()
        return self._media.drained

    def _receive_rtp(self, packet: RtpPacket, now: float) -> None:
        """Most packets leave nothing to do, and then their leg need not be pumped."""
        owner = packet.owner
        if not isinstance(owner, WebRtcLeg):
            return
        leg = owner
        if leg.state is CLOSED:  # perhaps by a packet of the same reading
            return
        leg.last_received = now
        try:
            stirred = leg.session.receive_rtp(packet, packet.arrival)
        except Exception:
            log.exception("leg failed", leg=leg.id)
            self._failed(leg)
            return
        if stirred or leg.state is not CONNECTED:
            self._touch_by_media(leg)

    def _receive_rtcp(self, item: Rtcp, now: float) -> None:
        owner = item.transport.owner if item.transport is not None else None
        if not isinstance(owner, WebRtcLeg):
            return
        leg = owner
        leg.last_received = now
        try:
            stirred = leg.session.receive_rtcp(item.data, now)
        except Exception:
            log.exception("leg failed", leg=leg.id)
            self._failed(leg)
            return
        if stirred or leg.state is not CONNECTED:
            self._touch_by_media(leg)

    def _touch_by_media(self, leg: WebRtcLeg) -> None:
        if leg.state is CONNECTED:
            self._touched.setdefault(leg, True)
        else:
            self._touched[leg] = False  # its state will change, and its deadlines with it

    def _receive_plain(self, data: bytes, path: PathLike, now: float) -> None:
        """STUN or DTLS, told apart by the first byte (RFC 7983 section 7)."""
        if data[0] < 4:
            admitted = self._door.admit(data, path)
            if admitted is not None:
                named, request = admitted
                self._touched[named] = False
                self._guarded(named, named.receive_check, request, path, now)
            return
        leg = self._routes.leg_at(path)
        if leg is None:
            self._unvalidated += 1
            return
        self._guarded(leg, leg.receive_dtls, data, path, now)

    def stream_received(self, connection: IceTcpConnection, packets: list[bytes]) -> None:
        """Packets over ICE-TCP (mcu.webrtc.ice_tcp.StreamHandler)."""
        now = self._clock()
        self._awake = True
        for data in packets:
            if data[0] < 64:
                self._receive_plain(data, connection, now)
                continue
            leg = self._routes.leg_at(connection)
            transport = leg.transport if leg is not None else None
            item = transport.receive_datagram(data, now) if transport is not None else None
            if transport is None:
                self._unvalidated += 1
            elif isinstance(item, RtpPacket):
                self._receive_rtp(item, now)
            elif isinstance(item, Rtcp):
                self._receive_rtcp(item, now)
        self._settle()
        self._alarm.schedule(self._listener, now)

    def stream_opened(self, connection: IceTcpConnection) -> None:
        self._alarm.schedule(self._listener, self._clock())

    def stream_lost(self, connection: IceTcpConnection) -> None:
        leg = self._routes.leg_at(connection)
        if leg is not None:
            leg.path_lost(connection)

    # --- timers and tasks -----------------------------------------------------------------------------

    def _settle(self) -> None:
        """Pump the legs that were touched, and set their timers."""
        self._awake = False
        now = self._clock()
        touched, self._touched = self._touched, {}
        for leg, by_media in touched.items():
            try:
                leg.pump(now)
            except Exception:
                log.exception("leg failed", leg=leg.id)
                self._failed(leg)
            if not by_media or leg.session.deadline_set:
                self._alarm.schedule(leg, now)

    def _serve(self, entry: Timed, now: float) -> None:
        try:
            entry.handle_timer(now)
        except Exception:
            log.exception("leg failed", leg=getattr(entry, "id", ""))
            self._failed(entry)

    async def _own_tasks(self, started: asyncio.Event) -> None:
        """The group in which handshakes and goodbyes run; each keeps its errors to its leg."""
        async with asyncio.TaskGroup() as self._tasks:
            started.set()
            await self._closing.wait()

    async def _handshake(self, leg: WebRtcLeg) -> None:
        try:
            keys = await leg.dtls.handshake()
        except DtlsError as error:
            self._guarded(leg, leg.close, error.reason)
        except Exception:
            log.exception("DTLS broke", leg=leg.id)
            self._failed(leg)
        else:
            self._guarded(leg, leg.secured, keys)

    async def _say_goodbye(self, leg: WebRtcLeg, connections: list[IceTcpConnection]) -> None:
        try:
            await leg.dtls.stop()
        except Exception:
            log.exception("DTLS did not stop cleanly", leg=leg.id)
            self._failures += 1
        self._dtls_dropped += leg.dtls.dropped
        for connection in connections:
            connection.close()

    def _guarded(self, entry: Timed, action: Callable[..., object], *arguments: object) -> None:
        """Call into a leg. An exception from there is a bug: that leg is closed, everybody else goes on."""
        try:
            action(*arguments)
        except Exception:
            log.exception("leg failed", leg=getattr(entry, "id", ""))
            self._failed(entry)

    def _failed(self, entry: Timed) -> None:
        self._failures += 1
        if isinstance(entry, WebRtcLeg) and entry.state is not LegState.CLOSED:
            self._guarded(entry, entry.close, "internal-error")
