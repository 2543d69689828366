"""One WebSocket that is answered or hung up on, and lets go of its memory when it is lost."""

from __future__ import annotations

from http import HTTPStatus

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

NOT_TEXT = 1007  # RFC 6455 section 7.4.1
REFUSED = "This is no request for a WebSocket.\n"


class TidyWebSocket(WebSocketsSansIOProtocol):
    """uvicorn's protocol, in three things that it leaves undone.

    1. A request that the parser refuses (a body, headers too long or too many) would be neither answered nor closed,
       and no deadline is left: it came whole.
    2. Text that is not UTF-8 is the peer's fault, not a bug with a traceback.
    3. The parser is a suspended generator that refers to itself. It would stay, with 45 KB of compression, until a full
       garbage collection; the MC's come after some 500 joins.
    """

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self.handshake_initiated and not self.transport.is_closing():
            answer = b"".join(self.conn.data_to_send())  # the parser's own, to headers
            self.transport.write(answer or self.conn.reject(HTTPStatus.BAD_REQUEST, REFUSED).serialize())
            self.handshake_complete = self.close_sent = True  # as where uvicorn refuses
            self.transport.close()

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not self.close_sent and not _is_utf8(self.frames):
            self.frames = []
            self.conn.send_close(NOT_TEXT)
            self.handle_parser_exception()
        else:
            super().send_receive_event_to_app()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.conn.parser.close()


def _is_utf8(parts: list[bytes]) -> bool:
    try:
        b"".join(parts).decode()
    except UnicodeDecodeError:
        return False
    return True
