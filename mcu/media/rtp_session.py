"""RTP and RTCP of one leg, without I/O: what arrived becomes frames and sound, and what must be said becomes RTCP.

Rules:
1. Packets come in already parsed and unprotected; RTCP goes out in plain text, one list item per datagram.
2. A stream is found by MID, then by SSRC, then by a payload type that only one stream uses (RFC 8843 section 9.2).
3. Nothing a peer sends raises; it is counted in `counters`. RTCP beyond mcu.media.rtcp_allowance is not read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf

from mcu._native.rtp_packet import RtpPacket
from mcu.errors import ProtocolError
from mcu.media import rtcp
from mcu.media.audio_receiver import AudioReceiver
from mcu.media.intake import Intake
from mcu.media.received_streams import AudioStream, CountedStream, ReceivedStream, VideoStream
from mcu.media.reception_statistics import ReceptionStatistics
from mcu.media.repairs import Repairs
from mcu.media.report_schedule import FEEDBACK_MINIMUM, ReportSchedule
from mcu.media.rtcp_allowance import RtcpAllowance
from mcu.media.rtp_events import BitrateLimited, Event, FrameReceived, KeyframeNeeded, KeyframeRequested, StreamEnded
from mcu.media.sent_streams import SendsRtp, SentStream
from mcu.media.transport_feedback import INTERVAL
from mcu.media.types import CodecParameters, EncodedFrame, StreamKind
from mcu.media.video_receiver import DEFAULT_RTT, VideoReceiver

RTT_SMOOTHING = 1 / 8  # weight of a new measurement, as in RFC 6298
LOSS_SMOOTHING = 1 / 4  # weight of a new report: browsers send one or two a second
LOSS_SECONDS = 15.0  # that a reported loss is believed: three reports of RTP/AVP
MAX_EVENTS = 1024  # a driver drains after every call; when it does not, the oldest go and are counted
_RTCP_COUNTERS = ("rtcp_received", "rtcp_refused", "rtcp_sent", "malformed_rtcp")
COUNTERS = (*_RTCP_COUNTERS, "unroutable", "events_dropped", "repairs_refused", "repairs_repeated")
UNLIMITED = 1_000_000_000  # bit/s, for a REMB that takes an earlier limit away


class RtpSession:
    """One per leg. Call `handle_timer` at `next_timer`; drain `data_to_send` and `events_received` after every call."""

    def __init__(
        self,
        *,
        cname: str,
        ssrc_for_reports: int,
        reduced_size: bool = False,  # RFC 5506 negotiated (a=rtcp-rsize): feedback need not be compound
        report_interval: float = FEEDBACK_MINIMUM,  # seconds; report_schedule.AVP_MINIMUM for RTP/AVP peers
        wall_clock_offset: float = 0.0,  # seconds to add to `now` for the wall clock in sender reports
        feedback_phase: float = 0.0,  # seconds; transport-wide feedback leaves so long after multiples of INTERVAL
    ) -> None:
        self.counters = dict.fromkeys(COUNTERS, 0)
        self.repairs = Repairs(self.counters)  # its owner says what the line carries
        self.rtt = 0.0  # seconds, smoothed; 0.0 until a report was answered
        self.loss = 0.0  # share of our packets that the peer says it lacks (0 to 1), smoothed over all sent streams
        self._loss_told = 0.0  # when
        self.audio: AudioReceiver | None = None  # set by add_received
        self.take_frame: Callable[[StreamKind, EncodedFrame], None] | None = None  # given frames instead of an event
        self.take_feedback: Callable[[bytes, float], None] | None = None  # given feedback on what we send
        self._cname = cname
        self._ssrc = ssrc_for_reports
        self._reduced_size = reduced_size
        self._wall_clock_offset = wall_clock_offset
        self._feedback_phase = feedback_phase
        self._received: dict[StreamKind, ReceivedStream] = {}
        self._videos: list[VideoStream] = []
        self._sent: dict[StreamKind, SentStream] = {}
        self._intake = Intake(self.counters)
        self._allowance = RtcpAllowance()
        self._schedule = ReportSchedule(minimum=report_interval, seed=ssrc_for_reports)
        self._repairs_due = inf  # when `repairs` has something to send
        self._named = b""  # the names of all that is sent as a packet; b"" when they have changed
        self._max_bitrate = 0
        self._fir_number = 0
        self._events: list[Event] = []
        self._asked: set[StreamKind] = set()  # a keyframe, in `_events`
        self._output: list[bytes] = []

    def add_received(
        self,
        kind: StreamKind,
        codecs: Mapping[int, CodecParameters],  # by payload type, RTX ("rtx", apt=) included
        *,
        mid: str | None,
        ssrcs: Sequence[int] = (),  # what the offer announced, in any order; RTX is told by payload type
        counts_only: bool = False,  # for load generators: no frames, no sound, no repair; reports as always
    ) -> None:
        """Be ready for a stream. Its feedback ("nack", "nack pli", "ccm fir", "goog-remb") is read from `codecs`."""
        stream = self._add(kind, codecs, counts_only)
        self._intake.add(stream, mid, ssrcs)

    def set_counts_only(self, kind: StreamKind, counts_only: bool) -> None:
        """Only count a stream's packets from now on, or take them in again: sound as from its first packet on, pictures
        from the next keyframe on, which is to be asked for. Reports on it go on. Nothing happens without the stream."""
        old = self._received.get(kind)
        if old is None or isinstance(old, CountedStream) is counts_only:
            return
        if isinstance(old, AudioStream):
            self.audio = None
        self._videos = [stream for stream in self._videos if stream is not old]
        stream = self._add(kind, old.codecs, counts_only)
        stream.continue_from(old)
        self._intake.replace(old, stream)

    def add_sent(self, kind: StreamKind, stream: SendsRtp) -> None:
        """Report on `stream`, resend from it, and turn keyframe requests for it into events."""
        self._sent[kind] = SentStream(kind, stream)
        self._named = b""

    def remove_sent(self, kind: StreamKind) -> None:
        """The stream is sent no more; a BYE is queued for it."""
        sent = self._sent.pop(kind, None)
        self._named = b""
        if sent is not None:
            self._send(rtcp.Goodbye((sent.stream.ssrc,)))

    # --- in -----------------------------------------------------------------------------------------

    def receive_rtp(self, packet: RtpPacket, now: float) -> bool:
        """Take one packet. Frames that it completed were given away (`take_frame`) or are events; sound is in `audio`.

        False when it left nothing to do: no event, and no deadline (`deadline_set`).
        """
        if not self._intake.receive(packet, now):
            return False
        if self._intake.complete is None:
            return True
        self._take_frames(self._intake.complete)
        return self.take_frame is None or self.deadline_set

    def receive_rtcp(self, data: bytes, now: float) -> bool:
        """Take one RTCP datagram (compound, or reduced-size). False when it left nothing to do, as of `receive_rtp`."""
        self.counters["rtcp_received"] += 1
        if not self._allowance.admits(data, now):
            self.counters["rtcp_refused"] += 1
            return False
        try:
            control = rtcp.transport_wide(data)
            if control is not None:  # the most frequent by far
                self._receive_feedback(control, now)
                return False
            for packet in rtcp.parse(data):
                self._receive_rtcp(packet, now)
        except ProtocolError:
            self.counters["malformed_rtcp"] += 1
        return bool(self._events or self._output) or self.deadline_set

    def _receive_feedback(self, control: bytes, now: float) -> None:
        if self.take_feedback is not None:
            self.take_feedback(control, now)

    def _receive_rtcp(self, packet: rtcp.Packet, now: float) -> None:
        match packet:  # the most frequent first
            case rtcp.TransportFeedback():
                self._receive_feedback(packet.data, now)
            case rtcp.SenderReport():
                statistics = self._statistics_of(packet.ssrc)
                if statistics is not None:
                    statistics.receive_report(packet, now)
                self._receive_blocks(packet.reports, now)
            case rtcp.ReceiverReport():
                self._receive_blocks(packet.reports, now)
            case rtcp.Nack():
                for sent in self._sent_with(packet.media_ssrc):
                    self._repair(sent, packet, now)
            case rtcp.PictureLoss():
                for sent in self._sent_with(packet.media_ssrc):
                    self._keyframe_requested(sent.kind)
            case rtcp.FullIntraRequest():
                for ssrc, number in packet.requests:
                    for sent in self._sent_with(ssrc):
                        if sent.is_new_fir(number):
                            self._keyframe_requested(sent.kind)
            case rtcp.EstimatedMaximumBitrate():
                self._emit(BitrateLimited(packet.bitrate, packet.ssrcs))
            case rtcp.Goodbye():
                for ssrc in packet.ssrcs:
                    stream = self._intake.find(ssrc)
                    if stream is not None and stream.end(ssrc):
                        self._emit(StreamEnded(stream.kind))

    def _repair(self, sent: SentStream, nack: rtcp.Nack, now: float) -> None:
        if not self._allowance.numbers.take(nack.item_count, now):
            self.counters["rtcp_refused"] += 1
            return
        lost = nack.lost
        self._allowance.numbers.owe(max(0, len(lost) - nack.item_count))
        self.repairs.ask(sent.stream, lost, self.loss, now)
        self._repairs_due = self.repairs.next_timer()

    def _keyframe_requested(self, kind: StreamKind) -> None:
        """One event for all requests that are waiting."""
        if kind not in self._asked:
            self._asked.add(kind)
            self._emit(KeyframeRequested(kind))

    def _receive_blocks(self, blocks: Iterable[rtcp.ReportBlock], now: float) -> None:
        for block in blocks:
            for sent in self._sent_with(block.ssrc):
                rtt = sent.receive_block(block, now + self._wall_clock_offset)
                self._loss_told = now
                self.loss += (sent.fraction_lost - self.loss) * LOSS_SMOOTHING
                if rtt is not None:
                    self.rtt += (rtt - self.rtt) * RTT_SMOOTHING if self.rtt else rtt

    # --- time ---------------------------------------------------------------------------------------

    def handle_timer(self, now: float) -> None:
        """Reports, NACKs, keyframe requests and congestion feedback that are due."""
        for stream in self._videos:
            if stream.receiver.next_timer() <= now:
                self._ask_sender(stream, now)
        if now >= self._repairs_due:
            self.repairs.handle_timer(now)
            self._repairs_due = self.repairs.next_timer()
        if now >= self._feedback_due():
            feedback = self._intake.arrivals.take()
            for data in feedback:
                self._send(rtcp.TransportFeedback(self._ssrc, self._any_media_ssrc(), data))
            self._intake.arrivals_due = now + INTERVAL if feedback else inf  # who has sent will send
        if now >= self._schedule.due:
            self._report(now)

    @property
    def deadline_set(self) -> bool:
        """Whether packets may have brought `next_timer` forward since it was last called."""
        return self._intake.deadline_set or self._repairs_due < inf

    def next_timer(self) -> float:
        """When `handle_timer` wants to be called; inf for never."""
        self._intake.deadline_set = False
        due = min(self._schedule.due, self._feedback_due(), self._repairs_due)
        for stream in self._videos:
            due = min(due, stream.receiver.next_timer())
        return due

    def _feedback_due(self) -> float:
        """Within INTERVAL after the first arrival: all legs have one beat, so that a wake-up serves all of them."""
        due = self._intake.arrivals_due
        if due == inf:
            return due
        beats = int((due - self._feedback_phase) / INTERVAL)
        return beats * INTERVAL + self._feedback_phase

    # --- out ----------------------------------------------------------------------------------------

    def data_to_send(self) -> list[bytes]:
        """RTCP datagrams that wait to be sent, and forgets them."""
        output, self._output = self._output, []
        return output

    def events_received(self) -> list[Event]:
        """What happened since the last call."""
        events, self._events = self._events, []
        self._asked.clear()
        return events

    def request_keyframe(self, kind: StreamKind, now: float) -> None:
        """Ask the peer for a keyframe of a received stream: at once, unless one was asked for a moment ago."""
        stream = self._received.get(kind)
        if isinstance(stream, VideoStream) and stream.media_ssrc:
            stream.receiver.keyframe_requests.need(now)
            self._ask_sender(stream, now)

    def set_max_bitrate(self, bps: int) -> None:
        """The most that the peer should send in all video streams (REMB where negotiated); 0 takes the limit away."""
        if bps != self._max_bitrate:
            self._max_bitrate = bps
            self._limit_bitrate(bps or UNLIMITED)

    def end(self) -> None:
        """Queue a BYE for all that is sent (RFC 3550 section 6.6)."""
        ssrcs = tuple(sent.stream.ssrc for sent in self._sent.values()) or (self._ssrc,)
        self._output.append(
            rtcp.ReceiverReport(self._ssrc).serialize() + self._names() + rtcp.Goodbye(ssrcs).serialize()
        )

    # --- what others want to know ----------------------------------------------------------------------

    def video(self, kind: StreamKind) -> VideoReceiver | None:
        """The receiver of the current source, for its counters."""
        stream = self._received.get(kind)
        return stream.receiver if isinstance(stream, VideoStream) else None

    def reception(self, kind: StreamKind) -> ReceptionStatistics | None:
        """Loss, jitter and the sender's clock of the current source; None before its first packet."""
        stream = self._received.get(kind)
        return stream.sources.statistics.get(stream.media_ssrc) if stream else None

    def sent(self, kind: StreamKind) -> SentStream | None:
        """What the peer reports of a sent stream."""
        return self._sent.get(kind)

    # --- helpers ------------------------------------------------------------------------------------

    def _add(self, kind: StreamKind, codecs: Mapping[int, CodecParameters], counts_only: bool) -> ReceivedStream:
        stream: ReceivedStream
        if counts_only:
            stream = CountedStream(kind, codecs)
        elif kind is StreamKind.AUDIO:
            stream = AudioStream(codecs)
            self.audio = stream.receiver
        else:
            stream = VideoStream(kind, codecs)
            self._videos.append(stream)
        self._received[kind] = stream
        return stream

    def _ask_sender(self, stream: VideoStream, now: float) -> None:
        """NACKs and keyframe requests that are due."""
        receiver = stream.receiver
        receiver.rtt = self.rtt or receiver.repair_time or DEFAULT_RTT
        receiver.handle_timer(now)
        numbers = receiver.take_nacks(now)
        if numbers:
            self._send(rtcp.Nack.of(self._ssrc, stream.media_ssrc, numbers))
        if receiver.take_keyframe_request(now):
            self._request_keyframe(stream)
        self._take_frames(stream)

    def _request_keyframe(self, stream: VideoStream) -> None:
        if "nack pli" in stream.feedback:
            self._send(rtcp.PictureLoss(self._ssrc, stream.media_ssrc))
        elif "ccm fir" in stream.feedback:
            self._fir_number = (self._fir_number + 1) & 0xFF
            self._send(rtcp.FullIntraRequest(self._ssrc, ((stream.media_ssrc, self._fir_number),)))
        else:
            self._emit(KeyframeNeeded(stream.kind))

    def _take_frames(self, stream: VideoStream) -> None:
        for frame in stream.receiver.take_frames():
            if self.take_frame is None:
                self._emit(FrameReceived(stream.kind, frame))
            else:
                self.take_frame(stream.kind, frame)

    def _limit_bitrate(self, bps: int) -> None:
        ssrcs = tuple(stream.media_ssrc for stream in self._videos if stream.media_ssrc)
        if ssrcs and any("goog-remb" in stream.feedback for stream in self._videos):
            self._send(rtcp.EstimatedMaximumBitrate(self._ssrc, bps, ssrcs))

    def _report(self, now: float) -> None:
        """The regular compound packet: a report on each stream both ways (RFC 3550 section 6.1)."""
        if now - self._loss_told > LOSS_SECONDS:
            self.loss = 0.0
        blocks = [
            statistics.report(now)
            for stream in self._received.values()
            for statistics in stream.sources.statistics.values()
        ]
        first_blocks = tuple(blocks[: rtcp.MAX_REPORT_BLOCKS])
        reports: list[rtcp.Packet] = []
        for sent in self._sent.values():
            if sent.stream.packets:
                reports.append(sent.report(now, now + self._wall_clock_offset, () if reports else first_blocks))
        data = rtcp.serialize(reports or [rtcp.ReceiverReport(self._ssrc, first_blocks)]) + self._names()
        self._output.append(data)
        self.counters["rtcp_sent"] += 1
        self._schedule.sent(len(data), now)
        if self._max_bitrate:
            self._limit_bitrate(self._max_bitrate)

    def _names(self) -> bytes:
        """A packet for each SSRC: aiortc 1.16 refuses a packet of several chunks, and all that came with it."""
        if not self._named:
            ssrcs = [self._ssrc, *(sent.stream.ssrc for sent in self._sent.values())]
            names = [rtcp.SourceDescription(((ssrc, self._cname),)) for ssrc in dict.fromkeys(ssrcs)]
            self._named = rtcp.serialize(names)
        return self._named

    def _send(self, packet: rtcp.Packet) -> None:
        """Queue feedback: alone where negotiated, else in the smallest compound packet (RFC 4585 section 3.1)."""
        if self._reduced_size:
            self._output.append(packet.serialize())
        else:
            name = rtcp.SourceDescription(((self._ssrc, self._cname),))
            self._output.append(rtcp.serialize((rtcp.ReceiverReport(self._ssrc), name, packet)))
        self.counters["rtcp_sent"] += 1

    def _emit(self, event: Event) -> None:
        if len(self._events) >= MAX_EVENTS:
            del self._events[0]
            self.counters["events_dropped"] += 1
        self._events.append(event)

    def _sent_with(self, ssrc: int) -> list[SentStream]:
        return [sent for sent in self._sent.values() if sent.stream.ssrc == ssrc]

    def _statistics_of(self, ssrc: int) -> ReceptionStatistics | None:
        for stream in self._received.values():
            statistics = stream.sources.statistics.get(ssrc)
            if statistics is not None:
                return statistics
        return None

    def _any_media_ssrc(self) -> int:
        for stream in self._received.values():
            if stream.media_ssrc:
                return stream.media_ssrc
        return 0
