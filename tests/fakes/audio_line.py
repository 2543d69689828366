"""A sender, a line and a receiver of one voice on a made-up clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from mcu._native.opus import OpusEncoder
from mcu.media.audio_receiver import AudioReceiver
from mcu.media.types import BLOCK_SAMPLES, BLOCK_SECONDS, SAMPLE_RATE, AudioBlock, CodecParameters
from tests.fakes.packets import FakePacket, altered

OPUS, PCMU, CN = 111, 0, 13
CODECS = {
    OPUS: CodecParameters("opus", OPUS, 48_000, 2),
    PCMU: CodecParameters("PCMU", PCMU, 8_000),
    CN: CodecParameters("CN", CN, 8_000),
}
Line = Callable[[int, float], float | None]  # packet's number and sending time to arrival time; None is lost


def opus_packets(
    sound: AudioBlock, *, frame: int = BLOCK_SAMPLES, loss: int = 0, level: int = -1, ssrc: int = 7, first: int = 65_500
) -> list[FakePacket]:
    """The sound as RTP packets; `arrival` is when each is sent: at the end of what it holds."""
    encoder = OpusEncoder(bitrate=32_000)
    encoder.set_packet_loss(loss)
    packets = []
    for index in range(len(sound) // frame):
        payload = encoder.encode(np.ascontiguousarray(sound[index * frame : (index + 1) * frame]))
        packets.append(
            FakePacket(
                payload_type=OPUS,
                sequence_number=(first + index) & 0xFFFF,
                timestamp=(4_294_900_000 + index * frame) & 0xFFFFFFFF,
                ssrc=ssrc,
                payload=payload,
                audio_level=level,
                arrival=(index + 1) * frame / SAMPLE_RATE,
            )
        )
    return packets


@dataclass
class Heard:
    """What came out, tick by tick."""

    receiver: AudioReceiver
    blocks: list[AudioBlock | None] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)

    @property
    def sound(self) -> AudioBlock:
        silence = np.zeros(BLOCK_SAMPLES, np.float32)
        return np.concatenate([silence if block is None else block for block in self.blocks])

    @property
    def concealed(self) -> float:
        counters = self.receiver.counters
        return counters.concealed_samples / counters.played_samples


def listen(
    packets: Sequence[FakePacket], line: Line, *, receiver: AudioReceiver | None = None, seconds: float | None = None
) -> Heard:
    """Send `packets` over `line` and pull every 20 ms until the last is sent, or for `seconds`."""
    heard = Heard(receiver or AudioReceiver(CODECS))
    arrivals = []
    for index, packet in enumerate(packets):
        at = line(index, packet.arrival)
        if at is not None:
            arrivals.append((at, index, altered(packet, arrival=at)))
    arrivals.sort()
    end = max((packet.arrival for packet in packets), default=0.0) if seconds is None else seconds
    tick = 0
    while (now := 0.007 + tick * BLOCK_SECONDS) < end:
        while arrivals and arrivals[0][0] <= now:
            at, _, packet = arrivals.pop(0)
            heard.receiver.receive(packet, at)
        heard.blocks.append(heard.receiver.pull(now))
        heard.delays.append(heard.receiver.delay)
        tick += 1
    return heard


def longest_gap(sound: AudioBlock, *, below: float = 0.2) -> float:
    """Seconds of the longest stretch that is quieter than `below` times the usual level, in steps of 2.5 ms."""
    step = 120
    energy = np.sqrt(np.mean(sound[: len(sound) // step * step].reshape(-1, step) ** 2, axis=1))
    quiet = energy < below * np.median(energy)
    longest = run = 0
    for value in quiet:
        run = run + 1 if value else 0
        longest = max(longest, run)
    return longest * step / SAMPLE_RATE
