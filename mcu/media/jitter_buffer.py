"""The packets of one voice in order: numbers unwrapped, duplicates, latecomers and new senders told apart.

Rules:
1. Media time is counted in samples at 48 kHz from the stream's first packet, whatever the RTP clock.
2. `restarts` grows when everything known of the time line became void; whoever keeps a place in it starts anew.
3. At most MAX_PACKETS are kept; the oldest goes first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from mcu._native.opus import packet_has_fec, packet_samples
from mcu._native.rtp_packet import RtpPacket
from mcu.errors import ProtocolError
from mcu.media.audio_codecs import DECODED_CODECS
from mcu.media.sequence import distance
from mcu.media.telephone_codecs import g729_samples
from mcu.media.transit import TransitHistogram
from mcu.media.types import SAMPLE_RATE, CodecParameters

MAX_PACKETS = 100  # two seconds of 20 ms packets, one of 10 ms
MAX_DROPOUT = 3000  # packets a sequence number may jump ahead (RFC 3550 appendix A.1)
MAX_MISORDER = 100  # packets it may fall behind (same place)
MAX_SAMPLES = SAMPLE_RATE * 120 // 1000  # as much as one Opus packet may hold
OCTET_SAMPLES = SAMPLE_RATE // 8000  # of G.711 and, at 64 kbit/s, of G.722
RETIRED_SECONDS = 2.0  # stragglers of a replaced ssrc do not bring it back before this
OPUS_MANY = 3  # code in the first byte: the second says how many frames follow (RFC 6716 section 3.1)
DTX_BYTES = 2  # an Opus packet this short holds no audio (RFC 7587 section 3.1.3), nor does one of G.729 (annex B)
SILENT_LEVEL = 96  # -dBov (RFC 6464): under the last bit of 16, a muted microphone

SHORT_SILENCE = frozenset({"opus", "g729"})
SILENT_CODECS = frozenset({"cn", "telephone-event"})  # RFC 3389 comfort noise, RFC 4733 key tones: no voice in them

_NOWHERE = -(1 << 62)  # no sequence number


@dataclass
class Entry:
    """One packet in its place."""

    sequence: int  # unwrapped
    time: int  # media time of its first sample
    samples: int  # at 48 kHz; 0 for those that are silent by codec
    codec: str  # lower case
    payload: bytes
    level: int  # -dBov, or -1
    arrival: float
    silent: bool  # by its own word: nothing to decode


def _entry(
    sequence: int, time: int, samples: int, codec: str, payload: bytes, level: int, arrival: float, silent: bool
) -> Entry:
    """An Entry, past its constructor: one is made of every packet."""
    entry = Entry.__new__(Entry)
    entry.sequence, entry.time, entry.samples, entry.codec = sequence, time, samples, codec
    entry.payload, entry.level, entry.arrival, entry.silent = payload, level, arrival, silent
    return entry


@dataclass
class JitterCounters:
    received: int = 0
    lost: int = 0
    late: int = 0
    discarded: int = 0
    restarts: int = 0


class JitterBuffer:
    """Orders packets and measures their transit; knows nothing of sound."""

    def __init__(self, codecs: Mapping[int, CodecParameters]) -> None:
        named = {number: (codec.name.lower(), codec.clock_rate) for number, codec in codecs.items()}
        self._codecs = {number: known for number, known in named.items() if known[0] in SILENT_CODECS | DECODED_CODECS}
        self._last_type = -1  # payload type of the packet before, and mostly of the next; then what it means
        self._last_codec, self._last_rate, self._last_silent = "", 0, False
        self.counters = JitterCounters()
        self._opus_head = -1  # first byte of an Opus packet whose duration is `_opus_samples`
        self._opus_samples = 0
        self._ssrc = -1  # -1 before the first packet
        self._retired = -1  # the ssrc before, whose stragglers do not count until then
        self._retired_until = 0.0
        self._forget()

    def _forget(self) -> None:
        self.transit = TransitHistogram()
        self.expected = 0  # the sequence number to be played next
        self._started = False  # there was a packet, and `expected` means something
        self._entries: dict[int, Entry] = {}
        self._head: Entry | None = None  # see `head`; None: not looked for since it changed
        self._fresh: list[Entry] = []  # not yet entered into `transit`
        self._missed: deque[int] = deque(maxlen=MAX_MISORDER)  # given up lately: late if they come, not duplicates
        self._clock_rate = 0
        self._newest = 0  # unwrapped sequence number
        self._newest_time = 0  # its media time in RTP units
        self._suspect = -1  # sequence number that would confirm a jump
        self._went_back = False  # media time did, from a packet to its successor, since the last tick

    def receive(self, packet: RtpPacket, now: float) -> None:
        """Take one packet; whatever is wrong with it is counted."""
        self.counters.received += 1
        payload = packet.payload
        if packet.payload_type != self._last_type:
            self._last_type = packet.payload_type
            self._last_codec, self._last_rate = self._codecs.get(packet.payload_type, ("", 0))
            self._last_silent = self._last_codec in SILENT_CODECS
        codec, clock_rate = self._last_codec, self._last_rate
        if not clock_rate or not payload or not self._accept_ssrc(packet.ssrc, now):
            self.counters.discarded += 1
            return
        try:
            samples = self._duration(codec, payload)
        except ProtocolError:
            self.counters.discarded += 1
            return
        if self._clock_rate != clock_rate and self._clock_rate:
            self._restart()
        self._clock_rate = clock_rate
        sequence = self._unwrap_sequence(packet.sequence_number)
        if sequence == _NOWHERE:
            return
        level = packet.audio_level
        silent = level >= SILENT_LEVEL or (len(payload) <= DTX_BYTES and codec in SHORT_SILENCE) or self._last_silent
        time = self._unwrap_timestamp(sequence, packet.timestamp) * (SAMPLE_RATE // clock_rate)
        self._insert(_entry(sequence, time, samples, codec, payload, level, packet.arrival, silent))

    def observe(self, now: float) -> None:
        """Enter what came since the last tick; `now` is when it could first be played. Call before `head`."""
        if not self._fresh:
            return
        for entry in self._fresh:
            restarted = self.transit.add(now - entry.time / SAMPLE_RATE, now)
            if restarted:
                self.counters.restarts += 1
                self._entries, self._head = {entry.sequence: entry}, None
                self.expected = entry.sequence
            elif self._replaces_predecessor(entry):
                self.transit.add(now - (entry.time - entry.samples) / SAMPLE_RATE, now)
        self._fresh.clear()
        if self._went_back:
            self._went_back = False
            self._drop_astray(now)

    def head(self) -> Entry | None:
        """The packet that is expected, or else the next one after it."""
        if self._head is None and self._entries:
            self._head = self._entries.get(self.expected) or self._entries[min(self._entries)]
        return self._head

    def take(self, entry: Entry) -> None:
        """`entry` is used up; what was expected before it is lost."""
        if entry.sequence != self.expected:
            self._missed.extend(range(self.expected, entry.sequence))
            self.counters.lost += entry.sequence - self.expected
        self.expected = entry.sequence + 1
        self._head = None
        del self._entries[entry.sequence]

    def give_up_before(self, entry: Entry) -> None:
        """A packet before `entry` was due and is not there. The last of several is given up by taking `entry`."""
        if entry.sequence - self.expected > 1:
            self._missed.append(self.expected)
            self.counters.lost += 1
            self.expected += 1

    def _accept_ssrc(self, ssrc: int, now: float) -> bool:
        if ssrc == self._ssrc:
            return True
        if ssrc == self._retired and now < self._retired_until:
            return False
        if self._ssrc >= 0:
            self._retired, self._retired_until = self._ssrc, now + RETIRED_SECONDS
            self._restart()
        self._ssrc = ssrc
        return True

    def _restart(self) -> None:
        self.counters.restarts += 1
        self._forget()

    def _unwrap_sequence(self, number: int) -> int:
        """_NOWHERE for a number that fits nowhere, which is counted."""
        if not self._started:
            return number
        step = distance(self._newest, number)
        if -MAX_MISORDER < step < MAX_DROPOUT:
            self._suspect = -1
            return self._newest + step
        if number != self._suspect:
            self._suspect = (number + 1) % 0x10000
            self.counters.discarded += 1
            return _NOWHERE
        rate = self._clock_rate
        self._restart()
        self._clock_rate = rate
        return number

    def _unwrap_timestamp(self, sequence: int, timestamp: int) -> int:
        if not self._started:
            self._started = True
            self._newest, self._newest_time = sequence, timestamp
            self.expected = sequence
            return timestamp
        time = self._newest_time + distance(self._newest_time, timestamp, bits=32)
        if sequence > self._newest:
            if time < self._newest_time:
                self._went_back = True
            self._newest, self._newest_time = sequence, time
        elif time > self._newest_time:
            self._went_back = True
        return time

    def _insert(self, entry: Entry) -> None:
        if len(self._missed) and entry.sequence in self._missed:
            self._missed.remove(entry.sequence)
            self.counters.late += 1
            self._fresh.append(entry)
            return
        sequence = entry.sequence
        if sequence in self._entries or (self._started and entry.sequence < self.expected):
            self.counters.discarded += 1
            return
        self._entries[sequence] = entry
        if self._head is not None and entry.sequence < self._head.sequence:
            self._head = None
        self._fresh.append(entry)
        if len(self._entries) > MAX_PACKETS:
            self.counters.discarded += 1
            self.take(self._entries[min(self._entries)])
        if len(self._fresh) > 2 * MAX_PACKETS:
            del self._fresh[0]

    def _drop_astray(self, now: float) -> None:
        """Packets that claim a time from nowhere near, and are followed by one that does not: they would never be due,
        and keep all that follows waiting. They are lost."""
        newest = self._newest_time * (SAMPLE_RATE // self._clock_rate)
        if self.transit.is_early(now - newest / SAMPLE_RATE):
            return  # perhaps all are on a new time line
        for entry in list(self._entries.values()):
            if entry.time > newest and self.transit.is_early(now - entry.time / SAMPLE_RATE):
                self.counters.discarded += 1
                self._head = None
                del self._entries[entry.sequence]

    def _replaces_predecessor(self, entry: Entry) -> bool:
        """A lost packet that its successor carries counts as arrived with it: on lossy lines the target then has room
        for FEC."""
        before = entry.sequence - 1
        if before < self.expected and not (len(self._missed) and before in self._missed):
            return False  # it came
        if entry.codec != "opus" or before in self._entries or not self._started:
            return False
        return packet_has_fec(entry.payload)

    def _duration(self, codec: str, payload: bytes) -> int:
        """Samples at 48 kHz. Raises ProtocolError."""
        if codec == "opus":
            if payload[0] == self._opus_head:  # as in the packet before, and mostly in the next
                return self._opus_samples
            samples = packet_samples(payload)
            if payload[0] & OPUS_MANY != OPUS_MANY:  # then the first byte alone says it
                self._opus_head, self._opus_samples = payload[0], samples
            return samples
        if codec in SILENT_CODECS:
            return 0
        samples = g729_samples(payload) if codec == "g729" else len(payload) * OCTET_SAMPLES
        if samples > MAX_SAMPLES:
            raise ProtocolError(f"{len(payload)} bytes of {codec} in one packet")
        return samples
