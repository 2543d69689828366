"""Packets of one voice to samples: the decoder that fits, copies of lost packets, concealment that ends.

Rules:
1. What cannot be decoded is concealed and counted; nothing raises.
2. Packets that were left out are remembered, the newest few, and decoded unheard before the next one that counts.
"""

from __future__ import annotations

from mcu._native import samples
from mcu._native.opus import packet_has_fec
from mcu.errors import ProtocolError
from mcu.media.audio_codecs import AudioDecoder, make_decoder
from mcu.media.jitter_buffer import Entry
from mcu.media.types import BLOCK_SAMPLES, SAMPLE_RATE, AudioBlock

FADE_AFTER = SAMPLE_RATE * 60 // 1000  # samples of concealment at full gain
FADE_END = SAMPLE_RATE * 120 // 1000  # samples of concealment after which there is silence
RECOVERY_SAMPLES = 240  # 5 ms: ramp from faded concealment to the next packet
WARM_UP_PACKETS = 5  # predictions halve per frame: 1/32 of an error is left
OPUS_STEP = 120  # samples; concealment comes in multiples of 2.5 ms


class VoiceDecoder:
    """Every method but `leave_out` and `reset` returns samples that follow those of the call before."""

    def __init__(self) -> None:
        self.decoded = 0  # packets
        self.undecodable = 0  # packets
        self.restored = 0  # packets, from the copy in their successor
        self.concealed = 0  # samples
        self.frame = BLOCK_SAMPLES  # samples of the last packet
        self._run = 0  # samples made up since the last packet
        self._decoder: AudioDecoder | None = None
        self._codec = ""
        self._left_out: list[Entry] = []  # the newest WARM_UP_PACKETS

    @property
    def concealing(self) -> bool:
        return self._run > 0

    @property
    def exhausted(self) -> bool:
        """Concealment has faded to silence, or there is nothing to make it from."""
        return self._run >= FADE_END or self._decoder is None

    def decode(self, entry: Entry) -> AudioBlock:
        """The samples of a packet."""
        decoder = self._ready(entry.codec)
        try:
            piece = decoder.decode(entry.payload)
        except ProtocolError:
            self.undecodable += 1
            return self.conceal(entry.samples)
        self.decoded += 1
        self.frame = len(piece)
        return self._recovered(piece)

    def restore(self, successor: Entry, length: int) -> AudioBlock | None:
        """The `length` samples before `successor` from the copy in it (RFC 6716 section 2.1.7), if it has one."""
        if successor.codec != "opus" or self._codec != "opus" or length > successor.samples or self._decoder is None:
            return None
        if not packet_has_fec(successor.payload):
            return None
        try:
            piece = self._decoder.decode_fec(successor.payload, successor.samples)
        except ProtocolError:
            return None
        self.restored += 1
        return self._recovered(piece[-length:])

    def conceal(self, wanted: int) -> AudioBlock:
        """About `wanted` made-up samples, in whole steps of Opus; they fade with the length of the run."""
        assert self._decoder is not None
        length = max(OPUS_STEP, wanted // OPUS_STEP * OPUS_STEP)
        piece = self._decoder.conceal(length)
        first, last = _gain(self._run), _gain(self._run + length)
        if last < 1.0:
            piece = samples.ramp(piece, first=first, last=last, length=length)
        self._run += length
        self.concealed += length
        return piece

    def end_run(self) -> None:
        """What comes next does not continue what was concealed."""
        self._run = 0

    def leave_out(self, entry: Entry) -> None:
        """A packet that nobody is to hear."""
        if entry.samples:
            if len(self._left_out) == WARM_UP_PACKETS:
                del self._left_out[0]
            self._left_out.append(entry)

    def reset(self) -> None:
        """Another sender."""
        self._left_out.clear()
        self._run = 0
        if self._decoder is not None:
            self._decoder.reset()

    def _ready(self, codec: str) -> AudioDecoder:
        """The decoder of `codec`, about in the state in which it would be, had it decoded everything."""
        if self._decoder is None or codec != self._codec:
            self._decoder = make_decoder(codec)
            self._codec = codec
        elif self._left_out:
            self._decoder.reset()
        for entry in self._left_out:
            try:
                if entry.codec == codec:
                    self._decoder.decode(entry.payload)
            except ProtocolError:
                self.undecodable += 1
        self._left_out.clear()
        return self._decoder

    def _recovered(self, piece: AudioBlock) -> AudioBlock:
        """Back from faded concealment without a jump of the gain."""
        run, self._run = self._run, 0
        if run <= FADE_AFTER:
            return piece
        return samples.ramp(piece, first=_gain(run), last=1.0, length=RECOVERY_SAMPLES)


def _gain(run: int) -> float:
    """The gain of concealment after `run` samples of it."""
    return min(1.0, max(0.0, (FADE_END - run) / (FADE_END - FADE_AFTER)))
