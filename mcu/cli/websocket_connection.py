"""One WebSocket that lets go of its memory when it is lost."""

from __future__ import annotations

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class TidyWebSocket(WebSocketsSansIOProtocol):
    """uvicorn's protocol, whose parser is a suspended generator that refers to itself.

    It would stay, with 45 KB of compression, until a full garbage collection; the MC's come after some 500 joins.
    """

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.conn.parser.close()
