"""Every state of the page, one line each: what is so before, and what brings the page there.

The gallery draws them, and the tests of accessibility go through them. A new state is a new line.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from playwright.sync_api import expect

from mcu.h323.events import EndReason
from mcu.signaling import protocol
from mcu.signaling.messages import CALL_ENDS
from tests.browser.scene import YOU, Scene, Setting
from tests.fakes.conference_server import person

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


# --- in the meeting ---


def joined(scene: Scene) -> None:
    scene.join()


def speaking(scene: Scene) -> None:
    scene.join()
    scene.tell(protocol.Speaker(speaker="p1", speaking=("p1", "p3")))


def sharing(scene: Scene) -> None:
    scene.join()
    scene.tool("share")
    expect(scene.page.locator('button[data-tool="share"]').first).to_have_attribute("data-look", "on")


def people(scene: Scene) -> None:
    scene.join()
    scene.tell(protocol.Speaker(speaker="p1", speaking=("p1",)))
    scene.tool("people")


def manage(scene: Scene) -> None:
    people(scene)
    scene.page.locator(".people .manage button").nth(1).click()


def remove(scene: Scene) -> None:
    manage(scene)
    scene.page.locator(":popover-open .danger-text").click()


ROOMS = tuple(
    protocol.Room(
        room=f"r{number}",
        address=f"10.20.30.{number}",
        name=name,
        office=office,
        said="",
        state=state,  # type: ignore[arg-type]
        reason=reason,  # type: ignore[arg-type]
        participant="p1" if state == "connected" else "",
        message=message,
    )
    for number, (name, office, state, reason, message) in enumerate(
        (
            ("종로구청 대회의실", "종로구청장", "connected", "", msgspec.UNSET),
            ("", "", "calling", "", msgspec.UNSET),
            ("중구청 부구청장 직속 재난안전 통합상황실", "중구청장 직무대행", "ringing", "", msgspec.UNSET),
            ("성동구청", "성동구청장", "ended", "no-answer", CALL_ENDS[EndReason.NO_ANSWER]),
            ("용산구청", "", "redialling", "connection-lost", CALL_ENDS[EndReason.CONNECTION_LOST]),
            ("광진구청", "", "ended", "unreachable", CALL_ENDS[EndReason.UNREACHABLE]),
            ("동대문구청", "", "idle", "", msgspec.UNSET),
        ),
        1,
    )
)


def rooms(scene: Scene) -> None:
    scene.join()
    scene.change("p1", kind="room")
    scene.tool("people")
    scene.tell(protocol.Rooms(rooms=ROOMS))
    expect(scene.page.locator(".rooms li")).to_have_count(len(ROOMS))


def rooms_keys(scene: Scene) -> None:
    rooms(scene)
    scene.page.locator(".rooms .connected button").first.click()
    scene.page.keyboard.type("7301#")
    scene.page.keyboard.press("Enter")
    expect(scene.page.locator(".rooms [role=status]").first).not_to_be_empty()
    scene.page.keyboard.type("1234#")


BEHIND = ("수원시청 재난안전상황실", "용인시청", "성남시청 3층 소회의실", "Goyang City Hall", "화성시청 부시장실")


def bridge(scene: Scene) -> None:
    """What is behind it, and its keys from its own menu."""
    scene.join()
    scene.change("p1", kind="room", labels=BEHIND)
    scene.change("p4", kind="room", labels=BEHIND[:1])
    scene.tool("people")
    scene.page.locator(".people .manage button").first.click()
    scene.page.locator(".menu:popover-open button").nth(1).click()
    expect(scene.page.locator(".people .send-keys input:visible")).to_be_focused()


def rooms_none(scene: Scene) -> None:
    people(scene)
    scene.tell(protocol.Rooms(rooms=()))
    expect(scene.page.locator(".rooms .hint")).to_be_visible()


def rooms_add(scene: Scene) -> None:
    rooms(scene)
    scene.page.locator(".rooms .buttons button").nth(1).click()
    scene.page.locator(".add-rooms summary").click()
    scene.page.locator(".add-rooms [type=submit]").click()
    expect(scene.page.locator(".add-rooms .problem")).not_to_be_empty()


def locked(scene: Scene) -> None:
    scene.conference.locked = True
    people(scene)


def chat(scene: Scene) -> None:
    scene.join()
    scene.tool("chat")


LINES = (
    ("p1", "안녕하십니까. 오늘 안건 자료를 올려 두었습니다."),
    ("p2", "잘 받았습니다. 3쪽 예산표의 합계를 다시 한번 확인해 주시기 바랍니다."),
    ("p3", "https://example.go.kr/docs/2026/11/21/" + "a" * 90),
    (YOU, "확인해서 회의가 끝나기 전에 말씀드리겠습니다."),
    ("p1", "감사합니다. " * 40),
    ("p2", "Could the minutes also be sent in English?\nThank you."),
    (YOU, "네, 그렇게 하겠습니다."),
)


def chat_full(scene: Scene) -> None:
    chat(scene)
    _write(scene)
    expect(scene.page.get_by_role("log")).to_contain_text("네, 그렇게 하겠습니다.")


def chat_unread(scene: Scene) -> None:
    scene.join()
    _write(scene)
    expect(scene.page.locator('button[data-tool="chat"] .badge')).to_be_visible()


def _write(scene: Scene) -> None:
    assert scene.conference.you is not None
    writers = {who.participant: who for who in (*scene.conference.others, scene.conference.you)}
    for who, text in LINES:
        scene.conference.write(writers[who], text)


def muted_by_chair(scene: Scene) -> None:
    scene.join()
    scene.change(YOU, muted=True, muted_by_chair=True)
    scene.tool("microphone")


def all_off(scene: Scene) -> None:
    scene.join()
    scene.tool("microphone")
    scene.tool("camera")


def hand_raised(scene: Scene) -> None:
    scene.join()
    scene.tool("hand")
    scene.change("p2", hand=True)


def more_menu(scene: Scene) -> None:
    scene.join()
    button = scene.page.locator("button.tool.more")
    if button.is_visible():
        button.click()


def settings(scene: Scene) -> None:
    scene.join()
    scene.tool("settings")


def shortcuts(scene: Scene) -> None:
    scene.join()
    scene.page.keyboard.press("?")
    expect(scene.page.get_by_role("dialog")).to_be_visible()


def captions(scene: Scene) -> None:
    """Written by oneself, so that the box is there too."""
    scene.join()
    scene.change(YOU, captioner=True)
    told = ((True, "지금부터 제12회 정례회의를 시작하겠습니다."), (False, "먼저 지난 회의 결과를 보고드리겠"))
    scene.conference.tell(*(protocol.Captioned(participant=YOU, text=text, final=final) for final, text in told))
    expect(scene.page.locator(".caption-lines p")).to_have_count(2)


def holding(scene: Scene) -> None:
    scene.join()
    scene.tool("microphone")
    scene.page.locator(".stage").click(position={"x": 8, "y": 8})
    scene.page.keyboard.down("Space")
    expect(scene.page.locator(".voice")).to_be_visible()


def layout(scene: Scene) -> None:
    scene.join()
    scene.tool("layout")


def leave_question(scene: Scene) -> None:
    scene.join()
    scene.page.locator("button.leave").click()


def line_panel(scene: Scene) -> None:
    scene.join()
    scene.page.locator('.about [data-tool="line"]').click()
    expect(scene.page.locator("aside.panel")).to_be_visible()


def reactions(scene: Scene) -> None:
    scene.join()
    scene.tell(protocol.Reacted(participant="p1", reaction="applause"))
    scene.tool("react")
    expect(scene.page.locator(".reaction-choice")).to_be_visible()


def notices(scene: Scene) -> None:
    scene.join()
    scene.change("p1", hand=True)
    scene.tell(protocol.LockChanged(locked=True))
    scene.tell(
        protocol.Error(
            code="rate-limited",
            message=protocol.Sentence(
                ko="요청이 너무 잦습니다. 잠시 뒤에 다시 해 주십시오.", en="Too many requests. Please wait a moment."
            ),
            regarding="chat",
        )
    )


def reconnecting(scene: Scene) -> None:
    scene.join()
    scene.context.set_offline(True)
    scene.conference.drop()
    expect(scene.page.get_by_text(re.compile(r"2번째|attempt 2"))).to_be_visible()


def blocked(scene: Scene) -> None:
    scene.join()
    words = re.compile("네트워크를 지나지 못합니다|do not get through")
    expect(scene.page.locator(".status")).to_have_text(words, timeout=60_000)


def waiting(scene: Scene) -> None:
    scene.join()


def sound_blocked(scene: Scene) -> None:
    scene.join()
    expect(scene.page.locator("button.sound")).to_be_visible()


def someone_joins(scene: Scene) -> None:
    people(scene)
    scene.tell(protocol.ParticipantJoined(participant=person("최민수", "성동구청장", 40)))
    scene.change("p3", presence="reconnecting")


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
    State("meeting-alone", joined, Setting(people=1)),
    State("meeting-4", speaking, english=True, sizes=HANDHELD),
    State("meeting-9", speaking, _meeting(9), sizes=HANDHELD),
    State("meeting-25", speaking, _meeting(25), sizes=HANDHELD),
    State("meeting-30", speaking, _meeting(30)),
    State("meeting-speaker", speaking, _meeting(9, layout="speaker")),
    State("meeting-content", speaking, _meeting(9, content="p1")),
    State("meeting-chair", speaking, CHAIR, english=True, sizes=HANDHELD),
    State("meeting-viewer", joined, _meeting(9, role="viewer")),
    State("meeting-no-devices", joined, Setting(devices="denied")),
    State(
        "meeting-long-title",
        joined,
        Setting(title="2026년 제4분기 수도권 광역자치단체 재난안전 합동 점검 및 예산 협의를 위한 구청장 정례회의"),
    ),
    State("sharing", sharing),
    State("chat-empty", chat),
    State("chat-full", chat_full, english=True, sizes=HANDHELD),
    State("chat-unread", chat_unread),
    State("people", people, _meeting(25), english=True, sizes=HANDHELD),
    State("people-chair", people, CHAIR),
    State("people-joining", someone_joins),
    State("people-locked", locked),
    State("people-menu", manage, CHAIR, placed=True),
    State("people-remove", remove, CHAIR),
    State("rooms", rooms, CHAIR, english=True, sizes=HANDHELD),
    State("rooms-keys", rooms_keys, CHAIR, english=True, sizes=HANDHELD),
    State("people-bridge", bridge, CHAIR, english=True, sizes=HANDHELD),
    State("rooms-none", rooms_none, CHAIR),
    State("rooms-add", rooms_add, CHAIR, english=True, sizes=HANDHELD),
    State("muted-by-chair", muted_by_chair),
    State("microphone-and-camera-off", all_off),
    State("hand-raised", hand_raised),
    State("more-menu", more_menu, CHAIR, sizes=HANDHELD, placed=True),
    State("settings", settings, english=True, sizes=HANDHELD),
    State("shortcuts", shortcuts, english=True),
    State("captions", captions, english=True, sizes=HANDHELD),
    State("reactions", reactions, english=True, placed=True),
    State("holding-space", holding),
    State("layout", layout, CHAIR, english=True),
    State("leave-question", leave_question, CHAIR),
    State("line-panel", line_panel, english=True),
    State("notices", notices),
    State("reconnecting", reconnecting, english=True),
    State("blocked", blocked, Setting(media="broken")),
    State("waiting", waiting, Setting(media="none")),
    State("sound-blocked", sound_blocked, Setting(plays_sound=False)),
    State("over-left", left, english=True),
    State("over-removed", _ended("removed", "문의는 담당 부서로 해 주십시오.", "Please ask the office in charge.")),
    State("over-ended", _ended("conference-ended", "의장이 회의를 끝냈습니다.", "The chair has ended the meeting.")),
    State("over-superseded", _ended("superseded", "다른 창에서 들어왔습니다.", "You entered in another window.")),
    State("over-lost", _ended("lost", "연결이 오래 끊겼습니다.", "The connection was gone too long.")),
)
