"""What the tests of the page do again and again: enter, press a tool, wait for what the server is told."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from mcu.signaling import protocol
from tests.fakes.conference_server import FakeConference

WAIT = 15_000  # ms; a generous bound for a busy machine


def enter(
    page: Page, conference: FakeConference, *, name: str = "홍길동", office: str = "동대문구청장", chair_key: str = ""
) -> None:
    page.goto(conference.link)
    page.get_by_label("이름", exact=True).fill(name)
    page.get_by_label("기관·직위").fill(office)
    if chair_key:
        page.get_by_text("의장으로 참가").click()
        page.get_by_label("의장 열쇠").fill(chair_key)
    page.get_by_role("button", name="참가하기").click()
    expect(page.get_by_role("toolbar")).to_be_visible(timeout=WAIT)


def press(page: Page, name: str) -> None:
    """Use a tool, in the bar or, when it is not there, in the menu."""
    if not page.locator(f'.tool[data-tool="{name}"]').is_visible():
        page.locator('.tool[data-tool="more"]').click()
    page.locator(f'button[data-tool="{name}"]:visible').click()


def wait_for(page: Page, conference: FakeConference, kind: type[protocol.ClientMessage], *, count: int = 1) -> None:
    """Let the page run until the server has received `count` messages of this kind."""
    for _ in range(WAIT // 50):
        if len(conference.sent(kind)) >= count:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"no {kind.__name__} within {WAIT} ms")


def until(page: Page, expression: str) -> None:
    """Let the page run until `expression` is true in it. (Playwright's own polling evaluates text, which our policy
    forbids to all but the debugger.)"""
    for _ in range(WAIT // 50):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"not within {WAIT} ms: {expression}")
