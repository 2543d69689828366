"""What holds on every page: it fits the window, and asks nothing of anybody else."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page

from tests.browser.client_page import enter, press
from tests.fakes.conference_server import SECRET, FakeConference

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    "width", [360, *(pytest.param(width, marks=pytest.mark.long) for width in (390, 1280, 1920)), 768]
)
def test_nothing_is_wider_than_the_window(page: Page, conference: FakeConference, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 780})
    page.goto(conference.link)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    enter(page, conference)
    for panel in ("people", "chat"):
        press(page, panel)
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
    enter(page, conference)
    assert asked
    assert [url for url in asked if not url.startswith((conference.url, "data:"))] == []
    assert json.loads(page.evaluate("JSON.stringify(Object.keys(localStorage))")) == ["mcu.preferences"]
    assert SECRET not in page.evaluate("JSON.stringify(localStorage)")
