"""The addresses of this machine at which others may find it."""

from __future__ import annotations

import errno
import ipaddress
import socket

import ifaddr

LOWEST_FREE_PORT = 1024  # Linux: net.ipv4.ip_unprivileged_port_start
OPEN_HTTP_ADVICE = (
    "Browsers give camera and microphone on https:// and on localhost only, and keys travel readable. "
    "Set MCU_HTTP_HOST to 127.0.0.1; others use the https port."
)


def local_addresses(*, loopback: bool) -> list[str]:
    """IPv4 and IPv6 addresses of all interfaces, IPv4 first; link-local ones are left out, nobody can type them."""
    found: list[ipaddress.IPv4Address | ipaddress.IPv6Address] = []
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            text = ip.ip if isinstance(ip.ip, str) else ip.ip[0]
            address = ipaddress.ip_address(text)
            if not address.is_link_local and address.is_loopback <= loopback and address not in found:
                found.append(address)
    return [str(address) for address in sorted(found, key=lambda a: (a.version, a.is_loopback, int(a)))]


def in_url(address: str) -> str:
    """An address as it stands in a URL."""
    return f"[{address}]" if ":" in address else address


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens on `host`, an address or a name."""
    found = _resolved(host)
    return bool(found) and all(address.is_loopback for address in found)


def share_an_address(one: str, other: str) -> bool:
    """Whether listeners on both hosts get in each other's way on one port: an address in common, or all of them."""
    mine, yours = _resolved(one), _resolved(other)
    return bool(mine & yours) or any(address.is_unspecified for address in mine | yours)


def _resolved(host: str) -> set[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """The addresses of `host`; none when the name is not known."""
    try:
        found = socket.getaddrinfo(host or "::", None, type=socket.SOCK_STREAM)
    except OSError:
        return set()
    return {ipaddress.ip_address(str(address[0]).partition("%")[0]) for *_, address in found}


def bind_error(host: str, port: int, kind: socket.SocketKind) -> OSError | None:
    """Why the port cannot be bound; None when it can."""
    if host == "::" and not socket.has_dualstack_ipv6():
        host = ""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as probe:
        if kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
    return None


def port_advice(section: str, error: OSError) -> str:
    """What to do when the port of `[section]` cannot be bound."""
    port, host = f"MCU_{section.upper()}_PORT or [{section}] port", f"MCU_{section.upper()}_HOST or [{section}] host"
    if error.errno == errno.EADDRINUSE:
        return f"Is the server running already? Otherwise choose another with {port} in mcu.toml."
    if error.errno in (errno.EACCES, errno.EPERM):
        return (
            f"Ports below {LOWEST_FREE_PORT} are for root: choose a higher one with {port} in mcu.toml, "
            "or let a reverse proxy or systemd (AmbientCapabilities=CAP_NET_BIND_SERVICE) take the low one."
        )
    return f"{host} in mcu.toml has to be an address of this machine; :: stands for all, 127.0.0.1 for itself alone."
