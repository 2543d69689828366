"""The path of sound through the server's parts on fake time: three voices in, one mix out."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from mcu._native.packets import AUDIO_LEVEL, build_rtp, parse_rtp
from mcu.bench.observation import Packet
from mcu.media.audio_codecs import AudioEncoder
from mcu.media.audio_receiver import AudioReceiver
from mcu.media.types import BLOCK_SAMPLES, BLOCK_SECONDS, SAMPLE_RATE, AudioProfile, CodecParameters
from mcu.mixer.audio_mixer import AudioMixer
from mcu.synthetic import chirp, voice
from mcu.synthetic.clips import Clip
from mcu.synthetic.encoding import encode_sound
from mcu.synthetic.people import person

LOOP_SECONDS, SECONDS = 3.0, 9.0
PEOPLE = 3
BEGIN = 100.0
LINE = 0.0001  # seconds on loopback
Jitter = Callable[[], float]
Sent = list[tuple[int, float]]  # (place in the loop, when)


@functools.cache
def clip(number: int) -> Clip:
    timbre = voice.voice_of(number, woman=person(number).woman)
    sound = chirp.marked(voice.speak(timbre, seconds=LOOP_SECONDS, seed=f"path {number}"), number)
    packets, levels = encode_sound(sound, bitrate=32_000)
    return Clip("VP8", 2, 2, 1, (b"x",), (0,), 0, packets, levels)


def sent_by(number: int, phase: float, jitter: Jitter) -> Sent:
    count = len(clip(number).packets)
    times = [BEGIN + phase + index * BLOCK_SECONDS + jitter() for index in range(round(SECONDS / BLOCK_SECONDS))]
    return [(index % count, when) for index, when in enumerate(np.maximum.accumulate(times))]


def steady() -> float:
    return 0.0


def carried(
    phases: list[float], sending: Jitter, ticking: Jitter, *, mixed: int = PEOPLE
) -> tuple[list[Packet], list[Sent]]:
    """What a listener receives, and what each of the three sent; the first `mixed` are mixed."""
    receivers = [AudioReceiver({111: CodecParameters("opus", 111, SAMPLE_RATE, 2)}) for _ in range(PEOPLE)]
    mixer, encoder = AudioMixer(), AudioEncoder(AudioProfile())
    spoken = [sent_by(number, phases[number], sending) for number in range(PEOPLE)]
    events = [
        (when + LINE, number, index) for number in range(PEOPLE) for index, (_, when) in enumerate(spoken[number])
    ]
    ticks = [BEGIN + index * BLOCK_SECONDS + ticking() for index in range(round(SECONDS / BLOCK_SECONDS))]
    events += [(when, PEOPLE, index) for index, when in enumerate(np.maximum.accumulate(ticks))]
    heard: list[Packet] = []
    for now, number, index in sorted(events):
        if number < PEOPLE:
            place = spoken[number][index][0]
            data = build_rtp(
                clip(number).packets[place],
                payload_type=111,
                sequence_number=index,
                timestamp=index * BLOCK_SAMPLES,
                ssrc=number + 1,
                extensions={AUDIO_LEVEL: 1},
                audio_level=clip(number).levels[place],
            )
            receivers[number].receive(parse_rtp(data, {AUDIO_LEVEL: 1}, now), now)
            continue
        blocks = {
            str(who): block for who, each in enumerate(receivers[:mixed]) if (block := each.pull(now)) is not None
        }
        heard.append(Packet(now, index * BLOCK_SAMPLES, encoder.encode(mixer.mix(blocks).common)))
    return heard, spoken
