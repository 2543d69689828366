"""The sending half of a medium: the stream that goes out, and where it and the reports go. No sockets.

Rules:
1. The stream keeps its SSRC as long as the leg lives, and its numbers as long as payload type and clock stay.
2. With a key it is enciphered (H.235.6): its packets go through Python, one by one.
3. Nothing is sent before it is known where to.
"""

from __future__ import annotations

import math
import secrets
from collections import Counter
from collections.abc import Collection
from functools import partial

from mcu._native.packets import SendStream, SrtpTransport
from mcu.control import RtpChannel
from mcu.h323 import rtp_channels
from mcu.h323.media_cipher import MediaCipher
from mcu.h323.media_port import MediaPort
from mcu.h323.source_latch import NOWHERE, Place, SourceLatch, is_usable
from mcu.media.rtp_session import RtpSession
from mcu.media.types import StreamKind

KEEPALIVE_SECONDS = 15.0  # of an open channel on which nothing is sent: address translators forget after 30 (RFC 4787)


class MediumSender:
    """Told the channels by the medium, and where packets come from by the `latch` that both halves have."""

    def __init__(self, kind: StreamKind, port: MediaPort, *, latch: SourceLatch, counters: Counter[str]) -> None:
        self.ssrc = secrets.randbits(32) or 1
        self.stream: SendStream | None = None  # while a channel is open and can be sent somewhere
        self._kind = kind
        self._port = port
        self._latch = latch
        self._counters = counters
        self._transport = SrtpTransport("", b"", b"")
        self._cipher: MediaCipher | None = None
        self._channel: RtpChannel | None = None
        self._received: RtpChannel | None = None  # its RTCP is where reports go, too
        self._named: Collection[str] = ()
        self._kept_alive = -math.inf

    def take_channel(
        self,
        channel: RtpChannel | None,
        received: RtpChannel | None,
        named: Collection[str],
        session: RtpSession | None,
    ) -> None:
        """Send by this channel, None when it is closed; `session` is the one up to now. `aim` begins the stream."""
        if channel is None:
            self._stop(session)
        elif not rtp_channels.is_sendable(self.stream, channel):
            self.stream = None  # another stream with the same SSRC comes in its place: no BYE
        self._channel, self._received, self._named = channel, received, named
        self._cipher = rtp_channels.cipher(channel)

    def begin(self, session: RtpSession) -> None:
        """A new session: what is sent already goes on in it."""
        if self.stream is not None:
            session.add_sent(self._kind, self.stream)

    def aim(self, session: RtpSession | None, now: float) -> None:
        """Send to where the channel goes, once that is known."""
        channel, place = self._channel, self._destination()
        if channel is None or session is None or place == NOWHERE:
            return
        if self._cipher is None:
            self._port.aim(self._transport, place)
        else:
            self._transport.select_stream(partial(self._send_sealed, self._cipher, place))
        if self.stream is None:
            self.stream = SendStream(
                self._transport,
                ssrc=self.ssrc,
                payload_type=channel.payload_type,
                clock_rate=channel.clock_rate,
                history=0,  # nobody asks again: there are no NACKs in RTP/AVP
            )
            session.add_sent(self._kind, self.stream)
            self._kept_alive = now

    def end(self) -> None:
        """No channel is open any more."""
        self.stream = self._channel = self._received = self._cipher = None
        self._transport.deselect()

    def send_report(self, data: bytes) -> None:
        place = self._report_place()
        if place == NOWHERE:
            self._counters["reports_nowhere"] += 1
        else:
            self._port.send_report(data, place)

    def keep_alive(self, now: float) -> None:
        """Keep the way to us open while there is nothing to send (RFC 6263 section 4.1)."""
        place = self._destination()
        if self.stream is None or place == NOWHERE:
            return
        if now - max(self.stream.last_sent, self._kept_alive) >= KEEPALIVE_SECONDS:
            self._kept_alive = now
            self._port.send_keepalive(place)

    # --- inside ---------------------------------------------------------------------------------------

    def _stop(self, session: RtpSession | None) -> None:
        """The channel is closed."""
        if self.stream is None or session is None:
            return
        self.stream = None
        session.remove_sent(self._kind)
        for data in session.data_to_send():
            self.send_report(data)
        self._transport.deselect()

    def _destination(self) -> Place:
        channel = self._channel
        return NOWHERE if channel is None else self._latch.destination(rtp_channels.place(channel.rtp), self._named)

    def _report_place(self) -> Place:
        """Where the channels say, else next to where packets go (RFC 3550 section 11), else where reports come from."""
        destination = self._destination()
        told = [c.rtcp for c in (self._channel, self._received) if c is not None and is_usable(c.rtcp)]
        translated = self._channel is not None and destination != rtp_channels.place(self._channel.rtp)
        if translated or (not told and destination == NOWHERE):
            return self._latch.reports_from
        return rtp_channels.place(told[0]) if told else (destination[0], destination[1] + 1)

    def _send_sealed(self, cipher: MediaCipher, place: Place, packet: bytes) -> bool:
        """One packet of the stream. What is sent is shared with other legs; this is a copy of its own."""
        self._port.send_packet(cipher.seal(packet), place)
        return True
