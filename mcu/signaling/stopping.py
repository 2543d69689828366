"""What is under way when the server stops: who still waits is told so, instead of a traceback in the log."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mcu.errors import RefusedError
from mcu.signaling.http import context_of, language_of, problem

RETRY = {"retry-after": "5", "connection": "close"}  # seconds; a restart takes about as long


class Stopping:
    """ASGI middleware. Only uvicorn cancels a request, when the time for those under way is over."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def send_and_note(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except asyncio.CancelledError:
            if begun or scope["type"] != "http":
                return  # cut, as the answer to somebody who reads too slowly
            request = Request(scope)
            language = language_of(request.headers, context_of(request).config.server.language)
            answer = problem(RefusedError("server-stopping"), language=language, headers=RETRY)
            await answer(scope, receive, send)
