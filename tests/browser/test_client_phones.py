"""Telephones and tablets: what a finger must hit, what a keyboard on the screen leaves, and both ways up."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect

from mcu.signaling import protocol
from tests.browser.client_page import WAIT, press, until
from tests.browser.layouts_shown import SCENES, enter_scene
from tests.fakes.conference_server import FakeConference

pytestmark = pytest.mark.browser

SCREENS = {"small": (360, 640), "on its side": (640, 360), "large": (390, 844), "tablet": (820, 1180)}
# Buttons over the tiles are as large as the tiles; two fingers enlarge those that are too small to be hit.
TOO_SMALL = """() => [...document.querySelectorAll("button, input, select, textarea, a[href], summary, [role=switch]")]
  .filter((node) => !node.matches(".tile-button") && node.checkVisibility({ visibilityProperty: true }))
  .map((node) => [node.closest(".check, .switch") ?? node, node])
  .map(([target, node]) => [target.getBoundingClientRect(), node])
  .filter(([box]) => box.width > 1 && (box.width < 43.5 || box.height < 43.5))
  .map(([box, node]) => `${Math.round(box.width)}x${Math.round(box.height)} ${node.outerHTML.slice(0, 100)}`)"""
OUTSIDE = """() => [...document.querySelectorAll("button, input, textarea")]
  .filter((node) => !node.closest(".tiles, .people, dialog, .menu") && node.checkVisibility())
  .filter((node) => {
    const { left, right, top, bottom } = node.getBoundingClientRect();
    return left < -1 || right > innerWidth + 1 || top < -1 || bottom > innerHeight + 1;
  }).map((node) => node.outerHTML.slice(0, 100))"""


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        locale="ko-KR",
        permissions=["camera", "microphone"],
        has_touch=True,
        is_mobile=True,
        reduced_motion="reduce",
    )
    context.set_default_timeout(WAIT)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


@pytest.mark.parametrize("screen", SCREENS.values(), ids=SCREENS.keys())
def test_every_control_is_large_enough_for_a_finger(
    phone: Page, conference: FakeConference, screen: tuple[int, int]
) -> None:
    phone.set_viewport_size({"width": screen[0], "height": screen[1]})
    enter_scene(phone, conference, SCENES["grid-24"], chair_key="a-key-of-the-chair-1234")
    raised = msgspec.structs.replace(conference.others[3], hand=True)
    conference.tell(protocol.ParticipantChanged(participant=raised))
    assert phone.evaluate(TOO_SMALL) == []
    assert phone.evaluate(OUTSIDE) == []
    for panel in ("people", "chat"):
        press(phone, panel)
        expect(phone.locator(".panel h2")).to_be_visible()
        assert phone.evaluate(TOO_SMALL) == [], panel
        assert phone.evaluate(OUTSIDE) == [], panel
        press(phone, panel)
    for dialog in ("layout", "settings", "invite"):
        press(phone, dialog)
        expect(phone.get_by_role("dialog")).to_be_visible()
        assert phone.evaluate(TOO_SMALL) == [], dialog
        right = phone.get_by_role("dialog").evaluate("node => node.getBoundingClientRect().right")
        assert right <= screen[0]
        phone.get_by_role("dialog").get_by_role("button", name="닫기").click()
    press(phone, "more")
    expect(phone.get_by_role("menu")).to_be_visible()
    assert phone.evaluate(TOO_SMALL) == []
    box = phone.get_by_role("menu").bounding_box()
    assert box is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= screen[1]


@pytest.mark.parametrize(("upright", "left"), [((360, 640), 340), ((390, 844), 500), ((740, 360), 170)])
def test_a_keyboard_on_the_screen_leaves_what_is_written_in_sight(
    phone: Page, conference: FakeConference, upright: tuple[int, int], left: int
) -> None:
    phone.set_viewport_size({"width": upright[0], "height": upright[1]})
    enter_scene(phone, conference, SCENES["grid-4"])
    conference.write(conference.others[0], "자료를 보내 드렸습니다.")
    press(phone, "chat")
    box = phone.get_by_role("textbox", name="모두에게 쓰기")
    box.fill("첫째 줄\n둘째 줄")
    phone.set_viewport_size({"width": upright[0], "height": left})  # as browsers do with interactive-widget
    expect(box).to_be_in_viewport(ratio=0.99)
    expect(phone.get_by_role("button", name="보내기", exact=True)).to_be_in_viewport(ratio=0.99)
    phone.set_viewport_size({"width": upright[0], "height": upright[1]})
    expect(phone.get_by_role("toolbar")).to_be_visible()


def test_a_keyboard_that_only_covers_makes_the_page_lower(phone: Page, conference: FakeConference) -> None:
    phone.set_viewport_size({"width": 390, "height": 844})
    enter_scene(phone, conference, SCENES["grid-4"])
    press(phone, "chat")
    phone.evaluate(
        """() => {
          for (const [name, value] of Object.entries({ height: 500, offsetTop: 0 })) {
            Object.defineProperty(visualViewport, name, { value, configurable: true });
          }
        }"""
    )
    until(
        phone,
        """() => {
          visualViewport.dispatchEvent(new Event("resize"));
          return document.querySelector("#chat-write").getBoundingClientRect().bottom <= 500;
        }""",
    )


def test_turning_the_telephone_keeps_everything(phone: Page, conference: FakeConference) -> None:
    phone.set_viewport_size({"width": 390, "height": 844})
    enter_scene(phone, conference, SCENES["grid-4"])
    item = phone.locator(".tiles li").nth(1)
    item.get_by_role("button").tap()
    phone.set_viewport_size({"width": 844, "height": 390})
    expect(item.get_by_role("button")).to_have_attribute("aria-pressed", "true")
    stage, tile = phone.locator(".stage").bounding_box(), item.bounding_box()
    assert stage is not None
    assert tile is not None
    assert abs(tile["height"] - stage["height"]) < 3 or abs(tile["width"] - stage["width"]) < 3
    assert phone.evaluate(OUTSIDE) == []
