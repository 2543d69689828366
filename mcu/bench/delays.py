"""The delay that the server adds to pictures and sound, and how far they are apart: an observation to figures. Pure.

What senders and receivers need themselves is in none of it: pictures are coded before they are sent and count as
received when their last packet has come; sound is compared with what the sender's own packets decode to. The scheduling
of the load's process is in it, and on a busy machine that is milliseconds: `late` says how much at most.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

import msgspec

from mcu.bench import delay_audio
from mcu.bench.observation import Look, Observation, Shown
from mcu.media.types import SAMPLE_RATE, VIDEO_CLOCK_RATE
from mcu.synthetic import picture_delay
from mcu.synthetic.clips import Clip

SETTLE_SECONDS = 1.0  # after the keyframe that an observation begins with: it was asked for by us


class Spread(msgspec.Struct, frozen=True):
    """Of delays, in milliseconds; all nan when there are none."""

    count: int = 0
    least: float = float("nan")
    p50: float = float("nan")
    p95: float = float("nan")
    most: float = float("nan")

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Spread:
        """Percentiles by the nearest rank."""
        ordered = sorted(1000 * value for value in seconds)
        if not ordered:
            return cls()
        return cls(len(ordered), ordered[0], _rank(ordered, 0.50), _rank(ordered, 0.95), ordered[-1])


class Delays(msgspec.Struct, frozen=True):
    """Milliseconds, overall and by person."""

    video: Spread
    audio: Spread
    skew: float  # median of people: sound later than the own picture; nan when nobody was seen and heard
    video_of: dict[int, Spread]
    audio_of: dict[int, Spread]
    skew_of: dict[int, float]
    content: Spread  # of the shared screen
    composites: Spread  # by how much each came later after its tick than the quickest: coding, pacing, a busy machine
    packets: Spread  # of sound, likewise
    fps: float  # of the composites that came: fewer where the server found the machine too busy
    readable: float  # share of tiles whose number could be read
    marks_sent: int  # of sound
    late: float  # the most that the load woke up too late
    left_out: int


def measure(seen: Observation, composites: Sequence[Look], speaking: Mapping[int, Clip]) -> Delays:
    """`composites` are `looks(seen)`; `speaking` are the loops of speaking by performance."""
    videos = _videos(seen, composites)
    sounds = _sounds(seen, speaking)
    video_of = {who: Spread.of(found) for (who, content), found in sorted(videos.items()) if not content}
    audio_of = {who: Spread.of(found) for who, found in sorted(sounds.items())}
    skew_of = {
        who: spread.p50 - video_of[who].p50
        for who, spread in audio_of.items()
        if spread.count and who in video_of and video_of[who].count
    }
    people = [each for (_, content), found in videos.items() if not content for each in found]
    return Delays(
        video=Spread.of(people),
        audio=Spread.of([each for found in sounds.values() for each in found]),
        skew=statistics.median(skew_of.values()) if skew_of else float("nan"),
        video_of=video_of,
        audio_of=audio_of,
        skew_of=skew_of,
        content=Spread.of(videos.get((0, True), ())),
        composites=Spread.of(lateness([(frame.arrived, frame.timestamp) for frame in seen.frames], VIDEO_CLOCK_RATE)),
        packets=Spread.of(lateness([(packet.arrived, packet.timestamp) for packet in seen.packets], SAMPLE_RATE)),
        fps=_fps(seen),
        readable=_readable(composites),
        marks_sent=_marks_sent(seen, speaking),
        late=1000 * seen.late,
        left_out=seen.left_out,
    )


def lateness(arrivals: Sequence[tuple[float, int]], rate: int) -> list[float]:
    """Seconds that each of (when, RTP timestamp at `rate`) came later than the quickest one would have it."""
    if not arrivals:
        return []
    begin, first = arrivals[0]
    offsets = [when - begin - ((time - first + (1 << 31)) % (1 << 32) - (1 << 31)) / rate for when, time in arrivals]
    quickest = min(offsets)
    return [offset - quickest for offset in offsets]


def _readable(composites: Sequence[Look]) -> float:
    """The share of tiles whose mark could be read."""
    tiles = sum(len(look.places) for look in composites)
    return sum(len(look.numbers) for look in composites) / tiles if tiles else 0.0


def _fps(seen: Observation) -> float:
    if len(seen.frames) < 2:
        return 0.0
    return (len(seen.frames) - 1) / max(1e-3, seen.frames[-1].arrived - seen.frames[0].arrived)


def _videos(seen: Observation, composites: Sequence[Look]) -> dict[Shown, list[float]]:
    if not composites:
        return {}
    settled = composites[0].frame.arrived + SETTLE_SECONDS
    changes = picture_delay.first_appearances(
        (look.frame.arrived, look.numbers) for look in composites if look.frame.arrived >= settled
    )
    sent = {(who, False): pairs for who, pairs in seen.pictures.items()} | {(0, True): seen.content}
    return {shown: picture_delay.delays(found, sent.get(shown, ())) for shown, found in changes.items()}


def _sounds(seen: Observation, speaking: Mapping[int, Clip]) -> dict[int, list[float]]:
    heard = delay_audio.Heard(seen.packets)
    found: dict[int, list[float]] = {}
    for who, spoken in seen.spoken.items():
        if who != seen.observer:  # nobody hears the own voice
            person = seen.performances[who]
            marks = delay_audio.beginnings(speaking[person], person)
            found[who] = [each.delay for each in delay_audio.sightings(heard, spoken, marks, person)]
    return found


def _marks_sent(seen: Observation, speaking: Mapping[int, Clip]) -> int:
    count = 0
    for who, spoken in seen.spoken.items():
        if who != seen.observer:
            person = seen.performances[who]
            places = {mark.packet for mark in delay_audio.beginnings(speaking[person], person)}
            count += sum(place in places and seen.begin <= when <= seen.end for place, when in spoken)
    return count


def _rank(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
