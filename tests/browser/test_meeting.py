"""A meeting of real browsers on a real server: two Chromium and a Firefox, judged by what each sees and hears."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.async_api import Page as ChromiumPage

from mcu.synthetic import picture_code
from mcu.synthetic.picture_code import Code
from tests.support.chromium import chromium
from tests.support.firefox import firefox
from tests.support.media import FPS, SECONDS, TONES, camera_file, fake_camera_script, microphone_file
from tests.support.observe import RECORDER, MeetingPage, luma_of, until
from tests.support.server import Server, running_server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

NAMES = {1: ("김하늘", "종로구청장"), 2: ("이바다", "중구청장"), 3: ("박솔", "용산구청장"), 4: ("최들", "성동구청장")}

# What the own tile and the composite show at the same moment: one's own camera alone fills both.
BOTH = """[".own-picture video", "video[data-composite]"].map((name) => {
  const video = document.querySelector(name);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [640, 360];
  canvas.getContext("2d").drawImage(video, 0, 0, 640, 360);
  return canvas.toDataURL("image/png");
})"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running_server(tmp_path / "var") as running:
        yield running


class Browsers:
    """Opens browsers, each with the camera and the microphone of one person."""

    def __init__(self, stack: AsyncExitStack, folder: Path) -> None:
        self._stack = stack
        self._folder = folder

    async def chromium(self, person: int) -> MeetingPage:
        page = await self._stack.enter_async_context(
            chromium(
                camera=camera_file(self._folder / f"camera{person}.y4m", person),
                microphone=microphone_file(self._folder / f"microphone{person}.wav", person),
                preload=RECORDER,
            )
        )
        return MeetingPage(page)

    async def firefox(self, person: int) -> MeetingPage:
        preload = f"() => {{ ({RECORDER})(); ({fake_camera_script(person)})(); }}"
        page = await self._stack.enter_async_context(
            firefox(self._folder / f"profile{person}", preload=preload, tone=TONES[person])
        )
        return MeetingPage(page)


@pytest.fixture
async def browsers(tmp_path: Path) -> AsyncIterator[Browsers]:
    async with AsyncExitStack() as stack:
        yield Browsers(stack, tmp_path)


async def enter(page: MeetingPage, server: Server, person: int, **options: str) -> float:
    await page.open(server.link)
    await page.preview_shown()
    return await page.join(*NAMES[person], **options)  # type: ignore[arg-type]


async def sees(page: MeetingPage, *people: int) -> bool:
    return await page.people() == list(people)


async def test_three_browsers_see_all_and_hear_the_others(server: Server, browsers: Browsers) -> None:
    first, second, third = await browsers.chromium(1), await browsers.chromium(2), await browsers.firefox(3)
    pages = {1: first, 2: second, 3: third}
    for person, page in pages.items():
        pressed = await enter(page, server, person)
        everybody = range(1, person + 1)
        seen = await until(lambda page=page, all_=everybody: sees(page, *all_), what=f"picture of {person}")
        print(f"person {person} sees all {seen - pressed:.2f} s after pressing the button")
        if person > 1:
            others = set(range(1, person))
            heard = await until(
                lambda page=page, others=others, person=person: page.hears(others, not_={person}), what="the others"
            )
            print(f"person {person} hears all others {heard - pressed:.2f} s after pressing, listening included")
    for person, page in pages.items():
        others = {1, 2, 3} - {person}
        await until(lambda page=page: sees(page, 1, 2, 3), what=f"all three at {person}")
        await until(
            lambda page=page, others=others, person=person: page.hears(others, not_={person}),
            what=f"the others' tones at {person}, not the own",
        )
    assert server.metrics()['mcu_video_encoders{processor="0"}'] == 1  # Chromium and Firefox share one VP8 encoder

    await second.page.evaluate("(() => { document.querySelector('button.leave').click(); return 1; })()")
    await until(lambda: leave_confirmed(second), what="leaving")
    for page in (first, third):
        await until(lambda page=page: sees(page, 1, 3), what="the layout without the one who left")
    await until(lambda: first.hears({3}, not_={1, 2}), what="one tone less")


async def leave_confirmed(page: MeetingPage) -> bool:
    """Press whatever the page asks after "leave"; true when the meeting is over for it."""
    script = """(() => {
      const dialog = document.querySelector("dialog[open] button.danger, dialog[open] button.primary");
      if (dialog) dialog.click();
      return document.querySelector(".meeting") === null;
    })()"""
    return bool(await page.page.evaluate(script))


