"""The whole web side of the MC as one ASGI application."""

from __future__ import annotations

from pathlib import Path

import msgspec
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from mcu.config import Config
from mcu.controller.registry import Registry
from mcu.errors import RefusedError
from mcu.gateway.rooms import Rooms
from mcu.limits import Attempts
from mcu.loop_watch import LoopCounters
from mcu.signaling import api_page, lobby, openapi, rest, static, websocket, whip
from mcu.signaling.context import make_context
from mcu.signaling.headers import DEFAULTS, HEADERS, SecurityHeaders
from mcu.signaling.http import context_of, language_of, problem
from mcu.signaling.methods import WrongMethod
from mcu.signaling.stopping import Stopping

_CODES = {404: "not-found", 405: "method-not-allowed"}

log = structlog.get_logger()


def create_app(
    *,
    registry: Registry,
    config: Config,
    web_root: Path,
    loop: LoopCounters,
    attempts: Attempts | None = None,
    rooms: Rooms | None = None,
) -> Starlette:
    """REST, WebSocket, WHIP, WHEP and the web client in `web_root`, for a registry that is running.

    `loop` is shown at /metrics. Where H.323 is on, rooms share `attempts` with browsers, and somebody runs `rooms`.
    """
    named: list[BaseRoute] = [
        WebSocketRoute("/ws", websocket.endpoint),
        *rest.routes(),
        *lobby.routes(),
        *whip.routes(),
        *_documentation(),
        *static.pages(web_root),
    ]
    app = Starlette(
        routes=[*named, WrongMethod(named), static.files(web_root)],
        middleware=[Middleware(SecurityHeaders), Middleware(Stopping)],
        exception_handlers={HTTPException: _refused, Exception: _failed},
    )
    app.state.context = make_context(registry, config, loop, attempts=attempts or Attempts(), rooms=rooms)
    return app


def _documentation() -> list[Route]:
    document = openapi.document()
    fixed = {
        "/api/openapi.json": (msgspec.json.encode(document), "application/json"),
        "/api/docs": (api_page.render(document).encode(), "text/html; charset=utf-8"),
        api_page.STYLE_PATH: (api_page.STYLE.encode(), "text/css; charset=utf-8"),
    }
    return [_fixed(path, body, kind) for path, (body, kind) in fixed.items()]


def _fixed(path: str, body: bytes, media_type: str) -> Route:
    async def endpoint(request: Request) -> Response:
        return Response(body, media_type=media_type, headers=static.REVALIDATE)

    return Route(path, endpoint, methods=["GET"])


async def _refused(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    return _problem(request, _CODES.get(status, "internal"), headers)


async def _failed(request: Request, error: Exception) -> Response:
    """A bug: the server logs the traceback, the caller gets a sentence; this runs outside all middleware."""
    return _problem(request, "internal", DEFAULTS | HEADERS)


def _problem(request: Request, code: str, headers: dict[str, str]) -> Response:
    language = language_of(request.headers, context_of(request).config.server.language)
    return problem(RefusedError(code), language=language, headers=headers)
