"""A page brought to a known state before the fake server: the ground under the gallery and the tests of every state.

`Scene` has small words for what states have in common; `tests/browser/states.py` is the table of states.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec
from playwright.sync_api import Browser, BrowserContext, Page, expect

from mcu.signaling import protocol
from mcu.synthetic.people import person as synthetic
from tests.browser.client_page import WAIT
from tests.fakes.conference_server import FakeConference, person, running
from tests.support.composite import painted

Language = Literal["ko", "en"]
Scheme = Literal["light", "dark"]

MEDIA = (Path(__file__).parent / "still_media.js").read_text()
LOCALES: dict[Language, str] = {"ko": "ko-KR", "en": "en-US"}
YOU = "you"
# How the browser answers a page that asks for devices.
DEVICES = {
    "ready": "",
    "denied": "NotAllowedError",
    "missing": "NotFoundError",
    "busy": "NotReadableError",
}
REFUSING = """navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "%s"));"""
NO_SOUND = """
  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function () {
    return this.muted ? play.call(this) : Promise.reject(new DOMException("a gesture first", "NotAllowedError"));
  };"""


@dataclass(frozen=True, slots=True)
class Setting:
    """What is so before the page is opened."""

    people: int = 4  # with oneself; 0: nobody yet
    layout: str = "grid"
    role: Literal["attendee", "chair", "viewer"] = "attendee"
    content: str | None = None  # participant whose screen is shown
    devices: str = "ready"
    media: Literal["still", "broken", "none"] = "still"
    plays_sound: bool = True
    title: str = "구청장 협의회 정례회의"
    changes: dict[str, dict[str, object]] = field(default_factory=dict)  # by participant, to what is plain


@dataclass(frozen=True, slots=True)
class Scene:
    """One page before one conference."""

    page: Page
    context: BrowserContext
    conference: FakeConference
    setting: Setting

    def open(self, path: str | None = None) -> None:
        self.page.goto(self.conference.link if path is None else self.conference.url + path)
        self.page.locator(".join-form").wait_for()
        if self.setting.devices == "ready":
            self.until("document.querySelector('.preview video')?.videoWidth > 0")

    def until(self, expression: str) -> None:
        """Wait for a JavaScript expression; Playwright's own way needs `eval`, which the page forbids."""
        for _ in range(WAIT // 50):
            if self.page.evaluate(expression):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"not within {WAIT} ms: {expression}")

    def fill(self) -> None:
        who = synthetic(24)
        self.page.locator("#join-name").fill(who.name)
        self.page.locator("#join-office").fill(who.office)

    def press_enter(self) -> None:
        self.page.locator(".join-form [type=submit]").click()

    def join(self) -> None:
        """Into the meeting, until the composite is seen."""
        self.open()
        self.fill()
        if self.setting.role == "viewer":
            self.page.locator("#watch-only").check()
        self.press_enter()
        expect(self.page.get_by_role("toolbar")).to_be_visible(timeout=WAIT)
        if self.setting.media == "still":
            self.until("document.querySelector('video[data-composite]')?.videoWidth === 1280")

    def tool(self, name: str) -> None:
        """Press a tool of the bar, by way of the menu where it is only there."""
        button = self.page.locator(f'.toolbar .tool[data-tool="{name}"]')
        if not (button.count() and button.is_visible()):
            self.page.locator("button.tool.more").click()
            button = self.page.locator(f':popover-open [data-tool="{name}"]')
        button.click()

    def tell(self, *messages: protocol.ServerMessage) -> None:
        self.conference.tell(*messages)

    def change(self, who: str, **changes: object) -> None:
        """A participant's line of the roster is another from now on."""
        everybody = [*self.conference.others, self.conference.you]
        now = next(one for one in everybody if one is not None and one.participant == who)
        changed = msgspec.structs.replace(now, **changes)
        if who == YOU:
            self.conference.you = changed
        else:
            self.conference.others[self.conference.others.index(now)] = changed
        self.tell(protocol.ParticipantChanged(participant=changed))


@contextmanager
def scene(
    browser: Browser,
    setting: Setting,
    *,
    language: Language = "ko",
    size: tuple[int, int] = (1280, 720),
    touch: bool = False,
    scheme: Scheme = "light",
    bypass_csp: bool = False,
) -> Iterator[Scene]:
    """A page that is not opened yet, before a conference as in `setting`."""
    with running(_conference(setting)) as conference:
        context = browser.new_context(
            locale=LOCALES[language],
            timezone_id="Asia/Seoul",
            viewport={"width": size[0], "height": size[1]},
            has_touch=touch,
            color_scheme=scheme,
            permissions=["camera", "microphone"],
            bypass_csp=bypass_csp,
        )
        context.set_default_timeout(WAIT)
        try:
            if setting.media != "none":
                context.add_init_script(f"({MEDIA})({json.dumps(setting.media == 'broken')})")
            if DEVICES[setting.devices]:
                context.add_init_script(REFUSING % DEVICES[setting.devices])
            if not setting.plays_sound:
                context.add_init_script(NO_SOUND)
            yield Scene(context.new_page(), context, conference, setting)
        finally:
            context.close()


def _conference(setting: Setting) -> FakeConference:
    """Others p1, p2 … and a composite of all, in which oneself is the last."""
    people = [synthetic(number) for number in range(max(setting.people - 1, 0))]
    others = [
        person(who.name, who.office, number, **setting.changes.get(f"p{number}", {}))
        for number, who in enumerate(people, 1)
    ]
    conference = FakeConference(others=others, title=setting.title, content=setting.content)
    conference.role = setting.role if setting.role != "viewer" else "attendee"
    conference.layout = protocol.LayoutChoice(name=setting.layout)  # type: ignore[arg-type]
    own = synthetic(24)
    you = [] if setting.role == "viewer" else [person(own.name, own.office, 90, participant=YOU)]
    speaker = others[0].participant if others else None
    conference.still, conference.tiles = painted(
        [*others, *you], layout=setting.layout, speaker=speaker, content=setting.content
    )
    return conference
