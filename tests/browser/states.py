"""Every state of the page, one line each: what is so before, and what brings the page there.

The gallery draws them, and the tests of accessibility go through them. A new state is a new line.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import expect

from mcu.signaling import protocol
from tests.browser import states_in_meeting as meeting
from tests.browser.scene import Scene, Setting

Size = tuple[int, int]
WALL, LAPTOP, PHONE, LANDSCAPE, TABLET, NARROW = (
    (1920, 1080),
    (1280, 720),
    (390, 844),
    (844, 390),
    (820, 1180),
    (360, 640),
)
PLAIN = Setting()
USUAL = (WALL, LAPTOP, PHONE)
HANDHELD = (*USUAL, LANDSCAPE, TABLET, NARROW)


@dataclass(frozen=True, slots=True)
class State:
    """One line of the table."""

    name: str
    show: Callable[[Scene], None]
    setting: Setting = PLAIN
    sizes: tuple[Size, ...] = USUAL
    english: bool = False  # whether the gallery shows it in English as well
    placed: bool = False  # has a menu open, whose place is that of one size


# --- before the meeting ---


def form(scene: Scene) -> None:
    scene.open()


def filled(scene: Scene) -> None:
    scene.open()
    scene.fill()


def missing(scene: Scene) -> None:
    scene.open("/")
    scene.press_enter()


def by_number(scene: Scene) -> None:
    scene.open("/")


def broken_link(scene: Scene) -> None:
    scene.open("/c/nope")


def as_chair(scene: Scene) -> None:
    scene.open()
    scene.fill()
    scene.page.locator("details.chair summary").click()


def watch_only(scene: Scene) -> None:
    scene.open()
    scene.fill()
    scene.page.locator("#watch-only").check()


def _refused(code: str, ko: str, en: str) -> Callable[[Scene], None]:
    def show(scene: Scene) -> None:
        sentence = protocol.Sentence(ko=ko, en=en)
        scene.conference.refusal = protocol.Error(code=code, message=sentence, regarding="enter")
        as_chair(scene)
        scene.page.locator("#join-chairKey").fill("a-key")
        scene.press_enter()
        expect(scene.page.get_by_text(re.compile(f"{ko}|{en}"))).to_be_visible()

    return show


def entering(scene: Scene) -> None:
    scene.conference.answers_enter = False
    scene.open()
    scene.fill()
    scene.press_enter()
    expect(scene.page.locator(".join-form")).to_be_hidden()


def entering_again(scene: Scene) -> None:
    scene.open()
    scene.fill()
    scene.context.set_offline(True)
    scene.press_enter()
    expect(scene.page.get_by_text(re.compile(r"2번째|attempt 2"))).to_be_visible()


# --- after it ---


def left(scene: Scene) -> None:
    scene.join()
    scene.page.locator("button.leave").click()
    scene.page.get_by_role("heading", level=1).wait_for()


def _ended(reason: str, ko: str, en: str) -> Callable[[Scene], None]:
    def show(scene: Scene) -> None:
        scene.join()
        sentence = protocol.Sentence(ko=ko, en=en)
        scene.tell(protocol.Ended(reason=reason, message=sentence))  # type: ignore[arg-type]
        expect(scene.page.get_by_role("toolbar")).to_be_hidden()

    return show


def _meeting(count: int, **more: object) -> Setting:
    changes: dict[str, dict[str, object]] = {
        "p2": {"muted": True},
        "p3": {"muted": True, "camera_off": True},
        "p5": {"hand": True},
        "p6": {"muted": True, "muted_by_chair": True},
        "p8": {"presence": "reconnecting"},
    }
    return Setting(people=count, changes=changes, **more)  # type: ignore[arg-type]


CHAIR = _meeting(9, role="chair")
STATES = (
    State("form", form, english=True, sizes=HANDHELD),
    State("form-filled", filled),
    State("form-by-number", by_number, english=True),
    State("form-missing", missing),
    State("form-broken-link", broken_link),
    State("form-as-chair", as_chair),
    State("form-wrong-key", _refused("chair-key-wrong", "의장 열쇠가 맞지 않습니다.", "The chair's key is wrong.")),
    State("form-refused", _refused("conference-locked", "회의가 잠겨 있습니다.", "The meeting is locked.")),
    State("form-watch-only", watch_only),
    State("form-denied", form, Setting(devices="denied"), english=True),
    State("form-no-devices", form, Setting(devices="missing")),
    State("form-busy-devices", form, Setting(devices="busy")),
    State("entering", entering),
    State("entering-again", entering_again),
    State("meeting-alone", meeting.joined, Setting(people=1)),
    State("meeting-4", meeting.speaking, english=True, sizes=HANDHELD),
    State("meeting-9", meeting.speaking, _meeting(9), sizes=HANDHELD),
    State("meeting-25", meeting.speaking, _meeting(25), sizes=HANDHELD),
    State("meeting-30", meeting.speaking, _meeting(30)),
    State("meeting-speaker", meeting.speaking, _meeting(9, layout="speaker")),
    State("meeting-content", meeting.speaking, _meeting(9, content="p1")),
    State("meeting-chair", meeting.speaking, CHAIR, english=True, sizes=HANDHELD),
    State("meeting-viewer", meeting.joined, _meeting(9, role="viewer")),
    State("meeting-no-devices", meeting.joined, Setting(devices="denied")),
    State(
        "meeting-long-title",
        meeting.joined,
        Setting(title="2026년 제4분기 수도권 광역자치단체 재난안전 합동 점검 및 예산 협의를 위한 구청장 정례회의"),
    ),
    State("sharing", meeting.sharing),
    State("chat-empty", meeting.chat),
    State("chat-full", meeting.chat_full, english=True, sizes=HANDHELD),
    State("chat-unread", meeting.chat_unread),
    State("people", meeting.people, _meeting(25), english=True, sizes=HANDHELD),
    State("people-chair", meeting.people, CHAIR),
    State("people-joining", meeting.someone_joins),
    State("people-locked", meeting.locked),
    State("people-menu", meeting.manage, CHAIR, placed=True),
    State("people-remove", meeting.remove, CHAIR),
    State("rooms", meeting.rooms, CHAIR, english=True, sizes=HANDHELD),
    State("rooms-keys", meeting.rooms_keys, CHAIR, english=True, sizes=HANDHELD),
    State("people-bridge", meeting.bridge, CHAIR, english=True, sizes=HANDHELD),
    State("rooms-none", meeting.rooms_none, CHAIR),
    State("rooms-add", meeting.rooms_add, CHAIR, english=True, sizes=HANDHELD),
    State("muted-by-chair", meeting.muted_by_chair),
    State("microphone-and-camera-off", meeting.all_off),
    State("hand-raised", meeting.hand_raised),
    State("more-menu", meeting.more_menu, CHAIR, sizes=HANDHELD, placed=True),
    State("settings", meeting.settings, english=True, sizes=HANDHELD),
    State("shortcuts", meeting.shortcuts, english=True),
    State("captions", meeting.captions, english=True, sizes=HANDHELD),
    State("reactions", meeting.reactions, english=True, placed=True),
    State("holding-space", meeting.holding),
    State("layout", meeting.layout, CHAIR, english=True),
    State("leave-question", meeting.leave_question, CHAIR),
    State("line-panel", meeting.line_panel, english=True),
    State("notices", meeting.notices),
    State("reconnecting", meeting.reconnecting, english=True),
    State("blocked", meeting.blocked, Setting(media="broken")),
    State("waiting", meeting.waiting, Setting(media="none")),
    State("sound-blocked", meeting.sound_blocked, Setting(plays_sound=False)),
    State("over-left", left, english=True),
    State("over-removed", _ended("removed", "문의는 담당 부서로 해 주십시오.", "Please ask the office in charge.")),
    State("over-ended", _ended("conference-ended", "의장이 회의를 끝냈습니다.", "The chair has ended the meeting.")),
    State("over-superseded", _ended("superseded", "다른 창에서 들어왔습니다.", "You entered in another window.")),
    State("over-lost", _ended("lost", "연결이 오래 끊겼습니다.", "The connection was gone too long.")),
)
