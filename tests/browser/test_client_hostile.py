"""Names and chat that were written to break a page: they are text, stay in their place, and turn no others' words."""

from __future__ import annotations

import unicodedata

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from mcu.signaling import protocol
from tests.browser.client_page import enter, press
from tests.fakes.conference_server import FakeConference, person

pytestmark = pytest.mark.browser

# What a server must not let through, and a page must bear all the same.
HOSTILE = {
    "override": "홍\u202e길동\u202c",
    "unclosed override": "\u202eetartsinimda",
    "isolate": "\u2067김\u2069 \u2066철수",
    "zero width": "김\u200b철\u200d수\ufeff" + "\u200b" * 200,
    "arabic": "أحمد بن محمد",
    "hebrew and digits": "שלום 123 (456)",
    "stacked marks": "김" + "\u0489\u0334\u0315\u031b" * 60 + "철수",
    "decomposed": unicodedata.normalize("NFD", "남궁민수 구청장"),
    "joined emoji": "👩‍👩‍👧‍👦👨🏽‍🚒🏳️‍🌈" * 6,
    "markup": '"><svg onload=window.broken=1><!--<script>window.broken=1</script>',
    "no blanks": "가" * 10_000,
    "long word": "W" * 10_000,
    "line breaks": "김\n\n\n\u2028철\u2029수\t\r",
    "percent and braces": "{name} {count} %s %1$s ${x} $& $1",
}
WIDTHS = (1280, 390)
# What is drawn outside the window, or wider than what holds it without being cut there.
OUTSIDE = """() => [...document.querySelectorAll(".panel *, .notices *, .about *, .toolbar *")].filter((node) => {
  const { left, right, width } = node.getBoundingClientRect();
  if (width < 2 || node.closest(".visually-hidden, [hidden]")) return false;
  for (let up = node.parentElement; up; up = up.parentElement) {
    const style = getComputedStyle(up);
    const box = up.getBoundingClientRect();
    if (style.overflowX !== "visible" && (left < box.left - 1 || right > box.right + 1)) return false;  // cut off there
  }
  return left < -1 || right > innerWidth + 1;
}).map((node) => node.className + " " + node.textContent.slice(0, 40))"""
# What lies in a row of the roster, from left to right; and name and time of a line of chat.
ROWS = """() => [...document.querySelectorAll(".people li")].map((row) => ({
  lefts: [...row.querySelectorAll(".avatar, .who, .marks")].map((node) => node.getBoundingClientRect().left),
  height: row.getBoundingClientRect().height,
  name: row.querySelector(".name").textContent,
}))"""
LINES = """() => [...document.querySelectorAll("[role=log] li")].map((line) => ({
  name: line.querySelector("header b").getBoundingClientRect().right,
  time: line.querySelector("header time").getBoundingClientRect().left,
  said: line.querySelector("header time").textContent,
}))"""
# Left edges of the letters of `words` in the notices.
LETTERS = """(words) => [...document.querySelectorAll(".notices li")].map((notice) => {
  const walker = document.createTreeWalker(notice, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const at = node.data.indexOf(words);
    if (at < 0) continue;
    return [...words].map((_, index) => {
      range.setStart(node, at + index);
      range.setEnd(node, at + index + 1);
      return range.getBoundingClientRect().left;
    });
  }
  return null;
})"""
TALLEST = 400  # pixels that one name may take in the roster


def test_hostile_names_stay_in_their_places(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    press(page, "people")
    people = [person(name, name[:200], number) for number, name in enumerate(HOSTILE.values(), 10)]
    conference.tell(*(protocol.ParticipantJoined(participant=who) for who in people))
    expect(page.locator(".people li")).to_have_count(4 + len(HOSTILE))
    conference.tell(*(protocol.ParticipantChanged(participant=replace(who, hand=True)) for who in people))
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(OUTSIDE) == []
        rows = page.evaluate(ROWS)[4:]
        assert [row["name"] for row in rows] == list(HOSTILE.values())
        wrong = [
            kind
            for kind, row in zip(HOSTILE, rows, strict=True)
            if row["lefts"] != sorted(row["lefts"]) or row["height"] > TALLEST
        ]
        assert wrong == []
    assert page.evaluate("window.broken") is None
    assert page.locator("#app script, #app iframe, #app object").count() == 0


def test_hostile_lines_of_chat_are_text_and_leave_the_time_where_it_is(page: Page, conference: FakeConference) -> None:
    enter(page, conference)
    press(page, "chat")
    for number, text in enumerate(HOSTILE.values(), 10):
        conference.write(person(text[:300], "", number), text)
    expect(page.get_by_role("log").locator("li")).to_have_count(len(HOSTILE))
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(OUTSIDE) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        lines = page.evaluate(LINES)
        assert [line["said"][-3:] for line in lines] == [f":{minute:02}" for minute in range(len(HOSTILE))]
        assert [kind for kind, line in zip(HOSTILE, lines, strict=True) if line["name"] > line["time"] + 1] == []
    assert page.evaluate("window.broken") is None


def test_a_name_turns_no_words_beside_it(page: Page, conference: FakeConference) -> None:
    """In a sentence with a name, what stands behind the name is drawn to the right of it."""
    enter(page, conference)
    for number, kind in enumerate(("override", "unclosed override", "isolate", "arabic", "hebrew and digits"), 10):
        who = person(HOSTILE[kind], "", number)
        conference.tell(
            protocol.ParticipantJoined(participant=who),
            protocol.ParticipantChanged(participant=replace(who, hand=True)),
        )
        expect(page.locator(".notices li").last).to_contain_text("님이 손을 들었습니다")
        page.wait_for_timeout(50)
        letters = page.evaluate(LETTERS, "손을 들었습니다")[-1]
        assert len(letters) == 8
        assert letters == sorted(letters), kind
