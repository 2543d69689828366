"""What a voice costs: `python -m tests.benchmarks.audio`; CPU per 20 ms block, against PyAV where it does the same."""

from __future__ import annotations

import time
from collections.abc import Callable

import av
import numpy as np

from mcu._native import samples
from mcu._native.opus import OpusDecoder, OpusEncoder
from mcu.media.audio_codecs import AudioEncoder, make_decoder
from mcu.media.audio_receiver import AudioReceiver
from mcu.media.types import AudioProfile
from mcu.mixer.active_speaker import ActiveSpeaker
from mcu.mixer.audio_mixer import AudioMixer
from tests.fakes.audio_line import CODECS, opus_packets
from tests.fakes.voices import voice

SECONDS = 10
ROUNDS = 5


def measure(name: str, work: Callable[[], int]) -> None:
    """`work` returns how many blocks it did."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        blocks = work()
        best = min(best, (time.process_time() - start) / blocks)
    print(f"{name:<58}{best * 1e6:8.1f} µs")


def receive(level: int, *, heard: bool) -> int:
    receiver = AudioReceiver(CODECS)
    step = receiver.pull if heard else receiver.skip
    for packet in PACKETS[level]:
        receiver.receive(packet, packet.arrival)
        receiver.preview(packet.arrival)
        step(packet.arrival)
    return len(PACKETS[level])


def encode(loss: int) -> int:
    encoder = OpusEncoder()
    encoder.set_packet_loss(loss)
    for block in BLOCKS:
        encoder.encode(block)
    return len(BLOCKS)


def decode() -> int:
    decoder = OpusDecoder()
    for packet in PACKETS[-1]:
        decoder.decode(packet.payload)
    return len(PACKETS[-1])


def pyav_encode() -> int:
    context = av.CodecContext.create("libopus", "w")
    context.sample_rate, context.layout, context.format, context.bit_rate = 48_000, "mono", "flt", 32_000
    for index, block in enumerate(BLOCKS):
        frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), format="flt", layout="mono")
        frame.sample_rate, frame.pts = 48_000, index * 960
        context.encode(frame)
    return len(BLOCKS)


def pyav_decode(codec: str) -> int:
    context = av.CodecContext.create(codec, "r")
    context.sample_rate, context.layout = 48_000, "mono"
    for packet in PACKETS[-1]:
        for frame in context.decode(av.Packet(packet.payload)):
            frame.to_ndarray()
    return len(PACKETS[-1])


def mix(voices: int) -> int:
    mixer = AudioMixer()
    blocks = {str(index): BLOCKS[100 + index] for index in range(voices)}
    for _ in range(500):
        result = mixer.mix(blocks)
        for name in blocks:
            result.minus(name)
    return 500


def speaker() -> int:
    active, levels = ActiveSpeaker(), {str(index): -60.0 + index for index in range(30)}
    for tick in range(500):
        active.update(levels, tick * 0.02)
    return 500


def g711() -> int:
    encoder, decoder = AudioEncoder(AudioProfile("PCMU")), make_decoder("pcmu")
    for block in BLOCKS:
        decoder.decode(encoder.encode(block))
    return len(BLOCKS)


def find_period() -> int:
    for start in range(0, 48_000, 960):
        samples.period(SOUND[start : start + 1440])
    return 50


SOUND = voice(SECONDS)
BLOCKS = [SOUND[start : start + 960] for start in range(0, len(SOUND) - 959, 960)]
PACKETS = {level: opus_packets(SOUND, level=level) for level in (-1, 20, 127)}

ROWS: tuple[tuple[str, Callable[[], int]], ...] = (
    ("Opus decode", decode),
    ("  the same through PyAV, libopus", lambda: pyav_decode("libopus")),
    ("Opus encode, 32 kbit/s", lambda: encode(0)),
    ("Opus encode, 32 kbit/s with copies for 10 % loss", lambda: encode(10)),
    ("  the same without copies through PyAV, its defaults", pyav_encode),
    ("G.711 encode and decode with resampling", g711),
    ("receive, preview, pull: heard", lambda: receive(20, heard=True)),
    ("receive, preview, pull: heard, tells no level", lambda: receive(-1, heard=True)),
    ("receive, preview, skip: not heard", lambda: receive(20, heard=False)),
    ("receive, preview, pull: says it is silent", lambda: receive(127, heard=True)),
    ("mix 3 voices and their 3 mixes-minus", lambda: mix(3)),
    ("mix 30 voices and their 30 mixes-minus", lambda: mix(30)),
    ("active speaker of 30", speaker),
    ("find the period of a voice", find_period),
)

if __name__ == "__main__":
    print(f"numpy {np.__version__}, PyAV {av.__version__}")
    for name, work in ROWS:
        measure(name, work)
