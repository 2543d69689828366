"""CPU of one tick of the sound with thirty participants: `python tests/benchmarks/sound_tick.py`.

Real legs over loopback with AES-128-GCM: three speak, 27 send the noise of their rooms, or silence with --mute. Media
time is simulated. Printed are the whole tick, and how much of it is not libopus: choosing, mixing, headers, SRTP and
the kernel. --cold walks through so many MB before each tick, as codecs on the same cores do.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))

import numpy as np

import mcu
from mcu import control
from mcu._native import packets
from mcu._native.opus import OpusDecoder, OpusEncoder
from mcu.media.types import BLOCK_SAMPLES
from mcu.processor.decoding import DecoderPool
from mcu.processor.member import Member
from mcu.processor.sounding import SoundMixer
from mcu.synthetic.voice import speak, voice_of
from tests.benchmarks.packet_meeting import LISTENED_TO, Meeting, meet

Said = list[tuple[bytes, int]]  # a payload and -dBov for each tick
SECONDS = 6.0  # of speech that is said again and again
ROOM_LEVEL, MUTE_LEVEL = 70, 127  # -dBov


def said(number: int) -> Said:
    """What one person sends, with the level that a browser would tell."""
    encoder = OpusEncoder()
    speech = speak(voice_of(number, woman=bool(number % 2)), seconds=SECONDS, seed=str(number)).astype(np.float32)
    blocks = speech.reshape(-1, BLOCK_SAMPLES)
    return [(encoder.encode(block), level_of(block)) for block in blocks]


def level_of(block: np.ndarray) -> int:
    return int(min(127, max(0, -10 * np.log10(float(np.mean(block**2)) + 1e-13))))


def room(level: int) -> Said:
    noise = np.random.default_rng(1).normal(0, 10 ** (-level / 20), (50, BLOCK_SAMPLES)).astype(np.float32)
    encoder = OpusEncoder()
    return [(encoder.encode(block), level) for block in noise]


class Table:
    """A conference that ticks."""

    def __init__(self, meeting: Meeting, quiet: int) -> None:
        self.meeting = meeting
        pool = DecoderPool(0, call_main=lambda call: call())
        self.members = {leg.id: Member(leg.id, leg, decoders=pool) for leg in meeting.legs}
        for name, member in self.members.items():
            member.take_state(control.ParticipantState(name, name))
        self.mixer = SoundMixer()
        self.index = 0
        silence = room(quiet)
        self.texts = [said(n) if n < LISTENED_TO else silence for n in range(len(meeting.clients))]

    def tick(self, pollution: bytearray | None) -> float:
        """Seconds of CPU."""
        self.meeting.now += 0.02
        for client, text in zip(self.meeting.clients, self.texts, strict=True):
            payload, level = text[self.index % len(text)]
            client.sound_time += BLOCK_SAMPLES
            packets.send([payload], timestamp=client.sound_time, streams=[client.audio], now=self.meeting.now,
                         marker_last=False, audio_level=level, voice=level < 60)  # fmt: skip
        self.meeting.endpoint._read()
        if pollution is not None:
            pollution.count(b"\x01")
        due = self.meeting.now
        begin = time.thread_time()
        self.mixer.tick(self.members, self.index, due, due + 0.001)
        used = time.thread_time() - begin
        self.index += 1
        self.meeting.drain()
        return used


def opus_seconds(table: Table, rounds: int) -> tuple[float, float]:
    """(of one encode, of one decode) of this speech, alone in the cache."""
    encoder, decoder = OpusEncoder(), OpusDecoder()
    blocks = speak(voice_of(0, woman=False), seconds=SECONDS, seed="0").astype(np.float32).reshape(-1, BLOCK_SAMPLES)
    begin = time.thread_time()
    coded = [encoder.encode(block) for block in blocks]
    middle = time.thread_time()
    for payload in coded:
        decoder.decode(payload)
    return (middle - begin) / len(blocks), (time.thread_time() - middle) / len(blocks)


async def measure(seconds: float, rounds: int, quiet: int, cold: int) -> None:
    pollution = bytearray(cold << 20) if cold else None
    async with contextlib.AsyncExitStack() as resources:
        table = Table(await meet(resources), quiet)
        for _ in range(100):
            table.tick(None)
        costs = []
        for _ in range(rounds):
            ticks = [table.tick(pollution) for _ in range(int(seconds * 50))]
            costs.append(statistics.fmean(ticks))
        found = statistics.median(costs)
        encode, decode = opus_seconds(table, rounds)
        codecs = table.mixer.encoders * encode + LISTENED_TO * decode
        print(f"tick {found * 1e6:.0f} µs, {found * 50e3:.1f} ms/s; {table.mixer.encoders} encoders and {LISTENED_TO}"
              f" decoders, alone {codecs * 1e6:.0f} µs; without them {(found - codecs) * 50e3:.1f} ms/s")  # fmt: skip
        assert table.meeting.endpoint.counters["legs_failed"] == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0, help="of sound in each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mute", action="store_true")
    parser.add_argument("--cold", type=int, default=0, metavar="MB")
    options = parser.parse_args()
    print(f"sources run: {mcu.SOURCES_RUN_BECAUSE}" if mcu.SOURCES_RUN_BECAUSE else "compiled modules run")
    asyncio.run(measure(options.seconds, options.rounds, MUTE_LEVEL if options.mute else ROOM_LEVEL, options.cold))


if __name__ == "__main__":
    main()
