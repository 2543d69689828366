"""HTTP/1.1 as WHIP and WHEP need it: one request over a connection of its own, which waits for nothing but its answer.

Rules:
1. Bodies, headers and waiting are bounded: the other side is any server, or none.
2. Redirects and statuses are the caller's business; what is no HTTP answer at all raises Unreachable with a sentence.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import h11

from mcu.errors import PeerError
from mcu.synthetic.entry import local_tls

CONNECT_SECONDS = 10.0  # for TCP and TLS
MAX_BODY = 128 * 1024  # bytes: twice the largest answer in SDP that is met
READ_BYTES = 16 * 1024
CLOSE_SECONDS = 1.0  # for TLS to say goodbye, which nobody needs


class Unreachable(PeerError):
    """No answer came; the text says why."""


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered."""

    status: int
    reason: str  # its phrase
    headers: Mapping[str, str]  # by name in lower case; the first of each
    body: bytes
    url: str  # that was asked

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


async def ask(method: str, url: str, *, headers: Mapping[str, str], body: bytes = b"", seconds: float) -> Response:
    """Raises Unreachable, TimeoutError after `seconds`."""
    parts = _parts(url)
    async with asyncio.timeout(seconds):
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                reader, writer = await asyncio.open_connection(
                    parts.hostname, _port(parts), ssl=local_tls() if parts.scheme == "https" else None
                )
        except (OSError, TimeoutError) as error:
            raise Unreachable(f"{parts.netloc} does not answer ({_words(error)})") from error
        try:
            return await _exchange(reader, writer, method, url, {"host": parts.netloc, **headers}, body)
        except (OSError, h11.RemoteProtocolError) as error:
            raise Unreachable(f"{parts.netloc} broke off ({_words(error)})") from error
        finally:
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await writer.wait_closed()


async def _exchange(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
) -> Response:
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = {**headers, "connection": "close", "content-length": str(len(body))}
    connection = h11.Connection(h11.CLIENT)
    for event in (
        h11.Request(method=method, target=target, headers=list(lines.items())),
        h11.Data(data=body),
        h11.EndOfMessage(),
    ):
        writer.write(connection.send(event) or b"")
    await writer.drain()
    head: h11.Response | None = None
    received = bytearray()
    while True:
        match connection.next_event():
            case h11.NEED_DATA:
                data = await reader.read(READ_BYTES)
                if not data and head is None:
                    raise Unreachable(f"{parts.netloc} closed the connection without an answer")
                connection.receive_data(data)
            case h11.Response() as response:
                head = response
            case h11.Data(data=part):
                received += part
                if len(received) > MAX_BODY:
                    raise Unreachable(f"{parts.netloc} answered with more than {MAX_BODY} bytes")
            case h11.EndOfMessage() if head is not None:
                return Response(head.status_code, head.reason.decode("latin-1"), _fields(head), bytes(received), url)


def _parts(url: str) -> SplitResult:
    """Raises Unreachable for what is no address."""
    with contextlib.suppress(ValueError):  # a bracket that does not close
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname:
            return parts
    raise Unreachable(f"{url}: an address begins with http:// or https:// and a host")


def _fields(head: h11.Response) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in head.headers:
        found.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))
    return found


def _port(parts: SplitResult) -> int:
    try:
        return parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise Unreachable(f"{parts.netloc}: no such port") from None


def _words(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
