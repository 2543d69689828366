"""The sound of a shared tab, on a real server: others hear it while its owner is muted, and not against the chair."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.support.chromium import chromium
from tests.support.media import TONES, camera_file, microphone_file
from tests.support.observe import HEARD, RECORDER, MeetingPage, until
from tests.support.server import running_server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

TITLE = "a film"
OF_THE_TAB = 4  # whose tone the tab plays; nobody else does here
PLAY = """(frequency) => {
  const context = new AudioContext();
  const tone = new OscillatorNode(context, { frequency });
  tone.connect(new GainNode(context, { gain: 0.3 })).connect(context.destination);
  tone.start();
}"""


async def film(beside: Page) -> None:
    """Another tab of the same browser that plays a tone."""
    tab = await beside.context.new_page()
    await tab.set_content(f"<title>{TITLE}</title>")
    await tab.evaluate(PLAY, TONES[OF_THE_TAB])
    await beside.bring_to_front()


async def test_the_sound_of_a_tab_is_heard_while_its_owner_is_muted(tmp_path: Path) -> None:
    files = {
        person: {
            "camera": camera_file(tmp_path / f"camera{person}.y4m", person),
            "microphone": microphone_file(tmp_path / f"microphone{person}.wav", person),
        }
        for person in (1, 2)
    }
    with running_server(tmp_path / "var") as server:
        async with (
            chromium(**files[1], preload=RECORDER, shares_tab=TITLE) as one,
            chromium(**files[2], preload=RECORDER) as two,
        ):
            owner, chair = MeetingPage(one), MeetingPage(two)
            await film(one)
            await owner.open(server.link)
            await owner.join("김하늘", "종로구청장")
            await chair.open(server.link)
            await chair.join("이바다", "중구청장", chair_key=server.ready_conference["chair_key"])
            await until(lambda: chair.hears({1}, not_={OF_THE_TAB}), 30.0, what="the microphone")

            await one.click('[data-tool="share"]')
            await until(lambda: chair.hears({1, OF_THE_TAB}, not_={2}), 30.0, what="microphone and tab")
            await one.click('[data-tool="microphone"]')
            await until(lambda: chair.hears({OF_THE_TAB}, not_={1}), 30.0, what="the tab alone")
            await two.click('[data-tool="people"]')
            await expect(two.locator(".people li").first.get_by_role("img", name="마이크 꺼짐")).to_be_visible()
            assert await one.evaluate("window.told.answers") == 1  # nothing was negotiated anew

            await two.get_by_role("button", name="김하늘 님 관리").click()
            await two.get_by_role("menuitem", name="마이크 끄기").click()
            await until(lambda: silent(chair), 30.0, what="silence by the chair")
            await two.get_by_role("button", name="김하늘 님 관리").click()
            await two.get_by_role("menuitem", name="마이크 허용").click()
            await until(lambda: chair.hears({OF_THE_TAB}, not_={1}), 30.0, what="the tab again")

            await one.click('[data-tool="microphone"]')
            await one.click('[data-tool="share"]')
            await until(lambda: chair.hears({1}, not_={OF_THE_TAB}), 30.0, what="the microphone alone again")


async def silent(listener: MeetingPage) -> bool:
    """Whether neither the tab nor its owner is heard."""
    levels = await listener.tones()
    return bool(levels) and max(levels[1], levels[OF_THE_TAB]) < HEARD
