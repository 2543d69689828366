"""Loops of speech without pictures, and what two codings and a mix make of them."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mcu._native import samples
from mcu.media.audio_codecs import AudioEncoder, make_decoder
from mcu.media.types import BLOCK_SAMPLES, AudioProfile
from mcu.synthetic import voice
from mcu.synthetic.clips import Clip, MediaSettings
from mcu.synthetic.encoding import decode_sound, encode_sound
from mcu.synthetic.staging import Order, spoken

REAL_MEDIA = os.environ.get("MCU_MEDIA") or "/work/shared/media"  # recordings of people; tests do without

Sound = NDArray[np.float32]


def has_recordings() -> bool:
    return any(Path(REAL_MEDIA).glob("voice*"))


@functools.cache
def loop(person: int, folder: str = "") -> Clip:
    """What the person says, as a participant sends it; of recordings when there is a folder."""
    settings = MediaSettings(signed=True)
    return clip_of(spoken(Order(person=person, settings=settings, folder=folder)))


def clip_of(sound: voice.Sound) -> Clip:
    packets, levels = encode_sound(sound, bitrate=MediaSettings().audio_bitrate)
    return Clip("VP8", 2, 2, 1, (b"x",), (0,), 0, packets, levels)


@functools.cache
def decoded(person: int, folder: str = "") -> Sound:
    """The whole loop; not to be written to."""
    sound = np.concatenate(decode_sound(loop(person, folder).packets))
    sound.flags.writeable = False
    return sound


def mixed(voices: Iterable[Sound], profile: AudioProfile) -> Sound:
    """The sum as a server sends it and a receiver decodes it."""
    total = np.sum(list(voices), axis=0, dtype=np.float32)
    limiter, encoder = samples.Limiter(), AudioEncoder(profile)
    decoder = make_decoder(profile.codec.lower())
    blocks = (limiter.process(block.copy()) for block in total.reshape(-1, BLOCK_SAMPLES))
    return np.concatenate([decoder.decode(encoder.encode(block)) for block in blocks])
