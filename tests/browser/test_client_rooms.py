"""The chair's list of rooms: what is shown, what each button asks of the server, by mouse and by keyboard."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from mcu.h323.events import EndReason
from mcu.signaling import protocol
from mcu.signaling.messages import CALL_ENDS, sentence
from tests.browser.client_page import enter, press, wait_for
from tests.fakes.conference_server import FakeConference, person

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

ROOM = protocol.Room(
    room="r1",
    address="10.20.30.1",
    name="종로구청 대회의실",
    office="종로구청장",
    said="",
    state="idle",
    reason="",
    participant="",
)
FAILED = replace(ROOM, state="ended", reason="no-answer", message=CALL_ENDS[EndReason.NO_ANSWER])


def open_list(page: Page, conference: FakeConference, *rooms: protocol.Room) -> None:
    conference.role = "chair"
    enter(page, conference)
    conference.tell(protocol.Rooms(rooms=rooms))
    press(page, "people")


def test_nobody_sees_the_list_unless_the_server_told_it(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    press(page, "people")
    expect(page.locator(".people li").first).to_be_visible()
    expect(page.locator(".rooms")).to_be_hidden()


def test_state_of_a_call_is_shown_in_words_and_a_failure_is_read_out(page: Page, conference: FakeConference) -> None:
    open_list(page, conference, ROOM)
    row = page.locator(".rooms li")
    expect(row).to_contain_text("아직 걸지 않음 · 종로구청장")
    for state, words in (
        ("calling", "거는 중…"),
        ("ringing", "벨이 울리는 중…"),
        ("entering", "들어오는 중…"),
        ("connected", "연결됨"),
        ("redialling", "연결이 끊겨 곧 한 번 더 겁니다"),
        ("calling", "거는 중…"),
    ):
        conference.tell(protocol.Rooms(rooms=(replace(ROOM, state=state),)))
        expect(row).to_contain_text(words)
        expect(row.get_by_role("button", name="종로구청 대회의실 전화 끊기")).to_be_visible()
    conference.tell(protocol.Rooms(rooms=(FAILED,)))
    expect(row).to_contain_text("응답이 없습니다. · 종로구청장 · 10.20.30.1")
    expect(row.get_by_role("button", name="종로구청 대회의실에 전화 걸기")).to_be_visible()
    expect(page.locator("[aria-live=polite].visually-hidden")).to_have_text("종로구청 대회의실: 응답이 없습니다.")


def test_buttons_ask_the_server(page: Page, conference: FakeConference) -> None:
    other = replace(ROOM, room="r2", name="", said="JUNG-HDX", state="connected")
    open_list(page, conference, ROOM, other)
    expect(page.get_by_role("heading", name="회의실 2곳 중 1곳 연결됨")).to_be_visible()
    page.get_by_role("button", name="종로구청 대회의실에 전화 걸기").click()
    page.get_by_role("button", name="모두 걸기").click()
    page.get_by_role("button", name="JUNG-HDX 전화 끊기").click()
    page.get_by_role("button", name="종로구청 대회의실 목록에서 지우기").click()
    page.get_by_role("button", name="JUNG-HDX 목록에서 지우기").click()
    page.get_by_role("dialog").get_by_role("button", name="지우기").click()
    wait_for(page, conference, protocol.RemoveRoom, count=2)
    assert conference.sent(protocol.CallRooms) == [protocol.CallRooms(rooms=("r1",)), protocol.CallRooms()]
    assert conference.sent(protocol.HangUpRoom) == [protocol.HangUpRoom(room="r2")]
    assert [message.room for message in conference.sent(protocol.RemoveRoom)] == ["r1", "r2"]


def test_one_room_is_added_with_the_keyboard_alone(page: Page, conference: FakeConference) -> None:
    open_list(page, conference)
    page.get_by_role("button", name="회의실 추가").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("10.20.30.1##7301")
    page.keyboard.press("Tab")
    page.keyboard.type("대회의실")
    page.keyboard.press("Enter")
    wait_for(page, conference, protocol.AddRooms)
    (asked,) = conference.sent(protocol.AddRooms)
    assert asked == protocol.AddRooms(rooms=(protocol.NewRoom(address="10.20.30.1##7301", name="대회의실"),), call=True)
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name="회의실 추가")).to_be_focused()


def test_lines_are_added_together_and_kept_until_they_are_taken(page: Page, conference: FakeConference) -> None:
    open_list(page, conference)
    page.get_by_role("button", name="회의실 추가").click()
    page.get_by_text("여러 곳을 한꺼번에 추가").click()
    page.get_by_label("회의실 목록").fill("10.20.30.1, 대회의실, 종로구청장\n\n7301")
    page.get_by_role("button", name="추가만 하기").click()
    wait_for(page, conference, protocol.AddRooms)
    (asked,) = conference.sent(protocol.AddRooms)
    assert [(room.address, room.name, room.office) for room in asked.rooms] == [
        ("10.20.30.1", "대회의실", "종로구청장"),
        ("7301", "", ""),
    ]
    assert asked.call is False
    page.get_by_role("button", name="회의실 추가").click()
    expect(page.get_by_label("회의실 목록")).to_have_value("10.20.30.1, 대회의실, 종로구청장\n\n7301")
    page.keyboard.press("Escape")
    conference.tell(protocol.Rooms(rooms=(ROOM, replace(ROOM, room="r2", address="7301"))))
    expect(page.locator(".rooms li")).to_have_count(2)
    page.get_by_role("button", name="회의실 추가").click()
    expect(page.locator("#rooms-lines")).to_have_value("")


def test_nothing_is_sent_without_an_address_or_with_too_many(page: Page, conference: FakeConference) -> None:
    open_list(page, conference)
    page.get_by_role("button", name="회의실 추가").click()
    page.get_by_role("button", name="추가하고 걸기").click()
    expect(page.get_by_role("alert").filter(has_text="주소나 번호를 입력하십시오.")).to_be_visible()
    expect(page.get_by_label("주소나 번호")).to_be_focused()
    page.get_by_text("여러 곳을 한꺼번에 추가").click()
    page.get_by_label("회의실 목록").fill("\n".join(str(number) for number in range(61)))
    page.get_by_role("button", name="추가하고 걸기").click()
    expect(page.get_by_role("alert").filter(has_text="한 번에 60곳까지")).to_be_visible()
    assert conference.sent(protocol.AddRooms) == []


def test_focus_stays_in_the_list_when_a_row_goes(page: Page, conference: FakeConference) -> None:
    open_list(page, conference, ROOM)
    page.get_by_role("button", name="종로구청 대회의실 목록에서 지우기").focus()
    conference.tell(protocol.Rooms(rooms=()))
    expect(page.get_by_role("button", name="회의실 추가")).to_be_focused()


def test_rooms_are_marked_in_the_roster(page: Page, conference: FakeConference) -> None:
    conference.others = [person("대회의실", "종로구청장", 1, kind="room"), person("이둘", "중구청장", 2)]
    conference.role = "chair"
    enter(page, conference)
    press(page, "people")
    marked = page.locator(".people li").filter(has=page.get_by_role("img", name="회의실"))
    expect(marked).to_have_count(1)
    expect(marked).to_contain_text("종로구청장")
    page.get_by_role("button", name="대회의실 님 관리").click()
    expect(page.get_by_role("menuitem", name="내보내기")).to_be_visible()
    expect(page.get_by_role("menuitem", name="자막 담당으로 지정")).to_be_hidden()


HERE = replace(ROOM, state="connected", participant="p1")


def test_keys_are_sent_with_the_keyboard_alone(page: Page, conference: FakeConference) -> None:
    open_list(page, conference, HERE, replace(HERE, room="r2", name="중구청", participant="p2"))
    opener = page.get_by_role("button", name="종로구청 대회의실에 키 보내기")
    expect(opener).to_have_attribute("aria-expanded", "false")
    opener.focus()
    page.keyboard.press("Enter")
    expect(opener).to_have_attribute("aria-expanded", "true")
    field = page.get_by_role("textbox", name="종로구청 대회의실에 키 보내기")
    expect(field).to_be_focused()
    page.keyboard.type(" 7301-22 # ")
    page.keyboard.press("Enter")
    expect(page.locator(".rooms li").first.get_by_role("status")).to_have_text("보낸 키: 730122#")
    expect(field).to_have_value("")
    expect(field).to_be_focused()
    page.keyboard.type("*a")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    wait_for(page, conference, protocol.SendKeys, count=2)
    assert conference.sent(protocol.SendKeys) == [
        protocol.SendKeys(participant="p1", keys="730122#"),
        protocol.SendKeys(participant="p1", keys="*A"),
    ]
    opener.click()
    expect(field).to_be_hidden()
    expect(opener).to_have_attribute("aria-expanded", "false")


def test_what_is_no_key_is_not_sent_and_a_refusal_is_shown(page: Page, conference: FakeConference) -> None:
    open_list(page, conference, HERE)
    page.get_by_role("button", name="종로구청 대회의실에 키 보내기").click()
    field = page.get_by_role("textbox", name="종로구청 대회의실에 키 보내기")
    for wrong in ("", "12e", "1" * 33, "１２"):
        field.fill(wrong)
        page.keyboard.press("Enter")
        expect(page.locator(".rooms").get_by_role("status")).to_have_text("0~9, *, #, A~D를 32개까지 입력하십시오.")
        expect(field).to_have_value(wrong)
    assert conference.sent(protocol.SendKeys) == []
    conference.tell(protocol.Error(code="not-a-room", message=sentence("not-a-room"), regarding="send_keys"))
    expect(page.get_by_text(sentence("not-a-room").ko).first).to_be_visible()


def test_keys_are_for_rooms_that_are_there(page: Page, conference: FakeConference) -> None:
    open_list(page, conference, HERE)
    opener = page.get_by_role("button", name="종로구청 대회의실에 키 보내기")
    opener.click()
    conference.tell(protocol.Rooms(rooms=(FAILED,)))
    expect(page.locator(".send-keys:visible")).to_have_count(0)
    expect(opener).to_be_hidden()
    call = page.get_by_role("button", name="종로구청 대회의실에 전화 걸기")
    expect(call).to_be_focused()
    page.keyboard.press("Tab")
    removing = page.get_by_role("button", name="종로구청 대회의실 목록에서 지우기")
    expect(removing).to_be_focused()
    conference.tell(protocol.Rooms(rooms=(replace(FAILED, office="종로부구청장"),)))
    expect(page.locator(".rooms li")).to_contain_text("종로부구청장")
    expect(removing).to_be_focused()


def test_what_is_behind_a_bridge_stands_below_it(page: Page, conference: FakeConference) -> None:
    bridge = person("경기도 다지점 장치", "", 1, kind="room", labels=("수원시청", "<b>용인시청</b>"))
    conference.others = [bridge, person("이둘", "중구청장", 2)]
    enter(page, conference)
    press(page, "people")
    behind = page.get_by_role("list", name="연결된 회의실 2곳")
    expect(behind.get_by_role("listitem")).to_have_text(["수원시청", "<b>용인시청</b>"])
    expect(page.locator(".people > li").filter(has=behind)).to_contain_text("경기도 다지점 장치")
    conference.tell(protocol.ParticipantChanged(participant=replace(bridge, labels=("성남시청",))))
    only = page.get_by_role("list", name="연결된 회의실 1곳")
    expect(only.get_by_role("listitem")).to_have_text(["성남시청"])
    conference.tell(protocol.ParticipantChanged(participant=replace(bridge, labels=())))
    expect(only).to_be_hidden()


def test_a_room_that_called_by_itself_is_sent_keys_from_its_menu(page: Page, conference: FakeConference) -> None:
    conference.others = [person("다지점 장치", "", 1, kind="room"), person("이둘", "중구청장", 2)]
    conference.role = "chair"
    enter(page, conference)
    press(page, "people")
    page.get_by_role("button", name="이둘 님 관리").click()
    expect(page.get_by_role("menuitem", name="키 보내기")).to_be_hidden()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="다지점 장치 님 관리").focus()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="키 보내기").press("Enter")
    expect(page.get_by_role("textbox", name="다지점 장치에 키 보내기")).to_be_focused()
    page.keyboard.type("5#")
    page.keyboard.press("Enter")
    wait_for(page, conference, protocol.SendKeys)
    assert conference.sent(protocol.SendKeys) == [protocol.SendKeys(participant="p1", keys="5#")]


def test_names_are_text(page: Page, conference: FakeConference) -> None:
    bad = replace(ROOM, name="<b>x</b>", said="<img src=x>", office="<i>y</i>", message=msgspec.UNSET)
    open_list(page, conference, bad)
    expect(page.locator(".rooms li")).to_contain_text("<b>x</b>")
    expect(page.locator(".rooms li b, .rooms li i, .rooms li img")).to_have_count(0)


def test_rows_of_two_lines_do_not_touch(page: Page, conference: FakeConference) -> None:
    rooms = [replace(FAILED, room=f"r{number}", message=CALL_ENDS[EndReason.UNREACHABLE]) for number in range(4)]
    open_list(page, conference, *rooms)
    words = page.locator(".rooms .who")
    expect(words).to_have_count(len(rooms))
    boxes = [words.nth(index).bounding_box() for index in range(len(rooms))]
    for above, below in pairwise(boxes):
        assert above is not None
        assert below is not None
        assert below["y"] - above["y"] - above["height"] >= 7
