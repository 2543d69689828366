"""Opus and G.711 between RTP payloads and 48 kHz mono float32."""

from __future__ import annotations

import functools
from typing import Protocol

import numpy as np

from mcu._native import samples
from mcu._native.opus import OpusDecoder, OpusEncoder
from mcu.errors import RefusedError
from mcu.media.types import BLOCK_SAMPLES, SAMPLE_RATE, AudioBlock, AudioProfile

G711_RATE = 8_000  # Hz
G711_FACTOR = SAMPLE_RATE // G711_RATE
FILTER_TAPS = 144  # at 48 kHz: flat to 3.3 kHz, 60 dB down from 4.7 kHz, 1.5 ms of delay
FILTER_CUTOFF = 4_000.0  # Hz
FILTER_BETA = 5.65  # Kaiser window, 60 dB
RECOVERY_SAMPLES = 240  # 5 ms of crossfade from made-up audio to the next packet
MIN_BITRATE, MAX_BITRATE = 6_000, 510_000  # bit/s, RFC 6716 section 2.1.1

_EXPAND = {"PCMU": samples.decode_pcmu, "PCMA": samples.decode_pcma}
_COMPRESS = {"PCMU": samples.encode_pcmu, "PCMA": samples.encode_pcma}
_SILENT_BLOCK: AudioBlock = np.zeros(BLOCK_SAMPLES, np.float32)


class AudioDecoder(Protocol):
    """Payloads to 48 kHz mono; state carries over from packet to packet."""

    def decode(self, payload: bytes, /) -> AudioBlock:
        """The samples of one packet. Raises ProtocolError."""
        ...

    def decode_fec(self, payload: bytes, length: int, /) -> AudioBlock:
        """The `length` samples before `payload`, from the copy in it; `decode` of the same payload follows."""
        ...

    def conceal(self, length: int, /) -> AudioBlock:
        """`length` made-up samples, a multiple of 120, in place of a packet that is lost."""
        ...

    def reset(self) -> None:
        """Forget all packets."""
        ...


class G711Decoder:
    """µ-law or A-law at 8 kHz; for a lost packet the last period of the voice goes on (as in G.711 appendix I)."""

    def __init__(self, codec: str) -> None:
        self._expand = _EXPAND[codec.upper()]
        self._resampler = samples.Upsampler(resampling_filter(), G711_FACTOR)
        self._history: AudioBlock = np.zeros(2 * samples.MAX_PERIOD, np.float32)
        self._concealed = False

    def decode(self, payload: bytes, /) -> AudioBlock:
        block = self._resampler.process(self._expand(payload))
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
        self._resampler.reset()
        self._history[:] = 0
        self._concealed = False

    def _remember(self, block: AudioBlock) -> None:
        keep = len(self._history)
        self._history = block[-keep:] if len(block) >= keep else np.concatenate((self._history, block))[-keep:]


def make_decoder(codec: str) -> AudioDecoder:
    """A decoder by the codec's name in lower case: opus, pcmu, pcma. Raises KeyError for others (a bug of ours)."""
    return OpusDecoder() if codec == "opus" else G711Decoder(codec)


class AudioEncoder:
    """Encodes 20 ms blocks for all listeners of one profile who hear the same mix."""

    def __init__(self, profile: AudioProfile) -> None:
        """Raises RefusedError("codec-unknown") for a codec other than opus, PCMU, PCMA."""
        self.profile = profile
        self._coder: _OpusCoder | _G711Coder
        if profile.codec == "opus":
            self._coder = _OpusCoder(OpusEncoder(bitrate=min(max(profile.bitrate, MIN_BITRATE), MAX_BITRATE)))
        elif profile.codec in _COMPRESS:
            self._coder = _G711Coder(profile.codec)
        else:
            raise RefusedError("codec-unknown", profile.codec)

    @property
    def clock_rate(self) -> int:
        """RTP clock in Hz: 48000 for Opus (RFC 7587), 8000 for G.711 (RFC 3551)."""
        return self._coder.clock_rate

    @property
    def samples_per_packet(self) -> int:
        """How far the RTP timestamp moves per packet: 960 or 160."""
        return self._coder.clock_rate * BLOCK_SAMPLES // SAMPLE_RATE

    def encode(self, block: AudioBlock | None) -> bytes:
        """The RTP payload of one block of shape (960,); None is silence."""
        return self._coder.encode(_SILENT_BLOCK if block is None else block)

    def fork(self) -> AudioEncoder:
        """A second encoder in the same state, for a listener of this one who is to hear something else from now on: the
        change is not heard as long as the sound itself has no jump."""
        other = AudioEncoder(self.profile)
        other._coder = self._coder.fork()
        return other

    def restart(self, previous: AudioBlock | None) -> None:
        """Begin anew behind `previous`, the block that the listeners heard last from another encoder. Not as smooth as
        `fork`: some 40 ms are coarser."""
        self._coder.restart(_SILENT_BLOCK if previous is None else previous)

    def set_network(self, *, bitrate: int, packet_loss: float) -> None:
        """Adapt to the listeners' lines: bit/s, and the share of packets they lose (0 to 1), for in-band FEC."""
        self._coder.set_network(min(max(bitrate, MIN_BITRATE), MAX_BITRATE), packet_loss)


class _OpusCoder:
    clock_rate = SAMPLE_RATE

    def __init__(self, encoder: OpusEncoder) -> None:
        self._encoder = encoder

    def encode(self, block: AudioBlock) -> bytes:
        return self._encoder.encode(block)

    def fork(self) -> _OpusCoder:
        return _OpusCoder(self._encoder.fork())

    def restart(self, previous: AudioBlock) -> None:
        self._encoder.restart()
        self._encoder.encode(previous)

    def set_network(self, bitrate: int, packet_loss: float) -> None:
        percent = min(100, max(0, round(100 * packet_loss)))
        if bitrate != self._encoder.bitrate:
            self._encoder.set_bitrate(bitrate)
        if percent != self._encoder.packet_loss:
            self._encoder.set_packet_loss(percent)


class _G711Coder:
    clock_rate = G711_RATE

    def __init__(self, codec: str) -> None:
        self._codec = codec
        self._compress = _COMPRESS[codec]
        self._resampler = samples.Downsampler(resampling_filter(), G711_FACTOR)

    def encode(self, block: AudioBlock) -> bytes:
        return self._compress(self._resampler.process(block))

    def fork(self) -> _G711Coder:
        other = _G711Coder(self._codec)
        other._resampler.continue_from(self._resampler)
        return other

    def restart(self, previous: AudioBlock) -> None:
        self._resampler.process(previous)

    def set_network(self, bitrate: int, packet_loss: float) -> None:
        """G.711 has one rate and no redundancy."""


@functools.cache
def resampling_filter() -> AudioBlock:
    """The low-pass between 8 and 48 kHz, shape (FILTER_TAPS,), gain 1 at 0 Hz."""
    place = np.arange(FILTER_TAPS) - (FILTER_TAPS - 1) / 2
    taps = np.sinc(2 * FILTER_CUTOFF / SAMPLE_RATE * place) * np.kaiser(FILTER_TAPS, FILTER_BETA)
    response: AudioBlock = (taps / taps.sum()).astype(np.float32)
    return response
