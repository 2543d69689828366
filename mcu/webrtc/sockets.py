"""The sockets of the one port: UDP for nearly everybody, TCP beside it, both for IPv4 and IPv6."""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Sequence

import ifaddr

from mcu.errors import ConfigurationError

BUFFER_BYTES = 4 << 20  # half a second of 64 Mbit/s; the kernel may grant less (net.core.rmem_max)
BACKLOG = 128  # TCP connections that wait to be accepted
ANY_PORT_ATTEMPTS = 16  # with port 0, UDP numbers tried until TCP is free on the same one
MAX_ADDRESSES = 8  # told to browsers; each costs a connectivity check from each of theirs
WILDCARDS = ("", "::", "0.0.0.0")


def open_pair(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    """(UDP, listening TCP) bound to the same port, non-blocking. Raises ConfigurationError.

    `host` "" or "::" is every address, IPv6 and IPv4 on one socket, or IPv4 alone where IPv6 is missing.
    """
    for attempt in range(ANY_PORT_ATTEMPTS):
        udp = _bound(host, port, socket.SOCK_DGRAM)
        number = udp.getsockname()[1]
        try:
            tcp = _bound(host, number, socket.SOCK_STREAM)
        except ConfigurationError:
            udp.close()
            if port != 0 or attempt == ANY_PORT_ATTEMPTS - 1:
                raise
            continue
        tcp.listen(BACKLOG)
        return udp, tcp
    raise ConfigurationError("no port is free for UDP and TCP at once")


def advertised(host: str, configured: Sequence[str]) -> tuple[str, ...]:
    """The addresses told to peers: those configured, else the one bound, else all of this machine (IPv4 first).

    Raises ConfigurationError for what is not an IP address.
    """
    given = configured or (() if host in WILDCARDS else (host,))
    try:
        return tuple(str(ipaddress.ip_address(address)) for address in given) or _of_this_machine(host)
    except ValueError as error:
        raise ConfigurationError(
            f"MCU_MEDIA_ADVERTISE or [media] advertise: {error}. List addresses, not names."
        ) from error


def _of_this_machine(host: str) -> tuple[str, ...]:
    texts = (ip.ip if isinstance(ip.ip, str) else ip.ip[0] for adapter in ifaddr.get_adapters() for ip in adapter.ips)
    found = {ipaddress.ip_address(text.partition("%")[0]) for text in texts}
    usable = [address for address in found if not address.is_link_local and (host != "0.0.0.0" or address.version == 4)]
    outside = [address for address in usable if not address.is_loopback]
    ordered = sorted(outside or usable, key=lambda address: (address.version, int(address)))
    return tuple(str(address) for address in ordered[:MAX_ADDRESSES])


def _bound(host: str, port: int, kind: socket.SocketKind) -> socket.socket:
    dual = host in ("", "::")
    try:
        return _open("::" if dual else host, port, kind, dual=dual)
    except OSError as error:
        if dual and error.errno in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):  # a kernel without IPv6
            return _bound("0.0.0.0", port, kind)
        name = "UDP" if kind is socket.SOCK_DGRAM else "TCP"
        raise ConfigurationError(f"media port {port}/{name} on {host or '::'}: {error.strerror or error}") from error


def _open(host: str, port: int, kind: socket.SocketKind, *, dual: bool) -> socket.socket:
    opened = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind)
    try:
        if opened.family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(not dual))
        if kind is socket.SOCK_STREAM:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        else:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
        opened.setblocking(False)
        opened.bind((host, port))
    except OSError:
        opened.close()
        raise
    return opened
