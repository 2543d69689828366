"""A light WebRTC client: sends reels on a shared clock, answers RTCP, and hands on what it receives when asked.

Rules:
1. `offer`, then `connect` with the answer, then `close`. A broken connection is replaced by a new client.
2. Nothing is decoded here; a `Listener` may. How much is done with what comes is its `Attention`.
"""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from mcu._native.packets import MID, Rtcp, SendStream, SrtpTransport, send
from mcu._native.rtp_packet import RtpPacket
from mcu.media.rtp_events import FrameReceived, KeyframeRequested
from mcu.media.rtp_session import RtpSession
from mcu.media.transport_feedback import INTERVAL
from mcu.media.types import EncodedFrame, StreamKind
from mcu.synthetic.connection import ConnectError, Connection
from mcu.synthetic.description import MIDS, Answer, AnsweredStream, LocalStreams, OfferParts, read_answer, write_offer
from mcu.synthetic.player import Player, Reel, Reels, SoundDue
from mcu.synthetic.readings import Readings
from mcu.synthetic.stage import TICK_SECONDS, Stage
from mcu.webrtc.dtls import Certificate

__all__ = ["Attention", "Client", "ConnectError", "Listener"]

SPREAD = 0.618  # golden ratio: spreads the moments of sending of any number of clients evenly
EARLY_SECONDS = TICK_SECONDS / 2  # what is due this soon is sent now: the next wake-up would be later
HISTORY = 256  # packets kept for repair: about four seconds of all streams


