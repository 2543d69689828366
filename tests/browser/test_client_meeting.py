"""In the meeting: roster, chat, switches, tiles, the chair's tools, screen sharing, leaving."""

from __future__ import annotations

import msgspec
import pytest
from playwright.sync_api import Page, expect

from mcu.signaling import protocol
from tests.browser.client_page import enter, press, wait_for
from tests.fakes.conference_server import FakeConference, person

pytestmark = pytest.mark.browser


def test_roster_follows_the_server(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    press(page, "people")
    rows = page.locator(".people li")
    expect(rows).to_have_count(4)
    expect(rows.nth(0)).to_contain_text("김서연")
    expect(rows.nth(3)).to_contain_text("홍길동 (나)")
    changed = msgspec.structs.replace(conference.others[1], muted=True, hand=True)
    conference.tell(
        protocol.ParticipantChanged(participant=changed),
        protocol.ParticipantJoined(participant=person("최민수", "성동구청장", 9)),
        protocol.ParticipantLeft(participant="p1", reason="left"),
    )
    expect(rows).to_have_count(4)
    expect(rows.nth(0).get_by_role("img", name="마이크 꺼짐")).to_be_visible()
    expect(rows.nth(0).get_by_role("img", name="손듦")).to_be_visible()
    expect(rows.nth(3)).to_contain_text("최민수")
    expect(page.locator(".panel h2")).to_have_text("참가자 4명")


def test_names_and_chat_are_text_only(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    nasty = "<img src=x onerror=window.broken=1>"
    conference.tell(protocol.ParticipantJoined(participant=person(nasty, "<b>실장</b>", 9)))
    press(page, "people")
    expect(page.locator(".people li").nth(4)).to_contain_text(nasty)
    conference.write(person(nasty, "", 9), "<script>window.broken=1</script>")
    press(page, "chat")
    expect(page.get_by_role("log")).to_contain_text("<script>window.broken=1</script>")
    assert page.evaluate("window.broken") is None
    assert page.locator("#app img:not(svg)").count() == 0


def test_chat_counts_what_is_unread_and_sends(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    conference.write(conference.others[0], "자료를 보내 드렸습니다.")
    conference.write(conference.others[1], "잘 받았습니다.")
    expect(page.get_by_role("button", name="채팅, 읽지 않은 글 2개")).to_be_visible()
    press(page, "chat")
    expect(page.get_by_role("button", name="채팅", exact=True)).to_be_visible()
    box = page.get_by_role("textbox", name="모두에게 쓰기")
    expect(box).to_be_focused()
    box.fill("저도 확인했습니다.")
    box.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("저도 확인했습니다.")
    expect(box).to_have_value("")
    assert [message.text for message in conference.sent(protocol.Chat)] == ["저도 확인했습니다."]
    conference.write(conference.others[0], "감사합니다.")
    expect(page.get_by_role("log")).to_contain_text("감사합니다.")
    page.keyboard.press("Escape")
    expect(page.locator('[data-tool="chat"]')).to_be_focused()
    expect(page.locator('[data-tool="chat"] .badge')).to_be_hidden()


def test_own_switches_are_told_and_the_chair_s_mute_is_obeyed(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    page.get_by_role("button", name="마이크 끄기").click()
    expect(page.get_by_role("button", name="마이크 켜기")).to_be_visible()
    page.get_by_role("button", name="마이크 켜기").click()
    expect(page.get_by_role("button", name="마이크 끄기")).to_be_visible()
    page.get_by_role("button", name="카메라 끄기").click()
    expect(page.get_by_role("button", name="카메라 켜기")).to_be_visible()
    last = conference.sent(protocol.SetSelf)[-1]
    assert (last.muted, last.camera_off) == (False, True)
    assert conference.you is not None
    silenced = msgspec.structs.replace(conference.you, muted=True, muted_by_chair=True)
    conference.tell(protocol.ParticipantChanged(participant=silenced))
    page.get_by_role("button", name="마이크 켜기").click()
    expect(page.locator(".notices")).to_contain_text("의장이 허용하면 다시 켤 수 있습니다.")


def test_names_lie_over_their_tiles(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    conference.tell(protocol.Speaker(speaker="p2", speaking=("p2",)))
    tiles = page.locator(".tiles li")
    expect(tiles).to_have_count(4)
    expect(tiles.nth(1)).to_have_text("이준호 중구청장, 말하는 중")
    frame, second = page.locator(".frame").bounding_box(), tiles.nth(1).bounding_box()
    assert frame is not None
    assert second is not None
    assert abs(second["x"] - (frame["x"] + frame["width"] / 2)) < 1
    assert abs(second["height"] - frame["height"] / 2) < 1
    assert abs(frame["width"] / frame["height"] - 16 / 9) < 0.01


def test_the_chair_mutes_removes_locks_arranges_and_ends(page: Page, conference: FakeConference) -> None:
    enter(page, conference, chair_key="a-key-of-the-chair-1234")
    press(page, "people")
    page.get_by_role("button", name="김서연 님 관리").click()
    page.locator(":popover-open").get_by_role("menuitem", name="마이크 끄기").click()
    expect(page.locator(".people li").nth(0).get_by_role("img", name="의장이 마이크를 끔")).to_be_visible()
    page.get_by_role("button", name="이준호 님 관리").click()
    page.locator(":popover-open").get_by_role("menuitem", name="내보내기").click()
    page.get_by_role("dialog").get_by_role("button", name="내보내기").click()
    expect(page.locator(".people li")).to_have_count(3)
    page.get_by_role("button", name="회의 잠그기").click()
    expect(page.get_by_role("button", name="잠금 풀기")).to_be_visible()
    press(page, "layout")
    page.get_by_role("button", name="강의").click()
    expect(page.get_by_role("button", name="강의")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="닫기").last.click()
    page.get_by_role("button", name="나가기").click()
    page.get_by_role("button", name="회의 끝내기").click()
    expect(page.get_by_role("heading", name="회의가 끝났습니다")).to_be_visible()
    actions = [(m.participant, m.action) for m in conference.sent(protocol.Moderate)]
    assert actions == [("p1", "mute"), ("p2", "remove")]
    assert conference.layout.name == "lecture"


def test_a_screen_is_shared_until_another_takes_over(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    press(page, "share")
    wait_for(page, conference, protocol.Content)
    expect(page.get_by_role("button", name="공유 중지")).to_be_visible()
    conference.tell(protocol.ContentChanged(participant="p1"))
    expect(page.get_by_role("button", name="화면 공유")).to_be_visible()
    expect(page.locator(".notices")).to_contain_text("종로구청장 김서연 님이 화면 공유를 이어받아")
    press(page, "share")
    wait_for(page, conference, protocol.Content, count=2)
    page.get_by_role("button", name="공유 중지").click()
    wait_for(page, conference, protocol.Content, count=3)
    assert [message.active for message in conference.sent(protocol.Content)] == [True, True, False]
    assert len(conference.sent(protocol.Offer)) == 1


def test_a_screen_with_sound_is_told_so_and_mixed_into_the_same_line(page: Page, conference: FakeConference) -> None:
    page.add_init_script(
        """navigator.mediaDevices.getDisplayMedia = async () => {
          const canvas = document.createElement("canvas");
          canvas.getContext("2d").fillRect(0, 0, 10, 10);
          const sound = new AudioContext().createMediaStreamDestination().stream.getAudioTracks()[0];
          window.endSound = () => { sound.stop(); sound.onended(); };
          return new MediaStream([...canvas.captureStream(5).getVideoTracks(), sound]);
        };"""
    )
    enter(page, conference)
    press(page, "share")
    wait_for(page, conference, protocol.Content)
    expect(page.get_by_role("button", name="공유 중지")).to_be_visible()
    page.evaluate("window.endSound()")
    wait_for(page, conference, protocol.Content, count=2)
    press(page, "share")
    wait_for(page, conference, protocol.Content, count=3)
    told = [(message.active, message.sound) for message in conference.sent(protocol.Content)]
    assert told == [(True, True), (True, False), (False, False)]
    assert len(conference.sent(protocol.Offer)) == 1


def test_leaving_and_joining_again(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    page.get_by_role("button", name="나가기").click()
    expect(page.get_by_role("heading", name="회의에서 나왔습니다")).to_be_focused()
    page.get_by_role("button", name="다시 참가하기").click()
    expect(page.get_by_role("toolbar")).to_be_visible()
    assert len(conference.sent(protocol.Leave)) == 1
    assert len(conference.sent(protocol.Enter)) == 2
