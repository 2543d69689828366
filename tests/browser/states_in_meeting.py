"""What brings the page to its states in a meeting: for the table of states."""

from __future__ import annotations

import re

import msgspec
from playwright.sync_api import expect

from mcu.h323.events import EndReason
from mcu.signaling import protocol
from mcu.signaling.messages import CALL_ENDS
from tests.browser.scene import YOU, Scene
from tests.fakes.conference_server import person


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
