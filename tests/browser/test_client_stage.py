"""Around the picture: small window, screen kept on, invitation, raised hands in order, and the page afterwards."""

from __future__ import annotations

import re
from typing import Literal

import msgspec
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from mcu.signaling import protocol
from tests.browser.client_page import WAIT, enter, press, until, wait_for
from tests.browser.layouts_shown import SCENES, enter_scene
from tests.fakes.conference_server import LINK, FakeConference, person

pytestmark = pytest.mark.browser

# The browser's own small window needs a desktop: what the page asks for, and hears, is played.
SMALL_WINDOW = """
  window.asked = [];
  let element = null;
  const change = (video, next) => {
    const before = element;
    element = next;
    before?.dispatchEvent(new Event("leavepictureinpicture", { bubbles: true }));
    next?.dispatchEvent(new Event("enterpictureinpicture", { bubbles: true }));
  };
  Object.defineProperty(Document.prototype, "pictureInPictureEnabled", { get: () => true });
  Object.defineProperty(Document.prototype, "pictureInPictureElement", { get: () => element });
  Document.prototype.exitPictureInPicture = async () => change(element, null);
  HTMLVideoElement.prototype.requestPictureInPicture = async function () {
    window.asked.push(this.dataset.composite ?? "other");
    change(this, this);
  };
"""
WAKE_LOCK = """
  window.locks = [];
  class Lock extends EventTarget {
    released = false;
    async release() { this.released = true; this.dispatchEvent(new Event("release")); }
  }
  Object.defineProperty(navigator, "wakeLock", { value: {
    request: async (type) => { const lock = new Lock(); lock.type = type; window.locks.push(lock); return lock; },
  } });
  window.held = () => window.locks.filter((lock) => !lock.released).length;
"""


def hand(conference: FakeConference, index: int, *, up: bool) -> None:
    conference.others[index] = msgspec.structs.replace(conference.others[index], hand=up)
    conference.tell(protocol.ParticipantChanged(participant=conference.others[index]))


def test_the_small_window_is_opened_followed_and_closed(page: Page, conference: FakeConference) -> None:
    page.add_init_script(SMALL_WINDOW)
    enter_scene(page, conference, SCENES["grid-4"])
    press(page, "more")
    page.get_by_role("menuitemcheckbox", name="작은 창으로 보기").click()
    press(page, "more")
    expect(page.get_by_role("menuitemcheckbox", name="작은 창으로 보기")).to_have_attribute("aria-checked", "true")
    assert page.evaluate("window.asked") == [""]  # the composite, by the attribute that marks it
    page.get_by_role("menuitemcheckbox", name="작은 창으로 보기").click()
    press(page, "more")
    expect(page.get_by_role("menuitemcheckbox", name="작은 창으로 보기")).to_have_attribute("aria-checked", "false")


def test_a_new_connection_s_picture_takes_the_small_window_over(page: Page, conference: FakeConference) -> None:
    page.add_init_script(SMALL_WINDOW)
    enter_scene(page, conference, SCENES["grid-4"])
    press(page, "float")
    conference.drop()  # the offer that was never answered is made again, on a new connection
    expect(page.locator("video.composite")).to_have_count(2)
    page.evaluate(
        """() => {
          const [next, before] = document.querySelectorAll("video.composite");
          next.srcObject = before.srcObject; // its first frame
        }"""
    )
    expect(page.locator("video.composite")).to_have_count(1)
    assert page.evaluate("window.asked.length") == 2
    assert page.evaluate('document.pictureInPictureElement === document.querySelector("video.composite")')


def test_where_there_is_no_small_window_nothing_offers_one(page: Page, conference: FakeConference) -> None:
    page.add_init_script("delete Document.prototype.pictureInPictureEnabled")  # as in Firefox
    enter(page, conference)
    press(page, "more")
    expect(page.get_by_role("menuitem", name="설정")).to_be_visible()
    expect(page.get_by_role("menuitemcheckbox", name="작은 창으로 보기")).to_have_count(0)


