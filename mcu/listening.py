"""Sockets on which connections are taken."""

from __future__ import annotations

import socket


def listening_socket(host: str, port: int) -> socket.socket:
    """A bound TCP socket; "::" is all addresses of IPv4 too, which asyncio's own sockets are not. Raises OSError."""
    if host == "::":
        dual = socket.has_dualstack_ipv6()
        return socket.create_server(
            ("::" if dual else "", port), family=socket.AF_INET6 if dual else socket.AF_INET, dualstack_ipv6=dual
        )
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    return socket.create_server(address[:2], family=family)
