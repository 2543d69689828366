"""The laptop moves from Wi-Fi to cable: packets come from another address, and nobody joins anew."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support.attendees import Attendee, Meeting, heard_blocks, meeting, tone_reels
from tests.support.attendees import until as until_true
from tests.support.chromium import chromium
from tests.support.media import camera_file, microphone_file
from tests.support.network import BROWSER_THROUGH, Relay, Weather, relay
from tests.support.observe import RECORDER, MeetingPage, until
from tests.support.server import Server, running_server

MOVED_SECONDS = 8.0  # ICE finds the new address with its next check of consent: 5 s ±20 % (RFC 7675 section 5.1)

PRESENTED = 'document.querySelector("video[data-composite]").getVideoPlaybackQuality().totalVideoFrames'


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running_server(tmp_path / "var") as running:
        yield running


def audible(attendee: Attendee, person: int) -> bool:
    """Whether the newest fifth of a second holds the person's tone."""
    return attendee.hearing.tones(0.2).get(person, 0.0) > 25


async def test_a_participant_s_address_changes(server: Server) -> None:
    async with (
        relay(server.media_port, Weather()) as network,
        meeting(server.url, server.ready_conference["id"]) as crowd,
    ):
        ways = {"server_port": server.media_port, "relay_port": network.port}
        mover = await crowd.join(1, tone_reels(1), **ways)
        stays = await crowd.join(2, tone_reels(2))
        await until_true(lambda: audible(mover, 2) and audible(stays, 1), what="each hears the other")
        network.change_addresses()
        await until_true(lambda: not audible(stays, 1), what="the break")
        spent = await until_true(lambda: audible(mover, 2) and audible(stays, 1), what="each hears the other again")
        frames = len(mover.frames)
        await until_true(lambda: len(mover.frames) > frames + 25, what="pictures again")
        await heard_blocks(stays, 25)
        print(f"both ways again {spent:.1f} s after the break")
        assert spent <= MOVED_SECONDS
        assert (mover.media_connects, mover.reconnects, len(mover.roster)) == (1, 0, 2)


@asynccontextmanager
async def browser_behind(network: Relay, server: Server, folder: Path) -> AsyncIterator[tuple[MeetingPage, Meeting]]:
    """A Chromium (person 1) behind the relay in a meeting with person 2, both seen and heard."""
    async with (
        meeting(server.url, server.ready_conference["id"]) as crowd,
        chromium(
            camera=camera_file(folder / "camera.y4m", 1),
            microphone=microphone_file(folder / "microphone.wav", 1),
            preload=f"() => {{ ({RECORDER})(); ({BROWSER_THROUGH % network.port})(); }}",
        ) as page,
    ):
        stays = await crowd.join(2, tone_reels(2))
        browser = MeetingPage(page)
        await browser.open(server.link)
        await browser.join("김하늘", "종로구청장")
        await until(lambda: browser.hears({2}, not_={1}), what="the other's tone at the browser")
        await until_true(lambda: audible(stays, 1), what="the browser's tone at the other")
        yield browser, crowd


async def goes_on(browser: MeetingPage, crowd: Meeting) -> None:
    """Sound and pictures flow both ways, over the first connection and WebSocket."""
    (stays,) = crowd.attendees
    before = await browser.page.evaluate(PRESENTED)

    async def moves() -> bool:
        return bool(await browser.page.evaluate(PRESENTED) > before + 25)

    await until(moves, what="pictures again")
    await until_true(lambda: audible(stays, 1), what="the browser's tone again")
    await until(lambda: browser.hears({2}, not_={1}), what="the other's tone again")
    open_now = "window.connections.filter((one) => one.signalingState !== 'closed').length"  # the check's is closed
    assert await browser.page.evaluate(f"[{open_now}, window.sockets]") == [1, 1]
    assert len(stays.roster) == 2


@pytest.mark.browser
async def test_a_browser_s_address_changes(server: Server, tmp_path: Path) -> None:
    async with (
        relay(server.media_port, Weather()) as network,
        browser_behind(network, server, tmp_path) as (browser, crowd),
    ):
        begin = time.monotonic()
        network.change_addresses()
        await goes_on(browser, crowd)
        print(f"Chromium: everything again {time.monotonic() - begin:.1f} s after the change")


@pytest.mark.browser
async def test_a_browser_restarts_ice_after_a_break_of_its_network(server: Server, tmp_path: Path) -> None:
    weather = Weather()
    async with (
        relay(server.media_port, weather) as network,
        browser_behind(network, server, tmp_path) as (browser, crowd),
    ):
        answers = await browser.page.evaluate("window.told.answers")
        weather.blocked = True
        async with asyncio.timeout(30):
            while await browser.page.evaluate("window.told.answers") == answers:
                await asyncio.sleep(0.05)
        begin = time.monotonic()
        weather.blocked = False
        await goes_on(browser, crowd)
        print(f"Chromium: everything again {time.monotonic() - begin:.1f} s after the network came back")
