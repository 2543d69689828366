"""A meeting's signaling from creation to end, on a real server with a real media processor."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
import struct
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import ConsoleMessage, Error, Response
from prometheus_client.parser import text_string_to_metric_families
from websockets.asyncio.client import ClientConnection, connect

from mcu.limits import ADDRESS_ATTEMPTS
from mcu.signaling import protocol as p
from mcu.signaling.headers import HEADERS
from mcu.store.health import CHECK_SECONDS
from tests.signaling.conftest import Browser
from tests.support.chromium import chromium
from tests.support.server import Server, running_server
from tests.support.small_disk import fill, small_disk

FIRST_REPORT_SECONDS = 30.0  # a generous bound: a processor reports every two seconds
CONFERENCES = "/api/v1/conferences"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("server"), {"MCU_CONFERENCE_GRACE_SECONDS": "20"}) as running:
        yield running


@pytest.fixture
async def meeting(server: Server) -> dict[str, Any]:
    """A conference as REST creates it."""
    made: dict[str, Any] = await asyncio.to_thread(server.post, CONFERENCES, {"title": "부단체장 회의"})
    return made


@contextlib.asynccontextmanager
async def browser(server: Server) -> AsyncIterator[Browser]:
    address = f"ws://localhost:{server.http_port}/ws"
    async with connect(address, subprotocols=[p.SUBPROTOCOL], proxy=None) as connection:  # type: ignore[list-item]
        yield Browser(connection)


async def entered(who: Browser, **fields: Any) -> p.Entered:
    await who.send(p.Enter(**fields))
    answer = await who.until(p.Entered)
    assert isinstance(answer, p.Entered)
    return answer


async def refused(who: Browser) -> str:
    answer = await who.until(p.Error)
    assert isinstance(answer, p.Error)
    return answer.code


def drop(connection: ClientConnection) -> None:
    """The machine is gone: RST, no good-bye."""
    raw = connection.transport.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.transport.abort()


async def test_a_meeting_from_creation_to_end(server: Server, meeting: dict[str, Any]) -> None:
    async with browser(server) as chair, browser(server) as other:
        one = await entered(
            chair, conference=meeting["link"], name="의장", office="시장", chair_key=meeting["chair_key"]
        )
        two = await entered(other, number=meeting["number"], pin=meeting["pin"], name="이둘", office="종로구청장")
        assert (one.you.role, two.you.role) == ("chair", "attendee")
        assert two.conference.title == "부단체장 회의"
        assert [person.name for person in two.participants] == ["의장", "이둘"]

        await other.send(p.Chat(text="안녕하십니까"))
        said = await chair.until(p.ChatMessage)
        assert said.message.text == "안녕하십니까"

        await other.send(p.SetSelf(muted=True, hand=True))
        changed = (await chair.until(p.ParticipantChanged)).participant
        assert (changed.muted, changed.hand, changed.muted_by_chair) == (True, True, False)

        await chair.send(p.Layout(choice=p.LayoutChoice(name="speaker", strip=3)))
        assert (await other.until(p.LayoutChanged)).choice.name == "speaker"
        await other.send(p.Layout(choice=p.LayoutChoice()))
        assert await refused(other) == "not-permitted"

        await chair.send(p.Lock(locked=True))
        assert (await other.until(p.LockChanged)).locked
        async with browser(server) as late:
            await late.send(p.Enter(conference=meeting["link"], name="늦은 사람"))
            assert await refused(late) == "conference-locked"

        await chair.send(p.Moderate(participant=two.you.participant, action="mute"))
        assert (await other.until(p.ParticipantChanged)).participant.muted_by_chair
        await other.send(p.SetSelf(muted=False))
        assert await refused(other) == "muted-by-chair"

        where = f"{CONFERENCES}/{meeting['id']}"
        detail = await asyncio.to_thread(server.get, where)
        assert [person["muted_by_chair"] for person in detail["participants"]] == [False, True]
        assert (detail["locked"], detail["layout"]["name"]) == (True, "speaker")

        await chair.send(p.Moderate(participant=two.you.participant, action="remove"))
        assert (await other.until(p.Ended)).reason == "removed"
        await chair.send(p.End())
        assert (await chair.until(p.Ended)).reason == "conference-ended"
    with pytest.raises(urllib.error.HTTPError, match="410"):
        await asyncio.to_thread(server.get, where)


async def test_dropped_socket_resumes_and_second_device_supersedes(server: Server, meeting: dict[str, Any]) -> None:
    async with browser(server) as chair:
        await entered(chair, conference=meeting["link"], name="의장", chair_key=meeting["chair_key"])
        async with browser(server) as first:
            before = await entered(first, conference=meeting["link"], name="이둘", office="종로구청장")
            await chair.until(p.ParticipantJoined)
            drop(first.connection)
            gone = await chair.until(p.ParticipantChanged)
            assert gone.participant.presence == "reconnecting"
        resume = p.Resume(conference=before.conference.id, participant=before.you.participant, secret=before.you.secret)
        async with browser(server) as again, browser(server) as device:
            await again.send(resume)
            back = await again.until(p.Entered)
            assert isinstance(back, p.Entered)
            assert (back.you, back.resumed) == (before.you, True)
            assert (await chair.until(p.ParticipantChanged)).participant.presence == "connected"
            await device.send(resume)
            assert isinstance(await device.until(p.Entered), p.Entered)
            assert (await again.until(p.Ended)).reason == "superseded"
            assert [person.name for person in back.participants] == ["의장", "이둘"]
    assert not any("Traceback" in line for line in server.lines)


async def test_a_killed_browser_that_comes_back_anew_stands_there_once(server: Server, meeting: dict[str, Any]) -> None:
    who = {"conference": meeting["link"], "name": "이둘", "office": "종로구청장"}
    async with browser(server) as witness, browser(server) as killed:
        await entered(witness, conference=meeting["link"], name="의장")
        before = await entered(killed, **who)
        drop(killed.connection)
        await witness.until(p.ParticipantChanged)
        async with browser(server) as again:
            after = await entered(again, **who)
            left = await witness.until(p.ParticipantLeft)
            assert (left.participant, left.reason) == (before.you.participant, "lost")
            assert [person.name for person in after.participants] == ["의장", "이둘"]
            assert after.you.seat == before.you.seat


async def test_wrong_keys_and_pins_let_nobody_in(server: Server, meeting: dict[str, Any]) -> None:
    async with browser(server) as stranger:
        for key in ("too-short", "x" * 22):
            await stranger.send(p.Enter(conference=meeting["link"], name="가", chair_key=key))
            assert await refused(stranger) == "chair-key-wrong"
        await stranger.send(p.Resume(conference=meeting["id"], participant="0" * 16, secret="x" * 22))
        assert await refused(stranger) == "resume-unknown"
    pin = f"{(int(meeting['pin']) + 1) % 1_000_000:06}"
    codes = []
    for _ in range(int(ADDRESS_ATTEMPTS.burst)):
        async with browser(server) as stranger:
            await stranger.send(p.Enter(number=meeting["number"], pin=pin, name="가"))
            codes.append(await refused(stranger))
    assert codes[0] == "number-or-pin-wrong"
    assert codes[-1] == "too-many-attempts"
    async with browser(server) as late:  # the right PIN does not help from an address that has guessed
        await late.send(p.Enter(number=meeting["number"], pin=meeting["pin"], name="가"))
        assert await refused(late) == "too-many-attempts"


def fetch(url: str) -> tuple[int, dict[str, str], str]:
    """Status, headers in lower case, body; any certificate will do."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with urllib.request.urlopen(url, timeout=5, context=context) as response:
        headers = {name.lower(): text for name, text in response.headers.items()}
        return response.status, headers, response.read().decode()


