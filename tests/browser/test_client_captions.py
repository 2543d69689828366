"""Captions that somebody types, and reactions: what everybody sees and what the server is told."""

from __future__ import annotations

import msgspec
import pytest
from playwright.sync_api import Page, expect

from mcu.signaling import protocol
from tests.browser.client_page import enter, press, wait_for
from tests.fakes.conference_server import FakeConference

pytestmark = pytest.mark.browser


def appoint(conference: FakeConference, participant: str, *, captioner: bool = True) -> None:
    index = next(i for i, one in enumerate(conference.others) if one.participant == participant)
    conference.others[index] = msgspec.structs.replace(conference.others[index], captioner=captioner)
    conference.tell(protocol.ParticipantChanged(participant=conference.others[index]))


def caption(text: str, *, final: bool = False) -> protocol.Captioned:
    return protocol.Captioned(participant="p2", text=text, final=final)


def test_captions_have_a_place_below_the_picture_while_somebody_writes_them(
    page: Page, conference: FakeConference
) -> None:
    enter(page, conference)
    area = page.get_by_role("region", name="자막")
    expect(area).to_be_hidden()
    appoint(conference, "p2")
    expect(area).to_contain_text("자막이 여기에 나옵니다")
    stage = page.locator(".stage").bounding_box()
    shown = area.bounding_box()
    assert stage is not None
    assert shown is not None
    assert stage["y"] + stage["height"] <= shown["y"] + 0.5
    conference.tell(caption("지금부터"), caption("지금부터 회의를 시작"))
    lines = area.locator(".caption-lines p")
    expect(lines).to_have_text(["지금부터 회의를 시작"])
    conference.tell(caption("지금부터 회의를 시작하겠습니다.", final=True), caption("<b>첫 안건은</b>"))
    expect(lines).to_have_text(["지금부터 회의를 시작하겠습니다.", "<b>첫 안건은</b>"])
    expect(area.locator("[aria-live=polite]")).to_have_count(0)
    appoint(conference, "p2", captioner=False)
    expect(area).to_be_hidden()


def test_captions_can_be_large_read_out_and_switched_off_and_that_is_remembered(
    page: Page, conference: FakeConference
) -> None:
    conference.others[1] = msgspec.structs.replace(conference.others[1], captioner=True)
    enter(page, conference)
    conference.tell(caption("첫 안건입니다.", final=True))
    line = page.locator(".caption-lines p")
    small = line.bounding_box()
    press(page, "more")
    page.locator(':popover-open [data-tool="settings"]').click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("button", name="크게").click()
    sheet.get_by_role("switch", name="자막을 화면 낭독기로 듣기").click()
    large = line.bounding_box()
    assert small is not None
    assert large is not None
    assert large["height"] > small["height"] * 1.2
    expect(page.locator(".captions [aria-live=polite]")).to_have_text("첫 안건입니다.")
    page.keyboard.press("Escape")
    press(page, "more")
    page.get_by_role("menuitemcheckbox", name="자막 보기").click()
    expect(page.locator(".captions")).to_be_hidden()
    page.reload()
    expect(page.get_by_role("toolbar")).to_be_visible()
    expect(page.locator(".captions")).to_be_hidden()
    expect(page.locator(".captions")).to_have_attribute("data-size", "large")


def test_the_captioner_is_seen_typing(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    expect(page.get_by_role("textbox", name="자막 입력")).to_be_hidden()
    assert conference.you is not None
    conference.you = msgspec.structs.replace(conference.you, captioner=True)
    conference.tell(protocol.ParticipantChanged(participant=conference.you))
    expect(page.locator(".notices")).to_contain_text("자막 담당으로 지정했습니다")
    box = page.get_by_role("textbox", name="자막 입력")
    box.press_sequentially("첫 안건은")
    wait_for(page, conference, protocol.Caption)
    expect(page.locator(".caption-lines p")).to_have_text(["첫 안건은"])
    box.press("Enter")
    expect(box).to_have_value("")
    box.press_sequentially("예산")
    expect(page.locator(".caption-lines p")).to_have_text(["첫 안건은", "예산"])
    box.fill("")
    expect(page.locator(".caption-lines p")).to_have_text(["첫 안건은"])
    finals = [message.text for message in conference.sent(protocol.Caption) if message.final]
    assert finals == ["첫 안건은"]


def test_the_chair_appoints_and_dismisses_captioners(page: Page, conference: FakeConference) -> None:
    enter(page, conference, chair_key="a-key-of-the-chair-1234")
    press(page, "people")
    page.get_by_role("button", name="김서연 님 관리").click()
    page.locator(":popover-open").get_by_role("menuitem", name="자막 담당으로 지정").click()
    expect(page.locator(".people li").nth(0).get_by_role("img", name="자막 담당")).to_be_visible()
    expect(page.get_by_role("region", name="자막")).to_be_visible()
    page.get_by_role("button", name="김서연 님 관리").click()
    page.locator(":popover-open").get_by_role("menuitem", name="자막 담당 해제").click()
    expect(page.get_by_role("region", name="자막")).to_be_hidden()
    actions = [(m.participant, m.action) for m in conference.sent(protocol.Moderate)]
    assert actions == [("p1", "appoint_captioner"), ("p1", "dismiss_captioner")]


def test_a_reaction_is_chosen_by_keyboard_and_rises_over_the_own_tile(page: Page, conference: FakeConference) -> None:
    page.emulate_media(reduced_motion="reduce")
    enter(page, conference)
    page.locator('[data-tool="react"]').press("Enter")
    choice = page.locator(".reaction-choice")
    expect(choice.get_by_role("menuitem", name="박수")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    wait_for(page, conference, protocol.React)
    assert [message.reaction for message in conference.sent(protocol.React)] == ["good"]
    expect(choice).to_have_count(0)
    expect(page.locator('[data-tool="react"]')).to_be_focused()
    reaction, tile = page.locator(".reaction"), page.locator('.tiles li[data-key="you"]')
    assert page.evaluate("getComputedStyle(document.querySelector('.reaction')).animationName") == "none"
    risen, own = reaction.bounding_box(), tile.bounding_box()
    assert risen is not None
    assert own is not None
    assert abs(risen["x"] - own["x"]) < 1
    assert abs(risen["y"] - own["y"]) < 1
    expect(page.locator(".reaction")).to_have_count(0)  # it passes


def test_reactions_of_others_are_read_out_together(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    conference.tell(
        protocol.Reacted(participant="p1", reaction="applause"),
        protocol.Reacted(participant="p2", reaction="applause"),
        protocol.Reacted(participant="p9", reaction="applause"),
    )
    expect(page.locator(".reaction")).to_have_count(3)
    expect(page.locator("#app > [aria-live=polite]")).to_have_text("박수 3명")
