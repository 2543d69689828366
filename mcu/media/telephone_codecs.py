"""The sound of telephones and H.323 rooms: G.711, G.722 and G.729 payloads to and from 48 kHz mono float32.

Rules:
1. RTP counts 8,000 units a second for all of them, G.722's 16,000 samples too (RFC 3551 section 4.5.2).
2. A lost packet is made up from the last period of the voice (as in G.711 appendix I), after resampling; none of these
   codecs needs a lost packet to go on, as its state converges again.
"""

from __future__ import annotations

import functools
from typing import Protocol

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.error import FFmpegError

from mcu._native import samples
from mcu._native.g722 import G722Decoder, G722Encoder
from mcu.errors import ProtocolError
from mcu.media.types import SAMPLE_RATE, AudioBlock

CLOCK_RATE = 8_000  # Hz, of RTP
NARROW_FACTOR, WIDE_FACTOR = 6, 3  # 48 kHz over 8 and 16 kHz
NARROW_TAPS = 144  # at 48 kHz: flat to 3.3 kHz, 60 dB down from 4.7 kHz, 1.5 ms of delay
WIDE_TAPS = 120  # flat to 7.2 kHz, 60 dB down from 8.8 kHz, 1.25 ms of delay
FILTER_BETA = 5.65  # Kaiser window, 60 dB
RECOVERY_SAMPLES = 240  # 5 ms of crossfade from made-up audio to the next packet
G729_FRAME = 10  # bytes, 10 ms (G.729 table 8)
G729_SILENCE = 2  # bytes of a silence descriptor (annex B), which ends a payload (RFC 3551 section 4.5.6)
G729_FRAME_SAMPLES = SAMPLE_RATE // 100

_EXPAND = {"pcmu": samples.decode_pcmu, "pcma": samples.decode_pcma}
_COMPRESS = {"pcmu": samples.encode_pcmu, "pcma": samples.encode_pcma}


def g729_samples(payload: bytes) -> int:
    """Samples at 48 kHz of a G.729 payload, its silence descriptor not counted. Raises ProtocolError."""
    frames, rest = divmod(len(payload), G729_FRAME)
    if rest not in (0, G729_SILENCE):
        raise ProtocolError(f"{len(payload)} bytes are no G.729")
    return frames * G729_FRAME_SAMPLES


class _Expander(Protocol):
    """Payloads to samples at the codec's own rate."""

    factor: int

    def expand(self, payload: bytes, /) -> AudioBlock: ...
    def reset(self) -> None: ...


class _G711Expander:
    factor = NARROW_FACTOR

    def __init__(self, codec: str) -> None:
        self.expand = _EXPAND[codec]

    def reset(self) -> None:
        """Each sample stands alone."""


class _G722Expander:
    factor = WIDE_FACTOR

    def __init__(self) -> None:
        decoder = G722Decoder()
        self.expand, self.reset = decoder.decode, decoder.reset


