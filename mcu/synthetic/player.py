"""What one participant sends at which moment: loops of listening and speaking, in step with each other.

Rules:
1. Time is an argument; nothing here waits or sends.
2. The picture's number follows from the time alone: a keyframe request is answered at once with the last keyframe and
   all pictures since, so that lips and marks stay where they belong. They come a few at a time: no camera gives fifteen
   pictures at once, and a receiver may drop them.
3. A new loop begins at its own first picture and packet at the same moment, cutting the old one off.
4. A new size begins with the last keyframe and all pictures since, like the answer to a keyframe request.
5. Where there is no picture of the size that is asked for, a larger one is sent, but none that is larger by a hair:
   scaled to its tile it would be blurred.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from mcu.media.payloads import packetize
from mcu.media.types import BLOCK_SAMPLES, VIDEO_CLOCK_RATE, EncodedFrame, VideoProfile
from mcu.synthetic.clips import PACKET_SECONDS, Clip, Performance

MAX_PAYLOAD = 1_100  # bytes of RTP payload: with extensions, SRTP and RTX around it fits an MTU of 1280
VOICE_LEVEL = 45  # -dBov: louder packets are marked as voice (RFC 6464)
MAX_SENT = 1536  # pictures whose moment of sending is remembered: a minute at 25 fps
MAX_SPOKEN = 3072  # packets of speech, likewise
BURST = 6  # pictures at once
BURST_SECONDS = (
    0.015  # until the next of them: three times what decoding takes, and all are sent before the next is due
)
HAIR = 33 / 32  # up to here a tile cuts what is too much
HEADROOM = 10 / 9  # from here on scaling is not seen
MAX_LAG_SECONDS = 1.0  # a process that was stopped for longer starts afresh instead of catching up

Payloads = tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Size:
    """Pixels."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Reel:
    """A clip cut into RTP payloads; shared by all who play it."""

    clip: Clip
    pictures: tuple[Payloads, ...]
    smaller: tuple[tuple[Size, tuple[Payloads, ...]], ...] = ()  # the same in other sizes, the largest first

    def covering(self, least: Size | None) -> tuple[Size, tuple[Payloads, ...]]:
        """The smallest pictures that serve for `least`; the largest for None, and where none does."""
        chosen = Size(self.clip.width, self.clip.height), self.pictures
        for size, pictures in self.smaller:
            if least is None or size.width < least.width or size.height < least.height:
                break
            more = min(size.width / least.width, size.height / least.height)
            if more <= HAIR or more >= HEADROOM:
                chosen = size, pictures
        return chosen


@dataclass(frozen=True, slots=True)
class Reels:
    """Both loops of one person."""

    listening: Reel
    speaking: Reel


@dataclass(frozen=True, slots=True)
class SoundDue:
    payload: bytes
    timestamp: int  # at 48 kHz, from 0
    level: int  # -dBov
    voice: bool
    place: int  # of the packet in the loop of speaking; -1 in that of listening


@dataclass(frozen=True, slots=True)
class PictureDue:
    payloads: Payloads
    timestamp: int  # at 90 kHz, from 0
    number: int  # as painted into the picture


def load_reels(performance: Performance) -> Reels:
    """Cut once what many may play."""
    return Reels(listening=_reel(performance.listening), speaking=_reel(performance.speaking))


