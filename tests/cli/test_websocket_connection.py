"""A WebSocket is answered or hung up on, and one that is lost leaves nothing to the garbage collector."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import weakref
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError
from websockets.frames import Frame, Opcode

from mcu.cli.http_connection import PunctualConnection
from mcu.cli.websocket_connection import TidyWebSocket
from tests.support.server import free_port

lost: list[weakref.ref[object]] = []


class Watched(TidyWebSocket):
    """Remembers what it parsed with."""

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        lost.append(weakref.ref(self.conn))


UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        await websocket.send_text(await websocket.receive_text())
        await websocket.receive()


@pytest.fixture
async def port() -> AsyncIterator[int]:
    port = free_port()
    app = Starlette(routes=[WebSocketRoute("/", echo)])
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, http=PunctualConnection, ws=Watched, log_config=None, lifespan="off"
    )
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield port
    server.should_exit = True
    await serving


@pytest.mark.parametrize("goodbye", [True, False])
async def test_lost_is_gone(port: int, *, goodbye: bool) -> None:
    lost.clear()
    gc.disable()
    try:
        connection = await connect(f"ws://127.0.0.1:{port}/")
        await connection.send("x")
        assert await connection.recv() == "x"
        if goodbye:
            await connection.close()
        else:
            connection.transport.abort()
        while not lost or lost[0]() is not None:
            await asyncio.sleep(0.01)
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("more", "status"),
    [
        (b"Content-Length: 5\r\n", 400),
        (b"Transfer-Encoding: chunked\r\n", 400),
        (b"X: y\r\n" * 140, 431),
        (b"X: " + b"y" * 9_000 + b"\r\n", 431),
        (b"Sec-WebSocket-Key: twice\r\n", 400),
    ],
    ids=["body", "body in parts", "many headers", "long header", "two keys"],
)
async def test_an_upgrade_that_is_none_is_answered_and_closed(port: int, more: bytes, status: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(UPGRADE + more + b"\r\n")
    answer = await asyncio.wait_for(reader.read(), 5)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    writer.close()


async def test_text_that_is_none_closes_the_connection_without_a_word_in_the_log(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    connection = await connect(f"ws://127.0.0.1:{port}/")
    with caplog.at_level(logging.ERROR):
        connection.transport.write(Frame(Opcode.TEXT, b"\xff\xfe").serialize(mask=True))
        with pytest.raises(ConnectionClosedError) as closed:
            await asyncio.wait_for(connection.recv(), 5)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1007
    assert not caplog.records


async def test_text_cut_within_a_letter_is_put_together(port: int) -> None:
    async with connect(f"ws://127.0.0.1:{port}/") as connection:
        one, other = "가".encode()[:1], "가".encode()[1:]
        connection.transport.write(Frame(Opcode.TEXT, one, fin=False).serialize(mask=True))
        connection.transport.write(Frame(Opcode.CONT, other).serialize(mask=True))
        assert await asyncio.wait_for(connection.recv(), 5) == "가"
