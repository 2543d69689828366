"""One listener of the web side: uvicorn without its signal handling, on a socket that takes IPv4 and IPv6."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn

from mcu.listening import listening_socket

# From accept to the end of the TLS handshake, and from the last answer to the peer's good-bye. Each takes two round
# trips and a few milliseconds; a bad line repeats each packet some times. asyncio's own 60 s and 30 s would let whoever
# sends nothing keep a descriptor as much longer.
HANDSHAKE_SECONDS = 10.0


class WebServer(uvicorn.Server):
    """`listening` is set when connections are taken. Two of them share one process, which handles the signals."""

    def __init__(self, config: uvicorn.Config, *, handshake_seconds: float = HANDSHAKE_SECONDS) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()
        self._handshake_seconds = handshake_seconds

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, which has no setting for the time that a handshake may take. Raises OSError."""
        await self.lifespan.startup()
        self.servers = [
            await asyncio.get_running_loop().create_server(
                self._connection,
                sock=listening_socket(self.config.host, self.config.port),
                ssl=self.config.ssl,
                ssl_handshake_timeout=self._handshake_seconds if self.config.ssl else None,
                ssl_shutdown_timeout=self._handshake_seconds if self.config.ssl else None,
                backlog=self.config.backlog,
            )
        ]
        self.started = True
        self.listening.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def _connection(self) -> asyncio.Protocol:
        protocol: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return protocol
