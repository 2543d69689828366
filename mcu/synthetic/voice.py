"""Speech-like voices: nonsense syllables from formants, with a pitch, a timbre and a rhythm for each person.

Sound is mono float64 in [-1, 1]. A loop begins and ends in silence, so that it can follow itself or any other.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mcu.media.types import SAMPLE_RATE

SYNTHESIS_RATE = 24_000  # Hz: half of SAMPLE_RATE; a voice has little above 10 kHz
CONTROL_RATE = 200  # Hz: pitch, formants and loudness change no faster than a mouth does
HIGHEST_HARMONIC = 5_500.0  # Hz
LEAD_SECONDS, TAIL_SECONDS = 0.20, 0.45  # of silence around the speech of a loop
SHORTEST_PHRASE = 0.25  # seconds: two syllables
SPEECH_RMS = 0.085  # about -21 dBov while speaking, which clients with automatic gain come near to
PEAK = 0.7

Sound = NDArray[np.float64]
Track = NDArray[np.float64]  # one value per 1/CONTROL_RATE second

# Formants of seven Korean vowels for a tract of 17 cm, in Hz.
_VOWELS: dict[str, tuple[float, float, float]] = {
    "a": (780, 1350, 2550),
    "eo": (600, 1000, 2600),
    "o": (430, 800, 2500),
    "u": (340, 820, 2400),
    "eu": (370, 1400, 2450),
    "i": (290, 2180, 2950),
    "e": (500, 1850, 2600),
}
_BANDWIDTHS = (80.0, 110.0, 170.0, 260.0)
_FOURTH_FORMANT = 3500.0
_FORMANT_GAINS = (1.0, 0.55, 0.28, 0.16)


@dataclass(frozen=True, slots=True)
class Onset:
    """How a syllable begins: seconds, loudness of the voice meanwhile, noise and its kind."""

    seconds: float
    voiced: float
    noise: float
    bright: bool = False


_ONSETS: tuple[Onset, ...] = (
    Onset(0.05, 0.02, 0.25),  # g, k
    Onset(0.05, 0.05, 0.30),  # d, t
    Onset(0.06, 0.40, 0.0),  # n, m
    Onset(0.05, 0.55, 0.0),  # r
    Onset(0.08, 0.0, 0.55, bright=True),  # s
    Onset(0.07, 0.02, 0.35, bright=True),  # j, ch
    Onset(0.05, 0.10, 0.30),  # h
    Onset(0.02, 0.60, 0.0),  # none
)


@dataclass(frozen=True, slots=True)
class Voice:
    """Everything about a person's voice that does not change from word to word."""

    pitch: float  # Hz, the middle of the melody
    melody: float  # how far it moves, as a share of the pitch
    tract: float  # formants are multiplied by this; a shorter tract is higher
    tilt: float  # how fast harmonics fall: 0.8 bright to 1.5 dark
    breath: float  # share of noise
    syllables_per_second: float


def voice_of(number: int, *, woman: bool) -> Voice:
    """The voice of person `number` (from 0): neighbours are far apart in pitch."""
    choose = random.Random(f"voice {number}")
    step = number * 5 % 12 / 12  # spreads neighbours over the range
    return Voice(
        pitch=(178 + 72 * step if woman else 92 + 58 * step) * choose.uniform(0.99, 1.01),
        melody=choose.uniform(0.10, 0.20),
        tract=choose.uniform(1.10, 1.20) if woman else choose.uniform(0.94, 1.06),
        tilt=choose.uniform(0.85, 1.35),
        breath=choose.uniform(0.003, 0.012),
        syllables_per_second=choose.uniform(4.2, 5.6),
    )


def speak(voice: Voice, *, seconds: float, seed: str) -> Sound:
    """A loop of nonsense in that voice: round(seconds * SAMPLE_RATE) samples at SAMPLE_RATE.

    Raises ValueError when it is too short for a word.
    """
    if seconds < LEAD_SECONDS + SHORTEST_PHRASE + TAIL_SECONDS + 0.01:
        raise ValueError(f"{seconds} seconds are too short to speak")
    script = _write_script(voice, seconds, random.Random(f"speech {seed}"))
    noise = np.random.default_rng(abs(hash_text(seed))).standard_normal(round(seconds * SYNTHESIS_RATE))
    spoken = _voiced(voice, script) + _unvoiced(script, noise)
    return _doubled(_levelled(spoken))


