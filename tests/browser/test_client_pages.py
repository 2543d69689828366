"""The web client's pages in a real Chromium, against a server made of the protocol's own messages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import msgspec
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from mcu.signaling import protocol
from tests.fakes.conference_server import SECRET, FakeConference, person, running

pytestmark = pytest.mark.browser

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
WAIT = 15_000  # ms; a generous bound for a busy machine
REFUSED = protocol.Sentence(ko="회의가 잠겨 있습니다.", en="The meeting is locked.")


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


def _enter(page: Page, conference: FakeConference, *, name: str = "홍길동", chair_key: str = "") -> None:
    page.goto(conference.link)
    page.get_by_label("이름", exact=True).fill(name)
    page.get_by_label("기관·직위").fill("동대문구청장")
    if chair_key:
        page.get_by_text("의장으로 참가").click()
        page.get_by_label("의장 열쇠").fill(chair_key)
    page.get_by_role("button", name="참가하기").click()
    expect(page.get_by_role("toolbar")).to_be_visible(timeout=WAIT)


def _tool(page: Page, name: str) -> None:
    page.locator(f'button[data-tool="{name}"]').click()


# --- joining ----------------------------------------------------------------------------------------


def test_enters_by_link_with_what_the_form_says(page: Page, conference: FakeConference) -> None:
    page.goto(conference.link)
    expect(page.locator(".preview video")).to_be_visible(timeout=WAIT)
    _enter(page, conference)
    (enter,) = conference.sent(protocol.Enter)
    assert (enter.conference, enter.name, enter.office) == (conference.link[-22:], "홍길동", "동대문구청장")
    assert (enter.role, enter.language, enter.chair_key) == ("attendee", "ko", msgspec.UNSET)
    expect(page.get_by_role("heading", name=conference.title)).to_be_visible()


def test_enters_by_number_and_pin(page: Page, conference: FakeConference) -> None:
    page.goto(conference.url)
    page.get_by_label("회의 번호").fill("123 456 789")
    page.get_by_label("비밀번호").fill("042042")
    page.get_by_label("이름", exact=True).fill("홍길동")
    page.get_by_role("button", name="참가하기").click()
    expect(page.get_by_role("toolbar")).to_be_visible(timeout=WAIT)
    (enter,) = conference.sent(protocol.Enter)
    assert (enter.number, enter.pin, enter.conference) == ("123456789", "042042", msgspec.UNSET)


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


def test_watching_only_sends_nothing(page: Page, conference: FakeConference) -> None:
    page.goto(conference.link)
    page.get_by_label("이름", exact=True).fill("기자")
    page.get_by_label("보기만 하기").check()
    page.get_by_role("button", name="보기 시작").click()
    expect(page.get_by_role("toolbar")).to_be_visible()
    expect(page.locator('[data-tool="microphone"]')).to_be_hidden()
    _wait_for(page, conference, protocol.Offer)
    (enter,) = conference.sent(protocol.Enter)
    (offer,) = conference.sent(protocol.Offer)
    assert enter.role == "viewer"
    assert re.findall(r"a=(sendrecv|recvonly|sendonly|inactive)\r\n", offer.sdp) == ["recvonly", "recvonly", "inactive"]


def test_joins_without_devices_that_are_not_permitted(browser: Browser, conference: FakeConference) -> None:
    context = browser.new_context(locale="ko-KR")
    context.add_init_script(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));"
    )
    page = context.new_page()
    page.goto(conference.link)
    expect(page.get_by_text("카메라 사용이 허용되지 않았습니다.")).to_be_visible()
    expect(page.get_by_text("마이크 사용이 허용되지 않았습니다.")).to_be_visible()
    _enter(page, conference)
    (enter,) = conference.sent(protocol.Enter)
    assert (enter.muted, enter.camera_off) == (True, True)
    context.close()


def test_offers_three_streams_in_the_fixed_order_on_one_transport(page: Page, conference: FakeConference) -> None:
    _enter(page, conference)
    _wait_for(page, conference, protocol.Candidate)
    offer = conference.sent(protocol.Offer)[0]
    assert re.findall(r"^m=(\w+)", offer.sdp, re.MULTILINE) == ["audio", "video", "video"]
    directions = re.findall(r"a=(sendrecv|recvonly|sendonly|inactive)\r\n", offer.sdp)
    assert directions == ["sendrecv", "sendrecv", "sendonly"]
    assert "a=group:BUNDLE 0 1 2" in offer.sdp
    kinds = [type(message) for message in conference.received]
    assert kinds.index(protocol.Offer) < kinds.index(protocol.Candidate)


# --- in the meeting ---------------------------------------------------------------------------------


def test_roster_follows_the_server(page: Page, conference: FakeConference) -> None:
    _enter(page, conference)
    _tool(page, "people")
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
    _enter(page, conference)
    nasty = "<img src=x onerror=window.broken=1>"
    conference.tell(protocol.ParticipantJoined(participant=person(nasty, "<b>실장</b>", 9)))
    _tool(page, "people")
    expect(page.locator(".people li").nth(4)).to_contain_text(nasty)
    conference.write(person(nasty, "", 9), "<script>window.broken=1</script>")
    _tool(page, "chat")
    expect(page.get_by_role("log")).to_contain_text("<script>window.broken=1</script>")
    assert page.evaluate("window.broken") is None
    assert page.locator("#app img:not(svg)").count() == 0


def test_chat_counts_what_is_unread_and_sends(page: Page, conference: FakeConference) -> None:
    _enter(page, conference)
    conference.write(conference.others[0], "자료를 보내 드렸습니다.")
    conference.write(conference.others[1], "잘 받았습니다.")
    expect(page.get_by_role("button", name="채팅, 읽지 않은 글 2개")).to_be_visible()
    _tool(page, "chat")
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
    _enter(page, conference)
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
    _enter(page, conference)
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
    _enter(page, conference, chair_key="a-key-of-the-chair-1234")
    _tool(page, "people")
    page.get_by_role("button", name="김서연 님 관리").click()
    page.locator(":popover-open").get_by_role("button", name="마이크 끄기").click()
    expect(page.locator(".people li").nth(0).get_by_role("img", name="의장이 마이크를 끔")).to_be_visible()
    page.get_by_role("button", name="이준호 님 관리").click()
    page.locator(":popover-open").get_by_role("button", name="내보내기").click()
    page.get_by_role("dialog").get_by_role("button", name="내보내기").click()
    expect(page.locator(".people li")).to_have_count(3)
    page.get_by_role("button", name="회의 잠그기").click()
    expect(page.get_by_role("button", name="잠금 풀기")).to_be_visible()
    _tool(page, "layout")
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
    _enter(page, conference)
    _tool(page, "share")
    _wait_for(page, conference, protocol.Content)
    expect(page.get_by_role("button", name="공유 중지")).to_be_visible()
    conference.tell(protocol.ContentChanged(participant="p1"))
    expect(page.get_by_role("button", name="화면 공유")).to_be_visible()
    expect(page.locator(".notices")).to_contain_text("종로구청장 김서연 님이 화면을 공유합니다")
    _tool(page, "share")
    _wait_for(page, conference, protocol.Content, count=2)
    page.get_by_role("button", name="공유 중지").click()
    _wait_for(page, conference, protocol.Content, count=3)
    assert [message.active for message in conference.sent(protocol.Content)] == [True, True, False]
    assert len(conference.sent(protocol.Offer)) == 1


def test_leaving_and_joining_again(page: Page, conference: FakeConference) -> None:
    _enter(page, conference)
    page.get_by_role("button", name="나가기").click()
    expect(page.get_by_role("heading", name="회의에서 나왔습니다")).to_be_focused()
    page.get_by_role("button", name="다시 참가하기").click()
    expect(page.get_by_role("toolbar")).to_be_visible()
    assert len(conference.sent(protocol.Leave)) == 1
    assert len(conference.sent(protocol.Enter)) == 2


# --- breaks -----------------------------------------------------------------------------------------


def test_a_lost_connection_is_resumed_by_itself(page: Page, conference: FakeConference) -> None:
    _enter(page, conference)
    page.get_by_role("button", name="카메라 끄기").click()
    conference.drop()
    _wait_for(page, conference, protocol.Resume)
    resume = conference.sent(protocol.Resume)[0]
    assert (resume.conference, resume.participant, resume.secret) == ("c1", "you", SECRET)
    page.wait_for_timeout(200)
    last = conference.sent(protocol.SetSelf)[-1]
    assert last.camera_off is True
    assert len(conference.sent(protocol.Enter)) == 1
    assert SECRET not in page.url


def test_says_that_it_is_reconnecting(page: Page, context: BrowserContext, conference: FakeConference) -> None:
    _enter(page, conference)
    context.set_offline(True)
    conference.drop()
    expect(page.locator(".status")).to_have_text(re.compile("다시 연결하는 중"))
    _tool(page, "chat")
    box = page.get_by_role("textbox", name="모두에게 쓰기")
    box.fill("들리십니까?")
    box.press("Enter")
    expect(page.get_by_text("연결이 끊겨 보내지 못했습니다.")).to_be_visible()
    expect(box).to_have_value("들리십니까?")
    context.set_offline(False)
    _wait_for(page, conference, protocol.Resume)


def test_a_forgotten_participant_enters_anew(page: Page, conference: FakeConference) -> None:
    _enter(page, conference)
    conference.forgotten = True
    conference.drop()
    expect(page.get_by_role("toolbar")).to_be_visible()
    _wait_for(page, conference, protocol.Enter, count=2)
    first, second = conference.sent(protocol.Enter)
    assert (first.name, first.office, first.role) == (second.name, second.office, second.role)


def test_a_forgotten_participant_who_opens_the_page_is_asked(page: Page, conference: FakeConference) -> None:
    _enter(page, conference)
    conference.forgotten = True
    page.reload()
    expect(page.get_by_role("button", name="참가하기")).to_be_visible()
    expect(page.get_by_label("이름", exact=True)).to_have_value("홍길동")
    assert len(conference.sent(protocol.Enter)) == 1


def test_reloading_the_page_resumes(page: Page, conference: FakeConference) -> None:
    _enter(page, conference)
    page.reload()
    expect(page.get_by_role("toolbar")).to_be_visible()
    assert len(conference.sent(protocol.Resume)) == 1
    assert len(conference.sent(protocol.Enter)) == 1


def test_media_restart_brings_a_new_offer(page: Page, conference: FakeConference) -> None:
    _enter(page, conference)
    _wait_for(page, conference, protocol.Offer)
    conference.tell(protocol.MediaRestart(reason="processor-lost"))
    _wait_for(page, conference, protocol.Offer, count=2)
    first, second = conference.sent(protocol.Offer)
    ufrag = re.compile(r"a=ice-ufrag:(\S+)")
    assert ufrag.findall(first.sdp)[0] != ufrag.findall(second.sdp)[0]
    assert second.restart is False


def test_ended_is_final(page: Page, conference: FakeConference) -> None:
    _enter(page, conference)
    removed = protocol.Sentence(ko="문의는 담당 부서로 해 주세요.", en="Please ask the office in charge.")
    conference.tell(protocol.Ended(reason="removed", message=removed))
    expect(page.get_by_role("heading", name="의장이 회의에서 내보냈습니다")).to_be_visible()
    expect(page.get_by_text(removed.ko)).to_be_visible()
    conference.drop()
    page.reload()
    expect(page.get_by_role("button", name="참가하기")).to_be_visible()
    assert conference.sent(protocol.Resume) == []


# --- everywhere -------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [360, 390, 768, 1280, 1920])
def test_nothing_is_wider_than_the_window(page: Page, conference: FakeConference, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 780})
    page.goto(conference.link)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    _enter(page, conference)
    for panel in ("people", "chat"):
        _tool(page, panel)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        outside = page.evaluate(
            """() => [...document.querySelectorAll("button, input, textarea")].filter((node) => {
                 const { left, right, width } = node.getBoundingClientRect();
                 return width > 0 && (left < 0 || right > innerWidth);
               }).map((node) => node.outerHTML.slice(0, 80))"""
        )
        assert outside == []


def test_nothing_is_asked_of_anybody_else(page: Page, conference: FakeConference) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    _enter(page, conference)
    assert asked
    assert [url for url in asked if not url.startswith((conference.url, "data:"))] == []
    assert json.loads(page.evaluate("JSON.stringify(Object.keys(localStorage))")) == ["mcu.preferences"]
    assert SECRET not in page.evaluate("JSON.stringify(localStorage)")


def _wait_for(page: Page, conference: FakeConference, kind: type[protocol.ClientMessage], *, count: int = 1) -> None:
    """Let the page run until the server has received `count` messages of this kind."""
    for _ in range(WAIT // 50):
        if len(conference.sent(kind)) >= count:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"no {kind.__name__} within {WAIT} ms")
