"""Devices on the join page: refused, busy, missing, plugged in, gone, flipped, heard; never in the way of joining."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from mcu.signaling import protocol
from tests.browser.client_page import WAIT, enter
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.fakes.conference_server import FakeConference

pytestmark = pytest.mark.browser

# Each stands before the page's own scripts. `refuse` says why camera or microphone cannot be had; "" that they can.
REFUSING = """
  window.refuse = { video: "", audio: "" };
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  window.asked = [];
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    window.asked.push(Object.keys(wanted).sort().join());
    for (const kind of ["video", "audio"]) {
      if (wanted[kind] && window.refuse[kind]) throw new DOMException("refused", window.refuse[kind]);
    }
    return real(wanted);
  };
"""
# A telephone: two cameras, which say where they look. Chromium's one fake camera stands for both.
TELEPHONE = """
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  const list = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
  const settings = MediaStreamTrack.prototype.getSettings;
  window.opened = [];
  MediaStreamTrack.prototype.getSettings = function () {
    return { ...settings.call(this), ...(this.side ? { facingMode: this.side, deviceId: this.side } : {}) };
  };
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await open(wanted);
    const [track] = stream.getVideoTracks();
    const id = wanted.video?.deviceId?.exact ?? wanted.video?.deviceId?.ideal;
    if (track) track.side = wanted.video.facingMode?.ideal ?? (id === "environment" ? id : "user");
    if (track) window.opened.push(track);
    return stream;
  };
  navigator.mediaDevices.enumerateDevices = async () => [
    ...(await list()).filter((device) => device.kind !== "videoinput"),
    { kind: "videoinput", deviceId: "user", label: "앞" },
    { kind: "videoinput", deviceId: "environment", label: "뒤" },
  ];
"""
# Devices that come and go.
SHELF = """
  const list = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
  window.more = [];
  navigator.mediaDevices.enumerateDevices = async () => [...(await list()), ...window.more];
  window.plug = (...devices) => {
    window.more = devices;
    navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
  };
