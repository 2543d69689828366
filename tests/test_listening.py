"""Sockets on which connections are taken."""

from __future__ import annotations

import socket

import pytest

from mcu.listening import listening_socket


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_all_addresses_are_those_of_ipv4_and_ipv6(address: str) -> None:
    with listening_socket("::", 0) as listener:
        listener.listen()
        with socket.create_connection((address, listener.getsockname()[1]), timeout=5):
            pass


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_one_address_is_only_that(host: str) -> None:
    with listening_socket(host, 0) as listener:
        assert listener.getsockname()[0] in ("127.0.0.1", "::1")
