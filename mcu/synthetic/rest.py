"""The little of the server's REST interface that fills a conference: create one, ask whether the server is there."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from dataclasses import dataclass

import msgspec

from mcu.errors import ConfigurationError
from mcu.synthetic.participant import local_tls

TIMEOUT_SECONDS = 10.0
MAX_BODY = 1 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Created:
    """A conference of ours: the id in its link, its address, and what makes a chair."""

    link: str
    url: str
    chair_key: str


class _Body(msgspec.Struct, frozen=True):
    link: str
    url: str
    chair_key: str


async def create_conference(server: str, *, title: str, api_key: str = "") -> Created:
    """Raises ConfigurationError with a sentence when the server cannot be reached or refuses."""
    headers = {"Content-Type": "application/json"}
    if api_key:
        headers["Authorization"] = f"Bearer {api_key}"
    request = urllib.request.Request(
        f"{server.rstrip('/')}/api/v1/conferences",
        data=msgspec.json.encode({"title": title}),
        headers=headers,
        method="POST",
    )
    body = await asyncio.to_thread(_fetch, request)
    try:
        decoded = msgspec.json.decode(body, type=_Body)
    except msgspec.DecodeError as error:
        raise ConfigurationError(f"{server} does not answer like this server: {error}") from error
    return Created(link=decoded.link, url=decoded.url, chair_key=decoded.chair_key)


def _fetch(request: urllib.request.Request) -> bytes:
    if not request.full_url.startswith(("http://", "https://")):
        raise ConfigurationError(f"{request.full_url}: the server's address begins with http:// or https://")
    context = local_tls() if request.full_url.startswith("https") else None
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS, context=context) as response:
            body: bytes = response.read(MAX_BODY)
            return body
    except urllib.error.HTTPError as error:
        raise ConfigurationError(f"{request.full_url} refused: {error.code} {error.reason}") from error
    except OSError as error:
        raise ConfigurationError(f"{request.full_url} cannot be reached: {error}") from error
