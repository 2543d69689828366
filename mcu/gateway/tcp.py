"""One TCP connection of a call: bytes in, bytes out, and the news that it is gone. For call signaling and for H.245."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from typing import Any, cast

from mcu.h323.address import Address

MAX_UNSENT = 256 * 1024  # bytes; a call's whole signaling is a tenth of it, so a peer that reads nothing is gone
ANY_PORT = 9  # nothing is sent there
KEEPALIVE_SECONDS = 30  # of silence before the kernel asks whether the peer still is there


class Connection(asyncio.Protocol):
    """`on_data` gets what arrives; `on_lost` is called once, when the connection ended from outside.

    For a connection that arrives, `on_made` says whose it is, by `own`.
    """

    def __init__(
        self,
        on_data: Callable[[bytes], object] | None = None,
        on_lost: Callable[[], object] | None = None,
        *,
        on_made: Callable[[Connection], object] | None = None,
    ) -> None:
        self._on_data = on_data
        self._on_lost = on_lost
        self._on_made = on_made
        self._transport: asyncio.Transport | None = None
        self._closed = False
        self.local = Address("0.0.0.0", 0)
        self.peer = Address("0.0.0.0", 0)

    def own(self, on_data: Callable[[bytes], object], on_lost: Callable[[], object]) -> None:
        """Say who gets what arrives."""
        self._on_data, self._on_lost = on_data, on_lost

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own is none by class
        if self._closed:
            self._transport.abort()
            return
        here, there = transport.get_extra_info("sockname"), transport.get_extra_info("peername")
        if here is None or there is None:  # reset before it was accepted
            self.abort()
            return
        self.local, self.peer = plain(here), plain(there)
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_SECONDS)
        if self._on_made is not None:
            self._on_made(self)

    def data_received(self, data: bytes) -> None:
        if not self._closed and self._on_data is not None:
            self._on_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if not self._closed:
            self._closed = True
            if self._on_lost is not None:
                self._on_lost()

    def send(self, data: bytes) -> None:
        """Queue bytes; a peer that takes none is cut off."""
        if not data or self._transport is None or self._closed:
            return
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > MAX_UNSENT:
            self._transport.abort()

    def close(self) -> None:
        """End it after what is queued; `on_lost` is not called."""
        self._closed = True
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End it now, whatever is queued."""
        self._closed = True
        if self._transport is not None:
            self._transport.abort()


def failure(error: OSError) -> str:
    """What went wrong, without the address that the error's own text names."""
    if isinstance(error, socket.gaierror):
        return error.strerror or "not found"
    return os.strerror(error.errno) if error.errno else "no answer"


def plain(name: Any) -> Address:
    """The address in a socket name, IPv4 in its own form."""
    ip = str(name[0]).split("%")[0]
    return Address(ip.removeprefix("::ffff:") if "." in ip else ip, int(name[1]))


def local_address_towards(ip: str) -> str:
    """The address of ours from which packets to `ip` leave. Raises OSError when there is no way."""
    with socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((ip, ANY_PORT))
        return plain(probe.getsockname()).ip
