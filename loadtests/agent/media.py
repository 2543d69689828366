"""What participants of a run look and sound like: each number has a face, a voice and a code of its own.

Rules:
1. Everything follows from the number and the folder of clips, so every process of a run knows it: agents and judges.
2. Encoding takes a second of CPU for each person. It is done once and kept under `CACHE` (`loadtests.faces`).
3. Beyond DETAILED people are sketched, which takes a third: their loops are shorter, and they move by fits and starts.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Sequence
from enum import Enum
from pathlib import Path

import msgspec
from rich.console import Console

from mcu.synthetic.clips import MediaSettings, Performance
from mcu.synthetic.library import Library
from mcu.synthetic.player import Reel, Reels, load_reels

CACHE = Path("var/cache/synthetic")
MEDIA_VARIABLE = "MCU_MEDIA"  # a folder with clips of real people, for whoever has one
DETAILED = 40  # people: more than have a tile of their own anywhere
CAMERA = MediaSettings(width=320, height=180, fps=15, coded=True, signed=True)  # as large as the bench has them
SKETCH = msgspec.structs.replace(CAMERA, sketched=True, listen_seconds=2.0, speak_seconds=4.0)
SCREEN = MediaSettings(  # a screen with slides, of which the loop of listening is shown
    width=1280,
    height=720,
    fps=5,
    bitrate=400_000,
    smaller=(),  # nobody is told to send less of a screen
    coded=True,
    sketched=True,
    speak_seconds=1.0,
)
MAX_KEPT = 128  # performances in memory: half a megabyte each, and a worker rarely has more people at once


class Loop(Enum):
    """What of a person."""

    CAMERA = "camera"
    SCREEN = "screen"


Key = tuple[int, Loop]


def settings_of(who: int, loop: Loop = Loop.CAMERA) -> MediaSettings:
    """How the clips of a number are made."""
    if loop is Loop.SCREEN:
        return SCREEN
    return CAMERA if who < DETAILED else SKETCH


def media_folder() -> Path | None:
    """Where clips of real people are, if anywhere."""
    folder = os.environ.get(MEDIA_VARIABLE)
    return Path(folder) if folder else None


def performances(
    numbers: Sequence[int],
    *,
    loop: Loop = Loop.CAMERA,
    cache: Path = CACHE,
    media: Path | None = None,
    console: Console | None = None,
    given_up: threading.Event | None = None,
) -> dict[int, Performance]:
    """By number; made with a progress bar where they are not in `cache`. Raises GivenUp soon after that was set."""
    library, found = Library(cache), dict[int, Performance]()
    for settings in dict.fromkeys(settings_of(who, loop) for who in numbers):
        alike = [who for who in numbers if settings_of(who, loop) == settings]
        found |= library.performances(alike, settings=settings, media_folder=media, console=console, given_up=given_up)
    return found


class Wardrobe:
    """Performances for a loop of events that waits for none of them: they are read and made in a thread."""

    def __init__(self, cache: Path = CACHE, *, media: Path | None = None, console: Console | None = None) -> None:
        self._cache, self._media, self._console = cache, media, console
        self._kept: dict[Key, tuple[Performance, Reels]] = {}  # most recently used last
        self._wanted: set[Key] = set()
        self._busy = asyncio.Lock()
        self._given_up = threading.Event()

    async def performance(self, who: int) -> Performance:
        """For whoever plays it in their own way."""
        return (await self._get((who, Loop.CAMERA)))[0]

    async def reels(self, who: int) -> Reels:
        """What a browser's like sends, shared by all who are that person."""
        return (await self._get((who, Loop.CAMERA)))[1]

    async def screen(self, who: int) -> Reel:
        """What that person shares."""
        return (await self._get((who, Loop.SCREEN)))[1].listening

    def close(self) -> None:
        """Nobody waits any more."""
        self._given_up.set()

    async def _get(self, key: Key) -> tuple[Performance, Reels]:
        """Whoever comes while others are being made is made with all the rest that came."""
        self._wanted.add(key)
        while key not in self._kept:
            async with self._busy:
                if key not in self._kept:
                    batch = frozenset(self._wanted | {key})
                    self._wanted -= batch
                    self._kept |= await asyncio.to_thread(self._make, batch)
        self._wanted.discard(key)
        kept = self._kept[key] = self._kept.pop(key)
        while len(self._kept) > MAX_KEPT:
            del self._kept[next(iter(self._kept))]
        return kept

    def _make(self, batch: frozenset[Key]) -> dict[Key, tuple[Performance, Reels]]:
        found: dict[Key, tuple[Performance, Reels]] = {}
        for loop in Loop:
            numbers = sorted(who for who, wanted in batch if wanted is loop)
            made = performances(
                numbers,
                loop=loop,
                cache=self._cache,
                media=self._media,
                console=self._console,
                given_up=self._given_up,
            )
            found |= {(who, loop): (performance, load_reels(performance)) for who, performance in made.items()}
        return found
