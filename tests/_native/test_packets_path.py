"""Paths: what they say of themselves, and the bounded table that looks them up."""

from __future__ import annotations

import random
import socket

import pytest

from mcu._native import packets
from tests.support.packets import STUN_BINDING, endpoint


@pytest.mark.parametrize(
    ("ip", "text"),
    [("192.0.2.1", "192.0.2.1:5000"), ("2001:db8::1", "[2001:db8::1]:5000"), ("::ffff:192.0.2.1", "192.0.2.1:5000")],
)
def test_a_path_names_the_remote_address(ip: str, text: str) -> None:
    path = packets.Path(ip, 5000, "198.51.100.7")
    assert str(path) == text
    assert (path.port, path.local_ip) == (5000, "198.51.100.7")
    assert packets.Path(ip, 5000).local_ip == ""


def test_paths_are_equal_when_all_their_parts_are() -> None:
    path = packets.Path("192.0.2.1", 5000, "198.51.100.7")
    assert path == packets.Path("::ffff:192.0.2.1", 5000, "198.51.100.7")
    assert hash(path) == hash(packets.Path("192.0.2.1", 5000, "198.51.100.7"))
    others = {packets.Path("192.0.2.2", 5000, "198.51.100.7"), packets.Path("192.0.2.1", 5001, "198.51.100.7")}
    assert path not in others | {packets.Path("192.0.2.1", 5000)}
    assert path != "192.0.2.1:5000"


def test_the_interface_of_a_link_local_address_is_part_of_the_path() -> None:
    assert packets.Path("fe80::1%1", 5000) != packets.Path("fe80::1%2", 5000)
    assert packets.Path("fe80::1%1", 5000).ip == "fe80::1"


@pytest.mark.parametrize(
    ("ip", "port", "local"),
    [
        ("example.org", 1, ""),
        ("", 1, ""),
        ("1.2.3", 1, ""),
        ("1.2.3.4", 0, ""),
        ("1.2.3.4", 65_536, ""),
        ("1.2.3.4", 1, "x"),
        ("fe80::1%", 1, ""),
        ("fe80::1%no-such-interface", 1, ""),
        ("1" * 99, 1, ""),
    ],
)
def test_what_is_not_an_address_is_refused(ip: str, port: int, local: str) -> None:
    with pytest.raises(ValueError, match=r"address|port"):
        packets.Path(ip, port, local)


def test_the_table_is_bounded_and_counts_what_it_refuses() -> None:
    with endpoint(max_paths=3) as one:
        paths = [packets.Path("192.0.2.1", port) for port in range(1, 5)]
        assert [one.media.bind(path, None) for path in paths] == [True, True, True, False]
        assert (one.media.paths, one.media.counters["paths_refused"]) == (3, 1)
        assert one.media.bind(paths[0], None), "a path that is bound already can be bound again"
        one.media.unbind(paths[1])
        one.media.unbind(paths[3])
        assert one.media.bind(paths[3], None)
        assert one.media.paths == 3


def test_many_paths_come_and_go() -> None:
    """Only senders whose path is bound at the time get DTLS through, after thousands of binds and unbinds around it."""
    choose = random.Random(7)
    record = bytes([22, 254, 253]) + bytes(20)
    with endpoint() as one, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        mine = packets.Path("127.0.0.1", udp.getsockname()[1], "127.0.0.1")
        others = [packets.Path("127.0.0.1", port, "127.0.0.1") for port in range(1, 4000) if port != mine.port]
        bound: set[packets.Path] = set()
        for step in range(20_000):
            path = choose.choice(others)
            if path in bound:
                one.media.unbind(path)
            else:
                assert one.media.bind(path, None)
            bound ^= {path}
            if step % 500 == 0:
                one.media.bind(mine, None)
                udp.sendto(record, ("127.0.0.1", one.port))
                one.receive(1)
                one.media.unbind(mine)
                udp.sendto(record, ("127.0.0.1", one.port))
                assert one.drain() == []
            assert one.media.paths == len(bound)
        assert one.media.counters["dropped_unvalidated"] == 40


def test_a_path_without_local_address_matches_any_of_ours() -> None:
    with endpoint() as one, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        one.media.bind(packets.Path("127.0.0.1", udp.getsockname()[1]), None)
        for ours in ("127.0.0.1", "127.0.0.2"):
            udp.sendto(b"\x16" + STUN_BINDING, (ours, one.port))
            (datagram,) = one.receive(1)
            assert isinstance(datagram, packets.Datagram)
            assert datagram.path.local_ip == ours
