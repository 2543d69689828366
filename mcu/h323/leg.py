"""A room's connection: sound, main picture and content as RTP, as call control in the MC has opened them. No sockets.

It is a `mcu.processor.leg.Leg`.

Rules:
1. `state` follows TRANSITIONS. Silence closes nothing: call control decides when a call is over.
2. `update` is told all open channels each time; what is as it was goes on undisturbed.
3. Keyframes are asked for by call control, no oftener than KEYFRAME_SECONDS.
4. `sent` holds what may be sent now: the channel is open, somebody knows where to, and the peer has not paused it.
"""

from __future__ import annotations

import enum
import math
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol

from mcu._native.packets import SendStream
from mcu.control import RtpChannel, RtpPorts, UpdateRtpLeg
from mcu.errors import RefusedError
from mcu.h323 import rtp_channels, sent_picture
from mcu.h323.media_port import MediaPort
from mcu.h323.medium import Medium
from mcu.h323.reported_loss import ReportedLoss
from mcu.media.audio_receiver import AudioReceiver
from mcu.media.reception_statistics import ReceptionStatistics
from mcu.media.types import AudioProfile, EncodedFrame, StreamKind, VideoProfile
from mcu.media.video_receiver import VideoReceiver

SILENT_SECONDS = 10.0  # rooms report every five seconds at least, also while they send nothing
LOOK_SECONDS = 0.5  # between two looks at silence
LEAST_SECONDS = 0.5  # over which a rate is measured
KEYFRAME_SECONDS = 1.0  # between two requests: rooms need half of that to answer one
OVERHEAD = 1.08  # of what a line carries over coded bits, as the bridge reckons it; channels are opened for coded bits
CNAME_BYTES = 12  # 96 random bits, as RFC 7022 section 4.2 wants for a name that tells nothing
PICTURES = (StreamKind.MAIN, StreamKind.CONTENT)


class LegState(enum.Enum):
    RESERVED = "reserved"  # ports are there, nothing may be sent yet
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"  # silent; may return
    CLOSED = "closed"


TRANSITIONS = {
    LegState.RESERVED: frozenset((LegState.CONNECTED, LegState.CLOSED)),
    LegState.CONNECTED: frozenset((LegState.DISCONNECTED, LegState.CLOSED)),
    LegState.DISCONNECTED: frozenset((LegState.CONNECTED, LegState.CLOSED)),
    LegState.CLOSED: frozenset[LegState](),
}


class RtpLegHandler(Protocol):
    """Who is told about a leg; `state` is "disconnected", and "connected" again."""

    def leg_connected(self, leg: H323Leg) -> None: ...
    def leg_updated(self, leg: H323Leg) -> None: ...  # something else may be sent than before
    def leg_state(self, leg: H323Leg, state: str) -> None: ...
    def leg_closed(self, leg: H323Leg, reason: str) -> None: ...
    def frame_received(self, leg: H323Leg, kind: StreamKind, frame: EncodedFrame) -> None: ...
    def keyframe_requested(self, leg: H323Leg, kind: StreamKind) -> None: ...
    def keyframe_needed(self, leg: H323Leg, kind: StreamKind) -> None: ...
    def digit_received(self, leg: H323Leg, digit: str) -> None: ...


class Driver(Protocol):
    """Whoever has the clock and the sockets."""

    def now(self) -> float: ...
    def ended(self, leg: H323Leg) -> None: ...
    def failed(self, leg: H323Leg) -> None: ...  # a bug: it shall be closed


