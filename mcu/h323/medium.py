"""One kind of stream of a leg, both ways: its RTP session, and its receiving and sending halves. No sockets.

H.323 has an RTP session for each medium (H.225.0 clause 6.2.8.2): an SSRC, reports and a pair of ports of its own.

Rules:
1. A received channel that is another makes a new session: nothing of the former stream is left. Sending goes on.
2. When the last channel is closed the session ends with a BYE; what it counted is kept.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Protocol

from mcu._native.packets import SendStream
from mcu.control import RtpChannel
from mcu.h323 import rtp_channels
from mcu.h323.media_port import MediaPort
from mcu.h323.medium_receiver import MediumReceiver
from mcu.h323.medium_sender import MediumSender
from mcu.h323.source_latch import SourceLatch
from mcu.media.report_schedule import AVP_MINIMUM
from mcu.media.rtp_events import KeyframeNeeded, KeyframeRequested
from mcu.media.rtp_session import RtpSession
from mcu.media.types import EncodedFrame, StreamKind


class MediumOwner(Protocol):
    """The leg."""

    def take_frame(self, kind: StreamKind, frame: EncodedFrame) -> None: ...
    def keyframe_requested(self, kind: StreamKind) -> None: ...
    def keyframe_needed(self, kind: StreamKind, now: float) -> None: ...
    def digit_received(self, digit: str) -> None: ...
    def report_received(self, kind: StreamKind, now: float) -> None: ...
    def stream_found(self, kind: StreamKind) -> None: ...  # it became known where to send it
    def stirred(self) -> None: ...  # there may be an earlier deadline
    def failed(self) -> None: ...  # a bug


class Medium:
    """Made when its ports are reserved; `update` opens it."""

    def __init__(
        self, kind: StreamKind, port: MediaPort, *, owner: MediumOwner, cname: str, wall_clock_offset: float
    ) -> None:
        self.kind = kind
        self.port = port
        self.session: RtpSession | None = None  # while a channel is open
        self.counters: Counter[str] = Counter()  # datagrams, by why they were not taken
        self._past: Counter[str] = Counter()  # of sessions that have ended
        self._owner = owner
        self._cname = cname
        self._wall_clock_offset = wall_clock_offset
        self._latch = SourceLatch()
        self._receiver = MediumReceiver(kind, port, owner=self, latch=self._latch, counters=self.counters)
        self._sender = MediumSender(kind, port, latch=self._latch, counters=self.counters)

    # --- for the leg ----------------------------------------------------------------------------------

    @property
    def sent(self) -> SendStream | None:
        """While a sent channel is open and can be sent somewhere."""
        return self._sender.stream

    @property
    def receives(self) -> bool:
        return self._receiver.channel is not None

    @property
    def last_received(self) -> float:
        """Of RTP and RTCP."""
        return self._receiver.last_received

    def update(
        self, received: RtpChannel | None, sent: RtpChannel | None, channels: rtp_channels.Channels, now: float
    ) -> bool:
        """Make it so. True when another stream is sent than before, which begins with a keyframe."""
        if received is None and sent is None:
            self._end()
            return False
        before = self.sent
        event_type = channels.telephone_event if received is not None and self.kind is StreamKind.AUDIO else 0
        heard = self._receiver.take_channel(received, event_type)
        self._sender.take_channel(sent, received, channels.named, self.session)
        self._latch.allow(channels.sources)
        if self.session is None or heard:
            self._begin()
        self._sender.aim(self.session, now)
        return self.sent is not None and self.sent is not before

    def close(self) -> None:
        self._end()
        self.port.close()

    def rtp_counters(self) -> Counter[str]:
        """As in RtpSession.counters, since the beginning of the leg."""
        total = Counter(self._past)
        if self.session is not None:
            total.update(self.session.counters)
        return total

    def handle_timer(self, now: float) -> None:
        session = self.session
        if session is None:
            return
        if now >= session.next_timer():
            session.handle_timer(now)
            self.pump(now)
            self._sender.keep_alive(now)
            self._receiver.make_room()

    def next_timer(self) -> float:
        return self.session.next_timer() if self.session is not None else math.inf

    def pump(self, now: float) -> None:
        """Carry out what the session wants after anything was given to it."""
        session = self.session
        if session is None:
            return
        for data in session.data_to_send():
            self._sender.send_report(data)
        for event in session.events_received():
            match event:
                case KeyframeRequested():
                    self._owner.keyframe_requested(self.kind)
                case KeyframeNeeded():
                    self._owner.keyframe_needed(self.kind, now)

    # --- for its receiving half (mcu.h323.medium_receiver.ReceiverOwner) --------------------------------

    def stream_moved(self, now: float) -> None:
        """It is sent to there, if it is sent to where it comes from."""
        before = self.sent
        self._sender.aim(self.session, now)
        if self.sent is not before:
            self._owner.stream_found(self.kind)

    def packet_received(self, now: float) -> None:
        self.pump(now)
        self._owner.stirred()

    def report_received(self, now: float) -> None:
        self._owner.report_received(self.kind, now)
        self.pump(now)

    def digit_received(self, digit: str) -> None:
        self._owner.digit_received(digit)

    def failed(self) -> None:
        self._owner.failed()

    # --- its session ----------------------------------------------------------------------------------

    def _begin(self) -> None:
        """A new session, with what is sent already."""
        # What waits is of before: sound would be heard late, but a keyframe is what a picture begins with.
        fresh = self.session is None and self.kind is StreamKind.AUDIO
        self._keep_counters()
        session = self.session = RtpSession(
            cname=self._cname,
            ssrc_for_reports=self._sender.ssrc,
            report_interval=AVP_MINIMUM,
            wall_clock_offset=self._wall_clock_offset,
        )
        session.take_frame = self._owner.take_frame
        self._receiver.begin(session)
        self._sender.begin(session)
        self.port.open(self._receiver, fresh=fresh)

    def _end(self) -> None:
        """No channel is open any more: say goodbye."""
        if self.session is not None:
            self.session.end()
            for data in self.session.data_to_send():
                self._sender.send_report(data)
            self.session.take_frame = None
        self._keep_counters()
        self.session = None
        self._receiver.end()
        self._sender.end()
        self._latch.clear()
        self.port.shut()

    def _keep_counters(self) -> None:
        if self.session is not None:
            self._past.update(self.session.counters)
