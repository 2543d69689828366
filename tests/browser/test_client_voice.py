"""The own voice: what is done to it, talking while a key is held, being told when one talks and is muted."""

from __future__ import annotations

import re

import msgspec
import pytest
from playwright.sync_api import Page, expect

from mcu.signaling import protocol
from tests.browser.client_page import enter, press, wait_for
from tests.fakes.conference_server import FakeConference

pytestmark = pytest.mark.browser

# A microphone whose loudness is `window.speak(0 to 1)`; what the page sends of it is in `window.sent()`.
MICROPHONE = """() => {
  const context = new AudioContext();
  const gain = new GainNode(context, { gain: 0 });
  new OscillatorNode(context, { frequency: 300 }).connect(gain).context.resume();
  const source = new OscillatorNode(context, { frequency: 300 });
  source.connect(gain);
  source.start();
  window.speak = (loudness) => { gain.gain.value = loudness; return context.resume(); };
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    if (!constraints.audio) return real(constraints);
    const destination = context.createMediaStreamDestination();
    gain.connect(destination);
    const seen = constraints.video ? (await real({ video: constraints.video })).getTracks() : [];
    return new MediaStream([...destination.stream.getTracks(), ...seen]);
  };
  const senders = [];
  const add = RTCPeerConnection.prototype.addTransceiver;
  RTCPeerConnection.prototype.addTransceiver = function (...given) {
    const transceiver = add.apply(this, given);
    if ((given[0].kind ?? given[0]) === "audio") senders.push(transceiver.sender);
    return transceiver;
  };
  window.sent = () => senders.at(-1)?.track?.enabled ?? false;
}"""


@pytest.fixture
def page(page: Page) -> Page:
    page.add_init_script(f"({MICROPHONE})()")
    return page


def told(conference: FakeConference) -> bool | None:
    """Whether the page last said that it is muted."""
    switches = [message.muted for message in conference.sent(protocol.SetSelf) if message.muted is not msgspec.UNSET]
    return bool(switches[-1]) if switches else None


def expect_muted(page: Page, conference: FakeConference, muted: bool) -> None:
    expect(page.locator('[data-tool="microphone"]')).to_have_attribute(
        "data-look", "off" if muted else re.compile("|on")
    )
    page.wait_for_function(f"() => window.sent() === {str(not muted).lower()}")
    for _ in range(200):
        if told(conference) is muted:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"the server was not told that muted is {muted}")


def test_space_lets_talk_while_it_is_held(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    press(page, "microphone")
    expect_muted(page, conference, True)
    page.keyboard.down("Space")  # the focus is on the button that the pointer has just pressed
    expect(page.get_by_role("status").get_by_text("누르고 있는 동안 말할 수 있습니다")).to_be_visible()
    expect_muted(page, conference, False)
    page.keyboard.down("Space")  # repeats while it is held
    page.keyboard.up("Space")
    expect_muted(page, conference, True)
    expect(page.locator(".voice")).to_have_count(0)
    page.keyboard.down("Space")
    expect_muted(page, conference, False)
    page.evaluate("window.dispatchEvent(new Event('blur'))")
    expect_muted(page, conference, True)
    page.keyboard.up("Space")
    assert page.evaluate("JSON.parse(localStorage['mcu.preferences']).wantsMicrophone") is False


def test_space_stays_with_what_has_the_focus_and_can_be_switched_off(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    press(page, "microphone")
    expect_muted(page, conference, True)
    press(page, "chat")
    box = page.get_by_role("textbox", name="모두에게 쓰기")
    box.press_sequentially("네 네?")
    expect(box).to_have_value("네 네?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Escape")  # back on the button, by keyboard
    page.keyboard.press("Space")
    expect(box).to_be_visible()
    assert told(conference) is True
    page.keyboard.press("Escape")
    page.locator(".stage").click()
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="단축키")
    expect(sheet).to_contain_text("스페이스바")
    switch = sheet.get_by_role("switch", name="스페이스바와 ? 키 사용")
    expect(switch).to_have_attribute("aria-checked", "true")
    switch.press("Space")
    expect(switch).to_have_attribute("aria-checked", "false")
    page.keyboard.press("Escape")
    page.locator(".stage").click()
    page.keyboard.press("?")
    page.keyboard.down("Space")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".voice")).to_have_count(0)
    page.keyboard.up("Space")
    assert told(conference) is True


def test_combinations_press_buttons_whatever_is_being_typed(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    expect_muted(page, conference, False)
    page.keyboard.press("Control+Alt+KeyC")
    box = page.get_by_role("textbox", name="모두에게 쓰기")
    expect(box).to_be_focused()
    page.keyboard.press("Control+KeyD")
    expect_muted(page, conference, True)
    page.keyboard.press("Control+KeyD")
    expect_muted(page, conference, False)
    page.keyboard.press("Control+KeyE")
    expect(page.get_by_role("button", name="카메라 켜기")).to_be_visible()
    page.keyboard.press("Control+Alt+KeyH")
    wait_for(page, conference, protocol.SetSelf, count=4)
    expect(page.locator('[data-tool="hand"]')).to_have_attribute("data-look", "on")
    expect(box).to_have_value("")


def test_who_talks_while_muted_is_told_and_unmutes_there(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    press(page, "microphone")
    expect_muted(page, conference, True)
    page.evaluate("window.speak(0.3)")
    prompt = page.locator(".voice")
    expect(prompt).to_contain_text("마이크가 꺼져 있습니다")
    assert page.evaluate("window.sent()") is False  # heard here, and nowhere else
    prompt.get_by_role("button", name="마이크 켜기").click()
    expect_muted(page, conference, False)
    expect(prompt).to_have_count(0)


def test_whom_the_chair_muted_is_told_how_to_ask_for_the_floor(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    expect_muted(page, conference, False)
    assert conference.you is not None
    silenced = msgspec.structs.replace(conference.you, muted=True, muted_by_chair=True)
    conference.you = silenced
    conference.tell(protocol.ParticipantChanged(participant=silenced))
    page.locator(".stage").click()
    page.keyboard.down("Space")
    expect(page.locator(".notices")).to_contain_text("의장이 허용하면 다시 켤 수 있습니다.")
    page.keyboard.up("Space")
    page.evaluate("window.speak(0.3)")
    prompt = page.locator(".voice")
    expect(prompt).to_contain_text("발언하려면 손을 들어 알리십시오")
    expect(prompt.get_by_role("button", name="마이크 켜기")).to_have_count(0)
    prompt.get_by_role("button", name="손들기").click()
    expect(page.locator('[data-tool="hand"]')).to_have_attribute("data-look", "on")
    expect(prompt).to_have_count(0)
    assert page.evaluate("window.sent()") is False


def test_a_prompt_that_was_closed_does_not_come_back(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    press(page, "microphone")
    page.evaluate("window.speak(0.3)")
    page.locator(".voice").get_by_role("button", name="닫기").click()
    expect(page.locator(".voice")).to_have_count(0)
    page.evaluate("window.speak(0)")
    page.wait_for_timeout(500)
    page.evaluate("window.speak(0.3)")
    page.wait_for_timeout(1_500)  # twice as long as it takes to be told
    expect(page.locator(".voice")).to_have_count(0)
