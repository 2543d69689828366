"""Records to figures: shares, freezes, delays and rates of one stretch of time. Pure."""

from __future__ import annotations

import bisect
import itertools
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mcu.bench.network.record import Frame, Observation, Sound
from mcu.media.types import SAMPLE_RATE, VIDEO_CLOCK_RATE

QUIET = 0.003  # rms of 10 ms: what is no speech any more
LEVEL_SECONDS = 0.010
MAX_DELAY = 5.0  # seconds between a picture sent and shown; its numbers repeat after ten
NOTHING = float("nan")  # for figures that cannot be told

Sent = Sequence[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one person in one stretch. Seconds, shares from 0 to 1, bits per second; nan when it cannot be told."""

    seconds: float
    fps: float  # frames decoded
    frame_share: float  # of the frames that the server sent
    freeze: float  # longest time without a new frame
    keyframes: int
    moved_fps: float  # new pictures of the first watched person per second
    stall: float  # longest time without one
    delay_p50: float  # from the sender's code to the receiver's, picture
    delay_p95: float
    concealed: float  # of the sound
    lost: float  # of the packets of sound, neither there when due nor restored
    gap: float  # longest quiet in speech without pauses
    buffer: float  # median seconds that the sound's receiver waits beyond the quickest packets
    buffer_max: float
    asked: tuple[float, ...]  # each freeze: from when the next frame was due to the first request for a keyframe
    bitrate: float
    rates: tuple[float, ...]  # bitrate of each second
    frame_rates: tuple[int, ...]  # frames decoded in each whole second


def figures(seen: Observation, sent: Sent, begin: float, end: float, *, fps: int, watched: int = 0) -> Figures:
    """What was received from `begin` to `end`. `sent` is of the watched person with that place in `Frame.shown`."""
    frames = [frame for frame in seen.frames if begin <= frame.arrived < end]
    sounds = [sound for sound in seen.sounds if begin <= sound.at < end]
    times = [frame.arrived for frame in frames]
    changes = _changes(frames, watched)
    delays = sorted(_delays(changes, sent))
    concealed, lost = _sound(sounds)
    buffers = [sound.delay for sound in sounds]
    rates = bit_rates(sounds)
    return Figures(
        seconds=end - begin,
        fps=len(frames) / (end - begin),
        frame_share=_share(frames, fps, end - begin),
        freeze=longest(times, begin, end),
        keyframes=sum(frame.keyframe for frame in frames),
        moved_fps=len(changes) / (end - begin),
        stall=longest([when for _, when in changes], begin, end),
        delay_p50=quantile(delays, 0.5),
        delay_p95=quantile(delays, 0.95),
        concealed=concealed,
        lost=lost,
        gap=_gap(level for when, level in seen.loud if begin <= when < end),
        buffer=statistics.median(buffers) if buffers else NOTHING,
        buffer_max=max(buffers, default=NOTHING),
        asked=asked_after(times, [when for when in seen.asked if begin <= when < end], fps=fps),
        bitrate=statistics.mean(rates) if rates else 0.0,
        rates=rates,
        frame_rates=per_second(times, begin, end),
    )


def longest(times: Sequence[float], begin: float, end: float) -> float:
    """The longest time between two of `times`, or between one and the edge of the stretch."""
    marks = [begin, *times, end]
    return max(after - before for before, after in itertools.pairwise(marks))


def asked_after(frames: Sequence[float], requests: Sequence[float], *, fps: int) -> tuple[float, ...]:
    """For each pause between frames in which a keyframe was asked for: how long the picture stood still before."""
    found: dict[int, float] = {}
    for request in requests:
        place = bisect.bisect_right(frames, request)
        if place:
            found.setdefault(place, max(0.0, request - frames[place - 1] - 1 / fps))
    return tuple(found.values())


def bit_rates(sounds: Sequence[Sound]) -> tuple[float, ...]:
    """Bits per second of each whole second."""
    found = []
    marks = list(sounds[:1])
    for sound in sounds[1:]:
        if sound.at >= marks[-1].at + 0.999:
            found.append(8 * (sound.octets - marks[-1].octets) / (sound.at - marks[-1].at))
            marks.append(sound)
    return tuple(found)


def per_second(times: Sequence[float], begin: float, end: float) -> tuple[int, ...]:
    """How many of `times` are in each whole second from `begin` on."""
    counts = [0] * int(end - begin)
    for when in times:
        second = math.floor(when - begin)
        if 0 <= second < len(counts):
            counts[second] += 1
    return tuple(counts)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Of values in rising order."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else NOTHING


def _changes(frames: Sequence[Frame], watched: int) -> list[tuple[int, float]]:
    """(number, when) of each new picture of a watched person; unreadable ones are passed over."""
    found: list[tuple[int, float]] = []
    for frame in frames:
        number = frame.shown[watched] if frame.shown else -1
        if number >= 0 and (not found or found[-1][0] != number):
            found.append((number, frame.arrived))
    return found


def _delays(changes: Iterable[tuple[int, float]], sent: Sent) -> list[float]:
    """From the sending of a picture to the frame that shows it first."""
    by_number: dict[int, list[float]] = {}
    for number, when in sent:
        by_number.setdefault(number, []).append(when)
    found = []
    for number, shown in changes:
        times = by_number.get(number, [])
        place = bisect.bisect_right(times, shown)
        if place and shown - times[place - 1] <= MAX_DELAY:
            found.append(shown - times[place - 1])
    return found


def _share(frames: Sequence[Frame], fps: int, seconds: float) -> float:
    """Decoded frames out of those of the beat; counted by their timestamps where the server's beat became slower."""
    if len(frames) < 2:
        return 0.0
    span = (frames[-1].timestamp - frames[0].timestamp) % (1 << 32) / VIDEO_CLOCK_RATE
    return min(1.0, len(frames) / (fps * max(span + 1 / fps, seconds - 1 / fps)))


def _sound(sounds: Sequence[Sound]) -> tuple[float, float]:
    """(share made up, share of packets lost)"""
    if len(sounds) < 2:
        return 1.0, 1.0
    first, last = sounds[0], sounds[-1]
    # Silence is not among what was played, but in speech without pauses it is a loss like any other.
    due = max(last.played - first.played, round((last.at - first.at) * SAMPLE_RATE))
    silent = due - (last.played - first.played)
    concealed = (last.concealed - first.concealed + silent) / due if due else 1.0
    lost = last.lost - first.lost - (last.restored - first.restored)
    decoded = last.decoded - first.decoded + last.restored - first.restored
    return max(0.0, concealed), max(0, lost) / max(1, lost + decoded)


def _gap(levels: Iterable[float]) -> float:
    run = most = 0
    for level in levels:
        run = run + 1 if level < QUIET else 0
        most = max(most, run)
    return most * LEVEL_SECONDS
