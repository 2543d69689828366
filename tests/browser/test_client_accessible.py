"""axe-core over every state of the page, light and dark, wide and narrow: KWCAG 2.2 and WCAG 2.2 AA as far as a
program can tell. Every second state is looked at once, by turns wide and light, wide and dark, narrow and dark; `make
test-long` does what is left."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.scene import Scheme, scene
from tests.browser.states import LAPTOP, PHONE, STATES, Size, State
from tests.fakes.conference_server import WEB_CLIENT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

AXE = WEB_CLIENT / "node_modules" / "axe-core" / "axe.min.js"
LOOKS = 4
SETTLE_MS = 250  # transitions are over: a colour on its way has no contrast
# Every rule of axe but the experimental ones. No rule and no element is excused.
RUN = """() => axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
  violations.map(({ id, impact, help, nodes }) =>
    ({ id, impact, help, nodes: nodes.map((node) => node.html.slice(0, 160) + " " + node.failureSummary) })))"""
# The states that take half a minute of real time to come about.
SLOW = {"blocked"}


def violations(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(RUN)
    return found


def lasting(page: Page) -> list[dict[str, Any]]:
    """What is wrong and stays so: a busy browser draws the other scheme's colours a while longer."""
    found: list[dict[str, Any]] = []
    for _ in range(LOOKS):
        page.wait_for_timeout(SETTLE_MS)
        if not (found := violations(page)):
            break
    return found


def looks_at(state: State) -> list[tuple[Size, Scheme]]:
    """All looks at a state."""
    looks: list[tuple[Size, Scheme]] = [(LAPTOP, "light"), (LAPTOP, "dark")]
    return looks if state.placed else [*looks, (PHONE, "dark")]


def cases() -> list[Any]:
    """One look at every second state; the others are long."""
    found = []
    for index, state in enumerate(STATES):
        looks = looks_at(state)
        now = looks.pop(index // 2 % len(looks))
        later = [pytest.mark.long] if index % 2 or state.name in SLOW else []
        found.append(pytest.param(state, [now], id=state.name, marks=later))
        found.append(pytest.param(state, looks, id=f"{state.name}, otherwise", marks=pytest.mark.long))
    return found


@pytest.mark.parametrize(("state", "looks"), cases())
def test_axe_finds_nothing(browser: Browser, state: State, looks: list[tuple[Size, Scheme]]) -> None:
    with scene(browser, state.setting, size=LAPTOP) as brought:
        state.show(brought)
        page = brought.page
        page.evaluate(AXE.read_text())
        found = {}
        for size, scheme in looks:
            page.set_viewport_size({"width": size[0], "height": size[1]})
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # else a colour is on its way
            if wrong := lasting(page):
                found[f"{size[0]}x{size[1]} {scheme}"] = wrong
        assert found == {}


def test_axe_sees_what_is_wrong(browser: Browser) -> None:
    """That the test above can fail: a button without a name, and grey words on grey."""
    with scene(browser, STATES[0].setting) as brought:
        brought.open()
        brought.page.evaluate(AXE.read_text())
        brought.page.evaluate(
            """() => {
              const words = Object.assign(document.createElement("p"), { textContent: "grey" });
              words.style.color = "#888";
              words.style.background = "#999";
              document.querySelector("main").append(document.createElement("button"), words);
            }"""
        )
        assert {"button-name", "color-contrast"} <= {one["id"] for one in violations(brought.page)}
