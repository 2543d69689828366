"""The sockets of the one port."""

from __future__ import annotations

import errno
import socket

import pytest

from mcu.errors import ConfigurationError
from mcu.webrtc import sockets


def test_udp_and_tcp_share_a_number() -> None:
    udp, tcp = sockets.open_pair("127.0.0.1", 0)
    with udp, tcp:
        assert udp.getsockname()[1] == tcp.getsockname()[1] >= 1024
        assert not udp.getblocking()
        with pytest.raises(ConfigurationError, match="UDP"):
            sockets.open_pair("127.0.0.1", udp.getsockname()[1])


def test_the_wildcard_takes_both_families() -> None:
    udp, tcp = sockets.open_pair("::", 0)
    with udp, tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"x", ("127.0.0.1", udp.getsockname()[1]))
        udp.setblocking(True)
        assert udp.recvfrom(10)[1][0] == "::ffff:127.0.0.1"


def test_a_kernel_without_ipv6_still_gets_ipv4(monkeypatch: pytest.MonkeyPatch) -> None:
    real = sockets._open

    def no_ipv6(host: str, port: int, kind: socket.SocketKind, *, dual: bool) -> socket.socket:
        if ":" in host:
            raise OSError(errno.EAFNOSUPPORT, "no IPv6")
        return real(host, port, kind, dual=dual)

    monkeypatch.setattr(sockets, "_open", no_ipv6)
    udp, tcp = sockets.open_pair("::", 0)
    with udp, tcp:
        assert udp.family == tcp.family == socket.AF_INET


def test_a_taken_tcp_port_is_the_operator_s_to_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ConfigurationError, match="TCP"):
        sockets.open_pair("127.0.0.1", taken.getsockname()[1])


def test_addresses_are_those_configured_else_bound_else_the_machine_s() -> None:
    assert sockets.advertised("::", ["192.0.2.1", "2001:DB8::1"]) == ("192.0.2.1", "2001:db8::1")
    assert sockets.advertised("127.0.0.1", ()) == ("127.0.0.1",)
    own = sockets.advertised("::", ())
    assert own
    assert len(own) <= sockets.MAX_ADDRESSES
    assert all(":" not in address for address in sockets.advertised("0.0.0.0", ()))
    with pytest.raises(ConfigurationError, match="advertise"):
        sockets.advertised("::", ["example.kr"])
