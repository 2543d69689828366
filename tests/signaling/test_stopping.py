"""Whoever still waits when the server stops is told so."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from pathlib import Path

from starlette.types import Message

from mcu.signaling.headers import HEADERS
from tests.fakes.world import settle
from tests.signaling.conftest import LOCAL, Site
from tests.support.server import running_server

PATH = "/api/v1/conferences"


async def test_a_request_that_is_cut_off_is_refused_in_words(site: Site) -> None:
    headers = {b"host": b"localhost:8080", b"content-type": b"application/json", b"accept-language": b"ko"}
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": PATH,
        "query_string": b"",
        "headers": list(headers.items()),
        "client": LOCAL,
    }
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.Event().wait()  # for the rest of a body that never comes
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    request = asyncio.ensure_future(site.app(scope, receive, send))
    await settle()
    request.cancel()
    await request
    assert sent[0]["status"] == 503
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    assert {name: answered[name] for name in HEADERS} == HEADERS
    assert answered["retry-after"] == "5"
    body = json.loads(sent[1]["body"])
    assert (body["code"], body["title"]) == ("server-stopping", body["message"]["ko"])


def test_a_real_server_stops_without_a_traceback(tmp_path: Path) -> None:
    with running_server(tmp_path) as server, socket.create_connection(("127.0.0.1", server.http_port)) as half:
        half.settimeout(20)
        half.sendall(
            f"POST {PATH} HTTP/1.1\r\nHost: localhost:{server.http_port}\r\n"
            "Content-Type: application/json\r\nContent-Length: 40\r\n\r\n{".encode()
        )
        server.kill(signal.SIGTERM)
        answer = half.recv(4096)
        assert answer.startswith(b"HTTP/1.1 503 "), answer
        assert not any("Traceback" in line for line in server.lines), server.lines
