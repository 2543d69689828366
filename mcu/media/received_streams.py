"""The received streams of a leg: RTX turned back into what it repeats, changes of the source, statistics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mcu._native.rtp_packet import RtpPacket
from mcu.media.audio_receiver import AudioReceiver
from mcu.media.reception_statistics import ReceptionStatistics
from mcu.media.types import CodecParameters, StreamKind
from mcu.media.video_receiver import VideoReceiver

MAX_SOURCES = 16  # SSRCs of one stream in the life of a leg: a camera change takes two (media and RTX)
MAX_FORMER = 64  # former sources of one picture that are known: the transport lets in no more SSRCs of a leg
QUIET_SECONDS = 0.5  # without the current source any other takes over: two that send at 2 fps do not take turns
PACKETS_IN_A_ROW = 3  # of a new source, where the current one was heard just now: strays come alone


class Sources:
    """Statistics of each SSRC of one stream; the oldest one that need not be kept makes room for a new one."""

    def __init__(self, codecs: Mapping[int, CodecParameters]) -> None:
        self.statistics: dict[int, ReceptionStatistics] = {}
        self.kept = 0  # the SSRC that makes room for none
        self._codecs = codecs
        self._newest: ReceptionStatistics | None = None  # of the packet before, and mostly of the next

    def count(self, packet: RtpPacket, now: float) -> None:
        statistics = self._newest
        if statistics is None or statistics.ssrc != packet.ssrc:
            statistics = self._newest = self._find(packet)
        statistics.receive(packet.sequence_number, packet.timestamp, now)

    def forget(self, ssrc: int) -> None:
        self.statistics.pop(ssrc, None)
        self._newest = None

    def _find(self, packet: RtpPacket) -> ReceptionStatistics:
        statistics = self.statistics.get(packet.ssrc)
        if statistics is None:
            if len(self.statistics) >= MAX_SOURCES:
                oldest, second, *_ = self.statistics
                del self.statistics[second if oldest == self.kept else oldest]
            clock_rate = self._codecs[packet.payload_type].clock_rate
            statistics = self.statistics[packet.ssrc] = ReceptionStatistics(packet.ssrc, clock_rate)
        return statistics


class ReceivedStream:
    """What all kinds of stream have."""

    def __init__(self, kind: StreamKind, codecs: Mapping[int, CodecParameters]) -> None:
        self.kind = kind
        self.codecs = codecs
        self.sources = Sources(codecs)
        self.media_ssrc = 0  # 0 until the first packet
        self.latched = -1  # the SSRC that the intake routed here last; -1 for none, or one that it forgot
        self._known_type = -1  # of the media packet before, and mostly of the next: one that belongs here

    def receive(self, packet: RtpPacket, now: float) -> bool:
        """False for a packet that does not belong here."""
        raise NotImplementedError

    def continue_from(self, other: ReceivedStream) -> None:
        """Take the place of `other`: what was counted of its sources goes on."""
        self.sources, self.media_ssrc, self.latched = other.sources, other.media_ssrc, other.latched

    def end(self, ssrc: int) -> bool:
        """The peer said BYE; whether the stream has ended with it."""
        self.sources.forget(ssrc)
        if ssrc != self.media_ssrc:
            return False
        self.media_ssrc = 0
        return True


class AudioStream(ReceivedStream):
    """The received voice."""

    def __init__(self, codecs: Mapping[int, CodecParameters]) -> None:
        super().__init__(StreamKind.AUDIO, codecs)
        self.receiver = AudioReceiver(codecs)

    def receive(self, packet: RtpPacket, now: float) -> bool:
        if packet.payload_type != self._known_type:
            if packet.payload_type not in self.codecs:
                return False
            self._known_type = packet.payload_type
        self.sources.count(packet, now)
        self.media_ssrc = packet.ssrc
        self.receiver.receive(packet, now)
        return True


class VideoStream(ReceivedStream):
    """A received picture: media and RTX packets of one m-line."""

    def __init__(self, kind: StreamKind, codecs: Mapping[int, CodecParameters]) -> None:
        super().__init__(kind, codecs)
        self.receiver = VideoReceiver(codecs)
        self._repair_types = frozenset(number for number, codec in codecs.items() if codec.name == "rtx")
        self._repaired_types = dict(_associated_types(codecs))
        self._former: dict[int, None] = {}  # SSRCs that another one replaced, the oldest first
        self._waiting: list[RtpPacket] = []  # of the source that may be the next, fewer than PACKETS_IN_A_ROW
        self._received_before = 0  # packets of the current source, when the first of these came

    @property
    def feedback(self) -> frozenset[str]:
        """What the current codec's rtcp-fb lines allow."""
        codec = self.receiver.codec
        return codec.feedback if codec else frozenset()

    def receive(self, packet: RtpPacket, now: float) -> bool:
        """False also for a packet of another source that is not the current one, or not yet."""
        repair = False
        if packet.payload_type != self._known_type:
            if packet.payload_type not in self.codecs:
                return False
            repair = packet.payload_type in self._repair_types
            if not repair:
                self._known_type = packet.payload_type
        self.sources.count(packet, now)
        if packet.ssrc != self.media_ssrc and not repair:
            return self._hear_another(packet, now)
        self._take(packet, now)
        return True

    def end(self, ssrc: int) -> bool:
        """As for all; and browsers say BYE when they pause, and may come back with the same SSRC."""
        ended = ReceivedStream.end(self, ssrc)  # compiled, super() knows no class
        if ended:
            self.receiver = VideoReceiver(self.codecs, rtt=self.receiver.rtt)
        return ended

    def _take(self, packet: RtpPacket, now: float) -> None:
        """A packet of the current source, or a repair."""
        payload_type = packet.payload_type
        sequence_number, payload = packet.sequence_number, packet.payload
        repair = payload_type != self._known_type and payload_type in self._repair_types
        if repair:
            if len(payload) <= 2 or payload_type not in self._repaired_types:
                return  # padding to probe the path: counted, and of no further use
            payload_type = self._repaired_types[payload_type]
            sequence_number, payload = int.from_bytes(payload[:2], "big"), payload[2:]  # RFC 4588 section 4
        self.receiver.receive(
            payload_type=payload_type,
            sequence_number=sequence_number,
            timestamp=packet.timestamp,
            marker=packet.marker,
            payload=payload,
            orientation=packet.orientation,
            now=now,
            repair=repair,
        )

    def _hear_another(self, packet: RtpPacket, now: float) -> bool:
        """A source that is not the current one: it takes over when that is quiet, or, if it is a new one, with a few
        packets in a row. A former source has to wait for quiet, so two that go on sending do not take turns."""
        current = self.sources.statistics.get(self.media_ssrc)
        if self.media_ssrc and current is not None and now - current.arrived < QUIET_SECONDS:
            if packet.ssrc in self._former:
                return False
            if not self._waiting or packet.ssrc != self._waiting[0].ssrc or current.received != self._received_before:
                self._waiting.clear()
                self._received_before = current.received
            self._waiting.append(packet)
            if len(self._waiting) < PACKETS_IN_A_ROW:
                return False
            packets = list(self._waiting)
        else:
            packets = [packet]
        self._change_source(packet.ssrc, now)
        for one in packets:
            self._take(one, now)
        return True

    def _change_source(self, ssrc: int, now: float) -> None:
        self._waiting.clear()
        if self.media_ssrc:
            if len(self._former) >= MAX_FORMER:
                del self._former[next(iter(self._former))]
            self._former[self.media_ssrc] = None
            self.receiver = VideoReceiver(self.codecs, rtt=self.receiver.rtt)
        self.media_ssrc = self.sources.kept = ssrc
        if ssrc in self._former:
            del self._former[ssrc]
            self.receiver.keyframe_requests.need(now)  # it does not know that it was away


class CountedStream(ReceivedStream):
    """A stream that nobody looks at or listens to: counted and reported on, its packets are dropped."""

    def receive(self, packet: RtpPacket, now: float) -> bool:
        codec = self.codecs.get(packet.payload_type)
        if codec is None:
            return False
        self.sources.count(packet, now)
        if codec.name != "rtx":
            self.media_ssrc = packet.ssrc
        return True


def _associated_types(codecs: Mapping[int, CodecParameters]) -> Iterable[tuple[int, int]]:
    """(RTX payload type, the type it repeats), from the apt parameters."""
    for payload_type, codec in codecs.items():
        apt = codec.parameters.get("apt", "")
        if codec.name == "rtx" and apt.isdecimal() and int(apt) in codecs:
            yield payload_type, int(apt)