"""
HEADSET = "{ kind: 'audioinput', deviceId: 'headset', label: '헤드셋' }"


def open_refused(context: BrowserContext, conference: FakeConference, *, video: str = "", audio: str = "") -> Page:
    context.add_init_script(REFUSING + f"Object.assign(window.refuse, {{ video: {video!r}, audio: {audio!r} }});")
    page = context.new_page()
    page.goto(conference.link)
    return page


def test_a_refusal_is_explained_and_keeps_nobody_from_joining(
    context: BrowserContext, conference: FakeConference
) -> None:
    page = open_refused(context, conference, video="NotAllowedError", audio="NotAllowedError")
    help_ = page.locator('.help[data-trouble="denied"]')
    expect(help_).to_have_count(1)  # one for both
    expect(help_).to_contain_text("카메라와 마이크 사용이 허용되지 않았습니다.")
    expect(help_).to_contain_text("주소창 왼쪽 끝의 사이트 정보 표시")  # of Chromium
    page.get_by_label("이름", exact=True).fill("홍길동")
    page.get_by_role("button", name="카메라와 마이크 없이 참가하기").click()
    expect(page.get_by_role("toolbar")).to_be_visible(timeout=WAIT)
    (entry,) = conference.sent(protocol.Enter)
    assert (entry.muted, entry.camera_off, entry.role) == (True, True, "attendee")


def test_the_browsers_own_no_is_understood_and_its_yes_seen(browser: Browser, conference: FakeConference) -> None:
    flags = [flag for flag in FLAGS if "fake-ui" not in flag]  # so that Chromium itself says no
    asking = browser.browser_type.launch(executable_path=CHROMIUM, args=flags)
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    context = asking.new_context(locale="ko-KR", user_agent=firefox)
    page = context.new_page()
    page.goto(conference.link)
    expect(page.locator(".help")).to_contain_text("‘차단됨’ 옆의 ×", timeout=WAIT)  # as it is in Firefox
    expect(page.get_by_role("button", name="카메라와 마이크 없이 참가하기")).to_be_visible()
    context.grant_permissions(["camera", "microphone"], origin=conference.url)
    expect(page.locator(".preview video")).to_be_visible(timeout=WAIT)  # by itself
    expect(page.locator(".help")).to_have_count(0)
    asking.close()


def test_a_busy_camera_is_tried_again_by_a_button(context: BrowserContext, conference: FakeConference) -> None:
    page = open_refused(context, conference, video="NotReadableError")
    expect(page.locator(".help")).to_contain_text("다른 프로그램이 카메라 장치를 쓰고 있습니다.")
    expect(page.get_by_role("button", name="카메라 없이 참가하기", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="카메라 켜기")).to_be_visible()
    assert page.evaluate("window.asked") == ["audio,video", "video", "audio"]
    page.evaluate("window.refuse.video = ''")
    page.get_by_role("button", name="다시 시도").press("Enter")
    expect(page.get_by_role("button", name="마이크 끄기")).to_be_focused()  # not lost with the button
    expect(page.locator(".preview video")).to_be_visible(timeout=WAIT)
    expect(page.locator(".helps")).to_be_hidden()
    expect(page.get_by_role("button", name="참가하기", exact=True)).to_be_visible()


def test_a_missing_microphone_appears_as_soon_as_it_is_plugged_in(
    context: BrowserContext, conference: FakeConference
) -> None:
    page = open_refused(context, conference, audio="NotFoundError")
    expect(page.locator(".help")).to_contain_text("마이크 장치를 찾지 못했습니다.")
    expect(page.get_by_role("button", name="마이크 없이 참가하기", exact=True)).to_be_visible()
    page.evaluate("window.refuse.audio = ''; navigator.mediaDevices.dispatchEvent(new Event('devicechange'));")
    expect(page.get_by_role("button", name="참가하기", exact=True)).to_be_visible(timeout=WAIT)
    expect(page.locator(".help")).to_have_count(0)


def test_both_devices_are_asked_for_in_one_question_and_that_is_said(
    context: BrowserContext, conference: FakeConference
) -> None:
    context.add_init_script(
        REFUSING
        + """
        navigator.mediaDevices.getUserMedia = (wanted) => {
          window.asked.push(Object.keys(wanted).sort().join());
          return new Promise((resolve) => (window.allow = () => resolve(real(wanted))));
        };
        navigator.permissions.query = async () => Object.assign(new EventTarget(), { state: "prompt" });
        """
    )
    page = context.new_page()
    page.goto(conference.link)
    expect(page.locator(".preview-words")).to_contain_text("브라우저가 카메라와 마이크 사용을 묻고 있습니다.")
    assert page.evaluate("window.asked") == ["audio,video"]
    page.evaluate("window.allow()")
    expect(page.locator(".preview video")).to_be_visible(timeout=WAIT)


def test_voice_alone_is_a_choice_and_closes_the_camera(page: Page, conference: FakeConference) -> None:
    page.goto(conference.link)
    expect(page.locator(".preview video")).to_be_visible(timeout=WAIT)
    page.get_by_label("음성만").check()
    expect(page.locator(".preview video")).to_be_hidden()
    expect(page.locator(".help")).to_have_count(0)  # a choice is no error
    page.get_by_label("이름", exact=True).fill("홍길동")
    page.get_by_role("button", name="카메라 없이 참가하기").click()
    expect(page.get_by_role("toolbar")).to_be_visible(timeout=WAIT)
    (entry,) = conference.sent(protocol.Enter)
    assert (entry.muted, entry.camera_off, entry.role) == (False, True, "attendee")


def test_choices_and_switches_agree(page: Page, conference: FakeConference) -> None:
    page.goto(conference.link)
    expect(page.get_by_label("영상과 음성")).to_be_checked()
    page.get_by_role("button", name="카메라 끄기").click()
    expect(page.get_by_label("음성만")).to_be_checked()
    page.get_by_label("보기만 하기").check()
    expect(page.get_by_role("button", name="보기 시작")).to_be_visible()
    expect(page.locator(".preview-switches")).to_be_hidden()
    expect(page.get_by_role("button", name="스피커 소리 들어 보기")).to_be_visible()  # who watches hears too
    page.get_by_label("영상과 음성").check()
    expect(page.locator(".preview video")).to_be_visible(timeout=WAIT)
    expect(page.get_by_role("button", name="참가하기", exact=True)).to_be_visible()


def test_a_remembered_device_that_is_gone_is_replaced_and_comes_back(
    context: BrowserContext, conference: FakeConference
) -> None:
    context.add_init_script(
        SHELF + "localStorage.setItem('mcu.preferences', JSON.stringify({ microphone: 'headset', name: '홍길동' }));"
    )
    page = context.new_page()
    page.goto(conference.link)
    chosen = page.get_by_label("마이크", exact=True)
    gone = page.get_by_text("지난번에 쓰던 장치가 없어").locator("visible=true")
    expect(gone).to_have_count(1, timeout=WAIT)
    expect(chosen).not_to_have_value("headset")
    page.evaluate(f"window.plug({HEADSET})")
    expect(chosen.locator("option", has_text="헤드셋")).to_have_count(1)
    expect(gone).to_have_count(0)
    assert page.evaluate("JSON.parse(localStorage['mcu.preferences']).microphone") == "headset"


def test_a_telephones_camera_is_flipped_and_remembered(context: BrowserContext, conference: FakeConference) -> None:
    context.add_init_script(TELEPHONE)
    page = context.new_page()
    page.goto(conference.link)
    picture = page.locator(".preview video")
    expect(picture).to_have_class("mirrored", timeout=WAIT)
    page.get_by_role("button", name="앞뒤 카메라 바꾸기").click()
    expect(picture).not_to_have_class("mirrored", timeout=WAIT)
    assert page.evaluate("window.opened.map((track) => [track.side, track.readyState])") == [
        ["user", "ended"],
        ["environment", "live"],
    ]
    page.reload()
    expect(picture).to_be_visible(timeout=WAIT)
    expect(picture).not_to_have_class("mirrored")
    page.get_by_role("button", name="앞뒤 카메라 바꾸기").click()
    expect(picture).to_have_class("mirrored", timeout=WAIT)


def test_a_telephones_camera_is_flipped_in_the_meeting(context: BrowserContext, conference: FakeConference) -> None:
    context.add_init_script(TELEPHONE)
    page = context.new_page()
    enter(page, conference)
    page.get_by_role("button", name="더 보기").click()
    page.locator('[data-tool="flip"]:visible').click()
    page.wait_for_function("() => window.opened.at(-1).side === 'environment'", timeout=WAIT)
    assert page.evaluate("window.opened.map((track) => track.readyState)") == ["ended", "live"]
    assert [sent.camera_off for sent in conference.sent(protocol.SetSelf) if sent.camera_off is True] == []


def test_a_computers_camera_has_no_other_side(page: Page, conference: FakeConference) -> None:
    page.goto(conference.link)
    expect(page.locator(".preview video")).to_be_visible(timeout=WAIT)
    expect(page.get_by_role("button", name="앞뒤 카메라 바꾸기")).to_be_hidden()


def test_the_test_sound_goes_to_the_chosen_speaker_and_can_be_stopped(page: Page, conference: FakeConference) -> None:
    page.add_init_script(
        """
        const real = HTMLMediaElement.prototype.setSinkId;
        HTMLMediaElement.prototype.setSinkId = function (id) { window.sink = id; return real.call(this, id); };
        const play = HTMLMediaElement.prototype.play;
        HTMLMediaElement.prototype.play = function () {
          if (this instanceof HTMLAudioElement) window.player = this;
          return play.call(this);
        };
        """
    )
    page.goto(conference.link)
    speaker = page.get_by_label("스피커", exact=True)
    expect(speaker.locator("option")).not_to_have_count(1, timeout=WAIT)
    speaker.select_option(index=1)
    button = page.locator(".speaker-test")
    button.click()
    expect(button).to_have_attribute("data-tone", "playing")
    expect(button).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("window.sink") == speaker.input_value()
    page.evaluate(LOUDNESS)
    page.wait_for_function("() => window.loudest > 0.05", timeout=WAIT)
    button.click()
    expect(button).to_have_attribute("data-tone", "played")
    expect(page.get_by_text("들리지 않았으면 다른 스피커를")).to_be_visible()
    button.click()
    expect(button).to_have_attribute("data-tone", "playing")
    expect(button).to_have_attribute("data-tone", "played", timeout=WAIT)  # by itself


LOUDNESS = """() => {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(window.player.srcObject).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  window.loudest = 0;
  setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    window.loudest = Math.max(window.loudest, ...samples);
  }, 20);
}"""


def test_a_speaker_that_cannot_be_used_is_said(page: Page, conference: FakeConference) -> None:
    page.add_init_script(
        "HTMLMediaElement.prototype.play = () => Promise.reject(new DOMException('none', 'NotSupportedError'));"
    )
    page.goto(conference.link)
    page.get_by_role("button", name="스피커 소리 들어 보기").click()
    expect(page.get_by_text("소리를 내지 못했습니다.")).to_be_visible()


def test_the_form_alone_can_enter(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    (entry,) = conference.sent(protocol.Enter)
    assert (entry.muted, entry.camera_off) == (False, False)
