"""Broken connections: the page resumes, says what it does, and knows when it is over."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from mcu.signaling import protocol
from tests.browser.client_page import enter, press, wait_for
from tests.fakes.conference_server import SECRET, FakeConference

pytestmark = pytest.mark.browser


def test_a_lost_connection_is_resumed_by_itself(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    page.get_by_role("button", name="카메라 끄기").click()
    conference.drop()
    wait_for(page, conference, protocol.Resume)
    resume = conference.sent(protocol.Resume)[0]
    assert (resume.conference, resume.participant, resume.secret) == ("c1", "you", SECRET)
    page.wait_for_timeout(200)
    last = conference.sent(protocol.SetSelf)[-1]
    assert last.camera_off is True
    assert len(conference.sent(protocol.Enter)) == 1
    assert SECRET not in page.url


def test_says_that_it_is_reconnecting(page: Page, context: BrowserContext, conference: FakeConference) -> None:
    enter(page, conference)
    context.set_offline(True)
    conference.drop()
    expect(page.locator(".status")).to_have_text(re.compile("다시 연결하는 중"))
    press(page, "chat")
    box = page.get_by_role("textbox", name="모두에게 쓰기")
    box.fill("들리십니까?")
    box.press("Enter")
    expect(page.get_by_text("연결이 끊겨 보내지 못했습니다.")).to_be_visible()
    expect(box).to_have_value("들리십니까?")
    context.set_offline(False)
    wait_for(page, conference, protocol.Resume)


def test_a_forgotten_participant_enters_anew(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    conference.forgotten = True
    conference.drop()
    expect(page.get_by_role("toolbar")).to_be_visible()
    wait_for(page, conference, protocol.Enter, count=2)
    first, second = conference.sent(protocol.Enter)
    assert (first.name, first.office, first.role) == (second.name, second.office, second.role)


def test_a_forgotten_participant_who_opens_the_page_is_asked(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    conference.forgotten = True
    page.reload()
    expect(page.get_by_role("button", name="참가하기")).to_be_visible()
    expect(page.get_by_label("이름", exact=True)).to_have_value("홍길동")
    assert len(conference.sent(protocol.Enter)) == 1


def test_reloading_the_page_resumes(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    page.reload()
    expect(page.get_by_role("toolbar")).to_be_visible()
    assert len(conference.sent(protocol.Resume)) == 1
    assert len(conference.sent(protocol.Enter)) == 1


def test_media_restart_brings_a_new_offer(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    wait_for(page, conference, protocol.Offer)
    conference.tell(protocol.MediaRestart(reason="processor-lost"))
    wait_for(page, conference, protocol.Offer, count=2)
    first, second = conference.sent(protocol.Offer)
    ufrag = re.compile(r"a=ice-ufrag:(\S+)")
    assert ufrag.findall(first.sdp)[0] != ufrag.findall(second.sdp)[0]
    assert second.restart is False


def test_ended_is_final(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    removed = protocol.Sentence(ko="문의는 담당 부서로 해 주세요.", en="Please ask the office in charge.")
    conference.tell(protocol.Ended(reason="removed", message=removed))
    expect(page.get_by_role("heading", name="의장이 회의에서 내보냈습니다")).to_be_visible()
    expect(page.get_by_text(removed.ko)).to_be_visible()
    conference.drop()
    page.reload()
    expect(page.get_by_role("button", name="참가하기")).to_be_visible()
    assert conference.sent(protocol.Resume) == []


def test_a_long_break_counts_and_offers_to_try_now(
    page: Page, context: BrowserContext, conference: FakeConference
) -> None:
    page.clock.install()
    enter(page, conference)
    press(page, "chat")
    box = page.get_by_role("textbox", name="모두에게 쓰기")
    box.fill("아직 보내지 않은 글")
    context.set_offline(True)
    conference.drop()
    page.clock.run_for(4_000)
    expect(page.locator(".since")).to_have_text(re.compile(r"다시 연결하는 중….* \d+초째"))
    button = page.get_by_role("button", name="지금 다시 시도")
    page.clock.run_for(4_000)
    expect(button).to_be_visible()
    context.set_offline(False)
    button.click()
    wait_for(page, conference, protocol.Resume)
    expect(box).to_have_value("아직 보내지 않은 글")
    expect(page.locator(".panel")).to_be_visible()
