"""Who may call, and how many."""

from __future__ import annotations

import pytest

from mcu.config import PRIVATE_NETWORKS
from mcu.errors import ConfigurationError
from mcu.gateway.callers import BEGUN, MOST_BY_ADDRESS, NONSENSE, Callers


def test_only_configured_networks_and_the_gatekeeper_are_known() -> None:
    callers = Callers(PRIVATE_NETWORKS, most=10)
    for ip in ("127.0.0.1", "10.1.2.3", "172.31.255.1", "192.168.0.9", "::1", "fd00::9"):
        assert callers.is_known(ip)
    for ip in ("192.0.2.1", "172.32.0.1", "8.8.8.8", "2001:db8::1"):
        assert not callers.is_known(ip)
    assert callers.refused["network"] == 4
    callers.trust(["192.0.2.1"])
    assert callers.is_known("192.0.2.1")


def test_calls_are_limited_in_all() -> None:
    callers = Callers(("10.0.0.0/8",), most=3)
    for host in range(3):
        assert callers.begin(f"10.0.0.{host}", now=0.0)
    assert not callers.begin("10.0.0.9", now=0.0)
    callers.end("10.0.0.1")
    assert callers.begin("10.0.0.9", now=0.0)
    assert callers.count == 3


def test_one_address_gets_its_share_and_a_gatekeeper_all() -> None:
    callers = Callers(("10.0.0.0/8",), most=200)
    assert sum(callers.begin("10.0.0.1", now=0.0) for _ in range(80)) == MOST_BY_ADDRESS
    assert callers.refused["address-busy"] == 80 - MOST_BY_ADDRESS
    callers.trust(["10.0.0.2"])
    assert sum(callers.begin("10.0.0.2", now=0.0) for _ in range(80)) == 80


def test_one_address_cannot_begin_calls_without_end() -> None:
    callers, begun = Callers(("10.0.0.0/8",), most=100), 0
    for _ in range(200):
        if callers.begin("10.0.0.1", now=0.0):
            begun += 1
            callers.end("10.0.0.1")
    assert begun == BEGUN.burst
    assert callers.begin("10.0.0.1", now=1.0)
    assert callers.count == 1


def test_nonsense_makes_an_address_begin_fewer_calls_but_not_a_gatekeeper() -> None:
    callers = Callers(("10.0.0.0/8",), most=100)
    callers.trust(["10.0.0.2"])
    for ip, left in (("10.0.0.1", BEGUN.burst - 4 * (NONSENSE + 1)), ("10.0.0.2", BEGUN.burst - 4)):
        for _ in range(4):
            assert callers.begin(ip, now=0.0)
            callers.spoke_nonsense(ip)
            callers.end(ip)
        begun = 0
        while callers.begin(ip, now=0.0):
            callers.end(ip)
            begun += 1
        assert begun == left


def test_a_network_that_is_none_is_said() -> None:
    with pytest.raises(ConfigurationError, match=r"10\.0\.0\.1/8"):
        Callers(("10.0.0.1/8",), most=1)
