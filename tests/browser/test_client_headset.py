"""A headset that is pulled out in the middle of a meeting and plugged in again, with real (virtual) sound devices."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, async_playwright, expect

from mcu.signaling import protocol
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.fakes.conference_server import FakeConference
from tests.support.sound import silent_sound_server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(120),
    pytest.mark.skipif(not shutil.which("pulseaudio"), reason="needs PulseAudio to plug virtual devices in and out"),
]

WAIT = 30_000  # ms; a browser takes a while to notice, a busy machine longer
SENT = """(() => {
  const senders = [];
  const add = RTCPeerConnection.prototype.addTransceiver;
  RTCPeerConnection.prototype.addTransceiver = function (...given) {
    const transceiver = add.apply(this, given);
    if ((given[0].kind ?? given[0]) === "audio") senders.push(transceiver.sender);
    return transceiver;
  };
  window.sent = () => senders.at(-1)?.track;
})()"""


class SoundCards:
    """Devices of a PulseAudio that come and go."""

    def __init__(self, server: str) -> None:
        self.server = server

    async def plug(self, name: str) -> tuple[str, str]:
        """A loudspeaker and a microphone of this name; what `unplug` takes."""
        sink = await self._pactl(
            "load-module", "module-null-sink", f"sink_name={name}", f"sink_properties=device.description={name}"
        )
        source = await self._pactl(
            "load-module",
            "module-remap-source",
            f"master={name}.monitor",
            f"source_name={name}-in",
            f"source_properties=device.description={name}",
        )
        return source, sink

    async def unplug(self, modules: tuple[str, str]) -> None:
        for module in modules:
            await self._pactl("unload-module", module)

    async def _pactl(self, *words: str) -> str:
        process = await asyncio.create_subprocess_exec(
            "pactl", "-s", self.server, *words, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
        assert process.returncode == 0, words
        return out.decode().strip()


@asynccontextmanager
async def meeting(cards: SoundCards, conference: FakeConference) -> AsyncIterator[Page]:
    """A page in the meeting, in a browser that has these sound cards and no camera."""
    flags = [flag for flag in FLAGS if not flag.startswith("--use-fake-device")]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=flags, env={"PULSE_SERVER": cards.server, "HOME": "/nonexistent"}
        )
        context = await browser.new_context(locale="ko-KR", permissions=["camera", "microphone"])
        context.set_default_timeout(WAIT)
        page = await context.new_page()
        await page.add_init_script(SENT)
        await page.goto(conference.link)
        await page.get_by_label("이름", exact=True).fill("홍길동")
        await page.get_by_role("button", name="참가하기").click()
        await expect(page.get_by_role("toolbar")).to_be_visible(timeout=WAIT)
        yield page
        await browser.close()


async def choose(page: Page, name: str) -> None:
    """This microphone and this loudspeaker."""
    await page.locator('[data-tool="more"]').click()
    await page.locator(':popover-open [data-tool="settings"]').click()
    sheet = page.get_by_role("dialog")
    for kind in ("마이크", "스피커"):
        select = sheet.get_by_label(kind, exact=True)
        await select.select_option(label=await select.locator("option", has_text=name).first.inner_text())
    await page.keyboard.press("Escape")


async def sends(page: Page, name: str) -> None:
    """Wait until what is sent comes from the device of this name, and is alive and open."""
    await page.wait_for_function(
        "(name) => window.sent()?.label.includes(name) && window.sent().readyState === 'live' && window.sent().enabled",
        arg=name,
    )


@pytest.mark.long
async def test_a_headset_is_pulled_out_and_plugged_in_again(conference: FakeConference) -> None:
    async with silent_sound_server() as server:
        cards = SoundCards(server)
        await cards.plug("Laptop")
        headset = await cards.plug("Headset")
        async with meeting(cards, conference) as page:
            await choose(page, "Headset")
            await sends(page, "Headset")
            speaker = "document.querySelector('video[data-composite]').sinkId"
            chosen = await page.evaluate(speaker)
            assert chosen != ""
            notices = page.locator(".notices")
            await cards.unplug(headset)
            await expect(notices).to_contain_text("마이크가 분리되었습니다. 지금 쓰는 마이크:", timeout=WAIT)
            await expect(notices).to_contain_text("스피커가 분리되었습니다.", timeout=WAIT)
            await page.wait_for_function("() => window.sent()?.readyState === 'live' && window.sent().enabled")
            assert "Headset" not in await page.evaluate("window.sent().label")
            await page.wait_for_function(f"() => {speaker} === ''")
            await cards.plug("Headset")
            await sends(page, "Headset")
            await expect(notices).to_contain_text(
                "마이크가 다시 연결되었습니다. 지금 쓰는 마이크: Headset", timeout=WAIT
            )
            await page.wait_for_function(f"() => {speaker} === '{chosen}'")
            muted = [message.muted for message in conference.sent(protocol.SetSelf)]
            assert muted[-1:] in ([], [False])
