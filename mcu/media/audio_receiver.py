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

from collections.abc import Mapping
from dataclasses import dataclass

from mcu._native import samples
from mcu._native.rtp_packet import RtpPacket
from mcu.media.jitter_buffer import Entry, JitterBuffer
from mcu.media.playout import Playout
from mcu.media.transit import BIN
from mcu.media.types import BLOCK_SAMPLES, SAMPLE_RATE, AudioBlock, CodecParameters
from mcu.media.voice_decoder import VoiceDecoder

SILENCE = -127.0  # dBov, the lowest level that RFC 6464 can say
DUE_TOLERANCE = BIN + 0.002  # seconds: a bin's width, and ticks that are not quite regular
MAX_HOLE = SAMPLE_RATE  # samples; a longer hole is not concealed but left out
MAX_EXCESS = SAMPLE_RATE // 5  # samples of delay above target that are worked off by speed; more is skipped
DELAY_MEMORY = 50  # packets over which `delay` is smoothed
HONEST = 6.0  # dB by which a claimed level may be above the true one on average: packets and blocks do not coincide
WORST_CLAIM = 80.0  # dB that one block's claim counts as too high: a few lost or silent ones do not make a liar
DOUBT, TRUST = 1 / 50, 1 / 10  # weight of a block whose claim exaggerates more, or less, than those before
FORGIVEN = 0.1  # dB for each packet that is not listened to: 5 a second, for what is not decoded cannot be measured
DOUBTED_LEVEL = -52.0  # dBov that doubt leaves of a claim: it is mixed, and so measured, but is nobody who speaks


