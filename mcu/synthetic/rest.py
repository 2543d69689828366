"""The little of the server's REST interface that fills a conference: create one, and end it.

`ask` waits in the calling thread: under gevent, which patches sockets, in the calling greenlet.
"""

from __future__ import annotations

import asyncio
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import msgspec

from mcu.aside import aside
from mcu.errors import ConfigurationError
from mcu.synthetic.entry import local_tls

TIMEOUT_SECONDS = 10.0  # for each step of a request
WHOLE_SECONDS = 20.0  # for all of it
MAX_BODY = 1 << 20  # bytes
# What to do about a status, in Korean and in English.
SENTENCES = {
    401: (
        "{server}이(가) API 열쇠를 요구합니다. MCU_API_KEY로 주거나 mcu.toml의 [api] key에 적으십시오.",
        "{server} asks for its API key. Give it as MCU_API_KEY, or as [api] key in mcu.toml.",
    ),
    403: (
        "{server}은(는) API 열쇠가 정해지기 전에는 같은 컴퓨터에서만 회의를 만들게 합니다.",
        "{server} lets only its own machine create conferences until it has an API key.",
    ),
    429: (
        "{server}에 요청이 너무 많았습니다. 1분 뒤에 다시 하십시오.",
        "{server} has had too many requests. Try again in a minute.",
    ),
}
REFUSED = ("{server}이(가) 거절했습니다: {reason}", "{server} refused: {reason}")

T = TypeVar("T")


class RestError(ConfigurationError):
    """The server cannot be reached or refuses: in English as its text, and in Korean."""

    def __init__(self, ko: str, en: str) -> None:
        super().__init__(en)
        self.ko = ko


class _Sentence(msgspec.Struct, frozen=True):
    en: str
    ko: str = ""


class _Problem(msgspec.Struct, frozen=True):
    message: _Sentence


class Created(msgspec.Struct, frozen=True):
    """A conference of ours, as its creator is told."""

    id: str  # in REST
    link: str  # the id in its address
    number: str
    pin: str
    chair_key: str


async def create_conference(server: str, *, title: str, api_key: str = "") -> Created:
    """Raises ConfigurationError with a sentence when the server cannot be reached or refuses."""
    data = msgspec.json.encode({"title": title})
    body = await _in_time(partial(ask, server, "POST", "/api/v1/conferences", api_key=api_key, data=data), server)
    return understand(body, Created, server)


async def end_conference(server: str, conference: str, *, api_key: str = "") -> None:
    """End the conference with this `Created.id`. Raises ConfigurationError as above."""
    await _in_time(partial(ask, server, "DELETE", f"/api/v1/conferences/{conference}", api_key=api_key), server)


async def _in_time(request: Callable[[], bytes], server: str) -> bytes:
    try:
        async with asyncio.timeout(WHOLE_SECONDS):
            return await aside(request, name="rest")
    except OSError as error:  # TimeoutError is one
        raise _silent(server, error.strerror or "timed out") from None


def ask(server: str, method: str, path: str, *, api_key: str = "", data: bytes | None = None) -> bytes:
    """The body of the answer. Raises RestError with a sentence."""
    if not server.startswith(("http://", "https://")):
        raise RestError(
            f"{server}: 서버의 주소는 http://나 https://로 시작합니다",
            f"{server}: the address of a server begins with http:// or https://",
        )
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {api_key}"} if api_key else {})
    request = urllib.request.Request(f"{server.rstrip('/')}{path}", data=data, headers=headers, method=method)
    context = local_tls() if server.startswith("https") else None
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS, context=context) as response:
            body: bytes = response.read(MAX_BODY)
            return body
    except urllib.error.HTTPError as error:
        told, said = SENTENCES.get(error.code, REFUSED), _reason(error)
        ko, en = told[0].format(server=server, reason=said.ko), told[1].format(server=server, reason=said.en)
        raise RestError(ko, en) from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        reason = getattr(reason, "strerror", None) or reason
        raise _silent(server, reason) from error
    except ValueError as error:  # of urllib, which may be sent anywhere
        raise RestError(
            f"{server}: 주소가 아니거나, 주소가 아닌 곳으로 보냅니다 ({error}).",
            f"{server}: it is, or sends on to, an address that is none ({error}).",
        ) from error


def _silent(server: str, reason: object) -> RestError:
    return RestError(
        f"{server}이(가) 응답하지 않습니다 ({reason}). `mcu serve`로 서버를 시작하거나 다른 서버를 적으십시오.",
        f"{server} does not answer ({reason}). Start a server with `mcu serve`, or name another one.",
    )


def understand(body: bytes, kind: type[T], server: str) -> T:
    """`body` as `kind`. Raises RestError with a sentence."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise RestError(
            f"{server}의 응답이 이 서버의 것이 아닙니다: {error}",
            f"{server} does not answer like this server: {error}",
        ) from error


def _reason(error: urllib.error.HTTPError) -> _Sentence:
    """The server's own sentence (RFC 9457), or the phrase of the status."""
    try:
        said = msgspec.json.decode(error.read(MAX_BODY), type=_Problem).message
        return _Sentence(said.en, said.ko or said.en)
    except (msgspec.DecodeError, OSError, http.client.HTTPException):
        return _Sentence(str(error.reason), str(error.reason))  # somebody else's server, or a proxy
