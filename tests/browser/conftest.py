"""A page of the web client in a real Chromium, before a server made of the protocol's own messages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from mcu.signaling import protocol
from tests.browser.client_page import WAIT
from tests.fakes.conference_server import FakeConference, person, running

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--use-fake-device-for-media-stream=fps=30",
    "--use-fake-ui-for-media-stream",
    "--no-sandbox",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    "--disable-gpu",
]
NAMES = (("김서연", "종로구청장"), ("이준호", "중구청장"), ("박지민", "용산구청장"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def conference() -> Iterator[FakeConference]:
    others = [person(name, office, seat) for seat, (name, office) in enumerate(NAMES, 1)]
    with running(FakeConference(others=others, tiles=_tiles("p1", "p2", "p3", "you"))) as conference:
        yield conference


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="ko-KR", permissions=["camera", "microphone"])
    context.set_default_timeout(WAIT)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that must not complain: no exception, no message about the content security policy."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if "Content Security" in message.text else None)
    yield page
    assert complaints == []


def _tiles(*participants: str) -> protocol.Tiles:
    tiles = tuple(
        protocol.Tile(participant=who, x=(i % 2) * 640, y=(i // 2) * 360, width=640, height=360, content=False)
        for i, who in enumerate(participants)
    )
    return protocol.Tiles(revision=1, layout="grid", width=1280, height=720, tiles=tiles)
