"""`mcu demo` as a real process, with media that the test run makes once, and a visitor's own camera."""

from __future__ import annotations

import re
import time
import wave
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console

from mcu.media.types import SAMPLE_RATE
from mcu.synthetic import voice
from mcu.synthetic.figure import Artist
from mcu.synthetic.library import Library
from mcu.synthetic.look import look_of
from mcu.synthetic.motion import Motion
from mcu.synthetic.people import person
from tests.support.server import Server, running_server

ADDRESS = re.compile(r"http://localhost:\d+/c/[\w-]{22}")
KEY = re.compile(r"chair's key +([\w-]+)")
VISITOR = person(24)
VISITOR_SECONDS, VISITOR_FPS = 3, 15


def shelf(folder: Path, count: int, media: Path | None = None) -> Path:
    """`folder` with the clips of `count` people, made where they are missing."""
    Library(folder).performances(range(count), media_folder=media, console=Console(quiet=True))
    return folder


@contextmanager
def running_demo(data: Path, clips: Path, count: int, settings: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A demo whose server is ready; the clips are found on the shelf."""
    cache = data / "cache"
    cache.mkdir(parents=True)
    (cache / "synthetic").symlink_to(clips)
    with running_server(data, settings, command=("demo", "--participants", str(count))) as server:
        yield server


def announced(server: Server, seconds: float = 30.0) -> tuple[str, str]:
    """(address, chair's key) that the demo printed. Raises AssertionError with what it printed instead."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        text = "\n".join(server.lines)
        address, key = ADDRESS.search(text), KEY.search(text)
        if address and key:
            return address.group(), key.group(1)
        time.sleep(0.05)
    raise AssertionError("nothing announced:\n" + "\n".join(server.lines))


def visitor_camera(path: Path) -> Path:
    """A drawn person who listens, for --use-file-for-fake-video-capture."""
    width, height = 640, 360
    count = VISITOR_SECONDS * VISITOR_FPS
    motion = Motion("visitor", seconds=VISITOR_SECONDS, mouth=None, fps=VISITOR_FPS)
    artist = Artist(look_of(VISITOR.number, woman=VISITOR.woman), width, height)
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F{VISITOR_FPS}:1 Ip A1:1 C420mpeg2\n".encode())
        for index in range(count):
            ycbcr = np.asarray(Image.fromarray(artist.draw(motion.pose(index))).convert("YCbCr"))
            file.write(b"FRAME\n" + ycbcr[:, :, 0].tobytes())
            for plane in (1, 2):
                file.write(ycbcr[::2, ::2, plane].tobytes())
    return path


def quiet_microphone(path: Path) -> Path:
    """A room in which nobody speaks, for --use-file-for-fake-audio-capture."""
    samples = (voice.room(seconds=2, seed="visitor") * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(samples.tobytes())
    return path
