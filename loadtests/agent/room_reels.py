"""A performance as a meeting room plays it: decoded once, because a room codes its voice and picture as the call wants.

Rules:
1. Both loops are in step: a new one begins at the same beat for picture and sound, as in `mcu.synthetic.player`.
2. Everything is on the loop of events, but for the making, which takes half a second and belongs into a thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from av import VideoFrame
from av.video.reformatter import VideoReformatter

from mcu.errors import ProtocolError
from mcu.media.types import BLOCK_SECONDS, AudioBlock, EncodedFrame, StreamKind
from mcu.media.video_codecs import VideoDecoder
from mcu.synthetic.clips import Clip, Performance
from mcu.synthetic.encoding import decode_sound
from mcu.synthetic.player import MAX_SENT, MAX_SPOKEN


@dataclass(frozen=True, slots=True)
class _Loop:
    """A clip, decoded."""

    pictures: tuple[VideoFrame, ...]
    sounds: tuple[AudioBlock, ...]
    fps: int
    first_frame: int

    def number(self, beats: int) -> int:
        """Of the picture so many beats after the beginning, from 0."""
        return int(beats * BLOCK_SECONDS * self.fps + 1e-6) % len(self.pictures)


class Screen:
    """What a room presents: a loop of pictures."""

    def __init__(self, clip: Clip) -> None:
        self._loop = _decoded(clip)
        self._convert = VideoReformatter()

    def picture(self, beat: int, width: int, height: int) -> VideoFrame:
        """mcu.synthetic.room_media.Picture"""
        frame = self._loop.pictures[self._loop.number(beat)]
        return self._convert.reformat(frame, width, height, "yuv420p", threads=1)


class RoomReels:
    """`voice` and `picture` are asked for every beat that sends them, `left` is told of it."""

    def __init__(self, performance: Performance) -> None:
        self.muted = False
        self.sent: deque[tuple[int, float]] = deque(maxlen=MAX_SENT)  # (painted number, when), newest last
        self.spoken: deque[tuple[int, float]] = deque(maxlen=MAX_SPOKEN)  # (place in the speaking loop, when) likewise
        self._listening, self._speaking = _decoded(performance.listening), _decoded(performance.speaking)
        self._loop = self._listening
        self._wanted = self._listening
        self._began = 0  # the beat at which the present loop did
        self._shown = 0  # number painted into the picture given last
        self._place = -1  # of the voice given last
        self._convert = VideoReformatter()

    def set_speaking(self, speaking: bool) -> None:
        """Change loops at the next beat."""
        self._wanted = self._speaking if speaking else self._listening

    def begin_call(self) -> None:
        """Beats count from 0 again."""
        self._began = 0

    def voice(self, beat: int) -> AudioBlock | None:
        """mcu.synthetic.room_media.Voice"""
        if self._wanted is not self._loop:
            self._loop, self._began = self._wanted, beat
        loop = self._listening if self.muted else self._loop
        index = (beat - self._began) % len(loop.sounds)
        self._place = index if loop is self._speaking else -1
        return loop.sounds[index]

    def picture(self, beat: int, width: int, height: int) -> VideoFrame:
        """mcu.synthetic.room_media.Picture"""
        index = self._loop.number(beat - self._began)
        self._shown = self._loop.first_frame + index
        return self._convert.reformat(self._loop.pictures[index], width, height, "yuv420p", threads=1)

    def left(self, kind: StreamKind, beat: int, now: float) -> None:
        """What was given for this beat has been sent."""
        if kind is StreamKind.MAIN:
            self.sent.append((self._shown, now))
        elif kind is StreamKind.AUDIO and self._place >= 0:
            self.spoken.append((self._place, now))


def _decoded(clip: Clip) -> _Loop:
    return _Loop(
        pictures=tuple(_pictures(clip.codec, clip.frames, clip.keyframes)),
        sounds=tuple(decode_sound(clip.packets)),
        fps=clip.fps,
        first_frame=clip.first_frame,
    )


def _pictures(codec: str, frames: Sequence[bytes], keyframes: Sequence[int]) -> list[VideoFrame]:
    decoder, found = VideoDecoder(codec, coded_again=True), list[VideoFrame]()
    for index, data in enumerate(frames):
        picture = decoder.decode(EncodedFrame(codec, data, 0, index in keyframes))
        if picture is None or not isinstance(picture.owner, VideoFrame):
            raise ProtocolError(f"clip file: picture {index} cannot be decoded")
        found.append(picture.owner)
    return found
