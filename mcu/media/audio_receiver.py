"""One received voice: packets in at any time, 20 ms blocks out on the mixer's clock.

Rules:
1. `pull` or `skip` is called once per audio tick; a tick that was left out only makes the delay grow, and the delay returns.
2. None is silence: nothing arrived yet, the sender is silent (DTX, comfort noise, RFC 6464 level), or a loss has lasted
   too long. The change between None and a block is abrupt here; the mixer ramps it.
3. Nothing a peer sends raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from mcu.media.types import AudioBlock, CodecParameters

SILENCE = -127.0  # dBov, the lowest level that RFC 6464 can say


class AudioPacket(Protocol):
    """What is read of a packet; the native RtpPacket has it all."""

    @property
    def payload_type(self) -> int: ...
    @property
    def sequence_number(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def ssrc(self) -> int: ...
    @property
    def payload(self) -> bytes: ...
    @property
    def audio_level(self) -> int:
        """-dBov, 0..127 (RFC 6464); -1 when the packet does not say."""
    @property
    def arrival(self) -> float: ...


@dataclass(slots=True)
class AudioReceiverCounters:
    """Since the receiver was made. Packets unless the name says samples (48 kHz)."""

    received: int = 0
    lost: int = 0  # not there when due, and not explained by the sender being silent
    late: int = 0  # came after their place had been played
    discarded: int = 0  # duplicates, overflow, unknown payload types, undecodable
    fec: int = 0  # of the lost: replaced by the copy in their successor
    decoded: int = 0
    skipped: int = 0  # never decoded: silent by their own word, or not listened to
    restarts: int = 0  # new ssrc, sequence or timestamp jump
    played_samples: int = 0  # all that pull() gave out, silence not included
    concealed_samples: int = 0  # of those, made up
    removed_samples: int = 0  # by accelerating
    inserted_samples: int = 0  # by slowing down


class AudioReceiver:
    """Jitter buffer, decoder and concealment of one received audio stream. Sans-I/O; not thread-safe."""

    def __init__(self, codecs: Mapping[int, CodecParameters]) -> None:
        """`codecs` by payload type: opus, PCMU, PCMA, and CN and telephone-event, which are taken as silence."""
        self.counters = AudioReceiverCounters()
        self.level = SILENCE  # dBov of what the last tick played or skipped

    @property
    def delay(self) -> float:
        """Seconds between arrival and playing, smoothed over about a second."""
        raise NotImplementedError

    @property
    def target_delay(self) -> float:
        """Seconds of delay that the measured jitter asks for."""
        raise NotImplementedError

    def receive(self, packet: AudioPacket, now: float) -> None:
        """Take one packet of any SSRC that was routed to this stream."""
        raise NotImplementedError

    def preview(self, now: float) -> float:
        """The level in dBov of what `pull` would play at this tick, without decoding: by RFC 6464 where the packet says,
        otherwise the last measured one; SILENCE when `pull` would give None. For choosing the loudest few."""
        raise NotImplementedError

    def pull(self, now: float) -> AudioBlock | None:
        """The next 20 ms, shape (960,), not to be written to; None is silence."""
        raise NotImplementedError

    def skip(self, now: float) -> None:
        """A tick in which nobody listens to this stream: keeps time, level and counters, decodes nothing."""
        raise NotImplementedError
