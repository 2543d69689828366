"""What a page may ask before anybody has entered: what the meeting is called, and whether the line is good enough.

    POST /lobby        {"conference": link} -> {"title": ...}: what is written over the door
    POST /lobby/line   SDP offer -> SDP answer of a media processor that only counts (mcu.processor.line_checks)
    GET  /lobby/bytes  random bytes for PACE_SECONDS, at PACED bit/s at the most: how fast they come is measured there
    POST /lobby/bytes  bytes that are counted while they arrive and thrown away -> {"bytes": ...}

Rules:
1. Only a link, which opens the conference anyway, tells its title; a number without its PIN does not. A link has 128
   random bits, so the rate limit of addresses is all that guessing needs.
2. Nobody is promised a check. Where the server has other things to do it is refused at once, and the page says that
   nothing was measured; joining never waits for it.
   Relays are named without credentials: that there is one is what a page says where nothing gets through directly.
3. Rates go over TCP and beside the media port, for a browser has no other way to fill a line for half a second. They
   are told apart from loss and round trip, which are those of the media port itself.
"""

from __future__ import annotations

import asyncio
import os
import time

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from mcu.errors import RefusedError
from mcu.signaling.context import Context
from mcu.signaling.http import address_of, context_of, limit_rate, media_type, read_body, read_json, reply
from mcu.signaling.ice import link_headers, relays
from mcu.signaling.origins import is_allowed
from mcu.signaling.resources import Body, Resource
from mcu.signaling.rest import guarded
from mcu.signaling.values import LinkId

SDP = "application/sdp"
MAX_SDP_BYTES = 64 * 1024
PACED = 16_000_000  # bit/s: whoever gets so much lacks nothing here
PACE_SECONDS = 1.0
CHUNK = 16 * 1024  # bytes
MAX_UPLOAD_BYTES = 512 * 1024
TRANSFER_SECONDS = 4.0  # a body that has not arrived by then is slow enough to know

CHUNK_SECONDS = CHUNK * 8 / PACED
NOISE = os.urandom(CHUNK)  # nothing on the way can compress it

log = structlog.get_logger()


class Knock(Body, frozen=True, kw_only=True):
    conference: LinkId


class Sign(Resource, frozen=True, kw_only=True):
    """What is written over the door."""

    title: str


class Counted(Resource, frozen=True, kw_only=True):
    bytes: int


async def sign(request: Request) -> Response:
    _same_site(request)
    limit_rate(request)
    knock = await read_json(request, Knock)
    return reply(Sign(title=await context_of(request).registry.title(knock.conference)))


async def line(request: Request) -> Response:
    context = _same_site(request)
    context.lobby.pay_check(address_of(request), time.monotonic())
    if media_type(request) != SDP:
        raise RefusedError("media-type", f"expected {SDP}")
    body = await read_body(request, limit=MAX_SDP_BYTES, code="sdp-too-large")
    try:
        offer = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RefusedError("sdp-invalid", "not UTF-8") from error
    answer = await context.registry.pool.check_line(offer)
    context.metrics.line_checks.inc()
    response = Response(answer, media_type=SDP)
    for header in link_headers(relays(context.config.turn)):
        response.headers.append("link", header)
    return response


async def download(request: Request) -> Response:
    context = _same_site(request)
    context.lobby.begin_transfer(address_of(request), time.monotonic())
    return _Noise(context, address_of(request))


class _Noise(Response):
    """Random bytes at a pace. The transfer has begun, and ends with it."""

    media_type = "application/octet-stream"

    def __init__(self, context: Context, address: str) -> None:
        super().__init__()
        self._address = address
        del self.headers["content-length"]  # how much it will be depends on the line
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(TRANSFER_SECONDS):
                await self._stream(send)
        except TimeoutError:
            log.info("transfer of a check took too long")
        finally:
            self._context.lobby.end_transfer(self._address)

    async def _stream(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        begin, sent = time.monotonic(), 0
        while (spent := time.monotonic() - begin) < PACE_SECONDS:
            await asyncio.sleep(max(0.0, sent * CHUNK_SECONDS - spent))
            await send({"type": "http.response.body", "body": NOISE, "more_body": True})
            self._context.metrics.checked_bytes.labels("down").inc(CHUNK)
            sent += 1
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def upload(request: Request) -> Response:
    context = _same_site(request)
    context.lobby.begin_transfer(address_of(request), time.monotonic())
    count = 0
    try:
        async with asyncio.timeout(TRANSFER_SECONDS):
            async for chunk in request.stream():
                count += len(chunk)
                context.metrics.checked_bytes.labels("up").inc(len(chunk))
                if count > MAX_UPLOAD_BYTES:
                    raise RefusedError("too-large", f"over {MAX_UPLOAD_BYTES} bytes")
    except TimeoutError as error:
        raise RefusedError("too-slow") from error
    except ClientDisconnect as error:
        raise RefusedError("invalid-body", "cut short") from error
    finally:
        context.lobby.end_transfer(address_of(request))
    return reply(Counted(bytes=count))


def routes() -> list[Route]:
    table = (
        ("POST", "/lobby", sign),
        ("POST", "/lobby/line", line),
        ("GET", "/lobby/bytes", download),
        ("POST", "/lobby/bytes", upload),
    )
    routes = [Route(path, guarded(handler, is_open=True), methods=[method]) for method, path, handler in table]
    for route, (method, _, _) in zip(routes, table, strict=True):
        route.methods = {method}  # no HEAD: it would be a transfer that sends nothing
    return routes


def _same_site(request: Request) -> Context:
    """What all doors share, for a page of ours. Raises RefusedError."""
    context = context_of(request)
    if not is_allowed(request.headers, context.config):
        raise RefusedError("origin-refused")
    return context
