"""Whose voices are in a mix: every person's loop of speech is known, and is itself the signature that is sought.

    signatures = {person: signature(loop) for person, loop in loops.items()}
    heard(sound, signatures)  # {person: strength} of those who are in it

Rules:
1. Nothing is added to a voice. What a codec at 32 kbit/s leaves of an addition that nobody hears cannot be found among
   four voices (docs/decisions/0026-load-tests.md has the figures); the voice itself is found thirty times over.
2. Sound and loops are whitened in short pieces: each moment and each pitch counts alike, so a soft consonant tells as
   much as a loud vowel, and a loud neighbour hides little.
3. The same words in the same voice are one signature. People made of one recording speak at a `speed` of their own.
4. Only what telephones let pass is looked at. Sounds are mono at SAMPLE_RATE in [-1, 1]; levels do not matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mcu.media.types import SAMPLE_RATE

RATE = 8_000  # Hz at which is compared
LOWEST, HIGHEST = 200.0, 3_500.0  # Hz
FRAME, HOP = 512, 128  # samples at RATE: 64 ms, in which a vowel does not change
FLOOR = 0.1  # of the usual magnitude, added to all: pauses are not made as loud as speech
QUIET = 10 ** (-70 / 20)  # root mean square under which nothing is heard
MIN_STRENGTH = 14.0  # 1.5 s among four voices give 17 and more; who is not there gives 10 at most, beside one alone 13
MIN_SHARE = 0.2  # of the surest one's strength: a voice that is heard alone looks a little like all others
ENOUGH_SECONDS = 1.5  # of sound; a single vowel is like that of anybody with the same pitch
CHUNK = 256  # samples at RATE in which there is sound or there is not
SOUNDING = 0.1  # of the loudest chunk's power, whitened
SPEED_STEP, SPEEDS = 0.005, 49  # between people of one recording; 12 % faster or slower is still a usual voice

Sound = NDArray[np.floating]
White = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Signature:
    """A loop of speech, prepared for being sought."""

    white: White  # the whitened loop at RATE
    spectrum: NDArray[np.complex64]  # of it


def speed(turn: int) -> float:
    """How fast the voice of the `turn`th person of one recording is played (from 0); repeats after SPEEDS."""
    place = turn % SPEEDS
    return 1.0 + SPEED_STEP * ((place + 1) // 2) * (1 if place % 2 else -1)


def signature(loop: Sound) -> Signature:
    """Of a loop of speech, best as its own packets decode to."""
    white = whitened(loop)
    return Signature(white, np.fft.rfft(white).astype(np.complex64))


def heard(sound: Sound, signatures: Mapping[int, Signature]) -> dict[int, float]:
    """Who of `signatures` is in the sound, wherever in the loop it begins, and how surely; see `found`.

    Three seconds are best: in much less nobody may speak, and in more a short word is lost.
    """
    return found(strengths(whitened(sound), signatures))


def found(strengths: Mapping[int, float]) -> dict[int, float]:
    """Those who are there: from MIN_STRENGTH on, and not a mere likeness of the surest one."""
    least = max(MIN_STRENGTH, MIN_SHARE * max(strengths.values(), default=0.0))
    return {person: strength for person, strength in strengths.items() if strength >= least}


def strengths(white: White, signatures: Mapping[int, Signature]) -> dict[int, float]:
    """How surely each is in a whitened sound: the best correlation in times of the usual one, up to 100. Of less sound
    than ENOUGH_SECONDS it is the less.
    """
    share = min(1.0, _sounding(white) / ENOUGH_SECONDS)
    if share == 0:
        return dict.fromkeys(signatures, 0.0)
    spectra: dict[int, NDArray[np.complex64]] = {}  # of the sound, folded to each length of a loop
    strengths: dict[int, float] = {}
    for person, each in signatures.items():
        length = len(each.white)
        if length not in spectra:
            spectra[length] = np.fft.rfft(_folded(white, length)).astype(np.complex64)
        correlation = np.fft.irfft(spectra[length] * np.conj(each.spectrum), length)
        usual = float(np.sqrt(np.mean(correlation**2)))
        strengths[person] = share * float(correlation.max()) / usual if usual > 0 else 0.0
    return strengths


def whitened(sound: Sound) -> White:
    """The sound at RATE with all moments and pitches about equally loud; zeros where there is nothing to hear."""
    low = _resampled(sound)
    count = len(low)
    if not count or float(np.sqrt(np.mean(low**2))) < QUIET:
        return np.zeros(count, np.float32)
    padded = np.concatenate((np.zeros(FRAME, np.float32), low, np.zeros(2 * FRAME, np.float32)))
    window = np.sqrt(np.hanning(FRAME + 1)[:-1]).astype(np.float32)
    spectra = np.fft.rfft(np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP] * window, axis=1)
    magnitude = np.abs(spectra)
    frequency = np.fft.rfftfreq(FRAME, 1 / RATE)
    band = (frequency > LOWEST) & (frequency < HIGHEST)
    floor = FLOOR * float(np.sqrt(np.mean(magnitude**2)))
    pieces = np.fft.irfft(np.where(band, spectra / (magnitude + floor), 0), axis=1) * window
    return _overlapped(pieces)[FRAME : FRAME + count].astype(np.float32)


def _sounding(white: White) -> float:
    """Seconds in which there is something to hear."""
    power = np.sum(white[: len(white) // CHUNK * CHUNK].reshape(-1, CHUNK) ** 2, axis=1)
    return float(np.count_nonzero(power > SOUNDING * power.max(initial=0.0))) * CHUNK / RATE


def _overlapped(pieces: Sound) -> Sound:
    """The sum of all pieces, each HOP after the one before."""
    parts = FRAME // HOP
    rows = np.zeros((len(pieces) + parts - 1, HOP), np.float32)
    for part in range(parts):
        rows[part : part + len(pieces)] += pieces[:, part * HOP : (part + 1) * HOP]
    return rows.reshape(-1)


def _resampled(sound: Sound) -> White:
    """To RATE, by cutting the spectrum off."""
    count = len(sound) * RATE // SAMPLE_RATE
    if count < HOP:
        return np.zeros(0, np.float32)
    spectrum = np.fft.rfft(np.asarray(sound, np.float32))[: count // 2 + 1]
    return (np.fft.irfft(spectrum, count) * (count / len(sound))).astype(np.float32)


def _folded(white: White, length: int) -> White:
    """A sound longer than the loop comes round in it."""
    if len(white) <= length:
        return np.pad(white, (0, length - len(white)))
    rounds = -(-len(white) // length)
    folded: White = np.pad(white, (0, rounds * length - len(white))).reshape(rounds, length).sum(axis=0)
    return folded
