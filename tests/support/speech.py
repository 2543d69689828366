"""Speech without pauses, and the gaps in what was heard of it."""

from __future__ import annotations

import wave
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from mcu.media.audio_codecs import AudioEncoder
from mcu.media.types import BLOCK_SAMPLES, SAMPLE_RATE, AudioProfile
from mcu.synthetic import gapless, voice
from mcu.synthetic.clips import MediaSettings
from mcu.synthetic.player import Reel, Reels
from tests.support.attendees import SETTINGS, reels

FRAME = SAMPLE_RATE // 100  # 10 ms: the resolution of a gap
QUIET = 0.003  # rms: what counts as a gap when it is heard


def gapless_speech(person: int, *, seconds: float = 6.0) -> voice.Sound:
    """A loop of speech out of which all pauses are cut."""
    speaker = voice.voice_of(person, woman=person % 2 == 0)
    return gapless.speak(speaker, seconds=seconds, seed=f"gapless {person}")


def protected_reels(person: int, settings: MediaSettings = SETTINGS) -> Reels:
    """Gapless speech as a browser codes it whose receiver reports loss: with in-band FEC."""
    sound = gapless_speech(person)
    encoder = AudioEncoder(AudioProfile())
    encoder.set_network(bitrate=32_000, packet_loss=0.1)
    blocks = sound.astype(np.float32).reshape(-1, BLOCK_SAMPLES)
    packets = tuple(encoder.encode(block) for block in blocks)
    made = reels(person, sound, settings).listening
    reel = Reel(msgspec.structs.replace(made.clip, packets=packets), made.pictures)
    return Reels(listening=reel, speaking=reel)


def speech_file(path: Path, person: int) -> Path:
    """Gapless speech as a WAV file for Chromium's microphone."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((np.clip(gapless_speech(person), -1, 1) * 32767).astype("<i2").tobytes())
    return path


def longest_gap(levels: NDArray[np.float32]) -> float:
    """Seconds: the longest run of 10 ms in `levels` (rms) that is quiet."""
    longest = run = 0
    for level in levels:
        run = run + 1 if level < QUIET else 0
        longest = max(longest, run)
    return longest * FRAME / SAMPLE_RATE


def levels_of(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The rms of each 10 ms."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    return np.sqrt(np.mean(frames**2, axis=1)).astype(np.float32)
