"""HTTP as REST, WHIP and WHEP share it: reading bodies, answering, refusing in words."""

from __future__ import annotations

import asyncio
import hmac
import time
from typing import TypeVar

import msgspec
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from mcu.errors import RefusedError
from mcu.limits import Attempts, address_key, is_loopback
from mcu.signaling.context import Context
from mcu.signaling.depth import is_deeper
from mcu.signaling.messages import Text, text
from mcu.signaling.origins import is_allowed, names_this_machine
from mcu.signaling.protocol import MAX_DEPTH, Sentence
from mcu.signaling.resources import MAX_BODY_BYTES, Body, Problem, Resource

JSON = "application/json"
PROBLEM = "application/problem+json"
BODY_SECONDS = 10.0  # for a whole body; the largest is 64 KiB, and a slow line carries that in five
MAX_DETAIL = 200  # characters of a detail that is shown

B = TypeVar("B", bound=Body)


def context_of(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


def reply(resource: Resource, status: int = 200) -> Response:
    return Response(msgspec.json.encode(resource), status, media_type=JSON)


def problem(
    error: RefusedError, *, row: Text | None = None, language: str = "en", headers: dict[str, str] | None = None
) -> Response:
    """RFC 9457: title in the reader's language, both languages in `message`, of the code or `row`."""
    row = row or text(error.code)
    made = Problem(
        title=row.ko if language == "ko" else row.en,
        status=row.status,
        code=error.code,
        message=Sentence(ko=row.ko, en=row.en),
        detail=error.detail[:MAX_DETAIL] if error.detail else msgspec.UNSET,
    )
    return Response(msgspec.json.encode(made), row.status, media_type=PROBLEM, headers=headers)


def language_of(headers: Headers, default: str) -> str:
    """ "ko" or "en", whichever the reader's Accept-Language (RFC 9110 section 12.5.4) names first."""
    for part in headers.get("accept-language", "").split(","):
        tag = part.strip()[:2].lower()
        if tag in ("ko", "en"):
            return tag
    return default


def media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_body(request: Request, *, limit: int, code: str = "too-large") -> bytes:
    """The body, of at most `limit` bytes.

    Raises RefusedError(`code`) as soon as it is longer, "too-slow" when it is not here within BODY_SECONDS.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise RefusedError(code, f"over {limit} bytes")
    except TimeoutError as error:
        raise RefusedError("too-slow") from error
    except ClientDisconnect as error:
        raise RefusedError("invalid-body", "cut short") from error
    return bytes(body)


async def read_json(request: Request, kind: type[B]) -> B:
    """The body as `kind`. Raises RefusedError."""
    if media_type(request) != JSON:
        raise RefusedError("media-type", f"expected {JSON}")
    return decode_body(await read_body(request, limit=MAX_BODY_BYTES), kind)


def decode_body(body: bytes, kind: type[B]) -> B:
    """`body` as `kind`. Raises RefusedError."""
    if is_deeper(body.decode("utf-8", "replace"), MAX_DEPTH):
        raise RefusedError("too-deep")
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise RefusedError("invalid-body", str(error)) from error


def bearer(request: Request) -> str | None:
    """The credentials of `Authorization: Bearer …` (RFC 6750 section 2.1)."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" and credentials.strip() else None


def limit_rate(request: Request) -> None:
    """Raise RefusedError("too-fast") when this address asks too much."""
    if not context_of(request).requests.take(address_of(request), now=time.monotonic()):
        raise RefusedError("too-fast")


def authorize(request: Request) -> None:
    """With an API key configured, whoever has it may; without one, only this machine. Raises RefusedError."""
    context = context_of(request)
    config = context.config
    if not is_allowed(request.headers, config):
        raise RefusedError("origin-refused")
    if config.api.key:
        _check_key(bearer(request), config.api.key, context.attempts, address_of(request))
    elif not is_loopback(_host(request)) or not names_this_machine(request.headers):
        raise RefusedError("local-only")


def _check_key(shown: str | None, key: str, attempts: Attempts, address: str) -> None:
    """Raise RefusedError unless `shown` is `key`; too many wrong ones close the door for that address."""
    if shown is None:
        raise RefusedError("unauthorized")
    if not attempts.begin(address, None, now=time.monotonic()):
        raise RefusedError("too-many-attempts")
    if not hmac.compare_digest(shown.encode(), key.encode()):
        raise RefusedError("unauthorized")
    attempts.succeeded(address, None)


def address_of(request: Request) -> str:
    """Who asks, as a key of limits."""
    return address_key(_host(request))


def _host(request: Request) -> str:
    return request.client.host if request.client else ""
