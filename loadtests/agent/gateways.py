"""Where a gateway of H.323 is."""

from __future__ import annotations

import asyncio
import socket

from loadtests.agent.member import Failed
from mcu.errors import ProtocolError
from mcu.h323.address import Address, parse

PORT = 1720  # H.225.0's own


async def address_of(text: str) -> Address:
    """The numeric address of "host:port", "192.0.2.1" or "[2001:db8::1]:1720". Raises Failed."""
    try:
        return parse(text, PORT)
    except ProtocolError:
        host, _, port = text.rpartition(":")
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            host or text, int(port) if host else PORT, type=socket.SOCK_STREAM
        )
    except (OSError, ValueError) as error:
        raise Failed("unknown", f"gateway {text}: {error}") from error
    address = found[0][4]
    return Address(str(address[0]), int(address[1]))