async def test_a_killed_processor_costs_five_seconds_and_no_click(server: Server, browsers: Browsers) -> None:
    first, second = await browsers.chromium(1), await browsers.firefox(2)
    await enter(first, server, 1)
    await enter(second, server, 2)
    for page in (first, second):
        await until(lambda page=page: sees(page, 1, 2), what="both before the kill")
    (pid,) = server.processor_pids
    killed = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    await until(lambda: first.page.evaluate("window.told.types.includes('media_restart')"), what="media_restart")
    for page, other, own in ((first, 2, 1), (second, 1, 2)):
        await until(lambda page=page: sees(page, 1, 2), what="both after the kill")
        codes = await page.codes()
        await until(lambda page=page, codes=codes: moving(page, codes), what="pictures that move")
        await until(lambda page=page, other=other, own=own: page.hears({other}, not_={own}), what="sound again")
    print(f"back in picture and sound {time.monotonic() - killed:.1f} s after the kill")
    assert await first.page.evaluate("window.sockets") == 1  # the WebSocket stayed


async def moving(page: MeetingPage, before: list[Code | None]) -> bool:
    """Whether every tile shows another frame than before."""
    now = await page.codes()
    return len(now) == len(before) and all(new and new != old for new, old in zip(now, before, strict=True))


async def test_a_killed_controller_leaves_no_orphan_and_everybody_comes_back(
    server: Server, browsers: Browsers
) -> None:
    first, second = await browsers.chromium(1), await browsers.chromium(2)
    key = server.ready_conference["chair_key"]
    await enter(first, server, 1, chair_key=key)
    await enter(second, server, 2)
    for page in (first, second):
        await until(lambda page=page: sees(page, 1, 2), what="both before the kill")
    before = [await page.page.evaluate("window.told.entered.you") for page in (first, second)]
    (processor,) = server.processor_pids
    server.kill(signal.SIGKILL)
    async with asyncio.timeout(5):
        while Path(f"/proc/{processor}").exists():
            await asyncio.sleep(0.05)
    server.start()
    restarted = time.monotonic()
    for page in (first, second):
        await until(lambda page=page: page.page.evaluate("window.told.entered.resumed"), what="resumed")
        await until(lambda page=page: sees(page, 1, 2), what="both after the restart")
    print(f"everybody back {time.monotonic() - restarted:.1f} s after the restart")
    after = [await page.page.evaluate("window.told.entered.you") for page in (first, second)]
    for old, new in zip(before, after, strict=True):
        assert {key: new[key] for key in ("participant", "role", "seat")} == {
            key: old[key] for key in ("participant", "role", "seat")
        }


def whole(luma: NDArray[np.uint8]) -> picture_code.Window:
    """The camera's picture fills the plane."""
    height, width = luma.shape
    return picture_code.covering(0, 0, width, height)


async def test_nobody_sees_himself_late(server: Server, browsers: Browsers) -> None:
    page = await browsers.chromium(1)
    await enter(page, server, 1)
    await until(lambda: sees(page, 1), what="oneself in the composite")
    await page.until("document.querySelector('.own-picture video')?.checkVisibility({ visibilityProperty: true })")
    place = await page.page.evaluate(
        """(() => {
          const { x, y, width, height } = document.querySelector(".own-picture").getBoundingClientRect();
          return { x, y, width, height };
        })()"""
    )
    picture = await cast(ChromiumPage, page.page).screenshot(clip=place)
    shown = np.asarray(Image.open(io.BytesIO(picture)).convert("L"))
    code = picture_code.read(np.ascontiguousarray(shown[:, ::-1]), whole(shown))  # as in a mirror
    assert code is not None
    assert code.person == 1
    behind = []
    while len(behind) < 5:
        own, mixed = await page.page.evaluate(BOTH)
        codes = [picture_code.read(luma, whole(luma)) for luma in (luma_of(own), luma_of(mixed))]
        if all(codes):
            behind.append((codes[0].frame - codes[1].frame) % (FPS * SECONDS))
    print(f"the composite shows oneself {sorted(behind)[2] / FPS:.2f} s after the own tile")
    assert max(behind) < FPS * SECONDS / 2, behind  # on a quiet machine by less than a frame, but never ahead
