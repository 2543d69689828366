"""One received video stream: packets in, frames out that a decoder can take, and what the sender must be asked for.

Rules:
1. A frame leaves with the packet that completes it; nobody waits for the next timestamp.
2. A frame whose reference is missing never leaves: the picture freezes rather than smears.
3. A missing packet is asked for again on a timer (`NackList`). When it has been missing for the patience of the path, a
   keyframe is asked for as well, and whichever comes first moves the picture on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from mcu.errors import ProtocolError
from mcu.media.fragments import PayloadFormat
from mcu.media.keyframe_requests import KeyframeRequests
from mcu.media.nack import MAX_REQUESTS, REORDER_TOLERANCE, NackList
from mcu.media.payloads import VIDEO_CODECS, make_format
from mcu.media.reorder_buffer import FramePackets, ReorderBuffer, buffered
from mcu.media.sequence import Unwrapper
from mcu.media.types import CodecParameters, EncodedFrame

DEFAULT_RTT = 0.1  # seconds, until something is measured
PATIENCE_MIN, PATIENCE_MAX = 0.1, 0.25  # seconds of a missing packet before a keyframe is asked for
PATIENCE_ROUND_TRIPS = 2.4  # two requests for the packet, and time for the second answer
LEAST_ROUND_TRIPS = 2.0  # whatever PATIENCE_MAX says: on a full line a keyframe is the last thing that helps
NOTICED_SOON = 0.04  # seconds: a whole picture of 25 a second is missed only when the next one comes
MOST_HASTE = 0.04  # seconds by which patience ends sooner for a picture that had stood still for longer than that
PAUSED = 0.5  # seconds: no standing still
REPAIR_MARGIN = 0.05  # seconds that a first repair may take beyond a round trip: it is always waited for
MAX_AGE = 0.8  # seconds a missing packet is waited for; a keyframe has been asked for long before
MAX_AGE_WITHOUT_NACK = 0.05  # seconds: only reordering can still bring the packet
MAX_JUMP = 1_000  # sequence numbers; more is a new start of the sender, not loss
STRAYS_BEFORE_RESTART = 8  # packets in a row from far behind: the sender has started anew


@dataclass
class VideoCounters:
    """What happened to a stream since its start."""

    packets: int = 0
    late: int = 0  # duplicates, repairs after their frame was given up, and unknown payload types
    malformed: int = 0
    repaired: int = 0  # packets that came after being asked for again
    nacks: int = 0  # sequence numbers asked for
    frames: int = 0
    keyframes: int = 0
    refused: int = 0  # frames that lacked a reference, or broke their payload format
    holes: int = 0  # times that missing packets were given up or left behind
    overflows: int = 0
    restarts: int = 0


class VideoReceiver:
    """One per received SSRC. Times are monotonic seconds."""

    def __init__(self, codecs: Mapping[int, CodecParameters], *, rtt: float = DEFAULT_RTT) -> None:
        self.counters = VideoCounters()
        self.rtt = rtt  # seconds; set by whoever measures better
        self.repair_time = 0.0  # seconds from a first request to its answer, smoothed; 0.0 before the first
        self.codec: CodecParameters | None = None  # of the newest packet
        self.keyframe_requests = KeyframeRequests()
        self._codecs = {number: codec for number, codec in codecs.items() if codec.name in VIDEO_CODECS}
        self._frames: list[EncodedFrame] = []
        self._rotation = 0
        self._payload_type = -1  # of `codec`
        self._max_age = MAX_AGE
        self._max_requests = MAX_REQUESTS
        self._format: PayloadFormat | None = None
        self._start()

    def receive(
        self,
        payload_type: int,
        sequence_number: int,
        timestamp: int,
        marker: bool,
        payload: bytes,
        orientation: int,
        now: float,
        repair: bool = False,
    ) -> None:
        """Take a packet. `orientation` in degrees clockwise, -1 for none; `repair` when it certainly is sent again.

        By keywords, please; the compiled form cannot insist on them.
        """
        self.counters.packets += 1
        number = self._unwrapper.peek(sequence_number)
        ahead = number - self._unwrapper.highest
        if not -MAX_JUMP < ahead < MAX_JUMP and self._unwrapper.highest >= 0:
            if not self._restarts(ahead):
                return
            number = self._unwrapper.peek(sequence_number)
        if payload_type != self._payload_type and ahead > 0 and self._change_type(payload_type):
            number = self._unwrapper.peek(sequence_number)
        payload_format = self._format
        if payload_format is None or payload_type != self._payload_type or self._buffer.has_seen(number):
            self.counters.late += 1
            return
        try:
            fragment = payload_format.inspect(payload) if payload else None
        except ProtocolError:
            self.counters.malformed += 1
            return
        self._strays = 0
        if ahead > 0 and fragment is not None and fragment.begins_keyframe:
            self.keyframe_requests.begin(now)
        if orientation >= 0:
            self._rotation = orientation
        if ahead == 1:
            self._unwrapper.highest = number
        else:
            self._notice_arrival(number, timestamp, now, repair)
        self._buffer.insert(buffered(number, timestamp, marker, fragment))
        self._release(now)

    def handle_timer(self, now: float) -> None:
        """Give up what is too old. Call before `take_nacks` and `take_keyframe_request`."""
        oldest = self._nacks.oldest()
        if now >= oldest + self._patience and self.keyframe_requests.due == inf:
            self._hole_needs_keyframe = True
            self.keyframe_requests.need(now)
        if now >= oldest + self._max_age:
            self._give_up(self._nacks.expired(now, self._max_age), now)

    def next_timer(self) -> float:
        """When `handle_timer` has something to do; inf for never."""
        due = self.keyframe_requests.due
        if not self._nacks:
            return due
        oldest = self._nacks.oldest()
        if due == inf:
            due = oldest + self._patience
        return min(due, self._nacks.next_due, oldest + self._max_age)

    def has_frames(self) -> bool:
        """Whether `take_frames` has any."""
        return len(self._frames) > 0

    def has_deadlines(self) -> bool:
        """Whether `next_timer` is not never."""
        return self.keyframe_requests.due != inf or len(self._nacks) > 0

    def take_frames(self) -> list[EncodedFrame]:
        """Frames that became complete, in order."""
        frames = self._frames
        if frames:
            self._frames = []
        return frames

    def take_nacks(self, now: float) -> list[int]:
        """16-bit sequence numbers to ask for now, in rising order."""
        numbers = self._nacks.take_due(now, self.rtt)
        self.counters.nacks += len(numbers)
        return [number & 0xFFFF for number in sorted(numbers)]

    def take_keyframe_request(self, now: float) -> bool:
        """Whether to ask for a keyframe now."""
        return self.keyframe_requests.take_due(now, self.rtt)

    @property
    def held(self) -> int:
        """Packets that wait for their frame to be complete."""
        return len(self._buffer)

    @property
    def _patience(self) -> float:
        most = max(PATIENCE_MAX, LEAST_ROUND_TRIPS * self.rtt)
        patience = max(PATIENCE_MIN, min(most, PATIENCE_ROUND_TRIPS * self.rtt))
        return min(self._max_age, patience + self._nacks.tolerance - REORDER_TOLERANCE)

    def _start(self) -> None:
        """Begin at whatever packet comes next."""
        self._buffer = ReorderBuffer()
        self._unwrapper = Unwrapper()
        self._nacks = NackList(self._max_requests)
        self._hole_needs_keyframe = False  # a keyframe was asked for because of missing packets, which may yet come
        self._strays = 0
        self._gap = True  # packets are missing since the newest frame that could be decoded
        self._newest = -1  # RTP timestamp of that frame, -1 before the first
        self._step = 0  # ticks from the frame before to it; 0 before there were two

    def _restarts(self, ahead: int) -> bool:
        """Start anew if the sender has; `ahead` is how far the packet lies from the newest one."""
        if ahead < 0:
            self._strays += 1
            if self._strays < STRAYS_BEFORE_RESTART:
                self.counters.late += 1
                return False
        self.counters.restarts += 1
        self._start()
        return True

    def _change_type(self, payload_type: int) -> bool:
        """The sender goes on with another payload type; False for one that was not negotiated."""
        codec = self._codecs.get(payload_type)
        if codec is None:
            return False
        can_repair = "nack" in codec.feedback
        self._max_age = MAX_AGE if can_repair else MAX_AGE_WITHOUT_NACK
        self._max_requests = MAX_REQUESTS if can_repair else 0
        if self._format is None or self._format.codec != codec.name:
            self._format = make_format(codec)
            self._start()
        self.codec = codec
        self._payload_type = payload_type
        return True

    def _notice_arrival(self, number: int, timestamp: int, now: float, repair: bool) -> None:
        """Keep the account of missing packets."""
        highest = self._unwrapper.highest
        if number <= highest:
            missing = self._nacks.arrive(number)
            if missing is None:
                return
            waited = now - missing.last_request
            answered = repair or (missing.requests and waited >= self.rtt / 2)
            if answered:
                self._nacks.lost(now)
            else:  # sooner than any answer to a request, where the peer does not repair by RTX
                self._nacks.overtaken(now - missing.noticed, now)
            if missing.requests:
                self.counters.repaired += 1
                if answered and missing.requests == 1 and waited >= 0:  # less: it was in the socket when asked for
                    self.repair_time += (waited - self.repair_time) / 8 if self.repair_time else waited
            return
        self._unwrapper.highest = number
        if 0 <= highest < number - 1:
            since = now - self._haste(timestamp)
            if not self._nacks.add(highest + 1, number - 1, now, since):
                self._give_up(number - 1, now)

    def _haste(self, timestamp: int) -> float:
        """Seconds of patience that pictures lost whole have used up before a packet of `timestamp` told of it."""
        if not self._step or self.codec is None or self.rtt == DEFAULT_RTT:  # which nobody has measured
            return 0.0
        late = ((timestamp - self._newest - self._step) & 0xFFFFFFFF) / self.codec.clock_rate
        if late > PAUSED:
            return 0.0
        spare = self._patience - self._nacks.tolerance - self.rtt - REPAIR_MARGIN
        return max(0.0, min(late - max(NOTICED_SOON, self._step / self.codec.clock_rate), MOST_HASTE, spare))

    def _give_up(self, number: int, now: float) -> None:
        """Packets up to `number` are not waited for any more."""
        self._buffer.give_up(number)
        self._nacks.forget_before(max(number + 1, self._buffer.next))
        self.counters.holes += 1
        if self.keyframe_requests.due == inf:
            self._hole_needs_keyframe = True  # layers may make do without
            self.keyframe_requests.need(now)
        self._release(now)

    def _release(self, now: float) -> None:
        while (packets := self._buffer.take()) is not None:
            if not packets.contiguous:
                self._nacks.forget_before(self._buffer.next)
                self.counters.holes += 1
                self._gap = True
            self._assemble(packets, now)
        self.counters.overflows = self._buffer.overflows

    def _assemble(self, packets: FramePackets, now: float) -> None:
        """Hand a complete frame on, or refuse it."""
        fragments = [packet.fragment for packet in packets.packets if packet.fragment is not None]
        payload_format = self._format
        if not fragments or payload_format is None:
            return
        try:
            frame = payload_format.assemble(fragments, contiguous=not self._gap)
        except ProtocolError:
            self.counters.malformed += 1
            frame, self._gap = None, True
        if frame is None:
            if any(fragment.picture for fragment in fragments):
                self.counters.refused += 1
                if payload_format.needs_keyframe:
                    self._hole_needs_keyframe = False
                    self.keyframe_requests.need(now)
            return
        self._gap = False
        self.counters.frames += 1
        first = packets.packets[0].timestamp
        if self._newest >= 0:
            self._step = (first - self._newest) & 0xFFFFFFFF
        self._newest = first
        if frame.keyframe:
            self.counters.keyframes += 1
            self._hole_needs_keyframe = False
            self.keyframe_requests.satisfy()
        elif self._hole_needs_keyframe and not self._nacks:
            self._hole_needs_keyframe = False
            self.keyframe_requests.satisfy()
        self._frames.append(
            EncodedFrame(
                codec=payload_format.codec,
                data=frame.data,
                timestamp=first,
                keyframe=frame.keyframe,
                rotation=self._rotation,
                arrived=now,
            )
        )