class Attention(enum.Enum):
    """What becomes of what a client receives."""

    WHOLE = "whole"  # frames are handed on, sound waits in `session.audio`, what is lost is asked for again
    COUNTED = "counted"  # packets are counted and reported on, and no more: one of a crowd
    NONE = "none"  # packets are thrown away unread, and neither reports nor requests leave: one bad leg


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
        attention: Attention = Attention.WHOLE,
        takes_content: bool = False,
        one_way: bool = False,
    ) -> None:
        """`reels` None makes a viewer. `order` spreads the clients of a process over the frame interval.

        `one_way`: sound and one picture, sent or received, as WHIP and WHEP have it.
        """
        self.player: Player | None = None  # set by connect
        self.shared: Reel | None = None
        self.content: Player | None = None  # while something is shared
        self.session: RtpSession | None = None  # set by connect
        self.connected_at = 0.0  # monotonic seconds, 0.0 before
        self.packets_received = 0
        self._stage = stage
        self._reels = reels
        self._certificate = certificate
        self._codec = codec
        self._order = order
        self._listener = listener
        self._attention = attention
        self._takes_content = takes_content
        self._one_way = one_way
        self._connection = Connection(self, certificate=certificate, seed=seed, clock=stage.now)
        self._streams = LocalStreams.choose(f"{seed} {self._connection.credentials.ufrag}")
        self._sent: dict[StreamKind, SendStream] = {}
        self._types: dict[StreamKind, int] = {}  # payload types of what we receive, RTX not among them; set by connect
        self._taps: dict[int, Callable[[RtpPacket], None]] = {}  # by payload type
        self._content_start = 0.0  # monotonic seconds of the first share, 0.0 before
        self._closed = False

    @property
    def counters(self) -> Mapping[str, int]:
        """Those of the socket, of the transport with "srtp_" before, and of the session with "session_" before."""
        counters = dict(self._connection.counters)
        if self.session is not None:
            counters |= {f"session_{name}": count for name, count in self.session.counters.items()}
        return counters

    def offer(self, *addresses: str) -> str:
        """The SDP offer. `addresses` are those of this machine that the server has to know, none for a lite server."""
        parts = OfferParts(
            credentials=self._connection.credentials,
            fingerprint=self._certificate.fingerprint,
            streams=self._streams,
            codec=self._codec,
            sends=self._reels is not None,
            takes_content=self._takes_content,
            one_way=self._one_way,
            addresses=tuple((address, self._connection.port) for address in addresses),
        )
        return write_offer(parts)

    async def connect(self, answer_text: str) -> None:
        """Find the way, agree on keys, begin to send. Raises ConnectError or ProtocolError."""
        answer = read_answer(answer_text)
        transport = await self._connection.open(answer, started=lambda: self._stage.enter(self))
        self._begin(answer, transport)

    async def close(self) -> None:
        """Say goodbye and end."""
        if self._closed:
            return
        self._closed = True
        self._stage.leave(self)
        if self.session is not None:
            self.session.end()
            self._pump(self._stage.now())
        await self._connection.close()

    async def abandon(self) -> None:
        """End without a word, as when power fails."""
        if not self._closed:
            self._closed = True
            self._stage.leave(self)
            await self._connection.abandon()

    def attend(self, attention: Attention) -> None:
        """From now on. After more than before, ask for a keyframe; sound takes a while to settle."""
        self._attention = attention
        if self.session is not None:
            for kind in StreamKind:
                self.session.set_counts_only(kind, self._inattentive)
            self._connection.gather(self._readings)

    def share(self, reel: Reel | None) -> None:
        """Send `reel` as content; None stops. The server shows it once it was told who shares."""
        self.shared, self.content = reel, None
        if reel is not None:
            self._content_start = self._content_start or self._stage.now()  # one time for all: RTP's goes on
            self.content = Player(Reels(reel, reel), start=self._content_start)
        if not self._closed:
            self._stage.enter(self)

    def tap(self, kind: StreamKind, take: Callable[[RtpPacket], None] | None) -> None:
        """Give each packet of a kind that comes to `take` as well, whatever the attention; None stops.

        Once connected. Content that is taken as a stream of its own is tapped with MAIN: they share a payload type.
        """
        payload_type = self._types.get(kind, -1)
        if take is None:
            self._taps.pop(payload_type, None)
        elif payload_type >= 0:
            self._taps[payload_type] = take

    def request_keyframe(self) -> None:
        """Ask the server for one of the composite."""
        if self.session is not None:
            now = self._stage.now()
            self.session.request_keyframe(StreamKind.MAIN, now)
            self._pump(now)

    # --- on the stage ---------------------------------------------------------------------------------

    def play(self, now: float) -> None:
        """Send what is due (mcu.synthetic.stage.Actor)."""
        self._connection.handle_timer(now)
        player, session = self.player, self.session
        if player is not None:
            audio = self._sent.get(StreamKind.AUDIO)
            if player.sound_due <= now + EARLY_SECONDS:
                sound = player.next_sound(now)
                if audio is not None:
                    _send_sound(audio, sound, now)
                    player.sound_left(sound, self._stage.now())
            self._send_pictures(player, StreamKind.MAIN, now)
            if self.content is not None:
                self._send_pictures(self.content, StreamKind.CONTENT, now)
        if session is not None and session.next_timer() <= now:
            session.handle_timer(now)
            self._pump(now)

    def next_due(self) -> float:
        """When `play` has something to do."""
        due = self._connection.next_timer()
        if self.session is not None:
            due = min(due, self.session.next_timer())
        if self.player is not None:
            due = min(due, self.player.sound_due, self.player.picture_due)
            if self.content is not None:
                due = min(due, self.content.picture_due)
        return due

    # --- mcu.synthetic.connection.Owner ---------------------------------------------------------------

    def packets_arrived(self, packets: Sequence[RtpPacket | Rtcp], now: float) -> None:
        """Take what was read at once."""
        session = self.session
        if session is not None and self._attention is not Attention.NONE:
            for packet in packets:
                if isinstance(packet, RtpPacket):
                    self.packets_received += 1
                    if self._taps and (take := self._taps.get(packet.payload_type)) is not None:
                        take(packet)
                    session.receive_rtp(packet, packet.arrival)
                else:
                    session.receive_rtcp(packet.data, packet.arrival)
            self._pump(now)
        if not self._closed:
            self._stage.enter(self)

    def connection_broken(self, reason: str) -> None:
        """No way to the server any more."""
        if not self._closed and self._listener is not None:
            self._listener.connection_lost(self, reason)

    # --- inside ---------------------------------------------------------------------------------------

    @property
    def _inattentive(self) -> bool:
        return self._attention is not Attention.WHOLE

    @property
    def _readings(self) -> Readings | None:
        """Who reads the socket: one of a crowd is read with the crowd."""
        return self._stage.readings if self._inattentive else None

    def _begin(self, answer: Answer, transport: SrtpTransport) -> None:
        now = self._stage.now()
        transport.owner = self
        extensions = {uri: number for stream in answer.streams.values() for uri, number in stream.extensions.items()}
        transport.set_extensions(received=extensions, sent=extensions)
        session = self.session = RtpSession(
            cname=self._streams.cname,
            ssrc_for_reports=self._streams.reports,
            reduced_size=answer.reduced_size,
            wall_clock_offset=time.time() - time.monotonic(),
            feedback_phase=self._order * SPREAD % INTERVAL,
        )
        for kind, stream in answer.streams.items():
            self._types[kind] = stream.payload_type()
            if stream.direction in ("sendrecv", "sendonly"):
                session.add_received(
                    kind, stream.codecs, mid=MIDS[kind], ssrcs=stream.ssrcs, counts_only=self._inattentive
                )
            if self._reels is not None and stream.direction in ("sendrecv", "recvonly"):
                self._sent[kind] = self._stream(kind, stream, transport)
                session.add_sent(kind, self._sent[kind])
        if self._reels is not None:
            fps = self._reels.listening.clip.fps
            self.player = Player(self._reels, start=now + self._order * SPREAD % 1.0 / fps)
        self.connected_at = now
        self._connection.gather(self._readings)
        self._stage.enter(self)

    def _stream(self, kind: StreamKind, stream: AnsweredStream, transport: SrtpTransport) -> SendStream:
        rtx = stream.payload_type(rtx=True)
        ssrc, rtx_ssrc = self._streams.of(kind)
        return SendStream(
            transport,
            ssrc=ssrc,
            payload_type=stream.payload_type(),
            clock_rate=48_000 if kind is StreamKind.AUDIO else 90_000,
            mid=MIDS[kind] if MID in stream.extensions else "",
            rtx_ssrc=rtx_ssrc if rtx else 0,
            rtx_payload_type=rtx,
            history=HISTORY,
        )

    def _send_pictures(self, player: Player, kind: StreamKind, now: float) -> None:
        if player.picture_due > now + EARLY_SECONDS:
            return
        stream = self._sent.get(kind)
        for picture in player.next_pictures(now):
            if stream is not None:
                send(picture.payloads, timestamp=picture.timestamp, streams=(stream,), now=now)
                player.picture_left(self._stage.now())

    def _pump(self, now: float) -> None:
        """Carry out what the session wants."""
        session, transport = self.session, self._connection.transport
        if session is None or transport is None:
            return
        for data in session.data_to_send():
            if self._attention is not Attention.NONE:
                transport.send_rtcp(data)
        for event in session.events_received():
            match event:
                case FrameReceived(kind=kind, frame=frame) if self._listener is not None:
                    self._listener.frame_received(self, kind, frame)
                case KeyframeRequested(kind=kind):
                    player = self.content if kind is StreamKind.CONTENT else self.player
                    if player is not None:
                        player.request_keyframe()


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
