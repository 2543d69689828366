"""A WebRTC participant's connection: ICE, DTLS, SRTP and the RTP session, tied together. No sockets in here.

Rules:
1. `state` follows leg_interfaces.TRANSITIONS; `leg_closed` is told exactly once, whoever closed the leg.
2. Whatever a peer does wrong is counted or closes this leg.
3. `sent` holds a stream for each kind that is sent, from the moment of `leg_connected` on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from mcu._native.packets import SendStream, SrtpTransport
from mcu.errors import ProtocolError, RefusedError
from mcu.media.audio_receiver import AudioReceiver
from mcu.media.receiver_line import ReceiverLine
from mcu.media.reception_statistics import ReceptionStatistics
from mcu.media.repairs import expected
from mcu.media.rtp_events import BitrateLimited, KeyframeRequested
from mcu.media.rtp_session import RtpSession
from mcu.media.types import SHARED_SCREEN, AudioProfile, EncodedFrame, StreamKind, VideoProfile
from mcu.media.video_receiver import VideoReceiver
from mcu.webrtc import sdp_offer
from mcu.webrtc.dtls import Certificate, DtlsAssociation, SrtpKeys
from mcu.webrtc.ice_lite import (
    SILENT_SECONDS,
    GenerationEnded,
    IceLite,
    PathExpired,
    PathLike,
    PathSelected,
    PathValidated,
)
from mcu.webrtc.leg_description import LegDescription
from mcu.webrtc.leg_interfaces import TRANSITIONS, Driver, LegHandler, LegState, Network
from mcu.webrtc.sdp_offer import DtlsRole
from mcu.webrtc.stun import Message

CONNECT_SECONDS = 30.0  # from offer to media; a peer that trickles through a slow relay needs about ten
START_BITRATE = 3_000_000  # bit/s that a line is taken to carry until it shows otherwise; falling takes no second
CLOSE_SECONDS = 30.0  # of silence: then consent is over (RFC 7675 section 5.1)
PROBE_SECONDS = 0.6  # that a probe takes at most, and a little
CONNECTED, DISCONNECTED, CLOSED = LegState.CONNECTED, LegState.DISCONNECTED, LegState.CLOSED  # asked for all the time


class WebRtcLeg:
    """Made by `Endpoint.create_leg`."""

    def __init__(
        self,
        leg_id: str,
        description: LegDescription,
        *,
        network: Network,
        driver: Driver,
        handler: LegHandler,
        certificate: Certificate,
        session: RtpSession,
        now: float,
    ) -> None:
        self.id = leg_id
        self.scales = True  # scaleResolutionDownBy
        self.session = session
        self.sent: dict[StreamKind, SendStream] = {}
        self._streams: dict[StreamKind, SendStream] = {}  # ever sent: numbers go on, nonces are used once
        self.transport: SrtpTransport | None = None  # set when DTLS has given the keys
        self.state = LegState.CHECKING
        self.last_received = now  # monotonic seconds of the last thing that was certainly the peer's
        self.line = ReceiverLine(START_BITRATE)
        self.ice = IceLite(local=description.credentials, now=now)
        self.dtls = DtlsAssociation(
            certificate,
            role=description.dtls_role,
            fingerprints=description.negotiation.fingerprints,
            send=self._send_dtls,
            closed=lambda: self.close("dtls-closed"),
        )
        self.audio_profile: AudioProfile = description.audio_profile
        self._description = description
        self._network = network
        self._driver = driver
        self._handler = handler
        self._created = now
        self._paths_due = math.inf  # when the agent wants to look at its paths; they change with its events alone
        self._dtls_path: PathLike | None = None  # of the last DTLS datagram, or of our first as client
        self._received: set[StreamKind] = set()
        session.take_frame, session.take_feedback = self._take_frame, self._take_feedback
        session.repairs.bounds = self._repair_bounds
        network.name(self.ice.local.ufrag, self)
        self._receive_streams()

    # --- for the owner --------------------------------------------------------------------------------

    @property
    def answer(self) -> str:
        """The newest answer."""
        return self._description.answer

    @property
    def connected(self) -> bool:
        """Keys are there and the leg is not closed: `sent` may be used."""
        return self.is_connected()

    def is_connected(self) -> bool:
        """The same, for those who ask with every packet."""
        return self.transport is not None and self.state is not CLOSED

    @property
    def video_profile(self) -> VideoProfile | None:
        """What to send as main video, None when nothing is."""
        return self._description.video_profile

    @property
    def content_profile(self) -> VideoProfile | None:
        """A shared screen as a stream of its own: as for all browsers, or not at all."""
        return SHARED_SCREEN if StreamKind.CONTENT in self._description.sent else None

    @property
    def loss(self) -> float:
        """Share of what is sent that the peer says it lacks, 0 to 1, smoothed."""
        return self.session.loss

    @property
    def repaired(self) -> float:
        """What repairs add to the pictures that are sent, as a share of them."""
        return expected(self.session.loss)

    @property
    def audio(self) -> AudioReceiver | None:
        """The received voice."""
        return self.session.audio

    def video(self, kind: StreamKind) -> VideoReceiver | None:
        """The receiver of a picture's current source."""
        return self.session.video(kind)

    def reception(self, kind: StreamKind) -> ReceptionStatistics | None:
        """Of a received stream's current source; None before its first packet."""
        return self.session.reception(kind)

    @property
    def rtp_counters(self) -> Mapping[str, int]:
        return self.session.counters

    @property
    def video_refused(self) -> str:
        """The codecs offered for video when none was possible and the leg joined with sound alone; "" otherwise."""
        return self._description.negotiation.video_refused

    @property
    def video_payload_types(self) -> frozenset[int]:
        return self._description.video_payload_types

    def update(self, offer: str) -> str:
        """Answer a later offer, which may restart ICE. Raises RefusedError, and then nothing has changed."""
        if self.state is LegState.CLOSED:
            raise RefusedError("no-such-leg", self.id)
        if self._description.update(offer):
            self.ice.restart(self._description.credentials)
            self._network.name(self.ice.local.ufrag, self)
            self._follow_ice(self._driver.now())
        self.audio_profile = self._description.audio_profile
        self._receive_streams()
        self._send_streams()
        self._driver.touched(self)
        return self.answer

    def budget(self, now: float, least: float = 0.0) -> float:
        """Bit/s of pictures that the line to the peer carries; math.inf when the peer does not say.

        `least` is what the smallest picture takes: on the word of a REMB alone it is not taken away.
        """
        if StreamKind.MAIN in self.sent and not self.line.measured:
            pictures = [stream for kind, stream in self.sent.items() if kind is not StreamKind.AUDIO]
            octets = sum([stream.octets + stream.rtx_octets for stream in pictures])
            self.line.observe(octets, self.session.loss, now)
        return self.line.budget(now, least)

    def limit(self, kind: StreamKind) -> float:
        """Browsers have one line for all kinds: see `budget`."""
        return math.inf

    def probe(self, bitrate: float, now: float) -> None:
        """Find out whether it would carry so many bit/s of pictures, by repeating the main one if it is sent."""
        if StreamKind.MAIN not in self.sent:
            return
        self.line.want(bitrate, now)
        self._driver.touched(self)
        if self.line.probing:
            self._driver.hurry(now + PROBE_SECONDS)

    def add_candidate(self, candidate: str) -> None:
        """A trickled candidate, "" for the end of them. Only its form is looked at. Raises RefusedError."""
        if candidate:
            try:
                sdp_offer.parse_candidate(candidate)
            except ProtocolError as error:
                raise RefusedError("candidate-invalid", str(error)) from error

    def request_keyframe(self, kind: StreamKind) -> None:
        """Ask the peer for a keyframe of a received stream."""
        if self.connected and kind in self._received:
            self.session.request_keyframe(kind, self._driver.now())
            self._driver.touched(self)

    def close(self, reason: str) -> None:
        """Say goodbye, stop, and tell the handler. A second time nothing happens."""
        if self.state is LegState.CLOSED:
            return
        self._enter(LegState.CLOSED)
        if self.transport is not None:
            self.session.end()
            for data in self.session.data_to_send():
                self.transport.send_rtcp(data)
            self.transport.deselect()
            self.transport.owner = None  # else the two would hold each other, and 512 packets of each stream
        self.session.take_frame = self.session.take_feedback = self.session.repairs.bounds = None
        self._driver.ended(self)
        self._handler.leg_closed(self, reason)

    # --- for the endpoint -----------------------------------------------------------------------------

    def receive_check(self, request: Message, path: PathLike, now: float) -> None:
        """A STUN request whose username names this leg."""
        self.ice.receive(request, path, now)
        self._follow_ice(now)

    def receive_dtls(self, data: bytes, path: PathLike, now: float) -> None:
        """A DTLS datagram from a valid path. It may come before any path is nominated."""
        first = self._dtls_path is None
        self._dtls_path = path
        self.last_received = now
        self.dtls.receive(data)
        if first:
            self._driver.secure(self)

    def secured(self, keys: SrtpKeys) -> None:
        """DTLS has succeeded: media may flow."""
        if self.state is not LegState.SECURING:
            return
        transport = self.transport = SrtpTransport(keys.profile, keys.receive_key, keys.send_key)
        transport.owner = self
        extensions = self._description.extensions
        transport.set_extensions(received=extensions, sent=extensions)
        now = self._driver.now()
        for path in self.ice.paths:
            self._network.bind(path, self, now)
        chosen = self.ice.selected or self._dtls_path
        if chosen is not None and self.ice.is_valid(chosen):
            self._network.select(chosen, transport)
        self._send_streams()
        self._enter(LegState.CONNECTED)
        self._driver.touched(self)
        self._handler.leg_connected(self)

    def path_lost(self, path: PathLike) -> None:
        """The connection behind a path is gone, or the path belongs to another leg now."""
        self.ice.forget(path)
        self._follow_ice(self._driver.now())

    def pump(self, now: float) -> None:
        """Carry out what the session wants after anything was given to it."""
        if self.state is DISCONNECTED and now - self.last_received < SILENT_SECONDS:
            self._enter(LegState.CONNECTED)
            self._handler.leg_state(self, "connected")
        transport = self.transport
        if transport is None or self.state is CLOSED:
            return
        for data in self.session.data_to_send():
            transport.send_rtcp(data)
        for event in self.session.events_received():
            match event:
                case KeyframeRequested(kind=kind):
                    self._handler.keyframe_requested(self, kind)
                case BitrateLimited(bitrate=bitrate, ssrcs=ssrcs):
                    sound = self.sent.get(StreamKind.AUDIO)
                    self.line.limited(bitrate, sound is not None and sound.ssrc in ssrcs, now)

    def handle_timer(self, now: float) -> None:
        """Reports and repairs, paths without consent, and the leg's own silence."""
        if now >= self._paths_due:
            self.ice.handle_timer(now)
            self._follow_ice(now)
        if self.transport is None:
            if now >= self._created + CONNECT_SECONDS:
                self.close("ice-timeout" if self.state is LegState.CHECKING else "dtls-timeout")
            return
        silence = now - self.last_received
        if silence >= CLOSE_SECONDS:
            self.close("silent")
            return
        if silence >= SILENT_SECONDS and self.state is CONNECTED:
            self._enter(LegState.DISCONNECTED)
            self._handler.leg_state(self, "disconnected")
        self.session.handle_timer(now)
        self.pump(now)
        pictures = self.sent.get(StreamKind.MAIN)
        if pictures is not None:
            self.line.handle_timer(pictures, now)

    def next_timer(self) -> float:
        """When `handle_timer` has something to do."""
        if self.state is CLOSED:
            return math.inf
        paths = self._paths_due
        if self.transport is None:
            return min(self._created + CONNECT_SECONDS, paths)
        patience = SILENT_SECONDS if self.state is CONNECTED else CLOSE_SECONDS
        return min(self.session.next_timer(), self.line.next_timer(), self.last_received + patience, paths)

    # --- inside ---------------------------------------------------------------------------------------

    def _take_frame(self, kind: StreamKind, frame: EncodedFrame) -> None:
        """A picture is complete: it is handed on at once, without the way over events."""
        self._handler.frame_received(self, kind, frame)

    def _take_feedback(self, data: bytes, now: float) -> None:
        """Transport-wide feedback, by the same short way. Raises ProtocolError."""
        if self.transport is not None:
            self.line.acknowledged(data, self.transport, now)

    def _repair_bounds(self, now: float) -> tuple[float, bool]:
        return self.line.budget(now), self.line.random_loss

    def _enter(self, state: LegState) -> None:
        assert state in TRANSITIONS[self.state], f"{self.state} to {state}"
        self.state = state

    def _follow_ice(self, now: float) -> None:
        """Send the agent's replies, then do what its events say."""
        for reply, path in self.ice.data_to_send():
            self._network.send(reply, path)
        while events := self.ice.events_received():
            for event in events:
                match event:
                    case PathValidated(path=path):
                        self._path_validated(path, now)
                    case PathSelected(path=path) if self.transport is not None and self.ice.is_valid(path):
                        self._network.select(path, self.transport)
                    case PathExpired(path=path):
                        self._network.unbind(path, self)
                    case GenerationEnded(ufrag=ufrag):
                        self._network.unname(ufrag)
        self._paths_due = self.ice.next_timer()
        if self.transport is not None and not self.ice.paths:
            self.transport.deselect()
        self.last_received = max(self.last_received, self.ice.last_check)

    def _path_validated(self, path: PathLike, now: float) -> None:
        if not self._network.bind(path, self, now):
            self.ice.forget(path)
        elif self.state is LegState.CHECKING:
            self._enter(LegState.SECURING)
            if self._description.dtls_role is DtlsRole.CLIENT:
                self._dtls_path = path
                self._driver.secure(self)

    def _send_dtls(self, data: bytes) -> None:
        path = self.ice.selected or self._dtls_path
        if path is not None:
            self._network.send(data, path)

    def _receive_streams(self) -> None:
        """Prepare the session for streams that the peer may send."""
        for stream in self._description.negotiation.streams:
            if stream.received and stream.kind not in self._received:
                self._received.add(stream.kind)
                self.session.add_received(stream.kind, stream.codecs, mid=stream.mid, ssrcs=stream.ssrcs)

    def _send_streams(self) -> None:
        """Make `sent` agree with what was negotiated."""
        if self.transport is None:
            return
        wanted = self._description.sent
        for kind in self.sent.keys() - wanted.keys():
            del self.sent[kind]
            self.session.remove_sent(kind)
            if kind is StreamKind.MAIN:
                self.line.end_probe()
        for kind, (stream, source) in wanted.items():
            if kind not in self._streams:
                self._streams[kind] = SendStream(
                    self.transport,
                    ssrc=source.ssrc,
                    payload_type=stream.codec.payload_type,
                    clock_rate=stream.codec.clock_rate,
                    mid=stream.mid_in_packets,
                    rtx_ssrc=source.rtx_ssrc,
                    rtx_payload_type=stream.rtx.payload_type if stream.rtx is not None else 0,
                )
            if kind not in self.sent:
                self.sent[kind] = self._streams[kind]
                self.session.add_sent(kind, self.sent[kind])
