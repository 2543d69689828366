"""The little of the server's REST interface that fills a conference: create one, and end it."""

from __future__ import annotations

import asyncio
import http.client
import urllib.error
import urllib.request

import msgspec

from mcu.errors import ConfigurationError
from mcu.synthetic.entry import local_tls

TIMEOUT_SECONDS = 10.0
MAX_BODY = 1 << 20  # bytes
# What to do about a status.
SENTENCES = {
    401: "{server} asks for its API key. Give it as MCU_API_KEY, or as [api] key in mcu.toml.",
    403: "{server} lets only its own machine create conferences until it has an API key.",
    429: "{server} has had too many requests. Try again in a minute.",
}


class Created(msgspec.Struct, frozen=True):
    """A conference of ours, as its creator is told."""

    id: str  # in REST
    link: str  # the id in its address
    number: str
    pin: str
    chair_key: str


async def create_conference(server: str, *, title: str, api_key: str = "") -> Created:
    """Raises ConfigurationError with a sentence when the server cannot be reached or refuses."""
    body = await _request(server, "POST", "/conferences", api_key=api_key, data=msgspec.json.encode({"title": title}))
    try:
        return msgspec.json.decode(body, type=Created)
    except msgspec.DecodeError as error:
        raise ConfigurationError(f"{server} does not answer like this server: {error}") from error


async def end_conference(server: str, conference: str, *, api_key: str = "") -> None:
    """End the conference with this `Created.id`. Raises ConfigurationError as above."""
    await _request(server, "DELETE", f"/conferences/{conference}", api_key=api_key)


async def _request(server: str, method: str, path: str, *, api_key: str, data: bytes | None = None) -> bytes:
    if not server.startswith(("http://", "https://")):
        raise ConfigurationError(f"{server}: the address of a server begins with http:// or https://")
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {api_key}"} if api_key else {})
    request = urllib.request.Request(f"{server.rstrip('/')}/api/v1{path}", data=data, headers=headers, method=method)
    return await asyncio.to_thread(_fetch, request, server)


def _fetch(request: urllib.request.Request, server: str) -> bytes:
    context = local_tls() if server.startswith("https") else None
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS, context=context) as response:
            body: bytes = response.read(MAX_BODY)
            return body
    except urllib.error.HTTPError as error:
        raise ConfigurationError(
            SENTENCES.get(error.code, "{server} refused: {reason}").format(server=server, reason=error.reason)
        ) from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        reason = getattr(reason, "strerror", None) or reason
        raise ConfigurationError(
            f"{server} does not answer ({reason}). Start a server with `mcu serve`, or leave --server out."
        ) from error
