"""The receiving half of a medium: what comes to its two ports, looked at before its session gets it. No sockets.

Rules:
1. What comes from elsewhere than allowed, or as another payload type, is counted and changes nothing.
2. With a key every packet comes by `receive_unknown`, as it must be deciphered first (H.235.6).
3. Empty datagrams, single bytes and RTP without a payload are keepalives.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Protocol

from mcu._native.packets import Rtcp, SrtpTransport, parse_rtp
from mcu._native.rtp_packet import RtpPacket
from mcu.control import RtpChannel
from mcu.errors import ProtocolError
from mcu.h323 import compound, key_tones, rtp_channels
from mcu.h323.key_tones import KeyTones
from mcu.h323.media_cipher import CipherError, MediaCipher
from mcu.h323.media_port import MediaPort
from mcu.h323.source_latch import NOWHERE, Place, SourceLatch
from mcu.media.rtp_session import RtpSession
from mcu.media.types import StreamKind

LEAST_DATAGRAM = 2  # bytes; shorter ones say no more than that somebody is there
# RTCP datagrams a second that are read; a peer sends one, and a burst of feedback now and then. How much one of them
# may ask for is the session's to say (mcu.media.rtcp_allowance).
MAX_REPORTS = 40


class ReceiverOwner(Protocol):
    """The medium."""

    def stream_moved(self, now: float) -> None: ...  # it comes from elsewhere than before
    def packet_received(self, now: float) -> None: ...  # the session may want something
    def report_received(self, now: float) -> None: ...
    def digit_received(self, digit: str) -> None: ...
    def failed(self) -> None: ...  # a bug


class MediumReceiver:
    """What a port hands its datagrams to (`mcu.h323.media_port.Arrivals`), while the medium is open."""

    def __init__(
        self, kind: StreamKind, port: MediaPort, *, owner: ReceiverOwner, latch: SourceLatch, counters: Counter[str]
    ) -> None:
        self.kind = kind
        self.channel: RtpChannel | None = None
        self.last_received = -math.inf  # of RTP and RTCP
        self._port = port
        self._owner = owner
        self._latch = latch
        self._counters = counters
        self._session: RtpSession | None = None
        self._transport = SrtpTransport("", b"", b"")
        self._cipher: MediaCipher | None = None
        self._types: Collection[int] = ()
        self._event_type = -1
        self._tones = KeyTones()
        self._reports_left, self._second = MAX_REPORTS, -math.inf

    # --- for the medium -------------------------------------------------------------------------------

    def take_channel(self, channel: RtpChannel | None, event_type: int) -> bool:
        """Receive by this channel, and key tones as `event_type`, 0 for none. True when that needs a new session."""
        event_type = event_type or -1
        changed = (
            rtp_channels.decoding(channel) != rtp_channels.decoding(self.channel) or event_type != self._event_type
        )
        self.channel, self._event_type = channel, event_type
        self._cipher = rtp_channels.cipher(channel)
        return changed

    def begin(self, session: RtpSession) -> None:
        """Give it to a new session."""
        self._session = session
        self._types = ()
        if self.channel is not None:
            codecs = rtp_channels.codecs(self.channel, max(0, self._event_type))
            self._types = frozenset(codecs)
            session.add_received(self.kind, codecs, mid=None)

    def end(self) -> None:
        """No channel is open any more."""
        self._session = self.channel = self._cipher = None
        self._transport = SrtpTransport("", b"", b"")

    def make_room(self) -> None:
        """Take new sources again: there are rooms that use a new SSRC after each pause."""
        if self._latch.current != NOWHERE and self._transport.counters["too_many_ssrcs"]:
            self._bind(self._latch.current)

    # --- for the port (mcu.h323.media_port.Arrivals) ----------------------------------------------------

    def searching(self, now: float) -> bool:
        """Whether all packets are to come by `receive_unknown`, as any of them may be the first of the stream."""
        return self._cipher is not None or self._latch.searching(now)

    def receive_known(self, items: Sequence[object], now: float) -> None:
        """What came from where the stream comes from."""
        for item in items:
            if isinstance(item, RtpPacket):
                self._receive_rtp(item, now)
            elif isinstance(item, Rtcp):
                self._receive_rtcp(item.data, now)
            else:
                self._counters["keepalives"] += 1  # STUN

    def receive_unknown(self, data: bytes, place: Place, now: float) -> None:
        """A datagram on the port for RTP while nothing comes from where the stream came from."""
        if not self._latch.allows(place[0]):
            self._counters["wrong_source"] += 1
            return
        if len(data) < LEAST_DATAGRAM:
            self._counters["keepalives"] += 1
            return
        if data[0] >> 6 == 2 and 192 <= data[1] <= 223:  # RFC 5761 section 4
            self._receive_rtcp(data, now)
            return
        if place != self._latch.current and not self._latch.searching(now):
            self._counters["wrong_source"] += 1
            return
        try:
            packet = parse_rtp(self._cipher.open(data) if self._cipher is not None else data, arrival=now)
        except ProtocolError as error:
            self._counters["undecipherable" if isinstance(error, CipherError) else "malformed"] += 1
            return
        if packet.payload_type not in self._types:
            self._counters["wrong_payload_type"] += 1
            return
        if place != self._latch.current:
            self._settle(place, now)
        self._receive_rtp(packet, now)

    def receive_report(self, data: bytes, place: Place, now: float) -> None:
        """A datagram on the port for RTCP."""
        if not self._latch.allows(place[0]):
            self._counters["wrong_source"] += 1
        elif len(data) < LEAST_DATAGRAM:
            self._counters["keepalives"] += 1
        else:
            self._latch.reports_from = place
            self._receive_rtcp(data, now)

    def failed(self) -> None:
        self._owner.failed()

    # --- inside ---------------------------------------------------------------------------------------

    def _settle(self, place: Place, now: float) -> None:
        """The stream comes from there from now on."""
        self._counters["moved" if self._latch.current != NOWHERE else "latched"] += 1
        self._latch.take(place, now)
        self._bind(place)
        self._owner.stream_moved(now)

    def _bind(self, place: Place) -> None:
        self._transport = SrtpTransport("", b"", b"")
        self._port.bind(place, self._transport)

    def _receive_rtp(self, packet: RtpPacket, now: float) -> None:
        session = self._session
        if session is None or self.channel is None:
            self._counters["not_open"] += 1
            return
        self._latch.heard = self.last_received = now
        if packet.payload_type == self._event_type:
            packet = self._receive_tone(packet, now)
        elif not packet.payload:
            self._counters["keepalives"] += 1
            return
        if session.receive_rtp(packet, now):
            self._owner.packet_received(now)

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
        session = self._session
        if session is None or self._reports_left <= 0:
            self._counters["reports_dropped"] += 1
            return
        self._reports_left -= 1
        self.last_received = now
        for part in compound.parts(data):
            session.receive_rtcp(part, now)
        self._owner.report_received(now)
