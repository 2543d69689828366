"""The TCP port where calls of rooms arrive: opened, or tried again until it is free."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable

import structlog

from mcu.gateway.tcp import Connection, failure
from mcu.listening import listening_socket

BACKLOG = 128  # connections that wait to be accepted: all rooms of a building after a power cut
RETRY_SECONDS = 10.0  # a room that is refused rings again by hand: soon enough, and nothing to bind a port
AGAIN_SECONDS = 600.0  # between two warnings while the port stays taken

log = structlog.get_logger()


class SignalingPort:
    """`start`, then `close`. `port` is where calls are taken; 0 while they are not."""

    def __init__(
        self, host: str, port: int, *, arrived: Callable[[Connection], object], opened: Callable[[int], object]
    ) -> None:
        self.port = 0
        self._host = host
        self._wanted = port
        self._arrived = arrived
        self._opened = opened
        self._server: asyncio.Server | None = None
        self._trying: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Returns after the first try; a taken port is tried again in the background."""
        error = await self._open()
        if error is not None:
            self._warn(error)
            self._trying = asyncio.get_running_loop().create_task(self._keep_trying())

    def close(self) -> None:
        if self._trying is not None:
            self._trying.cancel()
        if self._server is not None:
            self._server.close()

    async def _keep_trying(self) -> None:
        loop = asyncio.get_running_loop()
        warned = loop.time()
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            error = await self._open()
            if error is None:
                return
            if loop.time() - warned >= AGAIN_SECONDS:
                warned = loop.time()
                self._warn(error)

    async def _open(self) -> OSError | None:
        try:
            self._server = await asyncio.get_running_loop().create_server(
                lambda: Connection(on_made=self._arrived),
                sock=listening_socket(self._host, self._wanted),
                backlog=BACKLOG,
            )
        except OSError as error:
            return error
        self.port = self._server.sockets[0].getsockname()[1]
        self._opened(self.port)
        log.info("calls of H.323 rooms come in", host=self._host, port=self.port)
        return None

    def _warn(self, error: OSError) -> None:
        log.warning(
            "calls of H.323 rooms cannot come in",
            host=self._host,
            port=self._wanted,
            error=failure(error),
            advice=_advice(self._wanted, error),
        )


def _advice(port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Another program holds TCP port {port}: sudo ss -ltnp 'sport = :{port}' says which. Stop it, and this "
            f"server takes the port within {RETRY_SECONDS:.0f} seconds; or choose another with [h323] port."
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"TCP port {port} is for root; choose one from 1024 on with [h323] port."
    return "[h323] host has to be an address of this machine; :: stands for all."
