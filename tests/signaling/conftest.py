"""A whole web side with a fake pool: over ASGI for HTTP, over a real socket for WebSockets."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect

from mcu.config import Api, Conference, Config, Turn
from mcu.controller.doors import Created
from mcu.controller.registry import Registry
from mcu.loop_watch import LoopCounters
from mcu.signaling import protocol as p
from mcu.signaling.app import create_app
from mcu.store.database import open_store
from tests.fakes.pool import FakePool

LOCAL = ("127.0.0.1", 40_000)
REMOTE = ("192.0.2.7", 40_000)


class Site:
    """The app with its registry and its fake pool."""

    def __init__(self, app: Starlette, registry: Registry, pool: FakePool) -> None:
        self.app = app
        self.registry = registry
        self.pool = pool
        self.port = 0

    def client(self, address: tuple[str, int] = LOCAL, host: str = "localhost:8080") -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, client=address)
        return httpx.AsyncClient(transport=transport, base_url=f"http://{host}")

    async def create(self) -> Created:
        return await self.registry.create_conference(title="회의")

    def browser(self, **options: object) -> connect:
        options.setdefault("subprotocols", [p.SUBPROTOCOL])
        return connect(f"ws://127.0.0.1:{self.port}/ws", proxy=None, **options)  # type: ignore[arg-type]


class Browser:
    """The client's side of the protocol, message by message."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, message: p.ClientMessage) -> None:
        await self.connection.send(p.encode(message))

    async def next(self) -> p.AnyServerMessage:
        return p.decode_server(await asyncio.wait_for(self.connection.recv(), 10))

    async def until(self, kind: type[p.ServerMessage]) -> p.AnyServerMessage:
        while not isinstance(message := await self.next(), kind):
            continue
        return message

    async def enter(self, created: Created, name: str, **fields: object) -> p.Entered:
        await self.send(p.Enter(conference=created.link, name=name, **fields))  # type: ignore[arg-type]
        entered = await self.until(p.Entered)
        assert isinstance(entered, p.Entered)
        return entered


@pytest.fixture
def config() -> Config:
    return Config(conference=Conference(max_participants=4, grace_seconds=30))


@pytest.fixture
def web_root(tmp_path: Path) -> Path:
    root = tmp_path / "web"
    (root / "node_modules").mkdir(parents=True)
    (root / "index.html").write_text("<!doctype html><title>page</title>", encoding="utf-8")
    (root / "main.js").write_text("export {};", encoding="utf-8")
    (root / "package.json").write_text("{}", encoding="utf-8")
    (root / "eslint.config.js").write_text("", encoding="utf-8")
    (root / ".secret.js").write_text("", encoding="utf-8")
    (root / "notes.txt").write_text("", encoding="utf-8")
    (root / "node_modules" / "x.js").write_text("", encoding="utf-8")
    return root


@pytest.fixture
async def site(tmp_path: Path, config: Config, web_root: Path) -> AsyncIterator[Site]:
    async with open_store(f"sqlite+aiosqlite:///{tmp_path / 'mcu.sqlite3'}") as store:
        pool = FakePool()
        registry = Registry(store=store, pool=pool, config=config)
        running = asyncio.ensure_future(registry.run())
        yield Site(create_app(registry=registry, config=config, web_root=web_root, loop=LoopCounters()), registry, pool)
        await registry.close()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def served(site: Site) -> AsyncIterator[Site]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        settings = uvicorn.Config(
            site.app, ws="websockets-sansio", ws_max_size=p.MAX_MESSAGE_BYTES, log_config=None, lifespan="off"
        )
        server = uvicorn.Server(settings)
        server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign]
        task = asyncio.ensure_future(server.serve([listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        site.port = listener.getsockname()[1]
        yield site
        server.should_exit = True
        server.force_exit = True
        await task


@pytest.fixture
async def browser(served: Site) -> AsyncIterator[Browser]:
    async with served.browser() as connection:
        yield Browser(connection)


@pytest.fixture
def keyed() -> Api:
    return Api(key="a-long-key-for-the-api")


@pytest.fixture
def turn() -> Turn:
    return Turn(urls=("stun:stun.example.kr", "turns:turn.example.kr:443?transport=tcp"), secret="shared")
