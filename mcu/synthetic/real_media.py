"""Clips of real people from a folder: raw or contained video, and voices in any sound file that PyAV reads.

Short clips play forth and back. Files with "document", "screen" or "slides" in their name are content, not people.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from mcu.errors import ConfigurationError
from mcu.media.types import SAMPLE_RATE
from mcu.synthetic.encoding import Rgb
from mcu.synthetic.voice import SPEECH_RMS, Sound

VIDEO_ENDINGS = frozenset({".264", ".h264", ".mp4", ".mkv", ".webm", ".ivf", ".mov"})
SOUND_ENDINGS = frozenset({".flac", ".wav", ".opus", ".ogg", ".mp3"})
CONTENT_WORDS = ("document", "screen", "slides")
RAW_FPS = 25.0  # a raw stream does not say its rate
MAX_SOURCE_FRAMES = 150  # six seconds, played forth and back: later, cameras tend to look elsewhere
LONG_FRAMES = 600  # a recording of 24 s and more is joined in its middle: beginnings show places rather than people
MAX_COUNTED = 10_000  # frames that are looked at to find the middle
FADE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class MediaFolder:
    """The files of a folder that can be played, in the order of their names."""

    videos: tuple[Path, ...]
    voices: tuple[Path, ...]
    contents: tuple[Path, ...]


def open_folder(path: Path) -> MediaFolder:
    """Raises ConfigurationError when there is nothing to play."""
    if not path.is_dir():
        raise ConfigurationError(f"MCU_MEDIA: {path} is not a folder")
    files = sorted(file for file in path.iterdir() if file.is_file())
    pictures = [file for file in files if file.suffix.lower() in VIDEO_ENDINGS]
    contents = tuple(file for file in pictures if any(word in file.name.lower() for word in CONTENT_WORDS))
    videos = tuple(file for file in pictures if file not in contents)
    voices = tuple(file for file in files if file.suffix.lower() in SOUND_ENDINGS)
    if not videos and not voices:
        raise ConfigurationError(
            f"MCU_MEDIA: no video ({_list(VIDEO_ENDINGS)}) and no voice ({_list(SOUND_ENDINGS)}) in {path}"
        )
    return MediaFolder(videos=videos, voices=voices, contents=contents)


def pictures(path: Path, *, width: int, height: int, fps: float, count: int, variant: int = 0) -> list[Rgb]:
    """`count` pictures at `fps`, cropped and scaled to fill `width` × `height`; odd variants are mirrored.

    Variants also begin at different places, so that two people made of one file do not move alike.
    """
    source, rate = _decode_video(path, width, height, mirrored=bool(variant % 2))
    period = max(1, 2 * len(source) - 2)
    start = variant * 37
    chosen = []
    for index in range(count):
        place = (start + round(index * rate / fps)) % period
        chosen.append(source[place if place < len(source) else period - place])
    return chosen


def voice(path: Path, *, seconds: float, variant: int = 0, speed: float = 1.0) -> Sound:
    """`seconds` of the file at SAMPLE_RATE, faded at both ends, as loud as the generated voices; short files repeat.

    At another `speed` it is another, higher or lower voice.
    """
    whole = _decode_sound(path, rate=round(SAMPLE_RATE / speed))
    count = round(seconds * SAMPLE_RATE)
    start = variant * count % max(1, len(whole) - count) if len(whole) > count else 0
    cut = np.resize(whole[start:], count) if len(whole) - start < count else whole[start : start + count].copy()
    fade = np.minimum(1.0, np.arange(count) / (FADE_SECONDS * SAMPLE_RATE))
    cut = cut * fade * fade[::-1]
    power = float(np.sqrt(np.mean(cut[np.abs(cut) > 0.01] ** 2))) if np.any(np.abs(cut) > 0.01) else 1.0
    return np.clip(cut * (SPEECH_RMS / power), -1.0, 1.0)


def _decode_video(path: Path, width: int, height: int, *, mirrored: bool) -> tuple[list[Rgb], float]:
    source: list[Rgb] = []
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            raw = path.suffix.lower() in (".264", ".h264")
            rate = RAW_FPS if raw or not stream.average_rate else float(stream.average_rate)
            for frame in itertools.islice(container.decode(stream), _first_frame(path), None):
                shown = _fill(frame, width, height)
                source.append(np.ascontiguousarray(shown[:, ::-1]) if mirrored else shown)
                if len(source) == MAX_SOURCE_FRAMES:
                    break
    except (av.FFmpegError, IndexError) as error:
        raise ConfigurationError(f"MCU_MEDIA: {path.name} cannot be played: {error}") from error
    if not source:
        raise ConfigurationError(f"MCU_MEDIA: {path.name} holds no picture")
    return source, rate


def _first_frame(path: Path) -> int:
    """Where to join a recording."""
    with av.open(str(path)) as container:
        count = sum(1 for packet in itertools.islice(container.demux(video=0), MAX_COUNTED) if packet.size)
    return count // 2 if count >= LONG_FRAMES else 0


def _fill(frame: av.VideoFrame, width: int, height: int) -> Rgb:
    """Scaled so that the size is filled, the rest cropped evenly; from tall pictures rather below than above."""
    scale = max(width / frame.width, height / frame.height)
    wide, tall = max(width, round(frame.width * scale)), max(height, round(frame.height * scale))
    scaled = frame.reformat(width=wide, height=tall, format="rgb24").to_ndarray()
    left, top = (wide - width) // 2, (tall - height) // 3
    return np.ascontiguousarray(scaled[top : top + height, left : left + width])


def _decode_sound(path: Path, *, rate: int) -> Sound:
    resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
    pieces: list[Sound] = []
    try:
        with av.open(str(path)) as container:
            for frame in container.decode(audio=0):
                pieces.extend(out.to_ndarray()[0].astype(np.float64) for out in resampler.resample(frame))
    except (av.FFmpegError, IndexError) as error:
        raise ConfigurationError(f"MCU_MEDIA: {path.name} cannot be played: {error}") from error
    if not pieces:
        raise ConfigurationError(f"MCU_MEDIA: {path.name} holds no sound")
    return np.concatenate(pieces)


def _list(endings: frozenset[str]) -> str:
    return ", ".join(sorted(endings))