@dataclass(frozen=True, slots=True)
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
        """`codecs` by payload type: opus, PCMU, PCMA, G722, G729; CN and telephone-event are taken as silence."""
        self.level = SILENCE  # dBov of what the last tick played or skipped
        self.delay = 0.0  # seconds between arrival and playing, smoothed over a second
        self._buffer = JitterBuffer(codecs)
        self._decoder = VoiceDecoder()
        self._playout = Playout()
        self._playing = False
        self._heard = False  # played or prepared since it was last skipped
        self._restarts = 0  # of `_buffer`, as far as they were heeded
        self._waited = 0  # samples made up without moving `end`, because the packet may still come
        self._said_level = SILENCE  # by the last packet
        self._says_level = False
        self._overstated = 0.0  # dB by which what was said is above what was decoded, smoothed
        self._skipped = self._too_old = 0  # packets
        self._played_samples = 0

    @property
    def counters(self) -> AudioReceiverCounters:
        """A snapshot."""
        buffer, decoder, playout = self._buffer.counters, self._decoder, self._playout
        return AudioReceiverCounters(
            received=buffer.received,
            lost=buffer.lost,
            late=buffer.late,
            discarded=buffer.discarded + decoder.undecodable + self._too_old,
            restarts=buffer.restarts,
            fec=decoder.restored,
            decoded=decoder.decoded,
            skipped=self._skipped,
            played_samples=self._played_samples,
            concealed_samples=decoder.concealed,
            removed_samples=playout.removed_samples,
            inserted_samples=playout.inserted_samples,
        )

    @property
    def target_delay(self) -> float:
        """Seconds of delay that the measured jitter asks for."""
        return self._buffer.transit.spread

    def receive(self, packet: RtpPacket, now: float) -> None:
        """Take one packet of any SSRC that was routed to this stream."""
        self._buffer.receive(packet, now)

    def preview(self, now: float) -> float:
        """The level in dBov of what `pull` would play at this tick; SILENCE when that would be None.

        Nothing is decoded for senders that tell their level (RFC 6464); for others there is no way around it. For
        choosing the loudest few: `pull` those, `skip` the others.
        """
        self._observe(now)
        head = self._buffer.head()
        if self._playing and (head is None or self._playout.available >= BLOCK_SAMPLES):
            return self.level
        if head is None or head.silent or not (self._playing or self._due(head, now)):
            return SILENCE
        if head.level >= 0:
            return self._believed(-float(head.level))
        self._prepare(now)
        return self._playout.level

    def pull(self, now: float) -> AudioBlock | None:
        """The next 20 ms, shape (960,), not to be written to; None is silence."""
        self._observe(now)
        self._prepare(now)
        if self._playing:
            self._adapt(now)
        if not self._playout.available:
            self.level = SILENCE
            return None
        block = self._playout.take()
        self.level = self._check_claim(block) if self._says_level else samples.level(block)
        self._played_samples += BLOCK_SAMPLES
        return block

    def skip(self, now: float) -> None:
        """A tick in which nobody listens to this stream: keeps time, level and counters, decodes nothing."""
        self._observe(now)
        if self._heard:
            self._heard = False
            self._stop()
            self._waited = 0
            self._playout.clear()
        self.level = SILENCE
        while (head := self._buffer.head()) is not None and self._due(head, now):
            self._leave_out(head)
            self.level = self._believed(self._said_level)
            if self._overstated > 0.0:
                self._overstated -= FORGIVEN

    # --- the time line --------------------------------------------------------------------------------

    def _observe(self, now: float) -> None:
        self._buffer.observe(now)
        if self._restarts != self._buffer.counters.restarts:
            self._restarts = self._buffer.counters.restarts
            self._stop()
            self._waited = 0
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
                if head.sequence == self._buffer.expected:
                    self._settle(head.time - self._playout.end)
                self._waited = 0
                self._playout.end = head.time
                return True
            self._leave_out(head)
        return False

    def _excess_of(self, entry: Entry, now: float) -> int:
        return int((now - self._buffer.transit.target) * SAMPLE_RATE) - entry.time

    def _stop(self) -> None:
        self._playing = False
        self._decoder.end_run()

    def _settle(self, gap: int) -> None:
        """The sender was silent for `gap` samples, as its next packet shows: what was made up meanwhile was no loss."""
        self._decoder.concealed -= max(0, min(gap, self._waited))

    def _leave_out(self, entry: Entry) -> None:
        """Use up a packet without decoding it."""
        self._buffer.take(entry)
        self._decoder.leave_out(entry)
        self._skipped += 1
        self._note_level(entry)

    def _note_level(self, entry: Entry) -> None:
        self._says_level = entry.level >= 0
        self._said_level = -float(entry.level) if self._says_level else SILENCE

    def _check_claim(self, block: AudioBlock) -> float:
        """What is left of the level that was said, with what is now known of its sender."""
        if self._said_level > DOUBTED_LEVEL and not self._decoder.concealing:
            excess = min(WORST_CLAIM, self._said_level - samples.level(block))
            self._overstated += (excess - self._overstated) * (DOUBT if excess > self._overstated else TRUST)
        return self._believed(self._said_level)

    def _believed(self, claim: float) -> float:
        """A claimed level less what its sender is known to exaggerate by."""
        if self._overstated <= HONEST or claim <= DOUBTED_LEVEL:
            return claim
        return max(DOUBTED_LEVEL, claim - (self._overstated - HONEST))

    # --- one step of sound ----------------------------------------------------------------------------

    def _prepare(self, now: float) -> None:
        """Have one block in the playout, or as much of it as there is."""
        self._heard = True
        if self._playing or self._begin(now):
            while self._playout.available < BLOCK_SAMPLES and self._produce(now):
                pass

    def _produce(self, now: float) -> bool:
        """Append at least something to the playout, or stop playing and say False."""
        head = self._buffer.head()
        if head is None:
            return self._wait()
        gap = head.time - self._playout.end
        explained = head.sequence == self._buffer.expected
        counted = min(gap, self._waited)
        if counted > 0:
            self._playout.end += counted
            gap -= counted
            if explained:
                self._settle(counted)
        self._waited = 0
        if head.silent or (gap > 0 and explained) or gap > MAX_HOLE:
            self._stop()
            return False
        if gap > 0:
            self._fill(head, gap)
        else:
            self._play(head, now)
        return True

    def _wait(self) -> bool:
        """Nothing there: it may still come, so the place is kept and the delay grows."""
        if self._decoder.exhausted:
            self._stop()
            return False
        piece = self._decoder.conceal(BLOCK_SAMPLES)
        self._waited += len(piece)
        self._playout.append(piece)
        return True

    def _fill(self, head: Entry, gap: int) -> None:
        """A hole of `gap` samples before `head`: its copy of them when it has one, otherwise something like them."""
        piece = self._decoder.restore(head, gap)
        if piece is None:
            piece = self._decoder.conceal(min(gap, self._decoder.frame))
        self._playout.append(piece)
        self._playout.end += len(piece)
        self._buffer.give_up_before(head)

    def _play(self, head: Entry, now: float) -> None:
        self._buffer.take(head)
        self._note_level(head)
        self.delay += (now - head.arrival - self.delay) / DELAY_MEMORY
        piece = self._decoder.decode(head)
        self._playout.append(piece)
        self._playout.end = head.time + len(piece)

    # --- the delay ------------------------------------------------------------------------------------

    def _adapt(self, now: float) -> None:
        excess = self._excess(now)
        if excess > MAX_EXCESS:
            self._jump(now)
        elif not self._decoder.concealing:
            if excess > 0 and self._playout.off_target(excess, self._decoder.frame, now):
                self._look_ahead(now)
            self._playout.adapt(excess, self._decoder.frame, now)

    def _look_ahead(self, now: float) -> None:
        """Decode one packet early, so that there is something to cut."""
        head = self._buffer.head()
        if self._playout.available >= 2 * BLOCK_SAMPLES or head is None or head.silent:
            return
        if head.time == self._playout.end and head.sequence == self._buffer.expected:
            self._play(head, now)

    def _jump(self, now: float) -> None:
        """Skip what is too old, in one step."""
        while (head := self._buffer.head()) is not None and self._excess_of(head, now) > 0:
            self._buffer.take(head)
            self._decoder.leave_out(head)
            self._too_old += 1
        self._playout.tear()
        self._stop()
        self._prepare(now)
