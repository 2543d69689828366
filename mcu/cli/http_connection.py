"""One HTTP connection that must make its request in time: half a header, kept for ever, would keep a descriptor too."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER_SECONDS = 10.0  # to a whole header: a browser sends it in one packet, which a bad line repeats a few times


class PunctualConnection(H11Protocol):
    """uvicorn's protocol with a deadline for headers."""

    _deadline: asyncio.TimerHandle | None = None
    _upgraded = False  # to a WebSocket, whose protocol has its own deadlines

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_header()

    def connection_lost(self, exc: Exception | None) -> None:
        self._header_arrived()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        super().handle_events()
        if self._upgraded:
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self._header_arrived()
        elif self._deadline is None and not self.transport.is_closing():
            self._expect_header()

    def handle_websocket_upgrade(self, event: Any) -> None:
        self._upgraded = True
        self._header_arrived()
        super().handle_websocket_upgrade(event)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._header_arrived()  # uvicorn's own keep-alive timeout waits for the first byte of the next request

    def _expect_header(self) -> None:
        self._deadline = self.loop.call_later(HEADER_SECONDS, self._too_slow)

    def _header_arrived(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
