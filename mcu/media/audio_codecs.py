"""Sound between RTP payloads and 48 kHz mono float32, by codec: Opus here, the others in `telephone_codecs`."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from mcu._native.g722 import G722Encoder
from mcu._native.opus import OpusDecoder, OpusEncoder
from mcu.errors import RefusedError
from mcu.media.telephone_codecs import G711Coder, G722Coder, TelephoneDecoder
from mcu.media.types import BLOCK_SAMPLES, SAMPLE_RATE, AudioBlock, AudioProfile

DECODED_CODECS = frozenset({"opus", "pcmu", "pcma", "g722", "g729"})
MIN_BITRATE, MAX_BITRATE = 6_000, 510_000  # bit/s of Opus, RFC 6716 section 2.1.1

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


def make_decoder(codec: str) -> AudioDecoder:
    """A decoder of one of DECODED_CODECS. Raises KeyError for others (a bug of ours)."""
    return OpusDecoder() if codec == "opus" else TelephoneDecoder(codec)


class AudioEncoder:
    """Encodes 20 ms blocks for all listeners of one profile who hear the same mix."""

    def __init__(self, profile: AudioProfile) -> None:
        """Raises RefusedError("codec-unknown") for a codec other than opus, PCMU, PCMA, G722."""
        self.profile = profile
        self._coder = _make_coder(profile)
        self.clock_rate = self._coder.clock_rate  # of RTP in Hz: 48000 for Opus (RFC 7587), else 8000 (RFC 3551)
        self.samples_per_packet = self.clock_rate * BLOCK_SAMPLES // SAMPLE_RATE  # how far the RTP timestamp moves

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


class _Coder(Protocol):
    @property
    def clock_rate(self) -> int: ...
    def encode(self, block: AudioBlock) -> bytes: ...
    def fork(self) -> _Coder: ...
    def restart(self, previous: AudioBlock) -> None: ...
    def set_network(self, bitrate: int, packet_loss: float) -> None: ...


class _OpusCoder:
    def __init__(self, encoder: OpusEncoder) -> None:
        self.clock_rate = SAMPLE_RATE
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


def _make_coder(profile: AudioProfile) -> _Coder:
    if profile.codec == "opus":
        return _OpusCoder(OpusEncoder(bitrate=min(max(profile.bitrate, MIN_BITRATE), MAX_BITRATE)))
    if profile.codec in ("PCMU", "PCMA"):
        return G711Coder(profile.codec)
    if profile.codec == "G722":
        return G722Coder(G722Encoder())
    raise RefusedError("codec-unknown", profile.codec)
