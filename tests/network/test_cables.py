"""A real browser behind a firewall without UDP, and on a line whose packets are at most 1280 bytes."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from tests.support.attendees import meeting, tone_reels
from tests.support.chromium import chromium
from tests.support.line_check import checked
from tests.support.media import camera_file, microphone_file
from tests.support.namespaces import BROWSER_4, BROWSER_6, SERVER_4, SERVER_6, Cable, cable, refusal
from tests.support.observe import RECORDER, MeetingPage, until
from tests.support.server import Server, running_server

pytestmark = [
    pytest.mark.network,
    pytest.mark.browser,
    pytest.mark.skipif(bool(refusal()), reason=refusal()),
]

JOIN_SECONDS = 5.0  # from the button to the first picture with UDP blocked
SMALLEST_MTU = 1280  # bytes: RFC 8200 section 5
FRAMES = 100  # four seconds of composites
PRESENTED = 'document.querySelector("video[data-composite]").getVideoPlaybackQuality().totalVideoFrames'


async def sees_and_hears(lines: Cable, server: Server, folder: Path, host: str) -> tuple[MeetingPage, float]:
    """A Chromium in the browser's namespace joins a meeting with person 2; seconds from the button to both."""
    async with (
        meeting(server.url, server.ready_conference["id"]) as crowd,
        chromium(
            camera=camera_file(folder / "camera.y4m", 1),
            microphone=microphone_file(folder / "microphone.wav", 1),
            preload=RECORDER,
            program=lines.browser_program(folder),
        ) as page,
    ):
        attendee = await crowd.join(2, tone_reels(2))
        browser = MeetingPage(page)
        await browser.open(f"https://{host}:{server.https_port}/c/{server.ready_conference['id']}")
        pressed = await browser.join("김하늘", "종로구청장")

        async def sees() -> bool:
            return sorted(person or 0 for person in await browser.people()) == [1, 2]

        shown = await until(sees, 20, what="both in the picture") - pressed
        await until(lambda: browser.hears({2}, not_={1}), what="the other's tone at the browser")

        async def heard() -> bool:
            return attendee.hearing.tones().get(1, 0.0) > 25

        await until(heard, what="the browser's tone at the other")
        before = await page.evaluate(PRESENTED)

        async def moves() -> bool:
            return bool(await page.evaluate(PRESENTED) >= before + FRAMES)

        begin = time.monotonic()
        await until(moves, 20, what="a picture that goes on")
        print(f"{FRAMES} more pictures in {time.monotonic() - begin:.1f} s")
        return browser, shown


async def test_with_udp_blocked_a_browser_is_in_within_five_seconds(tmp_path: Path) -> None:
    with cable() as lines:
        lines.block_udp()
        with running_server(tmp_path / "var") as server:
            _, spent = await sees_and_hears(lines, server, tmp_path, SERVER_4)
            accepted = server.metrics()['mcu_datagrams_total{processor="0",what="tcp_accepted"}']
            print(f"in the picture {spent:.2f} s after the button; {lines.blocked()} datagrams blocked")
            assert accepted >= 1
            assert lines.blocked() > 0
            assert spent <= JOIN_SECONDS


async def test_with_udp_blocked_the_join_page_says_tcp_and_whom_to_ask(tmp_path: Path) -> None:
    with cable() as lines:
        lines.block_udp()
        with running_server(tmp_path / "var") as server:
            async with chromium(
                camera=camera_file(tmp_path / "camera.y4m", 1),
                microphone=microphone_file(tmp_path / "microphone.wav", 1),
                preload=RECORDER,
                program=lines.browser_program(tmp_path),
            ) as page:
                await MeetingPage(page).open(
                    f"https://{SERVER_4}:{server.https_port}/c/{server.ready_conference['id']}"
                )
                figures = await checked(page)
            assert figures["transport"] == "TCP"
            assert f"UDP {server.media_port}번 포트" in figures[""]
            assert lines.blocked() > 0


@pytest.mark.parametrize(("version", "host"), [pytest.param(4, SERVER_4, marks=pytest.mark.long), (6, f"[{SERVER_6}]")])
async def test_packets_fit_the_smallest_mtu(tmp_path: Path, version: int, host: str) -> None:
    with cable(mtu=SMALLEST_MTU, versions=(version,)) as lines, running_server(tmp_path / "var") as server:
        with socket.socket(socket.AF_INET6 if version == 6 else socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.sendto(bytes(2 * SMALLEST_MTU), (BROWSER_6 if version == 6 else BROWSER_4, 9))
        begin = lines.fragments()
        assert begin > 0  # the count counts
        _, spent = await sees_and_hears(lines, server, tmp_path, host)
        made = lines.fragments() - begin
        print(f"IPv{version}: in the picture {spent:.2f} s after the button; {made} fragments")
        assert made == 0
