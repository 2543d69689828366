"""The bars and the panel behind them: whose trouble it is, the figures, and a copy of them for those who support."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from mcu.signaling import protocol
from tests.browser.client_page import enter, press, wait_for
from tests.fakes.conference_server import FakeConference

pytestmark = pytest.mark.browser

# A connection that is up, on a line whose counters a test turns: of 100 packets `line.lost` down, `line.lostUp` up.
LINE = """() => {
  window.line = { lost: 0, lostUp: 0 };
  const counted = { packets: 0, lost: 0, lostUp: 0 };
  Object.defineProperty(RTCPeerConnection.prototype, "connectionState", { get: () => "connected" });
  const local = RTCPeerConnection.prototype.setLocalDescription;
  RTCPeerConnection.prototype.setLocalDescription = async function (...given) {
    await local.apply(this, given);
    this.dispatchEvent(new Event("connectionstatechange"));
  };
  RTCPeerConnection.prototype.getStats = async () => {
    counted.packets += 100 - line.lost;
    counted.lost += line.lost;
    counted.lostUp += line.lostUp;
    const frames = counted.packets + counted.lost;
    return new Map([
      { id: "L", type: "local-candidate", protocol: "udp", candidateType: "host", address: "192.0.2.77" },
      { id: "P", type: "candidate-pair", nominated: true, localCandidateId: "L", currentRoundTripTime: 0.023 },
      { id: "I", type: "inbound-rtp", kind: "video", mid: "1", packetsReceived: counted.packets, frameWidth: 1280,
        frameHeight: 720, packetsLost: counted.lost, framesDecoded: frames, bytesReceived: frames * 1000 },
      { id: "O", type: "outbound-rtp", kind: "video", mid: "1", packetsSent: frames, bytesSent: frames * 500 },
      { id: "R", type: "remote-inbound-rtp", localId: "O", packetsLost: counted.lostUp },
    ].map((stat) => [stat.id, stat]));
  };
}"""

# The page's policy lets nobody read the clipboard, so what goes in is remembered on the way.
COPIES = """() => {
  const write = navigator.clipboard.writeText.bind(navigator.clipboard);
  navigator.clipboard.writeText = async (text) => { await write(text); window.copied = text; };
}"""


@pytest.fixture
def context(context: BrowserContext) -> BrowserContext:
    context.add_init_script(f"({LINE})()")
    context.grant_permissions(["camera", "microphone", "clipboard-read", "clipboard-write"])
    return context


def test_the_bars_say_whose_trouble_it_is(page: Page, conference: FakeConference) -> None:
    page.clock.install()
    enter(page, conference)
    button = page.get_by_role("button", name="연결 상태: 좋음")
    expect(button).to_be_visible()
    button.click()
    panel = page.locator(".connection")
    expect(panel).to_contain_text("내 연결이 좋습니다.")
    page.evaluate("line.lost = 20")
    page.clock.run_for(12_000)
    expect(page.get_by_role("button", name="연결 상태: 나쁨")).to_be_visible()
    expect(page.locator(".status")).to_have_text("받는 회선이 불안정합니다")
    expect(panel).to_contain_text("영상과 소리를 받는 회선이 불안정합니다.")
    expect(panel.locator("dd").filter(has_text="20%")).to_be_visible()
    expect(panel.locator("dd").filter(has_text="23 ms")).to_be_visible()
    page.evaluate("line.lost = 0")
    page.clock.run_for(12_000)
    expect(page.get_by_role("button", name="연결 상태: 좋음")).to_be_visible()
    expect(page.locator(".status")).to_have_text("연결됨")


def test_figures_are_copied_without_an_address(page: Page, conference: FakeConference) -> None:
    page.clock.install()
    enter(page, conference)
    page.get_by_role("button", name="연결 상태").click()
    copy = page.get_by_role("button", name="수치 복사")
    expect(copy).to_be_disabled()
    page.clock.run_for(12_000)
    page.evaluate(COPIES)
    copy.click()
    expect(page.get_by_text("복사했습니다.")).to_be_visible()
    text = page.evaluate("window.copied")
    assert "UDP" in text
    assert "1280×720" in text
    assert "192.0.2.77" not in text


def test_the_panel_is_left_with_the_keyboard(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    button = page.get_by_role("button", name="연결 상태")
    button.press("Enter")
    expect(page.locator(".connection")).to_be_visible()
    page.locator(".panel header button").press("Escape")
    expect(page.locator(".connection")).to_be_hidden()
    expect(button).to_be_focused()


def test_somebody_else_s_line_is_said_to_be_theirs(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    conference.tell(protocol.Lines(poor=("p2",), strained=False))
    expect(page.locator(".status")).to_have_text("중구청장 이준호 님의 연결 문제입니다")
    expect(page.locator(".tile-line:visible")).to_have_count(1)
    expect(page.locator(".tiles li").filter(has_text="이준호").locator(".tile-line")).to_be_visible()
    press(page, "people")
    row = page.locator(".people li").filter(has_text="이준호")
    expect(row.get_by_role("img", name="연결이 불안정합니다")).to_be_visible()
    page.get_by_role("button", name="연결 상태: 좋음").click()
    expect(page.locator(".connection")).to_contain_text("중구청장 이준호 님의 연결 문제입니다. 내 연결은 좋습니다.")
    conference.tell(protocol.Lines(poor=(), strained=False))
    expect(page.locator(".tile-line:visible")).to_have_count(0)
    expect(page.locator(".status")).to_have_text("연결됨")


def test_a_server_that_sheds_is_said_to_be_the_server(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    conference.tell(protocol.Lines(poor=(), strained=True))
    expect(page.locator(".status")).to_have_text("서버가 바쁩니다")
    expect(page.get_by_role("button", name="연결 상태: 보통")).to_be_visible()


def test_a_camera_gives_way_to_sound_and_comes_back(page: Page, conference: FakeConference) -> None:
    page.clock.install()
    enter(page, conference)
    page.evaluate("line.lostUp = 20")
    paused = page.locator(".status", has_text="카메라를 잠시 멈췄습니다")
    for _ in range(60):  # a busy browser answers for its statistics in some of them only
        page.clock.run_for(2_000)
        if paused.count():
            break
    expect(page.locator(".status")).to_have_text("회선이 느려 카메라를 잠시 멈췄습니다")
    wait_for(page, conference, protocol.SetSelf)
    assert conference.sent(protocol.SetSelf)[-1].camera_off is True
    page.evaluate("line.lostUp = 0")
    for _ in range(40):
        page.clock.run_for(2_000)
    expect(page.locator(".status")).to_have_text("연결됨")
    assert conference.sent(protocol.SetSelf)[-1].camera_off is False
