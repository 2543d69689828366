"""One received voice: packets in at any time, 20 ms blocks out on the mixer's clock.

Rules:
1. `pull` or `skip` is called once per audio tick; a tick that was left out makes the delay grow, and the delay returns.
2. None is silence: nothing arrived yet, the sender is silent (DTX, comfort noise, RFC 6464 level), or a loss has lasted
   too long. The change between None and a block is abrupt here; the mixer ramps it.
3. Nothing a peer sends raises.
4. Two states. Idle: no place in media time; ends when the transit of a packet reaches the target. Playing: the next
   packet belongs at `_playout.end`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from mcu._native import samples
from mcu._native.opus import packet_has_fec
from mcu.errors import ProtocolError
from mcu.media.audio_codecs import AudioDecoder, make_decoder
from mcu.media.jitter_buffer import AudioPacket, Entry, JitterBuffer
from mcu.media.playout import Playout
from mcu.media.transit import BIN
from mcu.media.types import BLOCK_SAMPLES, SAMPLE_RATE, AudioBlock, CodecParameters

SILENCE = -127.0  # dBov, the lowest level that RFC 6464 can say
DUE_TOLERANCE = BIN + 0.002  # seconds: a bin's width, and ticks that are not quite regular
FADE_AFTER = SAMPLE_RATE * 60 // 1000  # samples of concealment at full gain
FADE_END = SAMPLE_RATE * 120 // 1000  # samples of concealment after which there is silence
MAX_HOLE = SAMPLE_RATE  # samples; a longer hole is not concealed but left out
MAX_EXCESS = SAMPLE_RATE // 5  # samples of delay above target that are worked off by speed; more is skipped
RECOVERY_SAMPLES = 240  # 5 ms: ramp from faded concealment to the next packet
WARM_UP_PACKETS = 5  # decoded unheard when decoding resumes: predictions halve per frame, 1/32 of an error is left
DELAY_MEMORY = 50  # packets over which `delay` is smoothed
OPUS_STEP = 120  # samples; concealment comes in multiples of 2.5 ms


@dataclass(slots=True)
class AudioReceiverCounters:
    """Since the receiver was made. Packets unless the name says samples (48 kHz)."""

    received: int = 0
    lost: int = 0  # not there when due
    late: int = 0  # of the lost: came after their place had been played
    discarded: int = 0  # duplicates, overflow, unknown payload types, undecodable
    restarts: int = 0  # new ssrc, sequence or timestamp jump
    fec: int = 0  # of the lost: replaced by the copy in their successor
    decoded: int = 0
    skipped: int = 0  # never decoded: silent by their own word, or not listened to
    played_samples: int = 0  # all that pull() gave out, silence not included
    concealed_samples: int = 0  # of those, made up
    removed_samples: int = 0  # by accelerating
    inserted_samples: int = 0  # by slowing down


class AudioReceiver:
    """Jitter buffer, decoder and concealment of one received audio stream. Sans-I/O; not thread-safe."""

    def __init__(self, codecs: Mapping[int, CodecParameters]) -> None:
        """`codecs` by payload type: opus, PCMU, PCMA, and CN and telephone-event, which are taken as silence."""
        self.level = SILENCE  # dBov of what the last tick played or skipped
        self.delay = 0.0  # seconds between arrival and playing, smoothed over a second
        self._buffer = JitterBuffer(codecs)
        self._playout = Playout()
        self._decoder: AudioDecoder | None = None
        self._codec = ""
        self._playing = False
        self._restarts = 0  # of `_buffer`, as far as they were heeded
        self._waited = 0  # samples made up without moving `end`, because the packet may still come
        self._run = 0  # samples made up since the last packet
        self._frame = BLOCK_SAMPLES  # samples of the last packet
        self._said_level = SILENCE  # by the last packet
        self._says_level = False
        self._unheard: deque[Entry] = deque(maxlen=WARM_UP_PACKETS)  # the newest that were not decoded
        self._counters = AudioReceiverCounters()

    @property
    def counters(self) -> AudioReceiverCounters:
        mine, buffer = self._counters, self._buffer.counters
        mine.received, mine.lost, mine.late = buffer.received, buffer.lost, buffer.late
        mine.restarts = buffer.restarts
        mine.removed_samples = self._playout.removed_samples
        mine.inserted_samples = self._playout.inserted_samples
        return mine

    @property
    def target_delay(self) -> float:
        """Seconds of delay that the measured jitter asks for."""
        return self._buffer.transit.spread

    def receive(self, packet: AudioPacket, now: float) -> None:
        """Take one packet of any SSRC that was routed to this stream."""
        self._buffer.receive(packet, now)

    def preview(self, now: float) -> float | None:
        """The level in dBov of what `pull` would play at this tick, nothing decoded; None when only decoding can tell.

        SILENCE when `pull` would give None. For choosing the loudest few: `pull` those, `skip` the others.
        """
        self._observe(now)
        head = self._buffer.head()
        if self._playing and (head is None or self._playout.available >= BLOCK_SAMPLES):
            return self.level
        if head is None or head.silent or not (self._playing or self._due(head, now)):
            return SILENCE
        return None if head.level < 0 else -float(head.level)

    def pull(self, now: float) -> AudioBlock | None:
        """The next 20 ms, shape (960,), not to be written to; None is silence."""
        self._observe(now)
        if self._playing or self._begin(now):
            while self._playout.available < BLOCK_SAMPLES and self._produce():
                pass
            if self._playing:
                self._adapt(now)
        if not self._playout.available:
            self.level = SILENCE
            return None
        block = self._playout.take()
        self.level = self._said_level if self._says_level else samples.level(block)
        self._counters.played_samples += BLOCK_SAMPLES
        return block

    def skip(self, now: float) -> None:
        """A tick in which nobody listens to this stream: keeps time, level and counters, decodes nothing."""
        self._observe(now)
        self._stop()
        self._playout.clear()
        self.level = SILENCE
        while (head := self._buffer.head()) is not None and self._due(head, now):
            self._leave_out(head)
            self.level = self._said_level

    # --- the time line --------------------------------------------------------------------------------

    def _observe(self, now: float) -> None:
        self._buffer.observe(now)
        if self._restarts != self._buffer.counters.restarts:
            self._restarts = self._buffer.counters.restarts
            self._stop()
            self._unheard.clear()
            if self._decoder is not None:
                self._decoder.reset()

    def _due(self, entry: Entry, now: float) -> bool:
        return now - entry.time / SAMPLE_RATE > self._buffer.transit.target - DUE_TOLERANCE

    def _excess(self, now: float) -> int:
        """By how many samples the delay is above its target."""
        return int((now - self._buffer.transit.target) * SAMPLE_RATE) - self._playout.position

    def _begin(self, now: float) -> bool:
        """Idle to playing, at the first packet with something in it whose time has come."""
        while (head := self._buffer.head()) is not None and self._due(head, now):
            if not head.silent and self._excess_of(head, now) <= MAX_EXCESS:
                if self._playout.available:
                    self._playout.tear()
                self._playing = True
                self._playout.end = head.time
                self._waited = self._run = 0
                return True
            self._leave_out(head)
        return False

    def _excess_of(self, entry: Entry, now: float) -> int:
        return int((now - self._buffer.transit.target) * SAMPLE_RATE) - entry.time

    def _stop(self) -> None:
        self._playing = False
        self._waited = self._run = 0

    def _leave_out(self, entry: Entry) -> None:
        """Use up a packet without decoding it."""
        self._buffer.take(entry)
        self._counters.skipped += 1
        self._note_level(entry)
        if entry.samples:
            self._unheard.append(entry)

    def _note_level(self, entry: Entry) -> None:
        self._says_level = entry.level >= 0
        self._said_level = -float(entry.level) if self._says_level else SILENCE

    # --- one step of sound ----------------------------------------------------------------------------

    def _produce(self) -> bool:
        """Append at least something to the playout, or stop playing and say False."""
        head = self._buffer.head()
        if head is None:
            return self._wait()
        gap = head.time - self._playout.end
        explained = head.sequence == self._buffer.expected
        if gap > 0 and self._waited:
            settled = min(gap, self._waited)
            self._playout.end += settled
            gap -= settled
            if explained:  # the sender was silent, and we did not know
                self._counters.concealed_samples -= settled
        self._waited = 0
        if head.silent or (gap > 0 and explained) or gap > MAX_HOLE:
            self._stop()
            return False
        if gap > 0:
            self._fill(head, gap)
        else:
            self._play(head)
        return True

    def _wait(self) -> bool:
        """Nothing there: it may still come, so the place is kept and the delay grows."""
        if self._run >= FADE_END or self._decoder is None:
            self._stop()
            return False
        self._waited += self._conceal(BLOCK_SAMPLES)
        return True

    def _fill(self, head: Entry, gap: int) -> None:
        """A hole of `gap` samples before `head`: its copy of them when it has one, otherwise something like them."""
        assert self._buffer.expected is not None
        missing = head.sequence - self._buffer.expected
        restored = gap <= head.samples and self._restore(head, gap)
        self._playout.end += gap if restored else self._conceal(min(gap, self._frame))
        if missing > 1:
            self._buffer.give_up()

    def _restore(self, head: Entry, gap: int) -> bool:
        if head.codec != self._codec or head.codec != "opus" or not packet_has_fec(head.payload):
            return False
        assert self._decoder is not None
        try:
            piece = self._decoder.decode_fec(head.payload, head.samples)
        except ProtocolError:
            return False
        self._counters.fec += 1
        self._append(piece[-gap:])
        return True

    def _conceal(self, wanted: int) -> int:
        """Make up about `wanted` samples, fading with the length of the run; how many it became."""
        assert self._decoder is not None
        length = max(OPUS_STEP, wanted // OPUS_STEP * OPUS_STEP)
        piece = self._decoder.conceal(length)
        first, last = _gain(self._run), _gain(self._run + length)
        if last < 1.0:
            piece = samples.ramp(piece, first=first, last=last, length=length)
        self._run += length
        self._counters.concealed_samples += length
        self._playout.append(piece)
        return length

    def _play(self, head: Entry) -> None:
        self._buffer.take(head)
        self._note_level(head)
        decoder = self._ready_decoder(head.codec)
        try:
            piece = decoder.decode(head.payload)
        except ProtocolError:
            self._counters.discarded += 1
            self._playout.end = head.time + self._conceal(head.samples)
            return
        self._counters.decoded += 1
        self._frame = len(piece)
        self._playout.end = head.time + len(piece)
        self._append(piece)

    def _append(self, piece: AudioBlock) -> None:
        if self._run > FADE_AFTER:
            piece = samples.ramp(piece, first=_gain(self._run), last=1.0, length=RECOVERY_SAMPLES)
        self._run = 0
        self._playout.append(piece)

    def _ready_decoder(self, codec: str) -> AudioDecoder:
        """The decoder of `codec`, in the state it would have, had it decoded everything."""
        if self._decoder is None or codec != self._codec:
            self._decoder = make_decoder(codec)
            self._codec = codec
        elif self._unheard:
            self._decoder.reset()
        while self._unheard:
            entry = self._unheard.popleft()
            if entry.codec != codec:
                continue
            try:
                self._decoder.decode(entry.payload)
            except ProtocolError:
                self._counters.discarded += 1
        return self._decoder

    # --- the delay ------------------------------------------------------------------------------------

    def _adapt(self, now: float) -> None:
        excess = self._excess(now)
        if excess > MAX_EXCESS:
            self._jump(now)
        elif self._run == 0:
            if excess > 0 and self._playout.off_target(excess, self._frame, now):
                self._look_ahead()
            self._playout.adapt(excess, self._frame, now)

    def _look_ahead(self) -> None:
        """Decode one packet early, so that there is something to cut."""
        head = self._buffer.head()
        if self._playout.available >= 2 * BLOCK_SAMPLES or head is None or head.silent:
            return
        if head.time == self._playout.end and head.sequence == self._buffer.expected:
            self._play(head)

    def _jump(self, now: float) -> None:
        """Skip what is too old, in one step."""
        while (head := self._buffer.head()) is not None and self._excess_of(head, now) > 0:
            self._buffer.take(head)
            self._counters.discarded += 1
            self._unheard.append(head)
        self._playout.tear()
        self._stop()
        if self._begin(now):
            while self._playout.available < BLOCK_SAMPLES and self._produce():
                pass


def _gain(run: int) -> float:
    """The gain of concealment after `run` samples of it."""
    return min(1.0, max(0.0, (FADE_END - run) / (FADE_END - FADE_AFTER)))
