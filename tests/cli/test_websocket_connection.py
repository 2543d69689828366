"""A WebSocket that is lost leaves nothing to the garbage collector."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect

from mcu.cli.websocket_connection import TidyWebSocket
from tests.support.server import free_port

lost: list[weakref.ref[object]] = []


class Watched(TidyWebSocket):
    """Remembers what it parsed with."""

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        lost.append(weakref.ref(self.conn))


async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(await websocket.receive_text())
    await websocket.receive()


@pytest.fixture
async def port() -> AsyncIterator[int]:
    port = free_port()
    app = Starlette(routes=[WebSocketRoute("/", echo)])
    config = uvicorn.Config(app, host="127.0.0.1", port=port, ws=Watched, log_config=None, lifespan="off")
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
