"""What a newcomer gets from `mcu demo`: a full meeting on the screen within ten seconds, with faces and voices."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.chromium import chromium
from tests.support.demo import VISITOR, announced, quiet_microphone, running_demo, shelf, visitor_camera
from tests.support.observe import RECORDER, MeetingPage, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

COUNT = 24
CAMERAS = 22  # of them that are on
FEWER, FEWER_CAMERAS = 8, 6  # where it is the clips that count
FIRST_SIGHT = 10.0  # seconds from the button to a full picture
BACK = 5.0  # seconds that a killed media processor may cost
MOVED = 1.0  # mean change of luma in a tile that is alive, between two looks
LOOK = 0.6  # seconds between two looks: people breathe and nod, and blink every few seconds
AUDIBLE = 0.003  # root mean square: -50 dBFS
REAL_MEDIA = Path(os.environ.get("MCU_TEST_MEDIA", "/work/shared/media"))
PICTURE = os.environ.get("MCU_TEST_SCREENSHOT", "")  # a file to write the page to

Picture = NDArray[np.uint8]


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shelf(tmp_path_factory.getbasetemp() / "demo-clips", COUNT)


@asynccontextmanager
async def visitor(folder: Path, address: str, count: int = COUNT) -> AsyncIterator[tuple[MeetingPage, float]]:
    """A newcomer's page, and the seconds from the button to a composite of everybody."""
    async with chromium(
        camera=visitor_camera(folder / "camera.y4m"),
        microphone=quiet_microphone(folder / "microphone.wav"),
        preload=RECORDER,
    ) as page:
        await page.set_viewport_size({"width": 1280, "height": 720})
        meeting = MeetingPage(page)
        await meeting.open(address)
        begin = await meeting.join(VISITOR.name, VISITOR.office)
        seen = await until(lambda: shows(meeting, count + 1), 30, what="a tile for everybody")
        yield meeting, seen - begin


async def shows(page: MeetingPage, count: int) -> bool:
    found = await page.picture()
    return found is not None and len(found[1]) == count


async def alive(page: MeetingPage) -> set[str]:
    """The participants whose tiles change between two looks."""
    before = await page.picture()
    await asyncio.sleep(LOOK)
    after = await page.picture()
    if before is None or after is None or before[0].shape != after[0].shape:
        return set()
    return {
        tile["participant"]
        for tile in after[1]
        if np.abs(cut(before[0], tile).astype(int) - cut(after[0], tile).astype(int)).mean() > MOVED
    }


async def framed(page: MeetingPage) -> set[str]:
    """The participants with the border of those who speak."""
    found = await page.colours()
    if found is None:
        return set()
    return {tile["participant"] for tile in found[1] if is_green(cut(found[0], tile)[20:-20, 1:3])}


def cut(picture: Picture, tile: dict[str, Any]) -> Picture:
    return picture[tile["y"] : tile["y"] + tile["height"], tile["x"] : tile["x"] + tile["width"]]


def is_green(pixels: Picture) -> bool:
    red, green, blue = pixels.reshape(-1, 3).mean(axis=0)
    return bool(green > red + 50 and green > blue + 30)


async def gather(page: MeetingPage, look: Any, enough: int, seconds: float, *, what: str) -> set[str]:
    """Everything that `look` found in several looks, once it is enough."""
    found: set[str] = set()

    async def look_again() -> bool:
        found.update(await look(page))
        return len(found) >= enough

    await until(look_again, seconds, what=what)
    return found


async def test_a_newcomer_meets_a_full_room(tmp_path: Path, clips: Path) -> None:
    with running_demo(tmp_path / "var", clips, COUNT) as server:
        address, _ = announced(server)
        async with visitor(tmp_path, address) as (page, first_sight):
            assert first_sight < FIRST_SIGHT
            await gather(page, alive, CAMERAS, 10, what="faces that move")
            assert await heard(page) > AUDIBLE
            await gather(page, framed, 2, 40, what="a border that goes from one to another")
            if PICTURE:
                await page.page.screenshot(path=PICTURE)  # type: ignore[attr-defined]

            (processor,) = server.processor_pids
            killed = time.monotonic()
            os.kill(processor, signal.SIGKILL)
            await until(lambda: page.page.evaluate("window.told.types.includes('media_restart')"), what="media_restart")
            await gather(page, alive, CAMERAS, 20, what="everybody back")
            print(f"{COUNT} people seen {first_sight:.1f} s after joining, again {time.monotonic() - killed:.1f} s")
            assert time.monotonic() - killed < BACK + 2 * LOOK


@pytest.mark.skipif(not REAL_MEDIA.is_dir(), reason="no folder with clips of real people")
async def test_clips_of_real_people_play(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    clips = shelf(tmp_path_factory.getbasetemp() / "demo-clips", FEWER, REAL_MEDIA)
    with running_demo(tmp_path / "var", clips, FEWER, {"MCU_MEDIA": str(REAL_MEDIA)}) as server:
        address, _ = announced(server)
        async with visitor(tmp_path, address, FEWER) as (page, first_sight):
            assert first_sight < FIRST_SIGHT
            await gather(page, alive, FEWER_CAMERAS, 10, what="people who move")
            assert await heard(page) > AUDIBLE
            if PICTURE:
                await page.page.screenshot(path=f"{PICTURE}.real.png")  # type: ignore[attr-defined]


async def heard(page: MeetingPage) -> float:
    """The loudest of a few moments: people pause for breath."""
    moments: Sequence[float] = [await page.loudness() for _ in range(6)]
    return max(moments)