class Player:
    """Plays one person's reels from monotonic time `start` on."""

    def __init__(self, reels: Reels, *, start: float) -> None:
        self.camera_off = False
        self.muted = False
        self.paused = False  # nobody is shown the picture
        self.least: Size | None = None  # that the picture must have; None: as large as it is
        self.sent: deque[tuple[int, float]] = deque(maxlen=MAX_SENT)  # (painted number, when), newest last
        self.spoken: deque[tuple[int, float]] = deque(maxlen=MAX_SPOKEN)  # (place in the speaking loop, when) likewise
        self.skipped = 0  # pictures and packets left out because the process came too late
        self._reels = reels
        self._reel = reels.listening
        self._start = start
        self._fps = reels.listening.clip.fps
        self._sounds = 0  # packets due so far
        self._pictures = 0  # pictures due so far
        self._first_sound = 0  # value of _sounds at which the present loop began
        self._first_picture = 0
        self._wanted: Reel | None = None
        self._keyframe_wanted = True
        self.size: Size | None = None  # of the picture sent last
        self._rest: list[PictureDue] = []  # of a keyframe and what came after it
        self._rest_due = 0.0

    @property
    def sound_due(self) -> float:
        """When `next_sound` is to be called."""
        return self._start + self._sounds * PACKET_SECONDS

    @property
    def picture_due(self) -> float:
        """When `next_pictures` is to be called."""
        return self._rest_due if self._rest else self._start + self._pictures / self._fps

    @property
    def speaking(self) -> bool:
        return (self._wanted or self._reel) is self._reels.speaking

    def set_speaking(self, speaking: bool) -> None:
        """Change loops at the next picture."""
        chosen = self._reels.speaking if speaking else self._reels.listening
        self._wanted = None if chosen is self._reel else chosen

    def request_keyframe(self) -> None:
        """The next picture is preceded by its keyframe."""
        self._keyframe_wanted = True

    def next_sound(self, now: float) -> SoundDue:
        """The packet due now."""
        if now - self.sound_due > MAX_LAG_SECONDS:
            late = int((now - self.sound_due) / PACKET_SECONDS)
            self.skipped += late
            self._sounds += late
        reel = self._reels.listening if self.muted else self._reel
        clip = reel.clip
        index = (self._sounds - self._first_sound) % len(clip.packets)
        level = clip.levels[index]
        timestamp = self._sounds * BLOCK_SAMPLES
        self._sounds += 1
        place = index if reel is self._reels.speaking else -1
        return SoundDue(clip.packets[index], timestamp, level, level < VOICE_LEVEL, place)

    def sound_left(self, sound: SoundDue, now: float) -> None:
        """It was sent; for whoever measures delays."""
        if sound.place >= 0:
            self.spoken.append((sound.place, now))

    def next_pictures(self, now: float) -> list[PictureDue]:
        """The picture due now, after its keyframe and those between when one is wanted; [] when none is to be sent."""
        if not self._rest:
            self._rest = self._pictures_due(now)
        elif self.camera_off or self.paused:
            self._rest = []
            self._keyframe_wanted = True
        given, self._rest = self._rest[:BURST], self._rest[BURST:]
        self._rest_due = now + BURST_SECONDS
        return given

    def _pictures_due(self, now: float) -> list[PictureDue]:
        if now - self.picture_due > MAX_LAG_SECONDS:
            late = int((now - self.picture_due) * self._fps)
            self.skipped += late
            self._pictures += late
            self._keyframe_wanted = True
        if self._wanted is not None:
            self._reel, self._wanted = self._wanted, None
            self._first_picture = self._pictures
            self._first_sound = self._sounds
        index = (self._pictures - self._first_picture) % len(self._reel.pictures)
        timestamp = self._pictures * VIDEO_CLOCK_RATE // self._fps
        self._pictures += 1
        if self.camera_off or self.paused:
            self._keyframe_wanted = True
            return []
        size, pictures = self._reel.covering(self.least)
        self._keyframe_wanted |= size != self.size
        self.size = size
        first = index
        if self._keyframe_wanted:
            first = max(key for key in self._reel.clip.keyframes if key <= index)
            self._keyframe_wanted = False
        self.sent.append((self._reel.clip.first_frame + index, now))
        return self._between(pictures, first, index, timestamp)

    def picture_left(self, now: float) -> None:
        """The last packet of what `next_pictures` gave was sent; for whoever measures delays."""
        self.sent[-1] = (self.sent[-1][0], now)

    def _between(self, pictures: Sequence[Payloads], first: int, last: int, timestamp: int) -> list[PictureDue]:
        """Pictures `first` to `last`; those before the last one get times since the picture sent before."""
        step = VIDEO_CLOCK_RATE // self._fps // (last - first + 1)
        first_frame = self._reel.clip.first_frame
        return [
            PictureDue(pictures[index], timestamp - (last - index) * step, first_frame + index)
            for index in range(first, last + 1)
        ]


def _reel(clip: Clip) -> Reel:
    smaller = ((Size(each.width, each.height), _cut(clip, each.frames)) for each in clip.smaller)
    return Reel(clip, _cut(clip, clip.frames), tuple(smaller))


def _cut(clip: Clip, frames: Sequence[bytes]) -> tuple[Payloads, ...]:
    profile = VideoProfile(codec=clip.codec, width=clip.width, height=clip.height, fps=clip.fps, bitrate=0)
    return tuple(
        tuple(packetize(EncodedFrame(clip.codec, data, 0, index in clip.keyframes), profile, MAX_PAYLOAD))
        for index, data in enumerate(frames)
    )
