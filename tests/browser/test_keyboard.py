"""The whole of a meeting with a keyboard alone, in a real Chromium and a real Firefox on a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from tests.support.attendees import meeting, quiet_reels
from tests.support.attendees import until as holds
from tests.support.chromium import chromium
from tests.support.firefox import firefox
from tests.support.keyboard import Keyboard
from tests.support.media import camera_file, fake_camera_script, microphone_file
from tests.support.observe import until
from tests.support.server import Server, running_server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

Browser = Callable[[Path], AbstractAsyncContextManager[tuple[Keyboard, str]]]
NAMES = {" ": "Space"}
SPOKEN = "document.querySelector('[aria-live=polite].visually-hidden')?.textContent ?? ''"
TOOLBAR = "document.querySelector('[role=toolbar]') !== null"
OTHER = "자리 1 사람 1"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running_server(tmp_path / "var") as running:
        yield running


@asynccontextmanager
async def in_chromium(folder: Path) -> AsyncIterator[tuple[Keyboard, str]]:
    async with chromium(
        camera=camera_file(folder / "camera.y4m", 1), microphone=microphone_file(folder / "microphone.wav", 1)
    ) as page:

        async def press(*keys: str) -> None:
            names = [NAMES.get(key, key) for key in keys]
            if len(names) == 1 and len(names[0]) == 1 and not names[0].isascii():
                await page.keyboard.insert_text(names[0])  # what an input method commits
            else:
                await page.keyboard.press("+".join(names))

        yield Keyboard(page, press), "chromium"


@asynccontextmanager
async def in_firefox(folder: Path) -> AsyncIterator[tuple[Keyboard, str]]:
    preload = f"() => {{ ({fake_camera_script(1)})(); }}"
    async with firefox(folder / "profile", preload=preload, languages="ko") as page:
        yield Keyboard(page, page.press), "firefox"


@pytest.mark.parametrize("browser", [in_chromium, in_firefox], ids=["chromium", "firefox"])
async def test_a_whole_meeting_without_a_pointer(server: Server, tmp_path: Path, browser: Browser) -> None:
    async with (
        browser(tmp_path) as (keys, kind),
        meeting(server.url, server.ready_conference["id"]) as crowd,
    ):
        await enter(keys, server)
        other = await crowd.join(1, quiet_reels(1))
        await until(lambda: says(keys, f"{OTHER} 님이 들어왔습니다"), what="joining is read out")
        await own_switches(keys)
        if kind == "chromium":  # Firefox asks in a window of its own, which no page can answer
            await share(keys)
        await the_chair_manages(keys)
        await holds(lambda: other.roster[other.id].muted_by_chair, what="the other muted by the chair")
        await chat(keys)
        await dialogs(keys)
        await crowd.leave(other)
        await until(lambda: says(keys, f"{OTHER} 님이 나갔습니다"), what="leaving is read out")
        await leave_and_rejoin(keys)


async def enter(keys: Keyboard, server: Server) -> None:
    await keys.page.goto(server.link)
    await until(lambda: keys.page.evaluate("document.querySelector('.join-form') !== null"), what="the form")
    await keys.go("이름")
    await keys.write("김하늘")
    await keys.go("기관·직위")
    await keys.write("종로구청장")
    await keys.do("의장으로 참가")
    await keys.go("의장 열쇠")
    await keys.write(server.ready_conference["chair_key"])
    await keys.go("카메라", back=True)
    await keys.go("마이크", back=True)
    await keys.do("참가하기")
    heading = await keys.focused("", role="")
    assert heading.tag in ("h1", "button")
    await until(lambda: keys.page.evaluate(TOOLBAR), what="the meeting")


async def own_switches(keys: Keyboard) -> None:
    await keys.do("마이크 끄기")
    await keys.focused("마이크 켜기")
    await keys.press("Enter")
    await keys.focused("마이크 끄기")
    await keys.press("ArrowRight")
    await keys.focused("카메라 끄기")
    await keys.press("Enter")
    await keys.focused("카메라 켜기")
    await keys.press("Enter")
    await keys.focused("카메라 끄기")
    await keys.do("손들기")
    await keys.focused("손 내리기")
    await keys.press("Enter")
    await keys.focused("손들기")


async def share(keys: Keyboard) -> None:
    await keys.do("화면 공유", back=True)
    await keys.focused("공유 중지")
    shown = "document.querySelector('.toolbar [data-tool=share]').dataset.look === 'on'"
    await until(lambda: keys.page.evaluate(shown), what="the screen is shown")  # before, it is still being captured
    await keys.press("Enter")
    await keys.focused("화면 공유")


async def the_chair_manages(keys: Keyboard) -> None:
    await keys.do("참가자")
    assert (await keys.focused("참가자")).inPanel
    await keys.do("사람 1 님 관리")
    assert (await keys.focused("마이크 끄기")).inMenu
    await keys.press("End")
    assert (await keys.focused("내보내기")).inMenu
    await keys.press("Escape")
    await keys.focused("사람 1 님 관리")  # the menu is closed, and nothing but the menu
    await keys.press("Enter")
    await keys.focused("마이크 끄기")
    await keys.press("Enter")
    await keys.focused("사람 1 님 관리")
    await keys.press("Escape")
    assert not (await keys.focused("참가자")).inPanel


async def chat(keys: Keyboard) -> None:
    await keys.do("채팅")
    assert (await keys.focused("모두에게 쓰기")).inPanel
    await keys.write("안녕하십니까")
    await keys.press("Enter")
    log = "document.querySelector('[role=log]')?.textContent.includes('안녕하십니까')"
    await until(lambda: keys.page.evaluate(log), what="the line in the log")
    await keys.focused("모두에게 쓰기")
    await keys.do("닫기", back=True)
    await keys.focused("채팅")


async def dialogs(keys: Keyboard) -> None:
    for tool, inside in (("화면 배치", "발언자 중심"), ("설정", "English")):
        opener = await tool_or_menu(keys, tool)
        assert (await keys.focused("")).inDialog
        await keys.trapped(lambda focus: focus.inDialog)
        await keys.do(inside, " ", back=True)
        assert (await keys.focused("")).inDialog
        if inside == "English":
            await keys.do("한국어", " ", back=True)
        await keys.press("Escape")
        await keys.focused(opener)


async def tool_or_menu(keys: Keyboard, tool: str) -> str:
    """Press a tool where it is, in the bar or in the menu; the name of what has the focus afterwards."""
    script = f"""[...document.querySelectorAll(".toolbar > .tools > button")]
      .some((button) => button.offsetWidth > 0 && button.title.includes({tool!r}))"""
    await keys.press("Home")  # the first of the bar, in which the focus is
    if await keys.page.evaluate(script):
        await keys.do(tool)
        return tool
    await keys.do("더 보기")

    async def in_menu() -> bool:
        focus = await keys.focus()
        return focus is not None and focus.inMenu

    await until(in_menu, what="the focus is in the menu")
    for _ in range(20):
        focus = await keys.focused("")
        if tool in focus.name:
            break
        await keys.press("ArrowDown")
    await keys.press("Enter")
    return "더 보기"


async def leave_and_rejoin(keys: Keyboard) -> None:
    await keys.do("나가기")
    assert (await keys.focused("")).inDialog
    await keys.do("나만 나가기")
    heading = await keys.focused("회의에서 나왔습니다")
    assert heading.tag == "h1"
    await keys.do("다시 참가하기")
    await until(lambda: keys.page.evaluate(TOOLBAR), what="the meeting again")
    await keys.do("마이크 끄기")
    await keys.focused("마이크 켜기")


async def says(keys: Keyboard, words: str) -> bool:
    return words in await keys.page.evaluate(SPOKEN)
