"""One kind of stream of a leg, both ways: its RTP session, where its packets come from and where they go. No sockets.

H.323 has an RTP session for each medium (H.225.0 clause 6.2.8.2): an SSRC, reports and a pair of ports of its own.

Rules:
1. The sent stream keeps its SSRC as long as the leg lives, and its numbers as long as payload type and clock stay.
2. A received channel that is another makes a new session: nothing of the former stream is left. Sending goes on.
3. What comes from elsewhere than allowed, or as another payload type, is counted and changes nothing.
4. A channel with a key is enciphered (H.235.6): its packets go and come through Python, one by one.
5. Empty datagrams, single bytes and RTP without a payload are keepalives.
"""

from __future__ import annotations

import math
import secrets
from collections import Counter
from collections.abc import Collection, Sequence
from functools import partial
from typing import Protocol

from mcu._native.packets import Rtcp, SendStream, SrtpTransport, parse_rtp
from mcu._native.rtp_packet import RtpPacket
from mcu.control import RtpChannel
from mcu.errors import ProtocolError
from mcu.h323 import compound, key_tones, rtp_channels
from mcu.h323.key_tones import KeyTones
from mcu.h323.media_cipher import CipherError, MediaCipher
from mcu.h323.source_latch import NOWHERE, Place, SourceLatch, is_usable
from mcu.media.report_schedule import AVP_MINIMUM
from mcu.media.rtp_events import KeyframeNeeded, KeyframeRequested
from mcu.media.rtp_session import RtpSession
from mcu.media.types import EncodedFrame, StreamKind

LEAST_DATAGRAM = 2  # bytes; shorter ones say no more than that somebody is there
MAX_REPORTS = 40  # RTCP datagrams a second that are read; a peer sends one, and a burst of feedback now and then
KEEPALIVE_SECONDS = 15.0  # of an open channel on which nothing is sent: address translators forget after 30 (RFC 4787)


