"""How a synthetic person moves: head, gaze, lids, brows, mouth and breath as functions of the time in a loop.

Everything is periodic in the loop's length, so that the last frame leads into the first one, and every loop starts
and ends in the same posture, so that loops of one person can follow each other in any order.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLINK_SECONDS = 0.22
HARMONICS = 4  # whole turns per loop that are added up: more would look nervous
MOUTH_FLOOR = 0.06  # of full level: quieter is a closed mouth
ROUNDNESS_HERTZ = 3.1  # how fast the mouth goes between wide and round: about syllable pairs


@dataclass(frozen=True, slots=True)
class Pose:
    """One moment of a person. Angles in radians; the rest from 0 to 1 unless told."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    gaze: float = 0.0  # -1 left to 1 right
    lids: float = 0.0  # 0 open, 1 shut
    brows: float = 0.0  # 0 rest, 1 raised
    mouth: float = 0.0  # how far it is open
    roundness: float = 0.0  # 0 wide as in "ee", 1 round as in "oo"
    smile: float = 0.5
    breath: float = 0.0  # -1 to 1


class Motion:
    """The movement of one person over one loop of `seconds`.

    `mouth` is the envelope of the voice, from 0 to 1, one value a frame; None for somebody who listens.
    """

    def __init__(self, seed: str, *, seconds: float, mouth: NDArray[np.float64] | None = None, fps: float = 15) -> None:
        choose = random.Random(f"motion {seed}")
        self._seconds = seconds
        self._fps = fps
        self._mouth = mouth
        self._liveliness = 1.0 if mouth is not None else 0.55
        self._waves = {name: _wave(choose) for name in ("yaw", "pitch", "roll", "gaze", "brows")}
        self._blinks = _blink_times(choose, seconds)
        self._breaths = max(1, round(seconds / 4.0))
        self._warmth = choose.uniform(0.35, 0.7)
        self._round_turns = max(1, round(seconds * ROUNDNESS_HERTZ))

    def pose(self, frame: int) -> Pose:
        """The pose at frame number `frame` of the loop."""
        now = frame / self._fps
        turn = 2 * math.pi * (now / self._seconds)
        rest = _rest(now, self._seconds)
        sway = {name: self._liveliness * rest * _sum(wave, turn) for name, wave in self._waves.items()}
        opened = 0.0
        if self._mouth is not None:
            opened = float(self._mouth[frame % len(self._mouth)])
            opened = 0.0 if opened < MOUTH_FLOOR else opened
        nod = 0.05 * opened * rest
        return Pose(
            yaw=0.30 * sway["yaw"],
            pitch=0.12 * sway["pitch"] + nod,
            roll=0.07 * sway["roll"],
            gaze=max(-1.0, min(1.0, 0.9 * sway["gaze"] + 0.5 * sway["yaw"])),
            lids=max(_lid(now - blink) for blink in self._blinks),
            brows=max(0.0, 0.8 * sway["brows"]) + 0.25 * opened,
            mouth=opened,
            roundness=0.5 - 0.5 * math.cos(self._round_turns * turn),
            smile=self._warmth * (1 - 0.4 * opened),
            breath=math.sin(self._breaths * turn),
        )


def _wave(choose: random.Random) -> tuple[tuple[float, float], ...]:
    """Weights of sine and cosine for each harmonic, slower ones stronger."""
    return tuple((choose.gauss(0, 1) / (n + 1.5), choose.gauss(0, 1) / (n + 1.5)) for n in range(HARMONICS))


def _sum(wave: tuple[tuple[float, float], ...], turn: float) -> float:
    """The wave at `turn`, softly limited to -1..1."""
    total = sum(s * math.sin((n + 1) * turn) + c * math.cos((n + 1) * turn) for n, (s, c) in enumerate(wave))
    return math.tanh(total)


def _rest(now: float, seconds: float) -> float:
    """0 at both ends of the loop (the common posture), 1 in between."""
    edge = min(now, seconds - now) / 0.6
    return 0.5 - 0.5 * math.cos(min(1.0, max(0.0, edge)) * math.pi)


def _blink_times(choose: random.Random, seconds: float) -> list[float]:
    """Moments of blinks, 2 to 4.5 seconds apart, none across the seam."""
    times = [choose.uniform(0.5, 1.5)]
    while times[-1] + 2.0 < seconds - BLINK_SECONDS:
        times.append(times[-1] + choose.uniform(2.0, 4.5))
    return times


def _lid(since: float) -> float:
    """How far the lids are shut `since` seconds after a blink began."""
    if not 0 <= since <= BLINK_SECONDS:
        return 0.0
    return math.sqrt(math.sin(math.pi * since / BLINK_SECONDS))
