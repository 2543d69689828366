"""web-client/example/ as its reader would try it: a Chromium, a real server, and somebody else in the meeting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.conference_server import WEB_CLIENT
from tests.support.attendees import meeting, tone_reels
from tests.support.attendees import until as holds
from tests.support.chromium import chromium
from tests.support.media import camera_file, microphone_file
from tests.support.observe import until
from tests.support.server import Server, running_server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

MOST_LINES = 300
# Remembers the sockets, to break one, and what was said on them.
SOCKETS = """() => {
  window.sockets = [];
  window.sent = [];
  const Original = WebSocket;
  window.WebSocket = class extends Original {
    constructor(...parameters) { super(...parameters); window.sockets.push(this); }
    send(text) { super.send(text); window.sent.push(JSON.parse(text).type); }
  };
}"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running_server(tmp_path / "var") as running:
        yield running


def test_it_is_short() -> None:
    files = [path.read_text() for path in (WEB_CLIENT / "example").iterdir()]
    assert sum(text.count("\n") for text in files) < MOST_LINES


async def test_the_example_meets_mutes_comes_back_and_leaves(server: Server, tmp_path: Path) -> None:
    ready = server.ready_conference
    camera, microphone = camera_file(tmp_path / "camera.y4m", 1), microphone_file(tmp_path / "microphone.wav", 1)
    async with (
        chromium(camera=camera, microphone=microphone, preload=SOCKETS) as page,
        meeting(server.url, ready["id"]) as crowd,
    ):
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        other = await crowd.join(2, tone_reels(2))
        await page.goto(f"{server.url}/example/index.html")
        await page.get_by_label("Name").fill("김하늘")
        await page.get_by_label("Meeting number").fill(f"{ready['number'][:3]} {ready['number'][3:]}")
        await page.get_by_label("PIN").fill(ready["pin"])
        await page.get_by_role("button", name="Join").click()

        await until(lambda: page.evaluate("document.querySelector('video').videoWidth > 0"), what="the composite")
        await holds(lambda: sorted(filter(None, other.people())) == [1, 2], 40, what="the other sees both")
        await holds(lambda: other.hearing.tones().get(1, 0.0) > 20, what="the other hears the example")
        (found,) = [line for line in other.roster.values() if line.name == "김하늘"]

        await page.get_by_role("button", name="Mute").click()
        await holds(lambda: other.roster[found.participant].muted, what="the mark")
        await holds(lambda: other.hearing.tones().get(1, 0.0) < 10, what="silence")

        await page.evaluate("sockets.at(-1).close()")
        await until(lambda: page.evaluate("sent.includes('resume')"), what="coming back")
        await until(lambda: page.evaluate("document.querySelector('[role=status]').textContent === ''"), what="back")
        line = other.roster[found.participant]
        assert (line.muted, line.presence) == (True, "connected")
        assert await page.evaluate("sent.filter((type) => type === 'offer').length") == 1  # media lived through it

        await page.get_by_role("button", name="Leave").click()
        await holds(lambda: found.participant not in other.roster, what="gone")
        assert await page.get_by_role("button", name="Join").is_visible()
        assert page.url == f"{server.url}/example/index.html"
        assert complaints == []
