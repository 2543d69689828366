"""What the browser does to the microphone's sound: switched in a meeting, shown as it is, remembered."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from mcu.signaling import protocol
from tests.browser.client_page import enter, press
from tests.fakes.conference_server import FakeConference

pytestmark = pytest.mark.browser

# What the browser says of the track that is sent.
SENT = """() => {
  const senders = [];
  const add = RTCPeerConnection.prototype.addTransceiver;
  RTCPeerConnection.prototype.addTransceiver = function (...given) {
    const transceiver = add.apply(this, given);
    if ((given[0].kind ?? given[0]) === "audio") senders.push(transceiver.sender);
    return transceiver;
  };
  window.sent = () => senders.at(-1)?.track?.getSettings() ?? {};
}"""


def open_settings(page: Page) -> None:
    press(page, "more")
    page.locator(':popover-open [data-tool="settings"]').click()


def test_what_is_done_to_the_sound_is_switched_without_a_new_offer(page: Page, conference: FakeConference) -> None:
    page.add_init_script(f"({SENT})()")
    enter(page, conference)
    page.wait_for_function("() => window.sent().noiseSuppression === true")
    open_settings(page)
    for name, setting in (
        ("잡음 줄이기", "noiseSuppression"),
        ("울림 없애기", "echoCancellation"),
        ("마이크 음량 자동 조절", "autoGainControl"),
    ):
        switch = page.get_by_role("switch", name=name)
        expect(switch).to_have_attribute("aria-checked", "true")
        switch.press("Space")
        expect(switch).to_have_attribute("aria-checked", "false")
        page.wait_for_function(f"() => window.sent().{setting} === false")
    assert len(conference.sent(protocol.Offer)) == 1
    page.reload()
    page.wait_for_function("() => window.sent?.().noiseSuppression === false")
    open_settings(page)
    expect(page.get_by_role("switch", name="울림 없애기")).to_have_attribute("aria-checked", "false")


def test_what_the_browser_refuses_is_shown_as_it_is(page: Page, conference: FakeConference) -> None:
    page.add_init_script(
        """const settings = MediaStreamTrack.prototype.getSettings;
        MediaStreamTrack.prototype.getSettings = function () {
          return { ...settings.call(this), ...(this.kind === "audio" ? { noiseSuppression: true } : {}) };
        };"""
    )
    enter(page, conference)
    open_settings(page)
    switch = page.get_by_role("switch", name="잡음 줄이기")
    switch.click()
    expect(page.get_by_text("이 브라우저나 마이크에서는 바꿀 수 없습니다.")).to_be_visible()
    expect(switch).to_have_attribute("aria-checked", "true")
