"""The first steps of every received packet: its arrival is noted, and its stream is found and gets it."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf

from mcu._native.rtp_packet import RtpPacket
from mcu.media.received_streams import ReceivedStream, VideoStream
from mcu.media.transport_feedback import INTERVAL, ArrivalRecorder

MAX_ROUTES = 64  # SSRCs of a leg


class Intake:
    """Finds the stream of a packet: by MID, then by SSRC, then by a payload type only one stream has (RFC 8843 9.2)."""

    def __init__(self, counters: dict[str, int]) -> None:
        """Packets that belong nowhere are counted in `counters` as "unroutable"."""
        self._counters = counters
        self.arrivals = ArrivalRecorder()
        self.arrivals_due = inf  # when the peer is to be told of them
        self.deadline_set = False  # perhaps an earlier one, since whoever asks for deadlines asked and cleared this
        self.complete: VideoStream | None = None  # has frames, by the last packet
        self._by_mid: dict[str, ReceivedStream] = {}
        self._by_ssrc: dict[int, ReceivedStream] = {}
        self._by_type: dict[int, ReceivedStream | None] = {}  # None: several have it
        # Where the last packet went and where one before it did, with the MID that each had: mostly sound and camera.
        self._last: ReceivedStream | None = None
        self._former: ReceivedStream | None = None
        self._last_mid: str | None = None
        self._former_mid: str | None = None

    def add(self, stream: ReceivedStream, mid: str | None, ssrcs: Iterable[int]) -> None:
        """Expect packets of `stream`."""
        if mid is not None:
            self._by_mid[mid] = stream
        for ssrc in ssrcs:
            self._latch(ssrc, stream)
        for payload_type in stream.codecs:
            self._by_type[payload_type] = None if payload_type in self._by_type else stream

    def replace(self, old: ReceivedStream, new: ReceivedStream) -> None:
        """Packets of `old` are those of `new` from now on."""
        self._by_mid = {mid: new if stream is old else stream for mid, stream in self._by_mid.items()}
        self._by_ssrc = {ssrc: new if stream is old else stream for ssrc, stream in self._by_ssrc.items()}
        self._by_type = {number: new if stream is old else stream for number, stream in self._by_type.items()}
        self._last = self._former = None

    def receive(self, packet: RtpPacket, now: float) -> bool:
        """Whether the packet left something to do: frames in `complete`, or a deadline."""
        self.complete = None
        sequence = packet.transport_sequence
        if sequence >= 0:
            self.arrivals.record(sequence, packet.arrival)
            if self.arrivals_due == inf:
                self.arrivals_due = now + INTERVAL
                self.deadline_set = True
        stream = self._last
        if stream is None or stream.latched != packet.ssrc or packet.mid != self._last_mid:
            stream = self._route(packet)
            if stream is None:
                self._counters["unroutable"] += 1
                return self.deadline_set
        if not stream.receive(packet, now):
            self._counters["unroutable"] += 1
        elif isinstance(stream, VideoStream):
            receiver = stream.receiver
            if receiver.has_deadlines():
                self.deadline_set = True
            if receiver.has_frames():
                self.complete = stream
                return True
        return self.deadline_set

    def find(self, ssrc: int) -> ReceivedStream | None:
        """The stream that packets of this SSRC have been routed to."""
        return self._by_ssrc.get(ssrc)

    def _route(self, packet: RtpPacket) -> ReceivedStream | None:
        """The stream of a packet, which is the one of the last packet from now on."""
        stream, mid = self._former, self._former_mid
        if stream is None or stream.latched != packet.ssrc or packet.mid != mid:
            if packet.mid is None:
                stream = self._by_ssrc.get(packet.ssrc) or self._by_type.get(packet.payload_type)
            else:
                stream = self._by_mid.get(packet.mid)
            if stream is None:
                return None
            if stream.latched != packet.ssrc:
                self._latch(packet.ssrc, stream)
        self._former, self._former_mid = self._last, self._last_mid
        self._last, self._last_mid = stream, packet.mid
        return stream

    def _latch(self, ssrc: int, stream: ReceivedStream) -> None:
        stream.latched = ssrc
        before = self._by_ssrc.get(ssrc)
        if before is stream:
            return
        if before is None and len(self._by_ssrc) >= MAX_ROUTES:
            before = self._by_ssrc.pop(next(iter(self._by_ssrc)))
        if before is not None:
            before.latched = -1  # it may have latched what is taken from it
        self._by_ssrc[ssrc] = stream
