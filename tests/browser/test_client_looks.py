"""Letters that are there, motion that is not wanted, and colours that the system chooses."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.client_page import enter, press
from tests.browser.scene import Setting, scene
from tests.fakes.conference_server import FakeConference, person

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SYLLABLES = "[...Array(11172)].map((_, index) => String.fromCodePoint(0xac00 + index))"
# Every syllable drawn with the page's fonts, and those that look like a character that no font has.
UNDRAWN = f"""() => {{
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 32;
  const pen = canvas.getContext("2d", {{ willReadFrequently: true }});
  pen.font = `20px ${{getComputedStyle(document.body).fontFamily}}`;
  const drawn = (letter) => {{
    pen.clearRect(0, 0, 32, 32);
    pen.fillText(letter, 4, 24);
    return pen.getImageData(0, 0, 32, 32).data.filter((_, at) => at % 4 === 3).join();
  }};
  const blank = drawn(" ");
  const missing = drawn("\\u{{10ffff}}");
  const seen = new Map();
  const wrong = [];
  for (const letter of {SYLLABLES}) {{
    const picture = drawn(letter);
    if (picture === blank || picture === missing || seen.has(picture)) wrong.push(letter);
    seen.set(picture, letter);
  }}
  return wrong.length > 20 ? [wrong.length, ...wrong.slice(0, 20)] : wrong;
}}"""
# What would move, or fade, for longer than anybody sees.
MOVING = """() => document.getAnimations()
  .filter((one) => one.effect.getComputedTiming().activeDuration > 20)
  .map((one) => one.effect.target.className + " " + (one.animationName ?? one.transitionProperty))"""
LONGEST = """() => [...document.querySelectorAll("*")].flatMap((node) => {
  const { transitionDuration, animationDuration, animationName } = getComputedStyle(node);
  const parse = (one) => parseFloat(one) * (one.includes("ms") ? 0.001 : 1);
  const seconds = (list) => Math.max(...list.split(",").map(parse));
  const longest = Math.max(seconds(transitionDuration), animationName === "none" ? 0 : seconds(animationDuration));
  return longest > 0.02 ? [`${node.localName}.${node.className} ${longest}`] : [];
})"""


def test_every_syllable_has_a_letter(page: Page, conference: FakeConference) -> None:
    """Each of the 11,172 is drawn, and no two alike: an empty box looks like every other."""
    page.goto(conference.link)
    assert page.evaluate(UNDRAWN) == []


def test_nothing_moves_for_those_who_do_not_want_it(browser: Browser) -> None:
    with scene(browser, Setting()) as brought:
        brought.page.emulate_media(reduced_motion="reduce")
        brought.open()
        assert brought.page.evaluate(LONGEST) == []
        brought.conference.answers_enter = False
        brought.fill()
        brought.press_enter()
        expect(brought.page.locator(".spinner")).to_be_visible()
        assert brought.page.evaluate(LONGEST) == []
        assert brought.page.evaluate(MOVING) == []
    with scene(browser, Setting(media="none")) as brought:
        brought.page.emulate_media(reduced_motion="reduce")
        brought.join()
        for tool in ("people", "chat", "settings"):
            brought.tool(tool)
            assert brought.page.evaluate(LONGEST) == []
            assert brought.page.evaluate(MOVING) == []


def test_motion_is_seen_where_it_is_wanted(browser: Browser) -> None:
    """That the test above can fail."""
    with scene(browser, Setting()) as brought:
        brought.conference.answers_enter = False
        brought.open()
        brought.fill()
        brought.press_enter()
        expect(brought.page.locator(".spinner")).to_be_visible()
        assert brought.page.evaluate(LONGEST) != []
        assert brought.page.evaluate(MOVING) != []


def test_controls_have_edges_where_the_system_chooses_the_colours(page: Page, conference: FakeConference) -> None:
    """In Windows' contrast themes backgrounds go away: what is pressed, and where the focus is, must still be seen."""
    page.emulate_media(forced_colors="active")
    enter(page, conference)
    press(page, "chat")
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
    edges = page.evaluate(
        """() => ["microphone", "chat"].map((tool) => {
          const style = getComputedStyle(document.querySelector(`.toolbar [data-tool="${tool}"]`));
          return [style.borderTopStyle, style.borderTopWidth, style.borderTopColor].join(" ");
        })"""
    )
    assert all("none" not in edge and " 0px" not in edge for edge in edges)
    assert edges[0] != edges[1]  # the open panel's tool looks other than one that is not pressed


def test_a_long_office_does_not_cut_the_name_in_the_chat(page: Page, conference: FakeConference) -> None:
    conference.others = [person("김서연", "국무조정실 수도권광역행정협의회 지원단장 직무대행 겸 기획조정실장", 1)]
    enter(page, conference)
    conference.write(conference.others[0], "안녕하십니까")
    press(page, "chat")
    office, name = page.locator(".chat-log b bdi").all()
    fits = "node => node.scrollWidth <= node.clientWidth"
    assert not office.evaluate(fits)
    assert name.evaluate(fits)
    expect(name).to_have_text("김서연")
