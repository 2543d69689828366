"""Opus and G.711 between RTP payloads and 48 kHz mono float32."""

from __future__ import annotations

from typing import Protocol

from mcu.media.types import AudioBlock, AudioProfile


class AudioEncoder:
    """Encodes 20 ms blocks for all listeners of one profile who hear the same mix."""

    def __init__(self, profile: AudioProfile) -> None:
        """Raises RefusedError("codec-unknown") for a codec other than opus, PCMU, PCMA."""
        self.profile = profile

    @property
    def clock_rate(self) -> int:
        """RTP clock in Hz: 48000 for Opus (RFC 7587), 8000 for G.711 (RFC 3551)."""
        raise NotImplementedError

    @property
    def samples_per_packet(self) -> int:
        """How far the RTP timestamp moves per packet: 960 or 160."""
        raise NotImplementedError

    def encode(self, block: AudioBlock | None) -> bytes:
        """The RTP payload of one block of shape (960,); None is silence."""
        raise NotImplementedError

    def restart(self, previous: AudioBlock | None) -> None:
        """Take over listeners from another encoder: their last block was `previous`; the next packet needs no earlier one."""
        raise NotImplementedError

    def set_network(self, *, bitrate: int, packet_loss: float) -> None:
        """Adapt to the listeners' lines: bit/s, and the share of packets they lose (0..1), which turns in-band FEC on."""
        raise NotImplementedError


class AudioDecoder(Protocol):
    """Payloads to 48 kHz mono; state carries over from packet to packet."""

    def decode(self, payload: bytes) -> AudioBlock: ...
    def decode_fec(self, successor: bytes, samples: int) -> AudioBlock: ...
    def conceal(self, samples: int) -> AudioBlock: ...
    def reset(self) -> None: ...
