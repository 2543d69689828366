"""The check of the line on the join page: with the real server in Chromium and Firefox, and where there is none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.client_page import WAIT, enter
from tests.fakes.conference_server import FakeConference
from tests.support.chromium import chromium
from tests.support.firefox import firefox
from tests.support.line_check import checked
from tests.support.media import camera_file, microphone_file
from tests.support.network import BROWSER_THROUGH, Weather, relay
from tests.support.observe import MeetingPage, until
from tests.support.server import Server, running_server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

LOST = 0.25  # share of datagrams, each way


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running_server(tmp_path / "var") as running:
        yield running


@asynccontextmanager
async def browser_of(kind: str, folder: Path) -> AsyncIterator[Any]:
    if kind == "firefox":
        async with firefox(folder / "profile", preload="() => {}", tone=440.0) as page:
            yield page
    else:
        camera, microphone = camera_file(folder / "c.y4m", 1), microphone_file(folder / "m.wav", 1)
        async with chromium(camera=camera, microphone=microphone, preload="() => {}") as page:
            yield page


@pytest.mark.parametrize("kind", ["chromium", "firefox"])
async def test_a_line_to_the_real_server_is_measured_over_udp(server: Server, tmp_path: Path, kind: str) -> None:
    async with browser_of(kind, tmp_path) as page:
        await MeetingPage(page).open(server.link)
        figures = await checked(page)
    assert figures["transport"] == "UDP"
    assert figures["roundTrip"].endswith("ms")
    assert figures["lossUp"].endswith("%")
    assert figures["lossDown"].endswith("%")
    assert "Mbit/s" in figures["rateUp"]
    assert "Mbit/s" in figures["rateDown"]
    metrics = server.metrics()
    assert metrics["mcu_signaling_line_checks_total"] == 1
    assert metrics["mcu_conferences"] == 0  # it is in none
    assert metrics['mcu_signaling_checked_bytes_total{direction="up"}'] >= 16_384


async def test_a_lossy_line_is_measured_and_the_page_advises_a_cable(server: Server, tmp_path: Path) -> None:
    camera, microphone = camera_file(tmp_path / "c.y4m", 1), microphone_file(tmp_path / "m.wav", 1)
    async with relay(server.media_port, Weather(loss=LOST)) as network:
        preload = BROWSER_THROUGH % network.port
        async with chromium(camera=camera, microphone=microphone, preload=preload) as page:
            await MeetingPage(page).open(server.link)
            figures = await checked(page)
    measured = [float(figures[way].rstrip("%")) / 100 for way in ("lossUp", "lossDown")]
    assert all(LOST / 3 < loss < LOST * 2 for loss in measured), figures  # of about a hundred packets
    assert "유선(케이블)으로 연결하십시오" in figures[""]


async def test_firefox_plays_the_test_sound(conference: FakeConference, tmp_path: Path) -> None:
    async with browser_of("firefox", tmp_path) as page:
        await page.goto(conference.link)
        tone = "document.querySelector('.speaker-test')?.dataset.tone"

        async def is_(state: str) -> bool:
            return bool(await page.evaluate(f"{tone} === '{state}'"))

        await until(lambda: is_("off"), 20, what="the button")
        await page.evaluate("document.querySelector('.speaker-test').click()")
        await until(lambda: is_("playing"), 20, what="the sound")
        await until(lambda: is_("played"), 20, what="the end of the sound")


def test_a_server_that_has_no_time_keeps_nobody_from_joining(page: Page, conference: FakeConference) -> None:
    page.goto(conference.link)
    expect(page.locator(".line-check")).to_contain_text("연결 상태를 점검하지 못했습니다. 서버가 바쁘면")
    expect(page.get_by_role("button", name="자세히")).to_be_hidden()  # there is nothing to show
    expect(page.get_by_role("heading", name=conference.title)).to_be_visible()
    enter(page, conference)


def test_a_server_that_does_not_answer_is_said_to_be_out_of_reach(page: Page, conference: FakeConference) -> None:
    page.route("**/lobby/line", lambda route: route.abort())
    page.goto(conference.link)
    expect(page.locator(".line-check")).to_contain_text("서버에 연결되지 않습니다")
    page.unroute("**/lobby/line")
    page.get_by_role("button", name="다시 점검하기").click()
    expect(page.locator(".line-check")).to_contain_text("점검하지 못했습니다", timeout=WAIT)


def test_joining_does_not_wait_for_the_check_and_ends_it(page: Page, conference: FakeConference) -> None:
    page.route("**/lobby/line", lambda route: None)  # never answered
    page.goto(conference.link)
    expect(page.locator('.line-check[data-phase="running"]')).to_be_visible()
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/lobby/line")):
        enter_here(page)
    expect(page.get_by_role("toolbar")).to_be_visible(timeout=WAIT)


def enter_here(page: Page) -> None:
    page.get_by_label("이름", exact=True).fill("홍길동")
    page.get_by_role("button", name="참가하기").click()