def tone(frequency: float, *, seconds: float, level: float = 0.1) -> Sound:
    """A sine at SAMPLE_RATE whose loop is seamless: the frequency is moved to the nearest whole number of turns."""
    turns = max(1, round(frequency * seconds))
    count = round(seconds * SAMPLE_RATE)
    return level * np.sin(2 * np.pi * turns * np.arange(count) / count)


def room(*, seconds: float, seed: str, level: float = 0.0006) -> Sound:
    """The quiet of an office at SAMPLE_RATE, about -65 dBov, darker than white noise; the loop is seamless."""
    count = round(seconds * SAMPLE_RATE)
    spectrum = np.fft.rfft(np.random.default_rng(abs(hash_text(seed))).standard_normal(count))
    spectrum *= 1 / (1 + np.fft.rfftfreq(count, 1 / SAMPLE_RATE) / 300.0)
    hum = np.fft.irfft(spectrum, count)
    quiet: Sound = level * hum / float(np.sqrt(np.mean(hum**2)))
    return quiet


def loudness(sound: Sound, *, rate: float) -> NDArray[np.float64]:
    """The root mean square of each 1/rate second of a sound at SAMPLE_RATE, rounded to whole pieces."""
    count = round(len(sound) * rate / SAMPLE_RATE)
    edges = np.round(np.arange(count + 1) * SAMPLE_RATE / rate).astype(int)
    power = np.concatenate([[0.0], np.cumsum(sound**2)])
    edges = np.minimum(edges, len(sound))
    volume: NDArray[np.float64] = np.sqrt(
        np.maximum(power[edges[1:]] - power[edges[:-1]], 0.0) / np.maximum(np.diff(edges), 1)
    )
    return volume


def hash_text(text: str) -> int:
    """A number for seeding that is the same in every process."""
    return random.Random(text).getrandbits(63)


@dataclass(frozen=True, slots=True, eq=False)
class _Script:
    """What to say, as tracks of equal length."""

    pitch: Track  # Hz
    formants: NDArray[np.float64]  # (4, n), Hz
    voiced: Track
    noise: Track
    bright: Track


def _write_script(voice: Voice, seconds: float, choose: random.Random) -> _Script:
    count = round(seconds * CONTROL_RATE)
    pitch = np.full(count, voice.pitch)
    formants = np.tile(np.array([500.0, 1450.0, 2500.0, _FOURTH_FORMANT])[:, None], count)
    voiced, noise, bright = np.zeros(count), np.zeros(count), np.zeros(count)
    at = LEAD_SECONDS
    while at < seconds - TAIL_SECONDS - SHORTEST_PHRASE:
        end = min(at + choose.uniform(1.2, 2.4), seconds - TAIL_SECONDS)
        start = at
        while at < end - 0.12:
            length = min(choose.gauss(1.0, 0.18) / voice.syllables_per_second, end - at)
            length = max(0.11, length)
            onset = choose.choice(_ONSETS)
            vowel = choose.choice(tuple(_VOWELS.values()))
            first = round(at * CONTROL_RATE)
            middle = round((at + onset.seconds) * CONTROL_RATE)
            last = min(count, round((at + length) * CONTROL_RATE))
            stress = choose.uniform(0.65, 1.0)
            voiced[first:middle] = onset.voiced * stress
            noise[first:middle] = onset.noise
            bright[first:middle] = float(onset.bright)
            voiced[middle:last] = (
                stress * np.hanning(2 * (last - middle) + 1)[last - middle : 2 * (last - middle)] ** 0.35
            )
            formants[:3, first:last] = np.array(vowel)[:, None]
            through = (at - start) / (end - start)
            tune = 1.12 - 0.2 * through + voice.melody * choose.uniform(-1, 1)
            pitch[first:last] = voice.pitch * tune
            at += length
        at = end + choose.uniform(0.22, 0.5)
    return _Script(
        pitch=_smooth(pitch, 0.09) * (1 + 0.006 * np.sin(2 * np.pi * 5.3 * np.arange(count) / CONTROL_RATE)),
        formants=np.stack([_smooth(track, 0.055) for track in formants]) * voice.tract,
        voiced=_smooth(voiced, 0.03),
        noise=_smooth(noise, 0.015),
        bright=bright,
    )