class MediaPort(Protocol):
    """Two sockets of ours, for RTP and RTCP."""

    @property
    def rtp(self) -> int: ...
    @property
    def rtcp(self) -> int: ...
    def open(self, medium: Medium, *, fresh: bool) -> None: ...  # hand on what comes; `fresh`: drop what waits
    def shut(self) -> None: ...  # hand on nothing
    def bind(self, place: Place, transport: SrtpTransport) -> None: ...  # its packets come parsed, no others
    def aim(self, transport: SrtpTransport, place: Place) -> None: ...
    def send_packet(self, data: bytes, place: Place) -> None: ...
    def send_report(self, data: bytes, place: Place) -> None: ...
    def send_keepalive(self, place: Place) -> None: ...
    def close(self) -> None: ...


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
        self.sent: SendStream | None = None  # while a sent channel is open and can be sent somewhere
        self.last_received = -math.inf  # of RTP and RTCP
        self.counters: Counter[str] = Counter()  # datagrams, by why they were not taken
        self._past: Counter[str] = Counter()  # of sessions that have ended
        self._owner = owner
        self._cname = cname
        self._wall_clock_offset = wall_clock_offset
        self._ssrc = secrets.randbits(32) or 1
        self._latch = SourceLatch()
        self._receiving = SrtpTransport("", b"", b"")
        self._sending = SrtpTransport("", b"", b"")
        self._opening: MediaCipher | None = None  # of what is received
        self._sealing: MediaCipher | None = None  # of what is sent
        self._received_channel: RtpChannel | None = None
        self._sent_channel: RtpChannel | None = None
        self._types: Collection[int] = ()
        self._event_type = -1
        self._tones = KeyTones()
        self._named: Collection[str] = ()
        self._reports_from = NOWHERE
        self._reports_left, self._second = MAX_REPORTS, -math.inf
        self._kept_alive = -math.inf

    # --- for the leg ----------------------------------------------------------------------------------

    @property
    def receives(self) -> bool:
        return self._received_channel is not None

    def update(
        self, received: RtpChannel | None, sent: RtpChannel | None, channels: rtp_channels.Channels, now: float
    ) -> bool:
        """Make it so. True when another stream is sent than before, which begins with a keyframe."""
        event_type = channels.telephone_event if received is not None and self.kind is StreamKind.AUDIO else 0
        heard = (
            rtp_channels.decoding(received) != rtp_channels.decoding(self._received_channel)
            or (event_type or -1) != self._event_type
        )
        before = self.sent
        if received is None and sent is None:
            self._end()
            return False
        if sent is None:
            self._stop_sending()
        elif not rtp_channels.is_sendable(before, sent):
            self.sent = None  # another stream with the same SSRC comes in its place: no BYE
        self._received_channel, self._sent_channel, self._named = received, sent, channels.named
        self._opening, self._sealing = rtp_channels.cipher(received), rtp_channels.cipher(sent)
        self._latch.allow(channels.sources)
        if self.session is None or heard:
            self._begin(received, event_type, now)
        self._aim(now)
        return self.sent is not None and self.sent is not before

    def failed(self) -> None:
        """Something was raised on the way of what came: a bug."""
        self._owner.failed()

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
            self._keep_alive(now)
            # There are rooms that take a new SSRC after each pause.
            if self._latch.current != NOWHERE and self._receiving.counters["too_many_ssrcs"]:
                self._receiving = SrtpTransport("", b"", b"")
                self.port.bind(self._latch.current, self._receiving)

    def next_timer(self) -> float:
        return self.session.next_timer() if self.session is not None else math.inf

    def pump(self, now: float) -> None:
        """Carry out what the session wants after anything was given to it."""
        session = self.session
        if session is None:
            return
        for data in session.data_to_send():
            self._send_report(data)
        for event in session.events_received():
            match event:
                case KeyframeRequested():
                    self._owner.keyframe_requested(self.kind)
                case KeyframeNeeded():
                    self._owner.keyframe_needed(self.kind, now)

    # --- what arrives ---------------------------------------------------------------------------------

    def searching(self, now: float) -> bool:
        """Whether all packets are to come by `receive_unknown`, as any of them may be the first of the stream."""
        return self._opening is not None or self._latch.searching(now)

    def receive_known(self, items: Sequence[object], now: float) -> None:
        """What came from where the stream comes from."""
        for item in items:
            if isinstance(item, RtpPacket):
                self._receive_rtp(item, now)
            elif isinstance(item, Rtcp):
                self._receive_rtcp(item.data, now)
            else:
                self.counters["keepalives"] += 1  # STUN

    def receive_unknown(self, data: bytes, place: Place, now: float) -> None:
        """A datagram on the port for RTP while nothing comes from where the stream came from."""
        if not self._latch.allows(place[0]):
            self.counters["wrong_source"] += 1
            return
        if len(data) < LEAST_DATAGRAM:
            self.counters["keepalives"] += 1
            return
        if data[0] >> 6 == 2 and 192 <= data[1] <= 223:  # RFC 5761 section 4
            self._receive_rtcp(data, now)
            return
        if place != self._latch.current and not self._latch.searching(now):
            self.counters["wrong_source"] += 1
            return
        try:
            packet = parse_rtp(self._opening.open(data) if self._opening is not None else data, arrival=now)
        except ProtocolError as error:
            self.counters["undecipherable" if isinstance(error, CipherError) else "malformed"] += 1
            return
        if packet.payload_type not in self._types:
            self.counters["wrong_payload_type"] += 1
            return
        if place != self._latch.current:
            self._settle(place, now)
        self._receive_rtp(packet, now)

    def receive_report(self, data: bytes, place: Place, now: float) -> None:
        """A datagram on the port for RTCP."""
        if not self._latch.allows(place[0]):
            self.counters["wrong_source"] += 1
        elif len(data) < LEAST_DATAGRAM:
            self.counters["keepalives"] += 1
        else:
            self._reports_from = place
            self._receive_rtcp(data, now)

    def _settle(self, place: Place, now: float) -> None:
        """The stream comes from there from now on."""
        self.counters["moved" if self._latch.current != NOWHERE else "latched"] += 1
        self._latch.take(place, now)
        self._receiving = SrtpTransport("", b"", b"")
        self.port.bind(place, self._receiving)
        before = self.sent
        self._aim(now)
        if self.sent is not before:
            self._owner.stream_found(self.kind)

    def _receive_rtp(self, packet: RtpPacket, now: float) -> None:
        session = self.session
        if session is None or self._received_channel is None:
            self.counters["not_open"] += 1
            return
        self._latch.heard = self.last_received = now
        if packet.payload_type == self._event_type:
            packet = self._receive_tone(packet, now)
        elif not packet.payload:
            self.counters["keepalives"] += 1
            return
        if session.receive_rtp(packet, now):
            self.pump(now)
            self._owner.stirred()

    def _receive_tone(self, packet: RtpPacket, now: float) -> RtpPacket:
        """What the sound gets of it: silence at the moment at which it was sent. All packets of a press have the
        timestamp of its start, which would look as if they came late."""
        digit = self._tones.receive(packet, now)
        if digit:
            self._owner.digit_received(digit)
        return RtpPacket(
            payload_type=packet.payload_type,
            sequence_number=packet.sequence_number,
            timestamp=(packet.timestamp + key_tones.duration(packet.payload)) & 0xFFFFFFFF,
            ssrc=packet.ssrc,
            payload=packet.payload,
            arrival=packet.arrival,
        )

    def _receive_rtcp(self, data: bytes, now: float) -> None:
        if now - self._second >= 1.0:
            self._second, self._reports_left = now, MAX_REPORTS
        session = self.session
        if session is None or self._reports_left <= 0:
            self.counters["reports_dropped"] += 1
            return
        self._reports_left -= 1
        self.last_received = now
        for part in compound.parts(data):
            session.receive_rtcp(part, now)
        self._owner.report_received(self.kind, now)
        self.pump(now)

    # --- channels -------------------------------------------------------------------------------------

    def _begin(self, received: RtpChannel | None, event_type: int, now: float) -> None:
        """A new session, with what is sent already."""
        # What waits is of before: sound would be heard late, but a keyframe is what a picture begins with.
        fresh = self.session is None and self.kind is StreamKind.AUDIO
        self._keep_counters()
        session = self.session = RtpSession(
            cname=self._cname,
            ssrc_for_reports=self._ssrc,
            report_interval=AVP_MINIMUM,
            wall_clock_offset=self._wall_clock_offset,
        )
        session.take_frame = self._owner.take_frame
        self._event_type = event_type or -1
        self._types = ()
        if received is not None:
            codecs = rtp_channels.codecs(received, event_type)
            self._types = frozenset(codecs)
            session.add_received(self.kind, codecs, mid=None)
        if self.sent is not None:
            session.add_sent(self.kind, self.sent)
        self.port.open(self, fresh=fresh)

    def _end(self) -> None:
        """No channel is open any more: say goodbye."""
        if self.session is not None:
            self.session.end()
            for data in self.session.data_to_send():
                self._send_report(data)
            self.session.take_frame = None
        self._keep_counters()
        self.session = self.sent = self._received_channel = self._sent_channel = None
        self._opening = self._sealing = None
        self._sending.deselect()
        self._latch = SourceLatch()
        self._receiving = SrtpTransport("", b"", b"")
        self._reports_from = NOWHERE
        self.port.shut()

    def _keep_counters(self) -> None:
        if self.session is not None:
            self._past.update(self.session.counters)

    def _stop_sending(self) -> None:
        """The channel is closed."""
        if self.sent is None or self.session is None:
            return
        self.sent = None
        self.session.remove_sent(self.kind)
        for data in self.session.data_to_send():
            self._send_report(data)
        self._sending.deselect()

    def _destination(self) -> Place:
        channel = self._sent_channel
        return NOWHERE if channel is None else self._latch.destination(rtp_channels.place(channel.rtp), self._named)

    def _aim(self, now: float) -> None:
        """Send to where the channel goes, once that is known."""
        channel, place = self._sent_channel, self._destination()
        if channel is None or self.session is None or place == NOWHERE:
            return
        if self._sealing is None:
            self.port.aim(self._sending, place)
        else:
            self._sending.select_stream(partial(self._send_sealed, self._sealing, place))
        if self.sent is None:
            self.sent = SendStream(
                self._sending,
                ssrc=self._ssrc,
                payload_type=channel.payload_type,
                clock_rate=channel.clock_rate,
                history=0,  # nobody asks again: there are no NACKs in RTP/AVP
            )
            self.session.add_sent(self.kind, self.sent)
            self._kept_alive = now

    def _send_sealed(self, cipher: MediaCipher, place: Place, packet: bytes) -> bool:
        """One packet of the stream. What is sent is shared with other legs; this is a copy of its own."""
        self.port.send_packet(cipher.seal(packet), place)
        return True

    def _send_report(self, data: bytes) -> None:
        place = self._report_place()
        if place == NOWHERE:
            self.counters["reports_nowhere"] += 1
        else:
            self.port.send_report(data, place)

    def _report_place(self) -> Place:
        """Where the channels say, else next to where packets go (RFC 3550 section 11), else where reports come from."""
        destination = self._destination()
        told = [c.rtcp for c in (self._sent_channel, self._received_channel) if c is not None and is_usable(c.rtcp)]
        translated = self._sent_channel is not None and destination != rtp_channels.place(self._sent_channel.rtp)
        if translated or (not told and destination == NOWHERE):
            return self._reports_from
        return rtp_channels.place(told[0]) if told else (destination[0], destination[1] + 1)

    def _keep_alive(self, now: float) -> None:
        """Keep the way to us open while there is nothing to send (RFC 6263 section 4.1)."""
        place = self._destination()
        if self.sent is None or place == NOWHERE:
            return
        if now - max(self.sent.last_sent, self._kept_alive) >= KEEPALIVE_SECONDS:
            self._kept_alive = now
            self.port.send_keepalive(place)