class H323Leg:
    """Made by `RtpEndpoint.create_leg`."""

    def __init__(
        self,
        leg_id: str,
        ports: Mapping[StreamKind, MediaPort],
        *,
        driver: Driver,
        handler: RtpLegHandler,
        pictures: Sequence[VideoProfile],
        wall_clock_offset: float,
    ) -> None:
        """`pictures`: the sizes of the composite as H.264, best first; see `sent_picture`."""
        self.id = leg_id
        self.scales = False  # a terminal has the sizes that it has
        self.state = LegState.RESERVED
        self.audio: AudioReceiver | None = None
        self.loss = 0.0
        self.sent: dict[StreamKind, SendStream] = {}
        self.audio_profile = AudioProfile()  # of Opus, until there is a channel
        self.video_profile: VideoProfile | None = None
        self.content_profile: VideoProfile | None = None
        self.due = math.inf  # when `handle_timer` has something to do
        self._driver = driver
        self._handler = handler
        self._pictures = pictures
        cname = secrets.token_urlsafe(CNAME_BYTES)
        self._media = {
            kind: Medium(kind, port, owner=self, cname=cname, wall_clock_offset=wall_clock_offset)
            for kind, port in ports.items()
        }
        self._command: UpdateRtpLeg | None = None
        self._channels: rtp_channels.Channels | None = None  # of that command
        self._limits: dict[StreamKind, float] = {}  # bit/s on the line, of each picture that is sent
        self._line = ReportedLoss()
        self._told: dict[StreamKind, float] = {}  # smoothed loss of each picture, at its last report
        self._octets, self._observed, self._rate = 0, -math.inf, 0.0  # of pictures; bit/s
        self._opened = -math.inf  # when a channel was opened last: silence counts from there
        self._keyframe_asked = dict.fromkeys(StreamKind, -math.inf)
        self._keyframe_waits: set[StreamKind] = set()

    # --- for the owner --------------------------------------------------------------------------------

    @property
    def ports(self) -> tuple[RtpPorts, ...]:
        return tuple(RtpPorts(kind.value, m.port.rtp, m.port.rtcp) for kind, m in self._media.items())

    @property
    def connected(self) -> bool:
        return self.state is LegState.CONNECTED or self.state is LegState.DISCONNECTED

    @property
    def last_received(self) -> float:
        """math.inf while nothing is to be received."""
        if not any(medium.receives for medium in self._media.values()):
            return math.inf
        return max(self._opened, *(medium.last_received for medium in self._media.values()))

    @property
    def rtp_counters(self) -> Mapping[str, int]:
        return sum((medium.rtp_counters() for medium in self._media.values()), Counter())

    @property
    def datagram_counters(self) -> Counter[str]:
        """Datagrams that were not taken, by reason."""
        return sum((medium.counters for medium in self._media.values()), Counter())

    def video(self, kind: StreamKind) -> VideoReceiver | None:
        session = self._media[kind].session
        return session.video(kind) if session is not None else None

    def reception(self, kind: StreamKind) -> ReceptionStatistics | None:
        session = self._media[kind].session
        return session.reception(kind) if session is not None else None

    def update(self, command: UpdateRtpLeg) -> None:
        """Take over what is open. Raises RefusedError, and then nothing has changed."""
        if self.state is LegState.CLOSED:
            raise RefusedError("no-such-leg", self.id)
        if command == self._command:
            return
        channels = rtp_channels.read(command)
        self._command, self._channels = command, channels
        now = self._opened = self._driver.now()
        renewed = []
        for kind, medium in self._media.items():
            if medium.update(channels.received.get(kind), channels.sent.get(kind), channels, now):
                renewed.append(kind)
        session = self._media[StreamKind.AUDIO].session
        self.audio = session.audio if session is not None else None
        self._take_profiles(channels)
        self.due = now
        if self.state is LegState.RESERVED and channels.sent:
            self._enter(LegState.CONNECTED)
            self._handler.leg_connected(self)
            return
        for kind in renewed:
            if kind in PICTURES:
                self._handler.keyframe_requested(self, kind)

    def show(self, pictures: Sequence[VideoProfile]) -> None:
        """Another composite is there for it from now on: see `pictures` of the constructor."""
        self._pictures = pictures
        if self._channels is not None:
            self._take_profiles(self._channels)

    def limit(self, kind: StreamKind) -> float:
        """Bit/s on the line that the peer takes of one kind of picture."""
        return self._limits.get(kind, math.inf)

    @property
    def repaired(self) -> float:
        """Rooms ask for no packet again."""
        return 0.0

    def budget(self, now: float, least: float = 0.0) -> float:
        """What the line carries as far as reports of loss tell, not below `least`. What channels allow is `limit`."""
        return max(least, self._line.bitrate)

    def probe(self, bitrate: float, now: float) -> None:
        """Nothing to send: without feedback on delay, more is tried by and by (`reported_loss`)."""

    def request_keyframe(self, kind: StreamKind) -> None:
        medium = self._media[kind]
        if self.state is not LegState.CLOSED and medium.session is not None:
            now = self._driver.now()
            medium.session.request_keyframe(kind, now)
            medium.pump(now)
            self.due = now

    def send_keyframe(self, kind: StreamKind) -> None:
        """Call control was asked for one (videoFastUpdatePicture)."""
        if self.connected:
            self._handler.keyframe_requested(self, kind)

    def close(self, reason: str) -> None:
        """Say goodbye, stop, and tell the handler. A second time nothing happens."""
        if self.state is LegState.CLOSED:
            return
        self._enter(LegState.CLOSED)
        for medium in self._media.values():
            medium.close()
        self.sent = {}
        self.due = math.inf
        self._driver.ended(self)
        self._handler.leg_closed(self, reason)

    # --- for its media (mcu.h323.medium.MediumOwner) ----------------------------------------------------

    def take_frame(self, kind: StreamKind, frame: EncodedFrame) -> None:
        self._handler.frame_received(self, kind, frame)

    def keyframe_requested(self, kind: StreamKind) -> None:
        self._handler.keyframe_requested(self, kind)

    def keyframe_needed(self, kind: StreamKind, now: float) -> None:
        if now - self._keyframe_asked[kind] < KEYFRAME_SECONDS:
            self._keyframe_waits.add(kind)
            return
        self._keyframe_asked[kind] = now
        self._keyframe_waits.discard(kind)
        self._handler.keyframe_needed(self, kind)

    def digit_received(self, digit: str) -> None:
        self._handler.digit_received(self, digit)

    def stream_found(self, kind: StreamKind) -> None:
        """It became known where to send a stream to."""
        if self._channels is not None:
            self._take_profiles(self._channels)
            self._handler.leg_updated(self)

    def stirred(self) -> None:
        self.due = -math.inf

    def failed(self) -> None:
        self._driver.failed(self)

    def report_received(self, kind: StreamKind, now: float) -> None:
        """What the peer lacks: of all kinds for how good the line is, of pictures for what it carries."""
        sessions = [medium.session for medium in self._media.values() if medium.session is not None]
        self.loss = max((session.loss for session in sessions), default=0.0)
        session = self._media[kind].session
        sent = session.sent(kind) if session is not None else None
        if session is None or sent is None or kind not in self._limits:
            return
        told, self._told[kind] = self._told.get(kind, 0.0), session.loss
        if sent.fraction_lost and session.loss == told:
            return  # no report on this stream: what the last one said was heeded then
        self._line.reported(sent.fraction_lost, self._sending(now), most=sum(self._limits.values()), now=now)

    def _sending(self, now: float) -> float:
        """Bit/s of pictures, between two reports that are not together."""
        elapsed = now - self._observed
        if elapsed >= LEAST_SECONDS:
            octets = sum(m.sent.octets for kind, m in self._media.items() if kind in PICTURES and m.sent is not None)
            self._rate = 8 * max(0, octets - self._octets) / elapsed
            self._octets, self._observed = octets, now
        return self._rate

    # --- time -----------------------------------------------------------------------------------------

    def handle_timer(self, now: float) -> None:
        """Reports, keyframes that are still needed, and silence."""
        for medium in self._media.values():
            medium.handle_timer(now)
        for kind in tuple(self._keyframe_waits):
            receiver = self.video(kind)
            if receiver is None or receiver.keyframe_requests.due == math.inf:  # it came meanwhile
                self._keyframe_waits.discard(kind)
            elif now - self._keyframe_asked[kind] >= KEYFRAME_SECONDS:
                self.keyframe_needed(kind, now)
        silent = now - self.last_received >= SILENT_SECONDS
        if silent and self.state is LegState.CONNECTED:
            self._enter(LegState.DISCONNECTED)
            self._handler.leg_state(self, "disconnected")
        elif not silent and self.state is LegState.DISCONNECTED:
            self._enter(LegState.CONNECTED)
            self._handler.leg_state(self, "connected")
        if self.state is not LegState.CLOSED:
            self.due = min(now + LOOK_SECONDS, *(medium.next_timer() for medium in self._media.values()))

    # --- inside ---------------------------------------------------------------------------------------

    def _enter(self, state: LegState) -> None:
        assert state in TRANSITIONS[self.state], f"{self.state} to {state}"
        self.state = state

    def _take_profiles(self, channels: rtp_channels.Channels) -> None:
        """What is sent, and how."""
        sent = {kind: channels.sent[kind] for kind in channels.sent if self._may_send(kind, channels)}
        self.sent = {kind: stream for kind in sent if (stream := self._media[kind].sent) is not None}
        if StreamKind.AUDIO in sent:
            self.audio_profile = rtp_channels.audio_profile(sent[StreamKind.AUDIO])
        main = sent.get(StreamKind.MAIN)
        self.video_profile = sent_picture.video_profile(main, self._pictures) if main is not None else None
        content = sent.get(StreamKind.CONTENT)
        self.content_profile = sent_picture.content_profile(content) if content is not None else None
        self._limits = {kind: _limit(sent[kind], channels.limits.get(kind)) for kind in PICTURES if kind in sent}

    def _may_send(self, kind: StreamKind, channels: rtp_channels.Channels) -> bool:
        return kind not in channels.paused and channels.limits.get(kind) != 0 and self._media[kind].sent is not None


def _limit(channel: RtpChannel, told: int | None) -> float:
    """A channel is opened for coded bits (H.245 maxBitRate); what flow control says is kept with headers and all."""
    opened = channel.bitrate * OVERHEAD if channel.bitrate else math.inf
    return min(opened, math.inf if told is None else float(told))
