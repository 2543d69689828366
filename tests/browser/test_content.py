"""A screen that is shared between real browsers on a real server: read by the others, taken over, given back, ended.

The screen is a canvas with a page of small print, so that every browser knows each of its pixels.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.chromium import chromium
from tests.support.observe import RECORDER, MeetingPage, until
from tests.support.server import Server, running_server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PATIENCE = 60.0  # seconds: bounds for a busy machine
READABLE = 30.0  # dB of luma against what was painted; the same page in the composite comes to less than 20
SHARP = "document.querySelector('.content-picture:not([hidden]) video')"

# `paint(canvas, page)`: lines of 16 pixels. getDisplayMedia gives a canvas with it, painted five times a second.
SCREEN = """() => {
  (%s)();
  window.paint = (canvas, page) => {
    const context = canvas.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = "#111";
    context.font = "16px sans-serif";
    for (let line = 0; line < 44; line += 1) {
      const words = `${page}-${line} 회의록은 닷새 안에 회람한다. Minutes are circulated in five days. 0123456789 `;
      context.fillText(words.repeat(2), 20, 24 + 24 * line);
    }
  };
  window.page = 1;
  navigator.mediaDevices.getDisplayMedia = async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 1920, height: 1080 });
    window.paint(canvas, window.page);
    const stream = canvas.captureStream(5);
    const timer = setInterval(() => window.paint(canvas, window.page), 200);
    stream.getTracks()[0].addEventListener("ended", () => clearInterval(timer));
    window.captured = stream.getTracks()[0];
    return stream;
  };
}"""

# Size of what is shown of the screen, and its likeness to `page` in dB of luma; null while nothing is shown.
LIKENESS = """(async () => {
  const video = %s;
  if (!video || video.videoWidth === 0) return null;
  const luma = (paint) => {
    const canvas = document.createElement("canvas"); // not an OffscreenCanvas, which has another "sans-serif"
    Object.assign(canvas, { width: video.videoWidth, height: video.videoHeight });
    paint(canvas);
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return Float32Array.from({ length: data.length / 4 }, (_, at) =>
      0.299 * data[4 * at] + 0.587 * data[4 * at + 1] + 0.114 * data[4 * at + 2]);
  };
  const [shown, painted] = [
    luma((canvas) => canvas.getContext("2d").drawImage(video, 0, 0)),
    luma((canvas) => window.paint(canvas, %d)),
  ];
  const error = shown.reduce((sum, value, at) => sum + (value - painted[at]) ** 2, 0) / shown.length;
  return [video.videoWidth, video.videoHeight, 10 * Math.log10(255 ** 2 / Math.max(error, 1e-6))];
})()"""

OVER_ITS_TILE = f"""(() => {{
  const screen = {SHARP};
  if (!screen) return false;
  const [lies, tile] = [screen, screen.closest("li")].map((node) => node.getBoundingClientRect());
  return ["left", "top", "right", "bottom"].every((side) => Math.abs(lies[side] - tile[side]) < 1);
}})()"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running_server(tmp_path / "var") as running:
        yield running


class Browsers:
    """Opens browsers that are in the meeting, without devices."""

    def __init__(self, stack: AsyncExitStack, server: Server) -> None:
        self._stack = stack
        self._server = server

    async def enter(self, name: str, **options: Any) -> MeetingPage:
        page = await self._stack.enter_async_context(chromium(preload=SCREEN % RECORDER))
        meeting = MeetingPage(page)
        await meeting.open(self._server.link)
        await meeting.join(name, "구청장", **options)
        await meeting.until("document.querySelector('video[data-composite].live')", PATIENCE)
        return meeting


@pytest.fixture
async def browsers(server: Server) -> AsyncIterator[Browsers]:
    async with AsyncExitStack() as stack:
        yield Browsers(stack, server)


async def press_share(page: MeetingPage) -> None:
    await page.page.evaluate("(() => { document.querySelector('[data-tool=share]').click(); return 1; })()")


async def reads(page: MeetingPage, number: int) -> bool:
    """Whether page `number` can be read there, in full size."""
    found = await page.page.evaluate(LIKENESS % (SHARP, number))
    print(json.dumps(found))
    return found is not None and found[:2] == [1920, 1080] and found[2] > READABLE


async def test_small_print_on_a_shared_screen_is_read_by_others(browsers: Browsers) -> None:
    sharing, watching = await browsers.enter("김하늘"), await browsers.enter("이바다", watch_only=True)
    await press_share(sharing)
    await until(lambda: reads(watching, 1), PATIENCE, what="the first page")
    assert not await sharing.page.evaluate(f"Boolean({SHARP})")  # nobody is sent the own screen
    await sharing.page.evaluate("window.page = 2")
    await until(lambda: reads(watching, 2), PATIENCE, what="the second page")
    await watching.until(OVER_ITS_TILE, PATIENCE)
    await press_share(sharing)
    await watching.until(f"!{SHARP}", PATIENCE)


@pytest.mark.long
async def test_who_takes_over_ends_the_others_capture_and_a_chair_ends_anybodys(
    server: Server, browsers: Browsers
) -> None:
    first = await browsers.enter("김하늘")
    second = await browsers.enter("이바다", chair_key=server.ready_conference["chair_key"])
    await press_share(first)
    await until(lambda: reads(second, 1), PATIENCE, what="the first screen")
    await second.page.evaluate("window.page = 7")
    await press_share(second)
    await until(lambda: reads(first, 7), PATIENCE, what="the second screen")
    assert await first.page.evaluate("window.captured.readyState") == "ended"
    assert not await second.page.evaluate(f"Boolean({SHARP})")
    await press_share(second)
    await first.until(f"!{SHARP}", PATIENCE)
    await press_share(first)
    await until(lambda: reads(second, 1), PATIENCE, what="the first screen again")
    await second.page.evaluate("(() => { document.querySelector('[data-tool=people]').click(); return 1; })()")
    await second.page.get_by_role("button", name="김하늘").and_(second.page.locator(".manage > button")).click()
    await second.page.get_by_role("menuitem", name="화면 공유 끝내기").click()
    await second.until(f"!{SHARP}", PATIENCE)
    await first.until("window.captured.readyState === 'ended'", PATIENCE)
    await first.until("document.body.textContent.includes('의장이 내 화면 공유를 끝냈습니다')", PATIENCE)
