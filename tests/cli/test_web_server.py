"""The listener of HTTPS: a handshake or a good-bye that is not made in time is hung up on, what is made is served."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from mcu.cli import certificate
from mcu.cli.http_connection import PunctualConnection
from mcu.cli.web_server import WebServer
from tests.support.server import free_port

LIMIT = 0.3  # seconds, instead of HANDSHAKE_SECONDS


async def hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


@contextlib.asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[int]:
    """The port of a running listener."""
    certificate_path, key_path = certificate.ensure(folder, ["127.0.0.1"])
    port = free_port()
    config = uvicorn.Config(
        Starlette(routes=[Route("/", hello)]),
        host="127.0.0.1",
        port=port,
        http=PunctualConnection,
        log_config=None,
        ssl_certfile=certificate_path,
        ssl_keyfile=key_path,
    )
    server = WebServer(config, handshake_seconds=LIMIT)
    running = asyncio.ensure_future(server.serve())
    await server.listening.wait()
    yield port
    server.should_exit = True
    await running


def anybody() -> ssl.SSLContext:
    """For a client that takes any certificate."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@pytest.fixture
def runner() -> asyncio.Runner:
    """With the loop that the server runs on: its TLS is another than asyncio's."""
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


@pytest.mark.parametrize("sent", [b"", b"\x16\x03\x01\x02\x00\x01"], ids=["nothing", "the beginning of a record"])
def test_a_handshake_that_is_not_made_is_hung_up_on(tmp_path: Path, runner: asyncio.Runner, sent: bytes) -> None:
    async def story() -> float:
        async with serving(tmp_path) as port:
            began = time.monotonic()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            with contextlib.suppress(ConnectionResetError):  # hung up on as well
                assert await asyncio.wait_for(reader.read(), 5) == b""
            writer.close()
            return time.monotonic() - began

    with runner:
        assert runner.run(story()) >= LIMIT


def test_a_good_bye_that_is_not_returned_is_hung_up_on(tmp_path: Path, runner: asyncio.Runner) -> None:
    def ask(port: int) -> None:
        with (
            socket.create_connection(("127.0.0.1", port)) as connection,
            anybody().wrap_socket(connection) as asking,
            socket.socket(fileno=os.dup(asking.fileno())) as wire,
        ):
            asking.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            wire.settimeout(5)
            while wire.recv(4096):  # enciphered, the good-bye as well: nobody answers it
                continue

    async def story() -> None:
        async with serving(tmp_path) as port:
            await asyncio.to_thread(ask, port)

    with runner:
        runner.run(story())


def test_a_made_handshake_may_take_its_time_afterwards(tmp_path: Path, runner: asyncio.Runner) -> None:
    async def story() -> bytes:
        async with serving(tmp_path) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=anybody())
            await asyncio.sleep(2 * LIMIT)
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answer = await asyncio.wait_for(reader.read(), 5)
            writer.close()
            return answer

    with runner:
        assert runner.run(story()).endswith(b"hello")
