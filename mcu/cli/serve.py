"""`mcu serve`: the MC process. Web servers, registry and media processors in one event loop, until a signal."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import signal
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import structlog
import uvicorn
import uvloop
from rich.console import Console

from mcu.allocator import return_large_blocks
from mcu.cli import certificate, data_folder, logs, ready_conference
from mcu.cli.addresses import (
    OPEN_HTTP_ADVICE,
    bind_error,
    is_loopback,
    local_addresses,
    port_advice,
    share_an_address,
)
from mcu.cli.announcement import Invitation, announce, local_address, other_addresses, room_address
from mcu.cli.faults import one_sentence
from mcu.cli.held_ports import HeldPorts
from mcu.cli.http_connection import PunctualConnection
from mcu.cli.web_server import WebServer
from mcu.cli.websocket_connection import TidyWebSocket
from mcu.config import Config
from mcu.controller.pool import START_SECONDS, ProcessorPool
from mcu.controller.registry import Registry
from mcu.errors import ConfigurationError, RefusedError
from mcu.gateway.figures import Figures
from mcu.gateway.gateway import Gateway
from mcu.gateway.rooms import Rooms
from mcu.limits import Attempts
from mcu.loop_watch import WatchedLoop
from mcu.signaling.app import create_app
from mcu.signaling.protocol import MAX_MESSAGE_BYTES
from mcu.store.database import open_store
from mcu.webrtc.sockets import advertised

GRACEFUL_SECONDS = 3  # for requests under way when the server stops
NO_PROCESSOR = (
    f"No media processor became ready within {START_SECONDS:.0f} seconds. The log above says why; "
    "when it says nothing, the machine is too busy: close other programs and try again."
)
BACKLOG = 512  # connections that may wait for accept: a storm of a whole organisation rejoining
WEB_ROOT = Path(__file__).resolve().parents[2] / "web-client"

# What lives beside a server: entered with the stop event when it is ready, left before the server stops.
Companion = Callable[[asyncio.Event, ProcessorPool], AbstractAsyncContextManager[None]]

log = structlog.get_logger()


def run(config: Config, *, companion: Companion | None = None) -> None:
    """Serve until SIGINT or SIGTERM, or until the companion sets its event. It stands in for the announcement."""
    return_large_blocks()
    logs.configure(config.log)
    check_ports(config)
    if not is_loopback(config.http.host):
        log.warning("plain HTTP is open to the network", host=config.http.host, advice=OPEN_HTTP_ADVICE)
    advertised(config.media.host, config.media.advertise)  # refused here in words, not by each processor again
    data = data_folder.make(Path(config.server.data_dir))
    identity = certificate.configured(config.https) or certificate.ensure(
        data / "tls", local_addresses(loopback=True) + list(config.media.advertise)
    )
    with (
        one_sentence(ConfigurationError, RefusedError),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(_serve(config, data, identity, companion))


def check_ports(config: Config) -> None:
    """Raise ConfigurationError, with what to do, when a port is taken or given twice."""
    media = range(config.media.port, config.media.port + config.processor.count) if config.media.port else ()
    wanted = [(config.http.host, config.http.port), (config.https.host, config.https.port)]
    wanted += [(config.media.host, port) for port in media]
    for (host, port), (other, same) in itertools.combinations(wanted, 2):
        if port and port == same and share_an_address(host, other):
            raise ConfigurationError(
                f"TCP port {port} is configured twice: [http], [https] and [media] need their own, "
                "or addresses that differ"
            )
    _check("http", config.http.host, config.http.port, socket.SOCK_STREAM)
    _check("https", config.https.host, config.https.port, socket.SOCK_STREAM)
    for port in media:
        _check("media", config.media.host, port, socket.SOCK_DGRAM)
        _check("media", config.media.host, port, socket.SOCK_STREAM)


def _check(section: str, host: str, port: int, kind: socket.SocketKind) -> None:
    error = bind_error(host, port, kind) if port else None
    if error is not None:
        protocol = "UDP" if kind is socket.SOCK_DGRAM else "TCP"
        raise ConfigurationError(
            f"{protocol} port {port} on {host} cannot be used: {error.strerror or error}. {port_advice(section, error)}"
        )


async def _serve(config: Config, data: Path, identity: tuple[Path, Path], companion: Companion | None) -> None:
    pool = ProcessorPool(config)
    async with open_store(config.database_url) as store, asyncio.TaskGroup() as group:
        registry = Registry(store=store, pool=pool, config=config)
        pool.subscribe(registry)
        pooling = group.create_task(pool.run())
        keeping = group.create_task(registry.run())
        await registry.restore()
        watched = WatchedLoop()
        attempts = Attempts()
        gateway = Gateway(registry, config, attempts=attempts) if config.h323.enabled else None
        rooms = Rooms(registry=registry, dialler=gateway) if gateway is not None else None
        app = create_app(
            registry=registry,
            config=config,
            web_root=WEB_ROOT,
            loop=watched.counters,
            attempts=attempts,
            rooms=rooms,
        )
        servers = [
            _server(app, config.http.host, config.http.port),
            _server(app, config.https.host, config.https.port, *identity),
        ]
        health = app.state.context.health
        watching = group.create_task(health.watch(clock=time.monotonic, wall_clock=registry.now_utc))
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        for server in servers:
            group.create_task(server.serve())
        try:
            await pool.wait_ready(patience=START_SECONDS)
        except RefusedError as error:
            raise ConfigurationError(NO_PROCESSOR) from error
        for server in servers:
            await server.listening.wait()
        app.state.context.metrics.add(HeldPorts(config))
        calling = [group.create_task(rooms.run())] if rooms is not None else []
        if gateway is not None:
            pool.subscribe(gateway)
            app.state.context.metrics.add(Figures(gateway))
            await gateway.start()
        ready = await ready_conference.ensure(registry, data)
        registry.begin_retention(kept=frozenset({ready.id}))
        async with (companion or partial(_announced, config, ready))(stop, pool):
            await stop.wait()
        log.info("stopping")
        watched.close()
        for server in servers:
            server.should_exit = True
        if gateway is not None:
            await gateway.close()
        await registry.close()
        await pool.stop()
        for task in (keeping, pooling, watching, *calling):
            task.cancel()


def _server(
    app: object, host: str, port: int, certificate_path: Path | None = None, key_path: Path | None = None
) -> WebServer:
    settings = uvicorn.Config(
        app,  # type: ignore[arg-type]
        host=host,
        port=port,
        loop="none",
        lifespan="off",
        http=PunctualConnection,
        ws=TidyWebSocket,
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_ping_interval=10.0,
        ws_ping_timeout=20.0,
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
        ssl_certfile=certificate_path,
        ssl_keyfile=key_path,
        ssl_version=ssl.PROTOCOL_TLS_SERVER,
    )
    return WebServer(settings)


@contextlib.asynccontextmanager
async def _announced(
    config: Config, ready: ready_conference.ReadyConference, _stop: asyncio.Event, _pool: ProcessorPool
) -> AsyncIterator[None]:
    """Tell the operator where to go."""
    announce(
        Invitation(link=ready.id, number=ready.number, pin=ready.pin, chair_key=ready.chair_key),
        title="회의가 준비되었습니다 · A conference is ready",
        here=[local_address(config)],
        others=other_addresses(config),
        rooms=room_address(config),
        ending="Ctrl-C 로 끝냅니다 · Ctrl-C stops the server",
        out=Console(),
    )
    yield
