"""The streams of a workload, encoded once and kept: the same pictures and packets for every contender.

    for source in sources(workload):
        source.picture(k)   # the k-th picture: due at k / workload.fps seconds
        source.packet(k)    # the k-th Opus packet: due at k * PACKET_SECONDS

Rules:
1. Faces and voices come from `mcu.synthetic`, and loops change where its players change them: at the first picture of
   the new loop, which is a keyframe, so that the row of pictures can be decoded without gaps.
2. More than DISTINCT people share performances: a hundred different faces take minutes to draw and change no figure.
3. Every picture carries the mark of `mcu.synthetic.picture_code`, and speech that of `mcu.synthetic.chirp`, by which
   delays are measured.
4. Cameras are there in every size that the server asks for, so that the load obeys exactly; it is made with the rest.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import Console

from mcu.bench.tiling import lines_asked
from mcu.bench.workload import Workload, loop_begin, speakers_at
from mcu.synthetic.clips import PACKET_SECONDS, Clip, MediaSettings, Performance
from mcu.synthetic.library import Library

CACHE = Path("var/cache/synthetic")
MEDIA_VARIABLE = "MCU_MEDIA"  # a folder with clips of real people, for whoever has one
DISTINCT = 36  # as many tiles as a grid has
CONTENT_WIDTH, CONTENT_HEIGHT, CONTENT_FPS, CONTENT_BITRATE = 1280, 720, 5, 400_000  # a screen with slides


@dataclass(frozen=True, slots=True)
class Coded:
    """One encoded picture."""

    data: bytes
    keyframe: bool
    number: int  # as painted into it


@dataclass(frozen=True, slots=True)
class Source:
    """All that one participant sends, from the beginning to any time. Reads no clock."""

    workload: Workload
    participant: int
    performance: Performance

    @property
    def fps(self) -> int:
        return self.performance.listening.fps

    def picture(self, index: int, *, lines: int = 0) -> Coded:
        """The picture due at index / fps seconds; the smaller one of so many lines, where there is one."""
        clip, begin = self._loop(index / self.fps)
        place = (index - math.ceil(begin * self.fps - 1e-9)) % len(clip.frames)
        frames = next((each.frames for each in clip.smaller if each.height == lines), clip.frames)
        return Coded(frames[place], place in clip.keyframes, clip.first_frame + place)

    def packet(self, index: int) -> bytes:
        """The Opus packet due at index * PACKET_SECONDS seconds."""
        clip, place = self._sound(index)
        return clip.packets[place]

    def level(self, index: int) -> int:
        """-dBov of that packet (RFC 6464)."""
        clip, place = self._sound(index)
        return clip.levels[place]

    def pictures(self, seconds: float) -> Iterator[Coded]:
        """All up to `seconds`, for contenders that read files or pipes."""
        return (self.picture(index) for index in range(math.ceil(seconds * self.fps)))

    def packets(self, seconds: float) -> Iterator[bytes]:
        """Likewise."""
        return (self.packet(index) for index in range(math.ceil(seconds / PACKET_SECONDS)))

    def _sound(self, index: int) -> tuple[Clip, int]:
        clip, begin = self._loop(index * PACKET_SECONDS)
        return clip, (index - math.ceil(begin / PACKET_SECONDS - 1e-9)) % len(clip.packets)

    def _loop(self, seconds: float) -> tuple[Clip, float]:
        speaking = self.participant in speakers_at(self.workload, seconds)
        clip = self.performance.speaking if speaking else self.performance.listening
        return clip, loop_begin(self.workload, self.participant, seconds)


def settings_of(workload: Workload) -> MediaSettings:
    """How the clips of this workload are made."""
    lines = {*MediaSettings().smaller, *lines_asked(workload).values()}
    return MediaSettings(
        width=workload.width,
        height=workload.height,
        fps=workload.fps,
        codec=workload.codec_in,
        bitrate=workload.bitrate,
        smaller=tuple(sorted((each for each in lines if each < workload.height), reverse=True)),
        coded=True,
        chirped=True,
    )


def content_settings_of(workload: Workload) -> MediaSettings:
    """Likewise, of the shared screen."""
    return MediaSettings(
        width=CONTENT_WIDTH,
        height=CONTENT_HEIGHT,
        fps=CONTENT_FPS,
        codec=workload.codec_in,
        bitrate=CONTENT_BITRATE,
        smaller=(),  # nobody is told to send less of a screen
        coded=True,
    )


def media_folder() -> Path | None:
    """Where clips of real people are, if anywhere."""
    folder = os.environ.get(MEDIA_VARIABLE)
    return Path(folder) if folder else None


def performances(workload: Workload, *, cache: Path = CACHE, console: Console | None = None) -> list[Performance]:
    """One for each participant, made with a progress bar where they are not in `cache`."""
    folder = media_folder()
    numbers = range(min(workload.participants, DISTINCT))
    made = Library(cache).performances(numbers, settings=settings_of(workload), media_folder=folder, console=console)
    return [made[number % len(numbers)] for number in range(workload.participants)]


def sources(workload: Workload, *, cache: Path = CACHE, console: Console | None = None) -> list[Source]:
    """What each participant sends."""
    made = performances(workload, cache=cache, console=console)
    return [Source(workload, number, performance) for number, performance in enumerate(made)]


def content(workload: Workload, *, cache: Path = CACHE, console: Console | None = None) -> Clip | None:
    """The loop that participant 0 shares, None when nobody does."""
    if not workload.content:
        return None
    return Library(cache).performances([0], settings=content_settings_of(workload), console=console)[0].listening


def content_source(workload: Workload, *, cache: Path = CACHE, console: Console | None = None) -> Source | None:
    """The same as a stream."""
    clip = content(workload, cache=cache, console=console)
    alone = msgspec.structs.replace(workload, speakers=0)  # a screen does not change loops
    return None if clip is None else Source(alone, 0, Performance(0, clip, clip))
