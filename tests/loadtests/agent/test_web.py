"""HTTP with servers that do not keep to it."""

from __future__ import annotations

import pytest

from loadtests.agent import web
from loadtests.agent.web import Unreachable
from tests.loadtests.agent.scripted_http import reply, scripted_http
from tests.support.server import free_port


async def test_a_response_is_taken_whole() -> None:
    async with scripted_http() as script:
        script.replies.append(reply(201, b"v=0", Content_Type="Application/SDP; charset=utf-8", ETag='"1"'))
        response = await web.ask("POST", f"{script.address}/a?b=c", headers={"x-y": "z"}, body=b"offer", seconds=5)
        (asked,) = script.asked
    assert (asked.method, asked.target, asked.body) == ("POST", "/a?b=c", b"offer")
    assert asked.headers["x-y"] == "z"
    assert asked.headers["connection"] == "close"
    assert (response.status, response.reason, response.body) == (201, "Created", b"v=0")
    assert response.media_type == "application/sdp"
    assert response.headers["etag"] == '"1"'


async def test_a_chunked_body_is_put_together() -> None:
    async with scripted_http() as script:
        head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
        script.replies.append(head + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
        response = await web.ask("GET", script.address, headers={}, seconds=5)
    assert response.body == b"abcde"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (b"", "without an answer"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "broke off"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc", "broke off"),
        (reply(200, bytes(web.MAX_BODY + 1)), "more than"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000, "broke off"),
    ],
    ids=["silence", "not HTTP", "cut short", "too long", "endless header"],
)
async def test_what_is_no_answer_is_told_in_words(said: bytes, expected: str) -> None:
    async with scripted_http() as script:
        script.replies.append(said)
        with pytest.raises(Unreachable, match=expected):
            await web.ask("GET", script.address, headers={}, seconds=5)


async def test_nobody_listens() -> None:
    with pytest.raises(Unreachable, match="does not answer"):
        await web.ask("GET", f"http://127.0.0.1:{free_port()}/", headers={}, seconds=5)


async def test_who_says_nothing_is_not_waited_for() -> None:
    async with scripted_http() as script:
        script.replies.append(None)
        with pytest.raises(TimeoutError):
            await web.ask("GET", script.address, headers={}, seconds=0.1)


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/", "127.0.0.1:80", "http://", "http://127.0.0.1:99999/", "http://[::1"]
)
async def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(Unreachable):
        await web.ask("GET", url, headers={}, seconds=5)
