"""Pairs of real UDP ports: numbers, running out, other people's sockets, both families."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator

import pytest

from mcu.errors import RefusedError
from mcu.h323.rtp_ports import PortPair, PortRange
from tests.support.server import free_port

HOST = "127.0.0.1"


def first_free() -> int:
    """The begin of a range that is most likely free."""
    return free_port() // 32 * 32


@pytest.fixture
def taken() -> Iterator[list[PortPair]]:
    pairs: list[PortPair] = []
    yield pairs
    for pair in pairs:
        pair.close()


async def test_pairs_are_even_and_odd_and_taken_in_turn(taken: list[PortPair]) -> None:
    ports = PortRange(first_free() + 1, 9)  # of an odd number and the next eight
    taken += [ports.take(HOST, clock=time.monotonic) for _ in range(4)]
    assert all(pair.rtp % 2 == 0 and pair.rtcp == pair.rtp + 1 for pair in taken)
    assert len({pair.rtp for pair in taken}) == 4
    with pytest.raises(RefusedError, match="busy"):
        ports.take(HOST, clock=time.monotonic)
    oldest = taken.pop(0)
    oldest.close()
    oldest.close()
    assert ports.lent == 3
    taken.append(ports.take(HOST, clock=time.monotonic))
    assert taken[-1].rtp == oldest.rtp


async def test_what_others_have_taken_is_left_out(taken: list[PortPair]) -> None:
    first = first_free()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((HOST, first + 1))  # the odd one
        ports = PortRange(first, 4)
        taken.append(ports.take(HOST, clock=time.monotonic))
        assert taken[0].rtp == first + 2
        with pytest.raises(RefusedError, match="ports-taken"):
            ports.take(HOST, clock=time.monotonic)
    assert ports.lent == 1


async def test_a_mapped_address_is_ipv4_and_ipv6_is_itself(taken: list[PortPair]) -> None:
    ports = PortRange(first_free(), 8)
    for host, family in (("::ffff:127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)):
        taken.append(ports.take(host, clock=time.monotonic))
        assert taken[-1]._rtp.family == family


@pytest.mark.parametrize("host", ["192.0.2.99", "localhost", ""])
async def test_only_addresses_of_ours(host: str) -> None:
    ports = PortRange(first_free(), 8)
    with pytest.raises(RefusedError, match="host-unknown"):
        ports.take(host, clock=time.monotonic)
    assert ports.lent == 0


async def test_no_number_is_beyond_the_last(taken: list[PortPair]) -> None:
    ports = PortRange(65_532, 600)
    taken += [ports.take(HOST, clock=time.monotonic) for _ in range(2)]
    assert {number for pair in taken for number in (pair.rtp, pair.rtcp)} == {65_532, 65_533, 65_534, 65_535}
    with pytest.raises(RefusedError, match="busy"):
        ports.take(HOST, clock=time.monotonic)


async def test_closed_ports_are_not_read(taken: list[PortPair]) -> None:
    ports = PortRange(first_free(), 8)
    taken.append(ports.take(HOST, clock=time.monotonic))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(20):
            sender.sendto(bytes(100), (HOST, taken[0].rtp))
        await asyncio.sleep(0)
    assert taken[0].counters["received"] == 0
