"""Broken lines and real browsers: the network goes away, addresses change, laptops sleep, servers start again.

Each test says how long it took from the return of the network until picture and sound were there, both ways.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.attendees import Attendee, meeting, tone_reels
from tests.support.chromium import chromium
from tests.support.media import camera_file, microphone_file
from tests.support.namespaces import SERVER_4, Cable, cable, refusal
from tests.support.observe import MeetingPage, until
from tests.support.server import Server, running_server

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.network,
    pytest.mark.browser,
    pytest.mark.skipif(bool(refusal()), reason=refusal()),
]

SLEPT = 20  # seconds; timers and consent are over long before
NEW_BLOCKS = 15  # of 20 ms: more than a tone is looked for in
LONGEST = 10.0  # seconds from the return of the network to picture and sound, both ways

# Remembers, ten times a second, what has been shown and heard so far, and every sentence of the status line.
WITNESS = """() => {
  window.connections = [];
  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(...parameters) { super(...parameters); window.connections.push(this); }
  };
  window.witness = { pictures: 0, heard: 0, said: [] };
  const began = Date.now();
  setInterval(async () => {
    const video = document.querySelector("video[data-composite]");
    const words = document.querySelector(".status")?.textContent ?? "";
    if (words !== window.witness.said.at(-1)?.[1]) window.witness.said.push([(Date.now() - began) / 1000, words]);
    let heard = 0;
    for (const connection of window.connections) {
      if (connection.connectionState === "closed") continue;
      for (const stat of (await connection.getStats()).values()) {
        if (stat.type === "inbound-rtp" && stat.kind === "audio") heard += stat.packetsReceived;
      }
    }
    window.witness.pictures = video?.getVideoPlaybackQuality().totalVideoFrames ?? 0;
    window.witness.heard = heard;
  }, 100);
}"""


def hears(attendee: Attendee, person: int) -> bool:
    return attendee.hearing.tones(0.2).get(person, 0.0) > 25


@dataclass
class Behind:
    """A Chromium (person 1) behind a cable, in a meeting with person 2 beside the server."""

    browser: MeetingPage
    other: Attendee
    server: Server
    lines: Cable
    program: Path

    async def back(self, what: str, begin: float) -> float:
        """Wait until everything flows again; seconds since `begin`."""
        flows = {"sees": 0.0, "hears": 0.0, "is heard": 0.0}
        before = await self.browser.page.evaluate("window.witness")
        blocks = len(self.other.hearing.blocks)  # what was heard before says nothing
        async with asyncio.timeout(60):
            while not all(flows.values()):
                now = await self.browser.page.evaluate("window.witness")
                spent = time.monotonic() - begin
                for name, there in (
                    ("sees", now["pictures"] < before["pictures"] or now["pictures"] > before["pictures"] + 5),
                    ("hears", now["heard"] < before["heard"] or now["heard"] > before["heard"] + 10),
                    ("is heard", len(self.other.hearing.blocks) > blocks + NEW_BLOCKS and hears(self.other, 1)),
                ):
                    if there and not flows[name]:
                        flows[name] = spent
                await asyncio.sleep(0.05)
        print(f"{what}: " + ", ".join(f"{name} {spent:.1f} s" for name, spent in flows.items()))
        for at, words in await self.browser.page.evaluate("window.witness.said"):
            print(f"    {at:6.1f} {words}")
        return max(flows.values())

    async def gone(self) -> None:
        """Wait until the other does not hear this one any more."""

        async def silent() -> bool:
            return not hears(self.other, 1)

        await until(silent, what="silence")


@asynccontextmanager
async def behind(folder: Path) -> AsyncIterator[Behind]:
    with cable(versions=(4,)) as lines, running_server(folder / "var") as server:
        program = lines.browser_program(folder)
        async with (
            meeting(server.url, server.ready_conference["id"]) as crowd,
            chromium(
                camera=camera_file(folder / "camera.y4m", 1),
                microphone=microphone_file(folder / "microphone.wav", 1),
                preload=WITNESS,
                program=program,
            ) as page,
        ):
            other = await crowd.join(2, tone_reels(2))
            browser = MeetingPage(page)
            await browser.open(f"https://{SERVER_4}:{server.https_port}/c/{server.ready_conference['id']}")
            await browser.join("김하늘", "종로구청장")

            async def both() -> bool:
                witness = await page.evaluate("window.witness")
                return hears(other, 1) and witness["heard"] > 50 and witness["pictures"] > 25

            await until(both, 30, what="both ways")
            yield Behind(browser, other, server, lines, program)


@pytest.mark.parametrize("seconds", [pytest.param(seconds, marks=pytest.mark.long) for seconds in (6, 20, 45)])
async def test_a_network_that_swallows_everything(tmp_path: Path, seconds: float) -> None:
    async with behind(tmp_path) as there:
        there.lines.cut()
        await asyncio.sleep(seconds)
        there.lines.mend()
        assert await there.back(f"{seconds} s of nothing", time.monotonic()) < LONGEST


@pytest.mark.long
async def test_a_cable_that_is_pulled_and_put_back(tmp_path: Path) -> None:
    async with behind(tmp_path) as there:
        there.lines.pull()
        await asyncio.sleep(8)
        there.lines.plug()
        assert await there.back("cable pulled for 8 s", time.monotonic()) < LONGEST


async def test_another_address(tmp_path: Path) -> None:
    async with behind(tmp_path) as there:
        begin = time.monotonic()
        there.lines.readdress()
        await there.gone()
        assert await there.back("another address", begin) < LONGEST


@pytest.mark.long
async def test_a_laptop_that_slept(tmp_path: Path) -> None:
    async with behind(tmp_path) as there:
        sleepers = browsers_of(there.program)
        assert sleepers
        for pid in sleepers:
            os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(SLEPT)
        for pid in sleepers:
            os.kill(pid, signal.SIGCONT)
        assert await there.back(f"slept for {SLEPT} s", time.monotonic()) < LONGEST


async def test_a_server_that_starts_again(tmp_path: Path) -> None:
    async with behind(tmp_path) as there:
        there.server.kill()
        await asyncio.sleep(3)
        there.server.start()
        assert await there.back("server killed, away for 3 s", time.monotonic()) < LONGEST


async def test_a_media_processor_that_crashes(tmp_path: Path) -> None:
    async with behind(tmp_path) as there:
        os.kill(there.server.processor_pids[0], signal.SIGKILL)
        assert await there.back("media processor killed", time.monotonic()) < LONGEST


def browsers_of(program: Path) -> list[int]:
    """The processes of the Chromium that was started as `program`, by the folder that only it has among its files."""
    folder = str(program.parent).encode()
    roots = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if b"chromium" in words.split(b"\0")[0] and folder in words and b"--type=" not in words:
            roots.append(int(entry.name))
    found = []
    for root in roots:
        found += [root, *_below(root)]
    return found


def _below(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *_below(int(child))]
    return found
