"""A chair in real Chromium calls a room, sees and hears it, is seen and heard there, and hangs it up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.attendees import until as holds
from tests.support.chromium import chromium
from tests.support.media import camera_file, microphone_file
from tests.support.observe import RECORDER, MeetingPage, until
from tests.support.room_scene import Room
from tests.support.server import Server, free_port, running_server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    settings = {"MCU_H323_HOST": "127.0.0.1", "MCU_H323_PORT": str(free_port()), "MCU_H323_H245_PORT": "0"}
    with running_server(tmp_path / "var", settings) as running:
        yield running


@pytest.fixture
async def chair(server: Server, tmp_path: Path) -> AsyncIterator[MeetingPage]:
    camera, microphone = camera_file(tmp_path / "camera.y4m", 1), microphone_file(tmp_path / "microphone.wav", 1)
    async with chromium(camera=camera, microphone=microphone, preload=RECORDER) as page:
        meeting = MeetingPage(page)
        await meeting.open(server.link)
        await meeting.join("김하늘", "종로구청장", chair_key=server.ready_conference["chair_key"])
        await meeting.until("document.querySelector('[data-tool=people]') !== null")
        yield meeting


@pytest.fixture
async def rooms() -> AsyncIterator[list[Room]]:
    made = [Room(person) for person in (2, 3)]
    yield made
    for room in made:
        await room.close()


async def test_rooms_are_called_from_the_page(chair: MeetingPage, rooms: list[Room], tmp_path: Path) -> None:
    page = chair.page
    addresses = [await room.listen() for room in rooms]
    await page.evaluate("(() => { document.querySelector('[data-tool=people]').click(); return 1; })()")
    await page.get_by_role("button", name="회의실 추가").click()
    await page.get_by_text("여러 곳을 한꺼번에 추가").click()
    lines = [f"{address}, {name}" for address, name in zip(addresses, ("대회의실", "소회의실"), strict=True)]
    await page.get_by_label("회의실 목록").fill("\n".join(lines))
    await page.get_by_role("button", name="추가하고 걸기").click()
    await holds(lambda: all(room.answered for room in rooms), what="both answer")
    await until(lambda: chair.hears({2, 3}, not_={1}), what="both are heard at the page")
    first, second = rooms
    await holds(lambda: first.hears(1, 3), what="the first room hears the page and the second")
    await holds(lambda: second.hears(1, 2), what="the second room hears the page and the first")

    async def all_seen() -> bool:
        return set(await chair.people()) >= {1, 2, 3}

    await until(all_seen, what="all three at the page")
    await page.get_by_role("heading", name="회의실 2곳 중 2곳 연결됨").wait_for()
    await page.screenshot(path=tmp_path / "rooms.png")
    await page.get_by_role("button", name="대회의실 전화 끊기", exact=True).click()
    await holds(lambda: first.ended is not None, what="the first is hung up")
    await until(lambda: chair.hears({3}, not_={1, 2}), what="one is left")
