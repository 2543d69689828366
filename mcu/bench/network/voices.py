"""People for bad lines: as the bench has them, but who speaks does so without a pause, so that every gap is a loss."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from mcu.bench.media import settings_of
from mcu.bench.workload import Workload
from mcu.media.audio_codecs import AudioEncoder
from mcu.media.types import BLOCK_SAMPLES, SAMPLE_RATE, AudioProfile
from mcu.synthetic import voice
from mcu.synthetic.clips import Clip, Performance
from mcu.synthetic.encoding import encode_sound
from mcu.synthetic.library import Library
from mcu.synthetic.people import person

DISTINCT = 6  # performances; more people share them
PROTECTED_LOSS = 0.1  # what the encoder is told, as a browser's is by reports: packets carry a copy of the one before
FRAME = SAMPLE_RATE // 100
LOUD = 0.02  # rms of 10 ms: what is kept of the speech
FADE = SAMPLE_RATE // 200  # samples over which pieces are joined


def performances(people: Sequence[int], *, cache: Path) -> dict[int, Performance]:
    """One for each person; made with a progress bar where they are not in `cache`."""
    made = Library(cache).performances(range(DISTINCT), settings=settings_of(Workload()))
    return {who: made[who % DISTINCT] for who in people}


def without_pauses(performance: Performance) -> Performance:
    """The same person, whose speaking loop is all speech."""
    clip = performance.speaking
    sound = _gapless(performance.person, seconds=clip.seconds)
    encoder = AudioEncoder(AudioProfile())
    encoder.set_network(bitrate=32_000, packet_loss=PROTECTED_LOSS)
    blocks = sound.astype(np.float32).reshape(-1, BLOCK_SAMPLES)
    _, levels = encode_sound(sound, bitrate=32_000)
    spoken: Clip = msgspec.structs.replace(clip, packets=tuple(map(encoder.encode, blocks)), levels=levels)
    return Performance(person=performance.person, listening=performance.listening, speaking=spoken)


def _gapless(number: int, *, seconds: float) -> voice.Sound:
    """Speech out of which all pauses are cut."""
    speaker = voice.voice_of(number, woman=person(number).woman)
    spoken = voice.speak(speaker, seconds=3 * seconds, seed=f"without pauses {number}")
    frames = spoken[: len(spoken) // FRAME * FRAME].reshape(-1, FRAME)
    loud = np.sqrt(np.mean(frames**2, axis=1)) > LOUD
    edges = np.flatnonzero(np.diff(np.concatenate(([0], loud.astype(np.int8), [0]))))
    joined = np.zeros(0)
    ramp = np.linspace(0, 1, FADE)
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        piece = spoken[first * FRAME : last * FRAME].copy()
        if len(joined):
            joined[-FADE:] = joined[-FADE:] * (1 - ramp) + piece[:FADE] * ramp
            piece = piece[FADE:]
        joined = np.concatenate((joined, piece))
    return np.resize(joined, round(seconds * SAMPLE_RATE))