def test_the_screen_stays_on_during_the_meeting_only(page: Page, conference: FakeConference) -> None:
    page.add_init_script(WAKE_LOCK)
    page.goto(conference.link)
    assert page.evaluate("window.held()") == 0
    enter(page, conference)
    until(page, "window.held() === 1")
    assert page.evaluate("window.locks[0].type") == "screen"
    page.evaluate("window.locks[0].release()")  # as the browser does with a page that nobody sees
    assert page.evaluate("window.held()") == 0
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    until(page, "window.held() === 1")
    page.get_by_role("button", name="나가기").click()
    until(page, "window.held() === 0")


def test_full_screen_is_a_switch_that_says_its_state(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    press(page, "full-screen")
    expect(page.get_by_role("button", name="전체 화면 끝내기")).to_be_visible()
    press(page, "full-screen")
    expect(page.get_by_role("button", name="전체 화면", exact=True)).to_be_visible()


def test_the_invitation_is_copied_and_says_so(page: Page, context: BrowserContext, conference: FakeConference) -> None:
    context.grant_permissions(["camera", "microphone", "clipboard-read", "clipboard-write"])
    enter(page, conference)
    press(page, "invite")
    page.get_by_role("button", name="복사", exact=True).click()
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text("복사했습니다")
    expect(page.get_by_text("지금은 회의가 잠겨 있어")).to_be_hidden()
    conference.tell(protocol.LockChanged(locked=True))
    expect(page.get_by_text("지금은 회의가 잠겨 있어")).to_be_visible()
    page.keyboard.press("Escape")
    press(page, "chat")
    page.keyboard.press("Control+V")  # the page itself may not read what is copied
    box = page.get_by_role("textbox", name="모두에게 쓰기")
    expect(box).to_have_value("\n".join([conference.title, conference.link, "회의 번호 123 456 789"]))
    assert LINK in conference.link


def test_where_copying_is_forbidden_the_text_is_selected(page: Page, conference: FakeConference) -> None:
    page.add_init_script(
        "navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'))"
    )
    enter(page, conference)
    press(page, "invite")
    page.get_by_role("button", name="복사", exact=True).click()
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text("직접 복사하십시오")
    assert LINK in page.evaluate("document.getSelection().toString()")


def test_a_telephone_shares_the_invitation(page: Page, conference: FakeConference) -> None:
    page.add_init_script("navigator.share = async (what) => { window.shared = what; }")
    enter(page, conference)
    press(page, "invite")
    page.get_by_role("button", name="공유", exact=True).click()
    until(page, "window.shared")
    assert conference.link in page.evaluate("window.shared.text")


def test_the_chair_sees_who_waits_in_the_order_of_their_hands(page: Page, conference: FakeConference) -> None:
    enter(page, conference, chair_key="a-key-of-the-chair-1234")
    hand(conference, 2, up=True)
    hand(conference, 0, up=True)
    expect(page.get_by_role("button", name="참가자, 손든 사람 2명")).to_be_visible()
    press(page, "people")
    waiting = page.get_by_role("region", name="손든 사람 2명").get_by_role("listitem")
    expect(waiting).to_have_text(["박지민 용산구청장손 내리기", "김서연 종로구청장손 내리기"])
    page.get_by_role("button", name="용산구청장 박지민 님 손 내리기").click()
    wait_for(page, conference, protocol.Moderate)
    (lowered,) = conference.sent(protocol.Moderate)
    assert (lowered.participant, lowered.action) == ("p3", "lower_hand")
    hand(conference, 2, up=False)
    expect(page.get_by_role("region", name="손든 사람 1명").get_by_role("listitem")).to_have_count(1)
    expect(page.locator(".people .tag:visible")).to_have_text(["의장"])


def test_a_long_roster_is_in_order_and_searched(page: Page, conference: FakeConference) -> None:
    conference.others = [person(f"참석자{seat}", "종로구청", seat) for seat in range(1, 15) if seat not in (3, 7)]
    enter(page, conference)
    press(page, "people")
    conference.tell(protocol.ParticipantJoined(participant=person("늦은이", "강남구청", 3)))
    expect(page.locator(".people li").nth(2)).to_contain_text("늦은이")
    search = page.get_by_role("searchbox", name="이름이나 기관으로 찾기")
    search.fill("강남")
    expect(page.locator(".people li")).to_have_count(1)
    search.fill("ㄴㅇㅇ")
    expect(page.locator(".people li")).to_contain_text(["늦은이"])
    search.fill("없는이")
    expect(page.get_by_text("‘없는이’에 맞는 참가자가 없습니다.")).to_be_visible()
    search.fill("")
    expect(page.locator(".people li")).to_have_count(14)


def test_the_chair_chooses_how_many_small_tiles_there_are(page: Page, conference: FakeConference) -> None:
    enter(page, conference, chair_key="a-key-of-the-chair-1234")
    press(page, "layout")
    strip = page.get_by_role("group", name="작은 칸 수")
    expect(strip).to_be_hidden()
    page.get_by_role("button", name="발언자 중심").focus()
    page.keyboard.press("Enter")
    strip.get_by_role("button", name="7", exact=True).click()
    expect(strip.get_by_role("button", name="7", exact=True)).to_have_attribute("aria-pressed", "true")
    assert [(m.choice.name, m.choice.strip) for m in conference.sent(protocol.Layout)] == [
        ("speaker", 5),
        ("speaker", 7),
    ]


def test_joining_again_keeps_the_switches_and_the_panel(page: Page, conference: FakeConference) -> None:
    page.clock.install()
    enter(page, conference)
    page.get_by_role("button", name="카메라 끄기").click()
    press(page, "people")
    page.clock.fast_forward("01:12:00")
    page.get_by_role("button", name="나가기").click()
    expect(page.get_by_text("1시간 12분 동안 참가하셨습니다.")).to_be_visible()
    page.get_by_role("button", name="다시 참가하기").click()
    expect(page.get_by_role("button", name="카메라 켜기")).to_be_visible()
    expect(page.get_by_role("button", name="마이크 끄기")).to_be_visible()
    expect(page.locator(".panel h2")).to_be_visible()
    assert [m.camera_off for m in conference.sent(protocol.Enter)] == [False, True]


@pytest.mark.parametrize(("host", "warned"), [("localhost", True), ("127.0.0.1", True), ("mcu.localhost", False)])
def test_an_invitation_to_this_computer_alone_says_so(
    page: Page, conference: FakeConference, host: str, warned: bool
) -> None:
    page.goto(conference.link.replace("localhost", host))
    page.get_by_label("이름", exact=True).fill("홍길동")
    page.locator(".join-form [type=submit]").click()
    expect(page.get_by_role("toolbar")).to_be_visible(timeout=WAIT)
    press(page, "invite")
    expect(page.locator(".invitation")).to_be_visible()
    expect(page.get_by_text("이 링크는 이 컴퓨터에서만 열립니다.")).to_have_count(int(warned))


@pytest.mark.parametrize(
    ("role", "host"), [("chair", "mcu.localhost"), ("chair", "localhost"), ("attendee", "mcu.localhost")]
)
def test_a_chair_s_invitation_says_what_rooms_dial(
    page: Page, conference: FakeConference, role: Literal["chair", "attendee"], host: str
) -> None:
    conference.role = role
    page.goto(conference.link.replace("localhost", host))
    page.get_by_label("이름", exact=True).fill("홍길동")
    page.locator(".join-form [type=submit]").click()
    expect(page.get_by_role("toolbar")).to_be_visible(timeout=WAIT)
    press(page, "invite")
    expect(page.locator(".invitation")).not_to_have_value(re.compile("##"))
    if role == "chair":  # only they are told of rooms
        conference.tell(protocol.Rooms(rooms=()))
        conference.tell(protocol.LockChanged(locked=True))
        expect(page.get_by_text("지금은 회의가 잠겨 있어")).to_be_visible()
    said = "회의실에서 걸 때: mcu.localhost##123456789 (걸면 비밀번호를 묻습니다)"
    lines = page.locator(".invitation").input_value().splitlines()
    assert (said in lines) == (role == "chair" and host == "mcu.localhost")
    assert not any("##" in line for line in lines if line != said)
