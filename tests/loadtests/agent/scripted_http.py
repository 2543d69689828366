"""An HTTP server that answers as it is told, byte for byte, and remembers what it was asked."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

REASONS = {200: "OK", 201: "Created", 204: "No Content", 307: "Temporary Redirect", 503: "Service Unavailable"}


@dataclass(frozen=True)
class Asked:
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Script:
    """`replies` are used up in turn; without one the connection is closed without a word."""

    address: str = ""
    replies: deque[bytes | Callable[[Asked], bytes] | None] = field(default_factory=deque)  # None: silence
    asked: list[Asked] = field(default_factory=list)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def lines(self) -> list[str]:
        return [f"{asked.method} {asked.target}" for asked in self.asked]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            method, target, _ = first.split(" ")
            asked = Asked(method, target, headers, body)
            self.asked.append(asked)
            if self.replies:
                reply = self.replies.popleft()
                if reply is None:
                    await self.closing.wait()
                else:
                    writer.write(reply(asked) if callable(reply) else reply)
                    await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


def reply(status: int, body: bytes | str = b"", /, reason: str | None = None, **headers: str) -> bytes:
    """A whole response; names of headers have "_" for "-"."""
    data = body.encode() if isinstance(body, str) else body
    fields = {name.replace("_", "-"): value for name, value in headers.items()} | {"content-length": str(len(data))}
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Other') if reason is None else reason}"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    return "\r\n".join([*lines, "", ""]).encode() + data


@asynccontextmanager
async def scripted_http() -> AsyncIterator[Script]:
    script = Script()
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
    script.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield script
    finally:
        script.closing.set()
        server.close()
