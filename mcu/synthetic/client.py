"""A light WebRTC client: sends reels on a shared clock, answers RTCP, and hands on what it receives when asked.

Rules:
1. One UDP socket for each client, because the server tells its peers apart by their addresses.
2. Nothing is decoded here; a `Listener` may.
3. `offer`, then `connect` with the answer, then `close`. A broken connection is replaced by a new client.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import socket
import time
from collections.abc import Mapping
from typing import Protocol

from mcu._native.packets import (
    BATCH,
    MID,
    Datagram,
    MediaSocket,
    Path,
    Rtcp,
    RtpPacket,
    SendStream,
    SrtpTransport,
    send,
)
from mcu.errors import PeerError
from mcu.media.rtp_events import FrameReceived, KeyframeRequested
from mcu.media.rtp_session import RtpSession
from mcu.media.types import EncodedFrame, StreamKind
from mcu.synthetic.description import MIDS, Answer, AnsweredStream, LocalStreams, OfferParts, read_answer, write_offer
from mcu.synthetic.dtls import DtlsClient
from mcu.synthetic.ice import Address, Failed, IceClient, Selected
from mcu.synthetic.player import Player, Reels, SoundDue
from mcu.synthetic.stage import TICK_SECONDS, Stage
from mcu.webrtc.dtls import Certificate, DtlsError, SrtpKeys
from mcu.webrtc.ice_lite import Credentials

CONNECT_SECONDS = 15.0  # from the answer to keys
RECEIVE_BUFFER = 1 << 20  # bytes: half a second of what one participant is sent
SPREAD = 0.618  # golden ratio: spreads the moments of sending of any number of clients evenly
EARLY_SECONDS = TICK_SECONDS / 2  # what is due this soon is sent now: the next wake-up would be later
MAX_BATCHES = 4  # of BATCH datagrams read per wake-up, so that one client cannot keep the others waiting
HISTORY = 256  # packets kept for repair: about four seconds of both streams


class ConnectError(PeerError):
    """No connection; `reason` is "no-answer", "dtls-timeout", "dtls-failed", "timeout"..."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Listener(Protocol):
    """Who wants what a client receives. Called on the loop's thread; sound is pulled from `client.session.audio`."""

    def frame_received(self, client: Client, kind: StreamKind, frame: EncodedFrame) -> None: ...
    def connection_lost(self, client: Client, reason: str) -> None: ...


