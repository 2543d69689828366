"""Real browsers on a real server send what their tile needs: by their own counts, and seen in the composite."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.chromium import chromium
from tests.support.firefox import firefox
from tests.support.media import TONES, WIDTH, camera_file, fake_camera_script, microphone_file
from tests.support.observe import RECORDER, MeetingPage, until
from tests.support.server import Server, running_server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

NAMES = {1: ("김하늘", "종로구청장"), 2: ("이바다", "중구청장")}
TILE = (204, 134)  # as thirty people have it
SMALL = [238, 134]  # what that shows of a camera of 16:9, sample by sample

# Remembers every connection, so that the test can ask what is sent.
CONNECTIONS = """() => {
  window.connections = [];
  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(...parameters) {
      super(...parameters);
      window.connections.push(this);
      window.offers = 0;
    }
    setLocalDescription(...parameters) {
      window.offers += 1;
      return super.setLocalDescription(...parameters);
    }
  };
}"""
SENT = """(async () => {
  const connection = window.connections.at(-1);
  const [, sender] = connection?.getSenders() ?? [];
  if (!sender) return null;
  const encoding = sender.getParameters().encodings[0] ?? {};
  const scale = encoding.scaleResolutionDownBy ?? 1;
  const found = { active: encoding.active, scale, offers: window.offers, size: [0, 0], sent: 0 };
  for (const report of (await sender.getStats()).values()) {
    if (report.type !== "outbound-rtp" || report.kind !== "video") continue;
    found.size = [report.frameWidth ?? 0, report.frameHeight ?? 0];
    found.sent = report.packetsSent ?? 0;
  }
  return found;
})()"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running_server(tmp_path / "var") as running:
        yield running


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


async def in_chromium(stack: AsyncExitStack, folder: Path) -> MeetingPage:
    page = await stack.enter_async_context(
        chromium(
            camera=camera_file(folder / "camera.y4m", 1),
            microphone=microphone_file(folder / "microphone.wav", 1),
            preload=f"() => {{ ({RECORDER})(); ({CONNECTIONS})(); }}",
        )
    )
    return MeetingPage(page)


async def in_firefox(stack: AsyncExitStack, folder: Path) -> MeetingPage:
    preload = f"() => {{ ({RECORDER})(); ({CONNECTIONS})(); ({fake_camera_script(2)})(); }}"
    return MeetingPage(await stack.enter_async_context(firefox(folder / "profile", preload=preload, tone=TONES[2])))


class Room:
    """The server's ready conference, whose layout the test changes."""

    def __init__(self, server: Server) -> None:
        self._server = server
        (found,) = server.get("/api/v1/conferences")["conferences"]
        self._path = f"/api/v1/conferences/{found['id']}"

    def show(self, *slots: tuple[int, int, int, int, int]) -> None:
        """(seat, x, y, width, height) in pixels of the composite."""
        keys = ("seat", "x", "y", "width", "height")
        places = [dict(zip(keys, slot, strict=True)) | {"holds": "seat"} for slot in slots]
        self._server.patch(self._path, {"layout": {"name": "custom", "canvas": [1280, 720], "slots": places}})


async def sent(page: MeetingPage) -> dict[str, Any]:
    found = await page.page.evaluate(SENT)
    return found if isinstance(found, dict) else {"active": None, "scale": 0, "size": [0, 0], "sent": 0, "offers": 0}


async def sends_all(page: MeetingPage) -> bool:
    """A browser that finds the machine or the line too weak sends less than it may, but more than for a small tile."""
    found = await sent(page)
    return found["active"] is not False and found["scale"] == 1 and SMALL[0] < found["size"][0] <= WIDTH


async def sends_little(page: MeetingPage) -> bool:
    """Of exactly the size that was asked for: a picture as small as that is made no smaller by a busy browser."""
    found = await sent(page)
    return found["active"] is not False and found["scale"] > 1 and found["size"] == SMALL


async def sees(page: MeetingPage, *people: int) -> bool:
    return await page.people() == list(people)


async def moves(page: MeetingPage) -> bool:
    before = await page.codes()
    await page.page.evaluate("new Promise((resolve) => setTimeout(() => resolve(1), 300))")
    now = await page.codes()
    return len(now) == len(before) > 0 and all(new and new != old for new, old in zip(now, before, strict=True))


@pytest.mark.long
async def test_browsers_follow_their_tiles_without_a_new_offer(
    server: Server, stack: AsyncExitStack, tmp_path: Path
) -> None:
    pages = [await in_chromium(stack, tmp_path), await in_firefox(stack, tmp_path)]
    for person, page in enumerate(pages, 1):
        await page.open(server.link)
        await page.preview_shown()
        await page.join(*NAMES[person])
    first, second = pages
    room = Room(server)
    room.show((1, 0, 0, 640, 360), (2, 640, 0, 640, 360))
    for page in pages:
        await until(lambda page=page: sees(page, 1, 2), what="both")
        await until(lambda page=page: sends_all(page), what="large tiles: the whole camera")

    room.show((1, 0, 0, *TILE), (2, 640, 0, *TILE))
    for page in pages:
        await until(lambda page=page: sends_little(page), what="small tiles: less")
        await until(lambda page=page: sees(page, 1, 2), what="both, small")
        await until(lambda page=page: moves(page), what="moving")

    for hidden, shown in ((1, 2), (2, 1)):
        page = pages[hidden - 1]
        room.show((shown, 0, 0, 640, 360))
        await until(lambda page=page: stopped(page), what=f"nothing from {hidden}, whom nobody is shown")
        room.show((1, 0, 0, 640, 360), (2, 640, 0, 640, 360))
        await until(lambda page=page: sends_all(page), what="large again")
        await until(lambda: sees(first, 1, 2), what="both again")
        await until(lambda: moves(second), what="moving again")
    assert [(await sent(page))["offers"] for page in pages] == [1, 1]


async def stopped(page: MeetingPage) -> bool:
    """Whether the browser was told to send nothing, and obeys."""
    before = await sent(page)
    await page.page.evaluate("new Promise((resolve) => setTimeout(() => resolve(1), 500))")
    return before["active"] is False and (await sent(page))["sent"] == before["sent"]
