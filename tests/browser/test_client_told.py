"""What a screen reader is told in the meeting, in both languages, and that no word of the other is left."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, expect

from mcu.signaling import protocol
from tests.browser.client_page import enter
from tests.browser.scene import Setting, scene
from tests.browser.states import STATES
from tests.fakes.conference_server import FakeConference, person

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SPOKEN = "[aria-live=polite].visually-hidden"
NEW = person("최민수", "성동구청장", 9)
FIRST = person("김서연", "종로구청장", 1)
# What happens, and what is said of it.
NEWS: tuple[tuple[protocol.ServerMessage, str], ...] = (
    (protocol.ParticipantJoined(participant=NEW), "성동구청장 최민수 님이 들어왔습니다"),
    (protocol.ParticipantChanged(participant=replace(NEW, muted=True)), "성동구청장 최민수 님의 마이크가 꺼졌습니다"),
    (protocol.ParticipantChanged(participant=NEW), "성동구청장 최민수 님의 마이크가 켜졌습니다"),
    (protocol.ParticipantChanged(participant=replace(NEW, hand=True)), "성동구청장 최민수 님이 손을 들었습니다"),
    (protocol.ContentChanged(participant="p1"), "종로구청장 김서연 님이 화면을 공유합니다"),
    (protocol.ContentChanged(participant=None), "화면 공유가 끝났습니다"),
    (protocol.LockChanged(locked=True), "의장이 회의를 잠갔습니다"),
    (protocol.ParticipantLeft(participant="p9", reason="left"), "성동구청장 최민수 님이 나갔습니다"),
    (protocol.ParticipantLeft(participant="p1", reason="removed"), "종로구청장 김서연 님을 의장이 내보냈습니다"),
)
# Every word that can be seen or heard, but those of people and of the meeting.
WORDS = """() => {
  const said = [];
  const own =
    "bdi, .tile-name, .avatar, [lang=ko]:not(html), [data-language=ko], option, .chat-log, h1, time, noscript," +
    "[role=log]";
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.parentElement.closest(own + ", .tiles")) said.push(node.data);
  }
  for (const node of document.querySelectorAll("[aria-label], [title], [placeholder]")) {
    if (node.closest(own + ", .tiles, .people, .manage")) continue;
    for (const name of ["aria-label", "title", "placeholder"]) said.push(node.getAttribute(name) ?? "");
  }
  return said.filter((words) => /[가-힣]/.test(words));
}"""
SHOWN = ("form", "form-by-number", "form-denied", "meeting-4", "people", "settings", "more-menu", "over-left")


def test_what_happens_is_read_out(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    for message, words in NEWS:
        conference.tell(message)
        expect(page.locator(SPOKEN)).to_have_text(words)


def test_the_chair_s_mute_is_read_out_to_whom_it_concerns(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    assert conference.you is not None
    muted = replace(conference.you, muted=True, muted_by_chair=True)
    conference.tell(protocol.ParticipantChanged(participant=muted))
    expect(page.locator(SPOKEN)).to_have_text("의장이 내 마이크를 껐습니다")


@pytest.mark.parametrize("name", SHOWN)
def test_in_english_no_korean_word_is_left(browser: Browser, name: str) -> None:
    state = next(state for state in STATES if state.name == name)
    with scene(browser, state.setting, language="en") as brought:
        state.show(brought)
        assert brought.page.evaluate("document.documentElement.lang") == "en"
        assert brought.page.evaluate(WORDS) == []


def test_the_language_changes_in_the_middle_of_everything(browser: Browser) -> None:
    """On the form with what was typed, in the meeting under an open panel, and afterwards."""
    with scene(browser, Setting(media="none")) as brought:
        page = brought.page
        brought.open()
        brought.fill()
        brought.until(f"({WORDS})().length > 0")
        page.get_by_role("button", name="English").click()
        expect(page.get_by_role("button", name="Join", exact=True)).to_be_visible()
        assert page.locator("#join-name").input_value() != ""
        assert page.evaluate(WORDS) == []
        brought.press_enter()
        expect(page.get_by_role("toolbar")).to_be_visible()
        brought.tool("chat")
        brought.tool("settings")
        assert page.evaluate(WORDS) == []
        page.get_by_role("button", name="한국어").click()
        expect(page.locator(".panel h2")).to_have_text("채팅")
        expect(page.get_by_role("dialog")).to_contain_text(re.compile("카메라"))
        page.keyboard.press("Escape")
        page.locator("button.leave").click()
        page.get_by_role("button", name="English").click()
        expect(page.get_by_role("button", name="Join again")).to_be_visible()
        assert page.evaluate("document.documentElement.lang") == "en"