class Client:
    """One participant's connection."""

    def __init__(
        self,
        stage: Stage,
        reels: Reels | None,
        *,
        certificate: Certificate,
        seed: str,
        codec: str = "VP8",
        order: int = 0,
        listener: Listener | None = None,
    ) -> None:
        """`reels` None makes a viewer. `order` spreads the clients of a process over the frame interval."""
        self.player: Player | None = None  # set by connect
        self.session: RtpSession | None = None  # likewise
        self.connected_at = 0.0  # monotonic seconds, 0.0 before
        self.packets_received = 0
        self._stage = stage
        self._reels = reels
        self._certificate = certificate
        self._seed = seed
        self._codec = codec
        self._order = order
        self._listener = listener
        self._credentials = Credentials.generate()
        self._streams = LocalStreams.choose(f"{seed} {self._credentials.ufrag}")
        self._udp = _open_socket()
        self._media = MediaSocket(self._udp.fileno())
        self._ice: IceClient | None = None
        self._dtls: DtlsClient | None = None
        self._transport: SrtpTransport | None = None
        self._sent: dict[StreamKind, SendStream] = {}
        self._path: Path | None = None
        self._selected: asyncio.Future[Address] | None = None
        self._closed = False

    @property
    def counters(self) -> Mapping[str, int]:
        """Those of the socket, of the transport with "srtp_" before, and of the session with "session_" before."""
        counters = dict(self._media.counters)
        if self._transport is not None:
            counters |= {f"srtp_{name}": count for name, count in self._transport.counters.items()}
        if self.session is not None:
            counters |= {f"session_{name}": count for name, count in self.session.counters.items()}
        return counters

    def offer(self) -> str:
        """The SDP offer."""
        parts = OfferParts(
            credentials=self._credentials,
            fingerprint=self._certificate.fingerprint,
            streams=self._streams,
            codec=self._codec,
            sends=self._reels is not None,
        )
        return write_offer(parts)

    async def connect(self, answer_text: str) -> None:
        """Find the way, agree on keys, begin to send. Raises ConnectError or ProtocolError."""
        answer = read_answer(answer_text)
        loop = asyncio.get_running_loop()
        self._selected = loop.create_future()
        self._ice = IceClient(
            local=self._credentials,
            remote=answer.credentials,
            candidates=answer.candidates,
            seed=self._seed,
            now=self._stage.now(),
        )
        self._dtls = DtlsClient(
            self._certificate, fingerprints=answer.fingerprints, send=self._send_plain, closed=self._hung_up
        )
        loop.add_reader(self._udp.fileno(), self._readable)
        self._stage.enter(self)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                ip, port = await self._selected
                self._path = Path(ip, port)
                self._media.bind(self._path, None)
                keys = await self._dtls.handshake()
        except TimeoutError:
            raise ConnectError("timeout") from None
        except DtlsError as error:
            raise ConnectError(error.reason) from error
        self._begin(answer, keys)

    async def close(self) -> None:
        """Say goodbye and end."""
        if self._closed:
            return
        self._closed = True
        self._stage.leave(self)
        if self._transport is not None and self.session is not None:
            self.session.end()
            self._pump(self._stage.now())
            self._transport.deselect()
        if self._dtls is not None:
            await self._dtls.stop()
        self._path = None  # nothing leaves any more
        if self._selected is not None:
            self._selected.cancel()
            asyncio.get_running_loop().remove_reader(self._udp.fileno())
        self._udp.close()

    # --- on the stage ---------------------------------------------------------------------------------

    def play(self, now: float) -> None:
        """Send what is due (mcu.synthetic.stage.Actor)."""
        if self._ice is not None and self._ice.next_timer() <= now:
            self._ice.handle_timer(now)
            self._follow_ice()
        player, session = self.player, self.session
        if player is not None:
            audio, main = self._sent.get(StreamKind.AUDIO), self._sent.get(StreamKind.MAIN)
            if player.sound_due <= now + EARLY_SECONDS:
                sound = player.next_sound(now)
                if audio is not None:
                    _send_sound(audio, sound, now)
            if player.picture_due <= now + EARLY_SECONDS:
                for picture in player.next_pictures(now):
                    if main is not None:
                        send(picture.payloads, timestamp=picture.timestamp, streams=(main,), now=now)
        if session is not None and session.next_timer() <= now:
            session.handle_timer(now)
            self._pump(now)

    def next_due(self) -> float:
        """When `play` has something to do."""
        due = self._ice.next_timer() if self._ice is not None else math.inf
        if self.session is not None:
            due = min(due, self.session.next_timer())
        if self.player is not None:
            due = min(due, self.player.sound_due, self.player.picture_due)
        return due

    # --- inside ---------------------------------------------------------------------------------------

    def _begin(self, answer: Answer, keys: SrtpKeys) -> None:
        now = self._stage.now()
        assert self._path is not None
        transport = self._transport = SrtpTransport(keys.profile, keys.receive_key, keys.send_key)
        transport.owner = self
        extensions = {uri: number for stream in answer.streams.values() for uri, number in stream.extensions.items()}
        transport.set_extensions(received=extensions, sent=extensions)
        self._media.bind(self._path, transport)
        transport.select(self._media, self._path)
        session = self.session = RtpSession(
            cname=self._streams.cname,
            ssrc_for_reports=self._streams.reports,
            reduced_size=answer.reduced_size,
            wall_clock_offset=time.time() - time.monotonic(),
        )
        for kind, stream in answer.streams.items():
            if stream.direction in ("sendrecv", "sendonly"):
                session.add_received(kind, stream.codecs, mid=MIDS[kind], ssrcs=stream.ssrcs)
            if self._reels is not None and stream.direction in ("sendrecv", "recvonly"):
                self._sent[kind] = self._stream(kind, stream, transport)
                session.add_sent(kind, self._sent[kind])
        if self._reels is not None:
            fps = self._reels.listening.clip.fps
            self.player = Player(self._reels, start=now + self._order * SPREAD % 1.0 / fps)
        self.connected_at = now
        self._stage.enter(self)

    def _stream(self, kind: StreamKind, stream: AnsweredStream, transport: SrtpTransport) -> SendStream:
        is_audio = kind is StreamKind.AUDIO
        rtx = stream.payload_type(rtx=True)
        return SendStream(
            transport,
            ssrc=self._streams.audio if is_audio else self._streams.main,
            payload_type=stream.payload_type(),
            clock_rate=48_000 if is_audio else 90_000,
            mid=MIDS[kind] if MID in stream.extensions else "",
            rtx_ssrc=self._streams.main_rtx if rtx else 0,
            rtx_payload_type=rtx,
            history=HISTORY,
        )

    def _readable(self) -> None:
        now = self._stage.now()
        for _ in range(MAX_BATCHES):
            items = self._media.receive(now)
            for item in items:
                self._receive(item, now)
            if len(items) < BATCH:
                break
        self._pump(now)
        if not self._closed:
            self._stage.enter(self)

    def _receive(self, item: RtpPacket | Rtcp | Datagram, now: float) -> None:
        session = self.session
        match item:
            case RtpPacket():
                self.packets_received += 1
                if session is not None:
                    session.receive_rtp(item, now)
            case Rtcp():
                if session is not None:
                    session.receive_rtcp(item.data, now)
            case Datagram():
                self._receive_plain(item.data, (item.path.ip, item.path.port), now)

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
                    self._lost(reason)

    def _pump(self, now: float) -> None:
        """Carry out what the session wants."""
        session, transport = self.session, self._transport
        if session is None or transport is None:
            return
        for data in session.data_to_send():
            transport.send_rtcp(data)
        for event in session.events_received():
            match event:
                case FrameReceived(kind=kind, frame=frame) if self._listener is not None:
                    self._listener.frame_received(self, kind, frame)
                case KeyframeRequested() if self.player is not None:
                    self.player.request_keyframe()

    def _send_plain(self, data: bytes) -> None:
        if self._path is not None:
            self._media.send(data, self._path)

    def _hung_up(self) -> None:
        self._lost("dtls-closed")

    def _lost(self, reason: str) -> None:
        if not self._closed and self._listener is not None:
            self._listener.connection_lost(self, reason)


def _send_sound(stream: SendStream, sound: SoundDue, now: float) -> None:
    send(
        (sound.payload,),
        timestamp=sound.timestamp,
        streams=(stream,),
        now=now,
        marker_last=False,
        audio_level=sound.level,
        voice=sound.voice,
    )


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