class _G729Expander:
    """G.729 and annex A through FFmpeg. Its silence descriptors are left out: there is no voice in them."""

    factor = NARROW_FACTOR

    def __init__(self) -> None:
        self._context: AudioCodecContext | None = None

    def expand(self, payload: bytes, /) -> AudioBlock:
        g729_samples(payload)
        speech = payload[: len(payload) // G729_FRAME * G729_FRAME]
        if not speech:
            raise ProtocolError("G.729 without speech")
        if self._context is None:
            self._context = _open_g729()
        try:
            pieces = [
                frame.to_ndarray()[0]
                for start in range(0, len(speech), G729_FRAME)
                for frame in self._context.decode(av.Packet(speech[start : start + G729_FRAME]))
            ]
        except (FFmpegError, ValueError) as error:
            self._context = None
            raise ProtocolError(f"G.729: {error}") from error
        if not pieces:
            raise ProtocolError("G.729 gave no sound")
        block: AudioBlock = np.concatenate(pieces).astype(np.float32) / np.float32(32768)
        return block

    def reset(self) -> None:
        self._context = None


class TelephoneDecoder:
    """An `AudioDecoder` of one such codec."""

    def __init__(self, codec: str) -> None:
        """`codec` in lower case: pcmu, pcma, g722 or g729. Raises KeyError for others (a bug of ours)."""
        self._expander = _make_expander(codec)
        factor = self._expander.factor
        self._resampler = samples.Upsampler(resampling_filter(factor), factor)
        self._history: AudioBlock = np.zeros(2 * samples.MAX_PERIOD, np.float32)
        self._concealed = False

    def decode(self, payload: bytes, /) -> AudioBlock:
        block = self._resampler.process(self._expander.expand(payload))
        if self._concealed:
            self._concealed = False
            length = min(RECOVERY_SAMPLES, len(block))
            old = samples.extend(self._history, length)
            block = samples.ramp(block, first=0.0, last=1.0, length=length)
            block[:length] += samples.ramp(old, first=1.0, last=0.0, length=length)
        self._remember(block)
        return block

    def decode_fec(self, payload: bytes, length: int, /) -> AudioBlock:
        return self.conceal(length)

    def conceal(self, length: int, /) -> AudioBlock:
        block = samples.extend(self._history, length)
        self._concealed = True
        self._remember(block)
        return block

    def reset(self) -> None:
        self._expander.reset()
        self._resampler.reset()
        self._history[:] = 0
        self._concealed = False

    def _remember(self, block: AudioBlock) -> None:
        keep = len(self._history)
        self._history = block[-keep:] if len(block) >= keep else np.concatenate((self._history, block))[-keep:]


def _make_expander(codec: str) -> _Expander:
    match codec:
        case "g722":
            return _G722Expander()
        case "g729":
            return _G729Expander()
        case _:
            return _G711Expander(codec)


class G711Coder:
    """A coder (see `audio_codecs`) of PCMU or PCMA."""

    clock_rate = CLOCK_RATE

    def __init__(self, codec: str) -> None:
        self._codec = codec
        self._compress = _COMPRESS[codec.lower()]
        self._resampler = samples.Downsampler(resampling_filter(NARROW_FACTOR), NARROW_FACTOR)

    def encode(self, block: AudioBlock) -> bytes:
        return self._compress(self._resampler.process(block))

    def fork(self) -> G711Coder:
        other = G711Coder(self._codec)
        other._resampler.continue_from(self._resampler)
        return other

    def restart(self, previous: AudioBlock) -> None:
        self._resampler.process(previous)

    def set_network(self, bitrate: int, packet_loss: float) -> None:
        """G.711 has one rate and no redundancy."""


class G722Coder:
    """A coder (see `audio_codecs`) of G.722 at 64 kbit/s."""

    clock_rate = CLOCK_RATE

    def __init__(self, encoder: G722Encoder) -> None:
        self._encoder = encoder
        self._resampler = samples.Downsampler(resampling_filter(WIDE_FACTOR), WIDE_FACTOR)

    def encode(self, block: AudioBlock) -> bytes:
        return self._encoder.encode(self._resampler.process(block))

    def fork(self) -> G722Coder:
        other = G722Coder(self._encoder.fork())
        other._resampler.continue_from(self._resampler)
        return other

    def restart(self, previous: AudioBlock) -> None:
        self._encoder.reset()
        self._encoder.encode(self._resampler.process(previous))

    def set_network(self, bitrate: int, packet_loss: float) -> None:
        """One rate and no redundancy."""


@functools.cache
def resampling_filter(factor: int) -> AudioBlock:
    """The low-pass between 48 kHz and a `factor`th of it (NARROW_FACTOR or WIDE_FACTOR), gain 1 at 0 Hz."""
    count = NARROW_TAPS if factor == NARROW_FACTOR else WIDE_TAPS
    place = np.arange(count) - (count - 1) / 2
    taps = np.sinc(place / factor) * np.kaiser(count, FILTER_BETA)
    response: AudioBlock = (taps / taps.sum()).astype(np.float32)
    return response


def _open_g729() -> AudioCodecContext:
    context = av.CodecContext.create("g729", "r")
    assert isinstance(context, AudioCodecContext)
    context.thread_count = 1
    context.sample_rate = CLOCK_RATE
    context.layout = "mono"
    return context
