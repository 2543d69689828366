"""Joining on the page: by link or number, in words of either language, with or without devices."""

from __future__ import annotations

import re

import msgspec
import pytest
from playwright.sync_api import Page, expect

from mcu.signaling import messages, protocol
from tests.browser.client_page import WAIT, enter, wait_for
from tests.fakes.conference_server import FakeConference

pytestmark = pytest.mark.browser

REFUSED = protocol.Sentence(ko="회의가 잠겨 있습니다.", en="The meeting is locked.")

WRONG_KEY = protocol.Sentence(ko="의장 열쇠가 맞지 않습니다.", en="The chair's key is wrong.")


def test_enters_by_link_with_what_the_form_says(page: Page, conference: FakeConference) -> None:
    page.goto(conference.link)
    expect(page.locator(".preview video")).to_be_visible(timeout=WAIT)
    enter(page, conference)
    (entry,) = conference.sent(protocol.Enter)
    assert (entry.conference, entry.name, entry.office) == (conference.link[-22:], "홍길동", "동대문구청장")
    assert (entry.role, entry.language, entry.chair_key) == ("attendee", "ko", msgspec.UNSET)
    expect(page.get_by_role("heading", name=conference.title)).to_be_visible()


def test_enters_by_number_and_pin(page: Page, conference: FakeConference) -> None:
    page.goto(conference.url)
    page.get_by_label("회의 번호").fill("123 456 789")
    page.get_by_label("비밀번호").fill("042042")
    page.get_by_label("이름", exact=True).fill("홍길동")
    page.get_by_role("button", name="참가하기").click()
    expect(page.get_by_role("toolbar")).to_be_visible(timeout=WAIT)
    (entry,) = conference.sent(protocol.Enter)
    assert (entry.number, entry.pin, entry.conference) == ("123456789", "042042", msgspec.UNSET)


def test_says_what_is_missing_and_goes_there(page: Page, conference: FakeConference) -> None:
    page.goto(conference.url)
    page.get_by_label("회의 번호").fill("1234")
    page.get_by_role("button", name="참가하기").click()
    for words in ("회의 번호는 숫자 9자리입니다.", "비밀번호는 숫자 6자리입니다.", "이름을 적어 주십시오."):
        expect(page.get_by_text(words)).to_be_visible()
    expect(page.get_by_label("회의 번호")).to_be_focused()
    assert conference.received == []


def test_a_refusal_is_shown_in_words_of_the_chosen_language(page: Page, conference: FakeConference) -> None:
    conference.refusal = protocol.Error(code="conference-locked", message=REFUSED, regarding="enter")
    page.goto(conference.link)
    page.get_by_label("이름", exact=True).fill("홍길동")
    page.get_by_role("button", name="참가하기").click()
    expect(page.get_by_role("alert").filter(has_text=REFUSED.ko)).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("alert").filter(has_text=REFUSED.en)).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("홍길동")
    page.get_by_role("button", name="Join", exact=True).click()
    expect(page.get_by_role("toolbar")).to_be_visible()


def test_a_busy_server_is_waited_for_and_its_refusal_is_shown(page: Page, conference: FakeConference) -> None:
    """It lets people wait for up to seven seconds before it says so (mcu.controller.pool)."""
    conference.answers_enter = False
    page.clock.install()
    page.goto(conference.link)
    page.get_by_label("이름", exact=True).fill("홍길동")
    page.get_by_role("button", name="참가하기").click()
    wait_for(page, conference, protocol.Enter)
    expect(page.get_by_text("회의에 들어가는 중…")).to_be_visible()
    page.clock.run_for(3_000)
    expect(page.get_by_text("서버의 응답을 기다리고 있습니다. 서버가 바쁘면 몇 초 걸립니다…")).to_be_visible()
    page.clock.run_for(5_000)
    conference.refuse_waiting(protocol.Error(code="busy", message=messages.sentence("busy"), regarding="enter"))
    expect(page.get_by_role("alert").filter(has_text="서버가 바쁩니다. 잠시 후 다시 시도하십시오.")).to_be_visible()
    assert len(conference.sent(protocol.Enter)) == 1


def test_a_wrong_chair_key_is_said_beside_the_field_which_stays_open(page: Page, conference: FakeConference) -> None:
    conference.refusal = protocol.Error(code="chair-key-wrong", message=WRONG_KEY, regarding="enter")
    page.goto(conference.link)
    page.get_by_label("이름", exact=True).fill("홍길동")
    page.get_by_text("의장으로 참가").click()
    page.get_by_label("의장 열쇠").fill("short")
    page.get_by_role("button", name="참가하기").click()
    field = page.get_by_label("의장 열쇠")
    expect(field).to_be_focused(timeout=WAIT)
    expect(field).to_have_accessible_description(WRONG_KEY.ko)
    expect(page.locator(".form-problem")).to_be_hidden()
    field.fill("another")
    expect(page.get_by_text(WRONG_KEY.ko)).to_be_hidden()
    page.get_by_role("button", name="참가하기").click()
    expect(page.get_by_role("toolbar")).to_be_visible(timeout=WAIT)


def test_a_link_cut_short_is_said_to_be_that(page: Page, conference: FakeConference) -> None:
    page.goto(f"{conference.url}/c/nope")
    expect(page.get_by_role("alert").filter(has_text="링크가 올바르지 않습니다")).to_be_visible()
    expect(page.get_by_label("회의 번호")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("alert").filter(has_text="This link is not valid")).to_be_visible()
    expect(page).to_have_title("Conference")


def test_the_page_without_a_link_has_nothing_to_complain_of(page: Page, conference: FakeConference) -> None:
    page.goto(conference.url)
    expect(page.get_by_label("회의 번호")).to_be_visible()
    expect(page.locator(".form-problem")).to_be_hidden()


def test_watching_only_sends_nothing(page: Page, conference: FakeConference) -> None:
    page.goto(conference.link)
    page.get_by_label("이름", exact=True).fill("기자")
    page.get_by_label("보기만 하기").check()
    page.get_by_role("button", name="보기 시작").click()
    expect(page.get_by_role("toolbar")).to_be_visible()
    expect(page.locator('[data-tool="microphone"]')).to_be_hidden()
    wait_for(page, conference, protocol.Offer)
    (entry,) = conference.sent(protocol.Enter)
    (offer,) = conference.sent(protocol.Offer)
    assert entry.role == "viewer"
    assert re.findall(r"a=(sendrecv|recvonly|sendonly|inactive)\r\n", offer.sdp) == ["recvonly"] * 3


def test_offers_three_streams_in_the_fixed_order_on_one_transport(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    wait_for(page, conference, protocol.Candidate)
    offer = conference.sent(protocol.Offer)[0]
    assert re.findall(r"^m=(\w+)", offer.sdp, re.MULTILINE) == ["audio", "video", "video"]
    directions = re.findall(r"a=(sendrecv|recvonly|sendonly|inactive)\r\n", offer.sdp)
    assert directions == ["sendrecv"] * 3  # content too: a screen comes in its own size
    assert "a=group:BUNDLE 0 1 2" in offer.sdp
    kinds = [type(message) for message in conference.received]
    assert kinds.index(protocol.Offer) < kinds.index(protocol.Candidate)
