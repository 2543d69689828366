"""Decoded samples on their way out, and the place in media time that is playing: stretched, shortened, joined.

Media time is counted in samples at 48 kHz. Speed changes by whole periods of the voice, once per STRETCH_INTERVAL at
most.
"""

from __future__ import annotations

import numpy as np

from mcu._native import samples
from mcu.media.types import BLOCK_SAMPLES, SAMPLE_RATE, AudioBlock

SLACK_LOW = -SAMPLE_RATE * 75 // 10000  # samples; the target is the upper edge of a 5 ms bin, and ticks waver by 2 ms
SLACK_HIGH = -SAMPLE_RATE * 5 // 1000  # samples; from here one packet less of delay still leaves more than SLACK_LOW
REST_HIGH = SAMPLE_RATE * 10 // 1000  # samples of a rest that is worth cutting away
STRETCH_INTERVAL = 0.060  # seconds between two cuts: 25 % faster at most, which ears forgive
FIRST_BAR = 0.85  # similarity of two periods for a cut that is not heard
LAST_BAR = 0.35  # after many refusals any place is better than none
BAR_STEP = 0.02  # per refused tick
QUIET = -60.0  # dBov under which anything may be cut or doubled
JOIN_SAMPLES = 240  # 5 ms of crossfade where two pieces do not belong together

_NOTHING: AudioBlock = np.zeros(0, np.float32)
_SILENT_BLOCK: AudioBlock = np.zeros(BLOCK_SAMPLES, np.float32)


class Playout:
    """Samples not yet given out. `end` is the media time just behind them."""

    def __init__(self) -> None:
        self.end = 0
        self.removed_samples = 0
        self.inserted_samples = 0
        self._data = _NOTHING
        self._given = (_SILENT_BLOCK, _SILENT_BLOCK)  # the last two blocks that went out
        self._bar = FIRST_BAR
        self._next_stretch = 0.0
        self._torn = False

    @property
    def available(self) -> int:
        return len(self._data)

    @property
    def position(self) -> int:
        """Media time of the next sample that will be given out."""
        return self.end - len(self._data)

    @property
    def level(self) -> float:
        """dBov of the next block."""
        return samples.level(self._data[:BLOCK_SAMPLES])

    def append(self, piece: AudioBlock) -> None:
        """Samples that follow `end`; the caller moves `end` by what they stand for."""
        if self._torn and len(piece) >= JOIN_SAMPLES:
            piece = self._joined(piece)
        self._data = np.concatenate((self._data, piece)) if len(self._data) else piece

    def take(self) -> AudioBlock:
        """One block; what is missing at its end fades out as a continuation of the voice."""
        if len(self._data) < BLOCK_SAMPLES:
            missing = BLOCK_SAMPLES - len(self._data)
            tail = samples.extend(self._recent(), missing)
            tail = samples.ramp(tail, first=1.0, last=0.0, length=missing)
            self._data = np.concatenate((self._data, tail))
        block = self._data[:BLOCK_SAMPLES]
        self._data = self._data[BLOCK_SAMPLES:]
        self._given = (self._given[1], block)
        return block

    def clear(self) -> None:
        """Drop what is there."""
        self._data = _NOTHING
        self._torn = False

    def tear(self) -> None:
        """Drop what is there, amid a voice: what comes next is blended with a continuation of what went out."""
        self._data = _NOTHING
        self._torn = True

    def off_target(self, excess: int, frame: int, now: float) -> bool:
        """Whether `adapt` would look for a period now."""
        if now < self._next_stretch:
            return False
        step = min(frame, BLOCK_SAMPLES)
        rest = len(self._data) % step
        slack = excess - rest
        return slack < SLACK_LOW or slack > step + SLACK_HIGH or rest > REST_HIGH

    def adapt(self, excess: int, frame: int, now: float) -> None:
        """Bring the delay one period nearer to where it should be.

        `excess` is how many samples more than the target the position is behind, `frame` how many a packet holds.
        Packets come whole: what counts is when the last packet of a block is needed, which is later by the rest of an
        earlier one.
        """
        if not self.off_target(excess, frame, now):
            return
        step = min(frame, BLOCK_SAMPLES)
        longer = excess - len(self._data) % step < SLACK_LOW
        quiet = samples.level(self._data) < QUIET
        length, similarity = self._cut(excess, longer) if quiet else samples.period(self._data)
        if similarity < self._bar:
            self._bar = max(LAST_BAR, self._bar - BAR_STEP)
            return
        if longer:
            self._data = samples.insert_period(self._data, length)
            self.inserted_samples += length
        elif self._may_remove(length, excess, step):
            self._data = samples.remove_period(self._data, length)
            self.removed_samples += length
        else:
            return
        self._bar = FIRST_BAR
        self._next_stretch = now + STRETCH_INTERVAL

    def _may_remove(self, length: int, excess: int, step: int) -> bool:
        """Enough is left for this block, and the next packet is not needed before it can be there."""
        left = len(self._data) - length
        return left >= BLOCK_SAMPLES and excess - length - left % step >= SLACK_LOW

    def _cut(self, excess: int, longer: bool) -> tuple[int, float]:
        """In silence the length is free."""
        if longer:
            return max(1, min(-excess, len(self._data) // 2)), 1.0
        return max(1, min(excess, len(self._data) // 2, len(self._data) - BLOCK_SAMPLES)), 1.0

    def _recent(self) -> AudioBlock:
        """The last 30 ms up to the end of what is here."""
        return np.concatenate((*self._given, self._data))[-2 * samples.MAX_PERIOD :]

    def _joined(self, piece: AudioBlock) -> AudioBlock:
        self._torn = False
        old = samples.extend(self._recent(), JOIN_SAMPLES)
        new = samples.ramp(piece, first=0.0, last=1.0, length=JOIN_SAMPLES)
        new[:JOIN_SAMPLES] += samples.ramp(old, first=1.0, last=0.0, length=JOIN_SAMPLES)
        return new
