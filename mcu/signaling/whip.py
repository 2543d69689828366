"""WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep): standard clients send to a conference, or watch it.

    POST    /whip/{conference}            offer -> 201, answer, Location, ETag, Link
    PATCH   /whip/{conference}/{session}  trickle -> 204; ICE restart -> 200 with the server's fragment and a new ETag
    DELETE  /whip/{conference}/{session}  end -> 200
    OPTIONS both                          what is accepted here; CORS

Every request but OPTIONS shows the bearer token, which names conference, participant and direction.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mcu.controller import tokens
from mcu.errors import ProtocolError, RefusedError, StorageError
from mcu.signaling import sdpfrag
from mcu.signaling.http import bearer, context_of, language_of, limit_rate, media_type, problem, read_body
from mcu.signaling.ice import ice_servers, link_headers
from mcu.signaling.media_session import MediaSession, MediaSessions
from mcu.store.records import TokenRecord

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"
MAX_SDP_BYTES = 64 * 1024

# Bearer tokens are no cookies: a page of any site may use one that it was given (Fetch standard, CORS).
CORS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "Location, ETag, Link, Accept-Patch, Accept-Post, WWW-Authenticate",
}
PREFLIGHT = {
    "access-control-allow-methods": "POST, PATCH, DELETE, OPTIONS",
    "access-control-allow-headers": "Authorization, Content-Type, If-Match",
    "access-control-max-age": "86400",
}
CHALLENGE = {"www-authenticate": 'Bearer realm="mcu"'}

Handler = Callable[[Request], Awaitable[Response]]

log = structlog.get_logger()


async def create(request: Request) -> Response:
    token = await _token(request)
    if media_type(request) != SDP:
        raise RefusedError("media-type", f"expected {SDP}")
    body = await read_body(request, limit=MAX_SDP_BYTES, code="sdp-too-large")
    session = await _sessions(request).create(token, _text(body, "sdp-invalid"))
    response = Response(session.answer, 201, media_type=SDP)
    response.headers["location"] = f"/{token.kind}/{token.conference_id}/{session.id}"
    response.headers["etag"] = session.etag
    response.headers["accept-patch"] = FRAGMENT
    context = context_of(request)
    servers = ice_servers(context.config.turn, participant=token.participant, now=context.registry.now_utc())
    for line in link_headers(servers):
        response.headers.append("link", line)
    return response


async def change(request: Request) -> Response:
    session = await _session(request)
    if media_type(request) != FRAGMENT:
        raise RefusedError("media-type", f"expected {FRAGMENT}")
    condition = request.headers.get("if-match")
    if condition is None:
        raise RefusedError("if-match-missing")
    body = await read_body(request, limit=sdpfrag.MAX_FRAGMENT_BYTES)
    try:
        fragment = sdpfrag.parse(_text(body, "invalid-body"))
    except ProtocolError as error:
        raise RefusedError("invalid-body", str(error)) from error
    is_restart = session.is_restart(fragment)
    if condition.strip() != session.etag and not (is_restart and condition.strip() == "*"):
        raise RefusedError("session-changed")
    if not is_restart:
        await session.trickle(fragment)
        return Response(status_code=204)
    answer = await session.restart(fragment)
    return Response(answer, 200, media_type=FRAGMENT, headers={"etag": session.etag})


async def delete(request: Request) -> Response:
    await (await _session(request)).end()
    return Response(status_code=200)


async def options(request: Request) -> Response:
    is_session = "session" in request.path_params
    accepts = {"accept-patch": FRAGMENT} if is_session else {"accept-post": SDP}
    return Response(status_code=204, headers=PREFLIGHT | accepts)


# What each kind of resource does with each method; everything else is 405 with Allow.
ENDPOINT: dict[str, Handler] = {"POST": create, "OPTIONS": options}
SESSION: dict[str, Handler] = {"PATCH": change, "DELETE": delete, "OPTIONS": options}


def routes() -> list[Route]:
    every = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    return [
        Route(f"/{kind}/{{conference}}{path}", _dispatch(kind, handlers), methods=every, name=f"{kind}{path or '/'}")
        for kind in tokens.KINDS
        for path, handlers in (("", ENDPOINT), ("/{session}", SESSION))
    ]


def _dispatch(kind: str, handlers: dict[str, Handler]) -> Handler:
    async def endpoint(request: Request) -> Response:
        request.state.kind = kind
        try:
            limit_rate(request)
            handler = handlers.get(request.method)
            if handler is None:
                raise RefusedError("method-not-allowed")
            response = await handler(request)
        except StorageError as error:
            log.error("storage failed", error=str(error))
            response = _refused(request, RefusedError("internal"), handlers)
        except RefusedError as error:
            response = _refused(request, error, handlers)
        response.headers.update(CORS)
        return response

    return endpoint


def _refused(request: Request, error: RefusedError, handlers: dict[str, Handler]) -> Response:
    context = context_of(request)
    context.metrics.refused.labels(error.code).inc()
    response = problem(error, language=language_of(request.headers, context.config.server.language))
    if response.status_code == 401:
        response.headers.update(CHALLENGE)
    if response.status_code == 405:
        response.headers["allow"] = ", ".join(handlers)
    if response.status_code == 503:
        response.headers["retry-after"] = "5"
    return response


async def _token(request: Request) -> TokenRecord:
    """What the request's bearer token is good for. Raises RefusedError."""
    shown = bearer(request)
    if shown is None:
        raise RefusedError("token-missing")
    return await tokens.check(
        context_of(request).registry,
        shown,
        conference_id=request.path_params["conference"],
        kind=request.state.kind,
    )


async def _session(request: Request) -> MediaSession:
    token = await _token(request)
    return _sessions(request).find(request.path_params["session"], token)


def _sessions(request: Request) -> MediaSessions:
    return context_of(request).media_sessions


def _text(body: bytes, code: str) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RefusedError(code, "not UTF-8") from error