def test_probes_answer_over_http_and_https(server: Server) -> None:
    https = [f"https://{address}:{server.https_port}" for address in ("127.0.0.1", "[::1]")]
    for base in (server.url, *https):
        status, headers, body = fetch(base + "/healthz")
        assert (status, json.loads(body)) == (200, {"status": "ok"})
        assert {name: headers[name] for name in HEADERS} == HEADERS
        assert json.loads(fetch(base + "/readyz")[2]) == {"ready": True, "database": True, "processors": 1}


def test_a_full_disk_is_said_and_needs_no_restart(tmp_path: Path) -> None:
    def readiness(server: Server, ready: bool) -> dict[str, Any]:
        """What /readyz says once it says this."""
        deadline = time.monotonic() + 6 * CHECK_SECONDS
        while time.monotonic() < deadline:
            try:
                answer = server.get("/readyz")
            except urllib.error.HTTPError as error:
                answer = json.loads(error.read())
            if answer["ready"] is ready:
                return dict(answer)
            time.sleep(0.2)
        raise AssertionError(answer)

    with small_disk(tmp_path / "data", "40m") as data, running_server(data) as server:
        filling = fill(data)
        answer = readiness(server, False)
        assert answer["database"] is False
        assert "Make room" in answer["message"]["en"]
        deadline = time.monotonic() + CHECK_SECONDS
        while not any("disk is full" in line for line in server.lines):
            assert time.monotonic() < deadline, server.lines
            time.sleep(0.05)
        filling.unlink()
        assert "message" not in readiness(server, True)


def test_metrics_are_what_prometheus_reads(server: Server) -> None:
    deadline = time.monotonic() + FIRST_REPORT_SECONDS
    while "mcu_audio_ticks_total" not in (answer := fetch(server.url + "/metrics"))[2]:
        assert time.monotonic() < deadline, "the processor never reported"
        time.sleep(0.2)
    _, headers, body = answer
    assert headers["content-type"].startswith("text/plain; version=")
    families = {family.name: family for family in text_string_to_metric_families(body)}
    assert families["mcu_processors_ready"].samples[0].value == 1
    assert families["mcu_signaling_connections"].type == "gauge"
    assert families["mcu_audio_ticks"].type == "counter"
    assert families["mcu_audio_ticks"].samples[0].labels == {"processor": "0"}
    names = [line.split()[2] for line in body.splitlines() if line.startswith("# TYPE")]
    assert len(names) == len(set(names)), "each family is declared once"


@pytest.mark.browser
async def test_api_page_is_shown_as_it_was_made(server: Server) -> None:
    complaints: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    def failed(error: Error) -> None:
        complaints.append(str(error))

    def answered(response: Response) -> None:
        if response.status >= 400:
            complaints.append(f"{response.status} {response.url}")

    async with chromium() as page:
        page.on("console", heard)
        page.on("pageerror", failed)
        page.on("response", answered)
        await page.goto(server.url + "/api/docs")
        assert await page.locator("section[id=create_conference] h2").inner_text() == "POST /api/v1/conferences"
        width = await page.evaluate("getComputedStyle(document.body).maxWidth")
        assert width.endswith("px"), "the style sheet was not taken"
    assert complaints == []
