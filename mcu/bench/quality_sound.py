"""What mixing and coding cost the sound: the mix that was heard next to the plain sum of the voices that were sent.

Each voice is decoded from its own packets and put where its marks were heard, so that delays do not count. The same
sum, coded by a plain Opus encoder and nothing else, is measured as well. Where a jitter buffer stretches time, that
shows twice: as it sounds, and because a voice is put by the mark next to it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import av
import msgspec
import numpy as np
from numpy.typing import NDArray

from mcu._native.opus import OpusDecoder
from mcu.bench.contenders.floor import opus_encoder
from mcu.bench.delay_audio import Heard, Sighting, beginnings, sightings
from mcu.bench.observation import Observation
from mcu.media.types import BLOCK_SAMPLES, SAMPLE_RATE
from mcu.synthetic.clips import Clip
from mcu.synthetic.encoding import decode_sound
from mcu.synthetic.intelligibility import spectral_distance, stoi

EDGE = SAMPLE_RATE // 2  # samples at both ends that are left out: voices may be missing in the sum there
SEARCH = SAMPLE_RATE // 50  # samples by which a codec may delay

Samples = NDArray[np.float64]


class SoundQuality(msgspec.Struct, frozen=True):
    """STOI from 0 to 1, distances in decibels; nan where nobody spoke."""

    server: float
    plain: float
    server_distance: float
    plain_distance: float
    seconds: float  # that were compared
    voices: int


def measure(seen: Observation, speaking: Mapping[int, Clip]) -> SoundQuality:
    """`speaking` are the loops of speaking by performance."""
    heard = Heard(seen.packets)
    total = np.zeros(len(heard.samples))
    voices = 0
    ends: list[tuple[float, float]] = []
    for who, spoken in seen.spoken.items():
        if who == seen.observer:
            continue
        clip = speaking[seen.performances[who]]
        marks = sightings(heard, spoken, beginnings(clip, seen.performances[who]), seen.performances[who])
        if marks:
            voices += 1
            ends.append((marks[0].place, marks[-1].place))
            add_voice(total, spoken, marks, decoded(clip))
    first = int(min((begin for begin, _ in ends), default=0)) + EDGE
    last = int(max((end for _, end in ends), default=0)) - EDGE
    if last <= first:
        return SoundQuality(math.nan, math.nan, math.nan, math.nan, 0.0, voices)
    wanted, got = total[first:last], heard.samples[first:last].astype(np.float64)
    coded = aligned(wanted, plainly_coded(wanted))
    return SoundQuality(
        server=stoi(wanted, got),
        plain=stoi(wanted, coded),
        server_distance=spectral_distance(wanted, got),
        plain_distance=spectral_distance(wanted, coded),
        seconds=(last - first) / SAMPLE_RATE,
        voices=voices,
    )


def add_voice(
    total: Samples, spoken: Sequence[tuple[int, float]], marks: Sequence[Sighting], loop: Sequence[Samples]
) -> None:
    """Put each packet that was sent where the mark next to it says; `loop` are the decoded packets."""
    nearest = 0
    for index, (packet, _) in enumerate(spoken):
        while nearest + 1 < len(marks) and abs(marks[nearest + 1].index - index) <= abs(marks[nearest].index - index):
            nearest += 1
        mark = marks[nearest]
        start = round(mark.place - mark.seconds * SAMPLE_RATE) + (index - mark.index) * BLOCK_SAMPLES
        block = loop[packet]
        begin, end = max(0, start), min(len(total), start + len(block))
        if begin < end:
            total[begin:end] += block[begin - start : end - start]


def decoded(clip: Clip) -> list[Samples]:
    """Each packet of a loop."""
    return [block.astype(np.float64) for block in decode_sound(clip.packets)]


def plainly_coded(sound: Samples) -> Samples:
    """Through a plain encoder and a bare decoder; as long as whole blocks."""
    encoder, decoder = opus_encoder(), OpusDecoder()
    pieces: list[Samples] = []
    for index in range(len(sound) // BLOCK_SAMPLES):
        block = sound[index * BLOCK_SAMPLES : (index + 1) * BLOCK_SAMPLES]
        frame = av.AudioFrame.from_ndarray(
            np.clip(block, -1, 1).astype(np.float32)[None, :], format="flt", layout="mono"
        )
        frame.sample_rate, frame.pts = SAMPLE_RATE, index * BLOCK_SAMPLES
        pieces.extend(decoder.decode(bytes(packet)).astype(np.float64) for packet in encoder.encode(frame))
    return np.concatenate(pieces) if pieces else np.zeros(0)


def aligned(wanted: Samples, late: Samples) -> Samples:
    """`late` moved to where it fits `wanted` best, at most SEARCH earlier, and as long."""
    size = 1 << (len(wanted) + len(late)).bit_length()
    both = np.fft.irfft(np.fft.rfft(late, size) * np.conj(np.fft.rfft(wanted, size)), size)
    shift = int(np.argmax(both[: SEARCH + 1]))
    moved = np.zeros(len(wanted))
    kept = late[shift : shift + len(wanted)]
    moved[: len(kept)] = kept
    return moved
