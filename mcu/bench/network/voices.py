"""People for bad lines: as the bench has them, but who speaks does so without a pause, so that every gap is a loss."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from mcu.bench.media import settings_of
from mcu.bench.workload import Workload
from mcu.media.audio_codecs import AudioEncoder
from mcu.media.types import BLOCK_SAMPLES, AudioProfile
from mcu.synthetic import gapless, voice
from mcu.synthetic.clips import Clip, Performance
from mcu.synthetic.encoding import encode_sound
from mcu.synthetic.library import Library
from mcu.synthetic.people import person

DISTINCT = 6  # performances; more people share them
PROTECTED_LOSS = 0.1  # what the encoder is told, as a browser's is by reports: packets carry a copy of the one before


def performances(people: Sequence[int], *, cache: Path) -> dict[int, Performance]:
    """One for each person; made with a progress bar where they are not in `cache`."""
    made = Library(cache).performances(range(DISTINCT), settings=settings_of(Workload()))
    return {who: made[who % DISTINCT] for who in people}


def without_pauses(performance: Performance) -> Performance:
    """The same person, whose speaking loop is all speech."""
    clip = performance.speaking
    speaker = voice.voice_of(performance.person, woman=person(performance.person).woman)
    sound = gapless.speak(speaker, seconds=clip.seconds, seed=f"without pauses {performance.person}")
    encoder = AudioEncoder(AudioProfile())
    encoder.set_network(bitrate=32_000, packet_loss=PROTECTED_LOSS)
    blocks = sound.astype(np.float32).reshape(-1, BLOCK_SAMPLES)
    _, levels = encode_sound(sound, bitrate=32_000)
    spoken: Clip = msgspec.structs.replace(clip, packets=tuple(map(encoder.encode, blocks)), levels=levels)
    return Performance(person=performance.person, listening=performance.listening, speaking=spoken)
