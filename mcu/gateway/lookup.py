"""Names of the DNS, looked up without holding up the end of the server."""

from __future__ import annotations

import socket
from functools import partial
from typing import Any

from mcu.aside import aside


async def getaddrinfo(host: str, port: int, *, type: socket.SocketKind) -> list[Any]:
    """As the loop's. Raises what `socket.getaddrinfo` raises, and OSError when too many are under way."""
    return await aside(partial(socket.getaddrinfo, host, port, type=type), name="lookup")
