"""The bar of controls: what stands in it at each width, and the menu that holds the rest."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from mcu.signaling import protocol
from tests.browser.client_page import enter, press, wait_for
from tests.fakes.conference_server import FakeConference

pytestmark = pytest.mark.browser


def in_bar(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        """[...document.querySelectorAll(".toolbar .tool[data-tool]")].filter((node) => node.offsetWidth > 0)
           .map((node) => node.dataset.tool)"""
    )
    return found


def in_menu(page: Page) -> Locator:
    press(page, "more")
    return page.get_by_role("menu", name="더 보기").locator("button")


@pytest.mark.parametrize("width", [360, 640, 820, 1280])
def test_every_tool_is_in_the_bar_or_in_the_menu_and_never_in_both(
    page: Page, conference: FakeConference, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 720})
    enter(page, conference, chair_key="a-key-of-the-chair-1234")
    bar = in_bar(page)
    entries = in_menu(page)
    expect(entries.last).to_be_visible()
    menu = entries.evaluate_all("nodes => nodes.map((node) => node.dataset.tool)")
    expected = ["microphone", "camera", "share", "hand", "layout", "full-screen"]
    assert not set(bar) & set(menu)
    assert {*expected, "settings", "invite", "more", "people", "chat"} <= {*bar, *menu}
    assert {"microphone", "camera", "more", "people", "chat"} <= set(bar)
    assert "settings" in menu
    if width == 1280:
        assert [name for name in bar if name in expected] == expected


def test_a_tool_moves_to_the_menu_and_back_with_the_window(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    hand = page.locator('.toolbar .tool[data-tool="hand"]')
    expect(hand).to_be_visible()
    page.set_viewport_size({"width": 320, "height": 640})
    expect(hand).to_be_hidden()
    page.set_viewport_size({"width": 1280, "height": 720})
    expect(hand).to_be_visible()


def test_a_switch_in_the_menu_says_whether_it_is_on(page: Page, conference: FakeConference) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    enter(page, conference)
    press(page, "more")
    entry = page.get_by_role("menuitemcheckbox", name="손들기")
    expect(entry).to_have_attribute("aria-checked", "false")
    entry.click()
    wait_for(page, conference, protocol.SetSelf)
    expect(page.locator('[data-tool="more"]')).to_have_attribute("aria-expanded", "false")
    press(page, "more")
    expect(page.get_by_role("menuitemcheckbox", name="손들기")).to_have_attribute("aria-checked", "true")


def test_the_menu_is_walked_with_arrow_keys_and_gives_the_focus_back(page: Page, conference: FakeConference) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    enter(page, conference)
    page.locator('[data-tool="more"]').focus()
    page.keyboard.press("Enter")
    entries = page.get_by_role("menu").locator("button")
    expect(entries.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(entries.nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(entries.last).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator('[data-tool="more"]')).to_be_focused()


def test_switches_that_came_too_fast_are_told_again(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    wait_for(page, conference, protocol.SetSelf)
    told = len(conference.sent(protocol.SetSelf))
    conference.too_fast = 2
    press(page, "microphone")
    wait_for(page, conference, protocol.SetSelf, count=told + 3)
    muted, again, last = (message.muted for message in conference.sent(protocol.SetSelf)[told:])
    assert (muted, again, last) == (True, True, True)
    expect(page.locator('.tool[data-tool="microphone"]')).to_have_attribute("data-look", "off")
    page.wait_for_timeout(1_500)
    assert len(conference.sent(protocol.SetSelf)) == told + 3
