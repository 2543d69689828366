"""Percentiles and lateness, and what the path of sound adds when machine and line are as steady as fake time can be."""

from __future__ import annotations

import functools
import math
import random
from collections.abc import Callable

import numpy as np
import pytest

from mcu._native.packets import AUDIO_LEVEL, build_rtp, parse_rtp
from mcu.bench.delay_audio import Heard, beginnings, sightings
from mcu.bench.delays import Spread, lateness
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


@functools.cache
def clip(number: int) -> Clip:
    timbre = voice.voice_of(number, woman=person(number).woman)
    sound = chirp.marked(voice.speak(timbre, seconds=LOOP_SECONDS, seed=f"path {number}"), number)
    packets, levels = encode_sound(sound, bitrate=32_000)
    return Clip("VP8", 2, 2, 1, (b"x",), (0,), 0, packets, levels)


def sent_by(number: int, phase: float, jitter: Jitter) -> list[tuple[int, float]]:
    count = len(clip(number).packets)
    times = [BEGIN + phase + index * BLOCK_SECONDS + jitter() for index in range(round(SECONDS / BLOCK_SECONDS))]
    return [(index % count, when) for index, when in enumerate(np.maximum.accumulate(times))]


def added(phases: list[float], sending: Jitter, ticking: Jitter) -> list[float]:
    """Milliseconds that receivers, mixer and encoder add to all marks of three voices."""
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
        blocks = {str(number): block for number, each in enumerate(receivers) if (block := each.pull(now)) is not None}
        heard.append(Packet(now, index * BLOCK_SAMPLES, encoder.encode(mixer.mix(blocks).common)))
    row = Heard(heard)
    return [
        1000 * seen.delay
        for number in range(PEOPLE)
        for seen in sightings(row, spoken[number], beginnings(clip(number), number), number)
    ]


def steady() -> float:
    return 0.0


def at_all_phases(sending: Jitter, ticking: Jitter) -> Spread:
    found: list[float] = []
    for turn in range(4):
        found += added([(0.0005 + 0.005 * turn + 0.0067 * who) % BLOCK_SECONDS for who in range(3)], sending, ticking)
    return Spread.of([value / 1000 for value in found])


def test_sound_waits_for_the_next_tick_and_for_the_encoder() -> None:
    spread = at_all_phases(steady, steady)
    assert spread.count > 70
    assert spread.least >= 6.5
    assert spread.most <= 6.5 + 20 + 1


def test_sound_keeps_its_figure_on_a_machine_that_is_a_little_busy() -> None:
    choose = random.Random("a little busy")
    spread = at_all_phases(lambda: choose.expovariate(2000), lambda: choose.expovariate(2000))
    assert spread.p95 <= 40


def test_percentiles() -> None:
    spread = Spread.of([index / 1000 for index in range(100)])
    assert (spread.count, spread.least, spread.p50, spread.p95, spread.most) == pytest.approx((100, 0, 50, 95, 99))
    assert Spread.of([0.007]) == Spread(1, 7.0, 7.0, 7.0, 7.0)
    assert math.isnan(Spread.of([]).p50)


def test_lateness_is_that_behind_the_quickest() -> None:
    arrivals = [(5.0, (1 << 32) - 900), (5.05, 900), (5.01, 0), (5.06, 4_500)]
    assert lateness(arrivals, 90_000) == pytest.approx([0.0, 0.03, 0.0, 0.0])
    assert lateness([], 90_000) == []
