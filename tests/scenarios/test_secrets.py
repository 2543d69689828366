"""What opens a meeting, and who is in it, is in no log, whatever is done with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.support.attendees import meeting, tone_reels
from tests.support.server import Server, running_server

NAME, OFFICE, LINE = "남궁비밀", "비밀기획관", "아무도 모르는 이야기"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running_server(tmp_path / "var", {"MCU_LOG_LEVEL": "debug", "MCU_LOG_FORMAT": "json"}) as running:
        yield running


async def say(server: Server, *messages: dict[str, object]) -> list[dict[str, object]]:
    """What the server answers to each, on one connection."""
    answers = []
    async with connect(f"ws://localhost:{server.http_port}/ws", subprotocols=[Subprotocol("mcu.v1")]) as socket:
        await socket.recv()
        for message in messages:
            await socket.send(json.dumps(message))
            answers.append(json.loads(await asyncio.wait_for(socket.recv(), 10)))
    return answers


async def test_no_secret_and_no_name_is_logged(server: Server) -> None:
    ready = server.ready_conference
    begin = len(server.lines)  # what is announced at the start is told on purpose
    me = {"type": "enter", "name": NAME, "office": OFFICE}
    by_link = me | {"conference": ready["id"]}
    by_number = me | {"number": ready["number"], "pin": ready["pin"]}
    async with httpx.AsyncClient(base_url=server.url) as client:
        for path in (
            f"/c/{ready['id']}",
            f"/c/{ready['id']}x",
            f"/{ready['id']}",
            f"/api/v1/conferences/{ready['id']}",
        ):
            await client.get(path, headers={"referer": f"{server.url}/c/{ready['id']}"})
        await client.post(f"/whip/{ready['id']}", content="v=0", headers={"content-type": "application/sdp"})
    entered, _ = await say(server, by_link | {"chair_key": ready["chair_key"]}, {"type": "chat", "text": LINE})
    you = entered["you"]
    assert isinstance(you, dict)
    back = {"type": "resume", "conference": entered["conference"]["id"], "participant": you["participant"]}  # type: ignore[index]
    await say(server, back | {"secret": you["secret"]})
    await say(server, back | {"secret": "wrong-" + str(you["secret"])})
    await say(server, by_link | {"chair_key": "wrong-" + ready["chair_key"]}, by_number | {"pin": "000000"}, by_number)
    await say(server, {"type": "enter", "name": NAME, "conference": ready["id"], "unknown": LINE})
    async with meeting(server.url, ready["id"]) as crowd:
        await crowd.join(1, tone_reels(1))
    await asyncio.sleep(0)
    text = "\n".join(server.lines[begin:])
    assert len(server.lines) > begin, "debug says something"
    secrets = [ready["id"], ready["chair_key"], ready["pin"], str(you["secret"]), NAME, OFFICE, LINE, "사람 1"]
    assert [secret for secret in secrets if secret in text] == []
