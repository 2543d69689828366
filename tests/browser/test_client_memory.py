"""What two hours in a meeting bring, in a minute: the page holds no more at the end than before."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import pytest
from playwright.sync_api import CDPSession, Page, expect

from mcu.signaling import protocol
from tests.browser.client_page import WAIT, enter, press, wait_for
from tests.fakes.conference_server import FakeConference, person

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(400)]

THIRDS = 3
BREAKS = 8  # of the connection, in each third
BURSTS = 8  # between two breaks: of people speaking, tiles, hands, lines and chat
MOST_HEAP = 400_000  # bytes more in the last third: what the page remembers is bounded, but not to the byte
MOST_NODES = 60
MOST_LISTENERS = 20


@dataclass(frozen=True)
class Held:
    heap: int
    nodes: int
    listeners: int


def held(session: CDPSession) -> Held:
    """What is left after garbage is gone; twice, as the first time frees what the second finds."""
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
    found = {one["name"]: int(one["value"]) for one in session.send("Performance.getMetrics")["metrics"]}
    return Held(found["JSHeapUsedSize"], found["Nodes"], found["JSEventListeners"])


def burst(conference: FakeConference, number: int) -> None:
    """Half a minute of a lively meeting."""
    assert conference.tiles is not None
    others = conference.others
    who = others[number % len(others)]
    guest = person(f"손님 {number % 7}", "참관", 20 + number % 7)
    messages: list[protocol.ServerMessage] = [protocol.ParticipantJoined(participant=guest)]
    for turn in range(10):
        speaker = others[(number + turn) % len(others)].participant
        messages.append(protocol.Speaker(speaker=speaker, speaking=(speaker, who.participant)))
    tiles = conference.tiles.tiles
    messages += [
        msgspec.structs.replace(conference.tiles, revision=number, tiles=tiles[number % 3 :] + tiles[: number % 3]),
        protocol.ParticipantChanged(participant=msgspec.structs.replace(who, hand=True, muted=True)),
        protocol.ParticipantChanged(participant=who),
        protocol.Lines(poor=(who.participant,) if number % 2 else (), strained=number % 5 == 0),
        protocol.LayoutChanged(choice=protocol.LayoutChoice(name="speaker" if number % 2 else "grid")),
        protocol.LockChanged(locked=bool(number % 2)),
        protocol.ContentChanged(participant=who.participant if number % 2 else None),
        protocol.ParticipantLeft(participant=guest.participant, reason="left"),
    ]
    conference.tell(*messages)
    conference.write(who, f"안건 {number}번에 이의 없습니다.")


def third(page: Page, conference: FakeConference, part: int) -> None:
    for turn in range(part * BREAKS, (part + 1) * BREAKS):
        for number in range(BURSTS):
            burst(conference, turn * BURSTS + number)
        for tool in ("people", "chat", "people", "line", "line"):
            press(page, tool)
        for name in ("카메라 끄기", "카메라 켜기", "마이크 끄기", "마이크 켜기"):
            page.get_by_role("toolbar").get_by_role("button", name=name, exact=True).click()
        page.get_by_role("button", name="나가기", exact=True).click()
        page.get_by_role("button", name="취소").click()
        resumed = len(conference.sent(protocol.Resume))
        conference.drop()
        wait_for(page, conference, protocol.Resume, count=resumed + 1)
        conference.received[:] = [one for one in conference.received if isinstance(one, protocol.Resume)]
    expect(page.locator(".status")).to_be_visible()
    expect(page.locator(".notices li")).to_have_count(0, timeout=WAIT)  # the last one goes after some seconds


def test_two_hours_leave_nothing_behind(page: Page, conference: FakeConference) -> None:
    enter(page, conference, chair_key="열쇠")
    for number in range(1_000):  # as many lines as a page keeps; from here on the oldest fall off
        conference.write(conference.others[0], f"지난 회의의 글 {number}")
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    found = []
    for part in range(THIRDS):
        third(page, conference, part)
        found.append(held(session))
        print(found[-1])
    _, second, last = found
    assert last.nodes - second.nodes <= MOST_NODES, found
    assert last.listeners - second.listeners <= MOST_LISTENERS, found
    assert last.heap - second.heap <= MOST_HEAP, found
