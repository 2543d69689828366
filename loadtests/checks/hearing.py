"""The sound of a recording and the voices that may be in it, prepared once for all who judge. Pure.

Rules:
1. Everything is as the loops' own packets decode to: what a sender's codec takes away is nobody's fault here.
2. Whatever a recording says is survived: sound of any length and kind, packets that no loop has.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loadtests.recording import Recording
from mcu.media.types import BLOCK_SAMPLES, SAMPLE_RATE
from mcu.synthetic import signature
from mcu.synthetic.clips import Clip
from mcu.synthetic.encoding import decode_sound
from mcu.synthetic.player import VOICE_LEVEL
from mcu.synthetic.signature import RATE, Signature, White

MAX_SECONDS = 60.0  # of sound that is looked at; a check is 30 at most
MAX_SIGNATURES = 256  # kept: 0.4 MB each, and a worker has some two hundred people at most
MAX_LOOPS = 32  # kept decoded: 1.2 MB each, of those who were heard lately
LOUDEST = 8.0  # samples beyond this are no sound but a mistake

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Voice:
    """What there is to know of one person's loop of speaking."""

    packets: tuple[bytes, ...]
    aloud: tuple[bool, ...]  # each packet: not a pause
    signature: Signature

    @property
    def blocks(self) -> Samples:
        """The packets decoded, shape (packets, BLOCK_SAMPLES)."""
        return _blocks(self.packets)


class Hearing:
    """What was heard, and who could have said it."""

    def __init__(self, recording: Recording, loops: Mapping[int, Clip]) -> None:
        """Raises ProtocolError for a loop that cannot be decoded."""
        self.samples = _samples(recording.sound)
        self.begin = recording.sound_begin  # when the first sample was played
        self.white = signature.whitened(self.samples)
        self.voices: dict[int, Voice] = {person: known(clip) for person, clip in loops.items()}

    @property
    def end(self) -> float:
        return self.begin + len(self.samples) / SAMPLE_RATE

    @property
    def silent(self) -> bool:
        """Nothing that anybody could hear."""
        return not self.white.any()

    def between(self, begin: float, end: float) -> White:
        """The whitened sound of a span of time."""
        first, last = (round((when - self.begin) * RATE) for when in (begin, end))
        return self.white[max(0, first) : max(0, last)]


def known(clip: Clip) -> Voice:
    """The voice of a loop of speaking. Raises ProtocolError."""
    return _voice(clip.packets, clip.levels)


@functools.lru_cache(MAX_SIGNATURES)
def _voice(packets: tuple[bytes, ...], levels: tuple[int, ...]) -> Voice:
    sound = np.concatenate(decode_sound(packets))
    return Voice(packets, tuple(level < VOICE_LEVEL for level in levels), signature.signature(sound))


@functools.lru_cache(MAX_LOOPS)
def _blocks(packets: tuple[bytes, ...]) -> Samples:
    blocks = np.stack(decode_sound(packets))
    blocks.flags.writeable = False
    return blocks


def _samples(sound: bytes) -> Samples:
    most = round(MAX_SECONDS * SAMPLE_RATE)
    whole = np.frombuffer(sound, "<f4", count=min(len(sound) // 4, most))
    whole = whole[: len(whole) // BLOCK_SAMPLES * BLOCK_SAMPLES]
    samples: Samples = np.clip(np.nan_to_num(whole, nan=0.0), -LOUDEST, LOUDEST).astype(np.float32, copy=False)
    return samples