def _voiced(voice: Voice, script: _Script) -> Sound:
    """Harmonics of the pitch, each as loud as the formants make it."""
    samples = len(script.pitch) * SYNTHESIS_RATE // CONTROL_RATE
    phase = 2 * np.pi * np.cumsum(_spread(script.pitch, samples)) / SYNTHESIS_RATE
    spoken = np.zeros(samples)
    for harmonic in range(1, int(HIGHEST_HARMONIC / script.pitch.min()) + 1):
        frequency = harmonic * script.pitch
        gain = np.zeros_like(frequency)
        for formant, bandwidth, weight in zip(script.formants, _BANDWIDTHS, _FORMANT_GAINS, strict=True):
            gain += weight / (1 + ((frequency - formant) / bandwidth) ** 2)
        gain = (gain + 0.015) * harmonic ** (-0.35 * voice.tilt) * (frequency < HIGHEST_HARMONIC) * script.voiced
        spoken += _spread(gain, samples) * np.sin(harmonic * phase)
    breath = np.random.default_rng(round(voice.pitch * 1000)).standard_normal(samples)
    return spoken + voice.breath * breath * _spread(script.voiced, samples)


def _unvoiced(script: _Script, noise: Sound) -> Sound:
    """Bursts and hisses: the noise coloured twice, bright for s and dark for h."""
    spectrum = np.fft.rfft(noise)
    frequency = np.fft.rfftfreq(len(noise), 1 / SYNTHESIS_RATE)
    hiss = np.fft.irfft(spectrum * np.exp(-(((frequency - 6000) / 1800) ** 2)), len(noise))
    puff = np.fft.irfft(spectrum * np.exp(-(((frequency - 1800) / 1100) ** 2)), len(noise))
    bright = _spread(script.bright, len(noise))
    return 0.4 * _spread(script.noise, len(noise)) * (hiss * bright + puff * (1 - bright))


def _smooth(track: Track, seconds: float) -> Track:
    """A moving average over `seconds`, its ends held."""
    width = max(1, round(seconds * CONTROL_RATE)) | 1
    padded = np.pad(track, width // 2, mode="edge")
    return np.convolve(padded, np.full(width, 1 / width), mode="valid")


def _spread(track: Track, samples: int) -> Sound:
    """A track at SYNTHESIS_RATE."""
    times = np.arange(samples) * (CONTROL_RATE / SYNTHESIS_RATE)
    spread: Sound = np.interp(times, np.arange(len(track)), track)
    return spread


def _levelled(spoken: Sound) -> Sound:
    """SPEECH_RMS where somebody speaks, softly limited to PEAK."""
    pieces = np.sqrt(np.mean(spoken[: len(spoken) // 480 * 480].reshape(-1, 480) ** 2, axis=1))
    active = pieces[pieces > 0.1 * pieces.max()]
    scaled = spoken * (SPEECH_RMS / float(np.sqrt(np.mean(active**2))))
    limited: Sound = PEAK * np.tanh(scaled / PEAK)
    return limited


def _doubled(sound: Sound) -> Sound:
    """From SYNTHESIS_RATE to SAMPLE_RATE, by zeros behind the spectrum; exact for a loop."""
    factor = SAMPLE_RATE // SYNTHESIS_RATE
    spectrum = np.fft.rfft(sound)
    wide = np.zeros(len(sound) * factor // 2 + 1, dtype=complex)
    wide[: len(spectrum)] = spectrum
    doubled: Sound = np.fft.irfft(wide, len(sound) * factor) * factor
    return doubled
