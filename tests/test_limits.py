"""How much may be asked, with fake time."""

from __future__ import annotations

import pytest

from mcu.limits import (
    ADDRESS_ATTEMPTS,
    CONFERENCE_ATTEMPTS,
    MAX_KEYS,
    Allowance,
    Attempts,
    Buckets,
    Connections,
    TokenBucket,
    address_key,
    is_loopback,
)
from mcu.signaling.depth import is_deeper


def test_bucket_gives_its_burst_then_its_rate() -> None:
    bucket = TokenBucket(Allowance(burst=3, rate=2), now=0.0)
    assert [bucket.take(1, now=0.0) for _ in range(4)] == [True, True, True, False]
    assert bucket.take(1, now=0.5)
    assert not bucket.take(1, now=0.5)
    assert [bucket.take(1, now=1e6) for _ in range(4)] == [True, True, True, False]


def test_a_charge_is_owed_up_to_a_burst() -> None:
    bucket = TokenBucket(Allowance(burst=10, rate=1), now=0.0)
    for _ in range(5):
        bucket.charge(8)
    assert not bucket.take(1, now=10.0)
    assert bucket.take(1, now=11.0)


def test_clock_that_steps_back_gives_nothing() -> None:
    bucket = TokenBucket(Allowance(burst=1, rate=1), now=10.0)
    assert bucket.take(1, now=10.0)
    assert not bucket.take(1, now=5.0)


def test_buckets_do_not_grow_without_end() -> None:
    buckets = Buckets(Allowance(burst=1, rate=0))
    assert buckets.take("first", now=0.0)
    assert not buckets.take("first", now=0.0)
    for number in range(MAX_KEYS):
        buckets.take(str(number), now=0.0)
    assert buckets.take("first", now=0.0)


def test_failures_are_counted_by_address() -> None:
    attempts = Attempts()
    for _ in range(int(ADDRESS_ATTEMPTS.burst)):
        assert attempts.begin("a", None, now=0.0)
    assert not attempts.begin("a", None, now=0.0)
    assert attempts.begin("b", None, now=0.0)
    assert attempts.begin("a", None, now=1 / ADDRESS_ATTEMPTS.rate)


def test_failures_are_counted_by_number_from_however_many_addresses() -> None:
    attempts = Attempts()
    for number in range(int(CONFERENCE_ATTEMPTS.burst)):
        assert attempts.begin(str(number), "123456789", now=0.0)
    assert not attempts.begin("another", "123456789", now=0.0)
    assert attempts.begin("another", "987654321", now=0.0)


def test_success_costs_nothing() -> None:
    attempts = Attempts()
    for _ in range(100):
        assert attempts.begin("a", "123456789", now=0.0)
        attempts.succeeded("a", "123456789")


def test_connections_are_counted_in_all_and_by_address() -> None:
    connections = Connections(most=3, most_by_address=2)
    assert [connections.begin(key) for key in "aaabb"] == [True, True, False, True, False]
    connections.end("a")
    assert connections.begin("b")
    assert connections.count == 3


@pytest.mark.parametrize(
    ("host", "key", "local"),
    [
        ("192.0.2.1", "192.0.2.1", False),
        ("127.3.2.1", "127.3.2.1", True),
        ("::1", "::/64", True),
        ("::ffff:127.0.0.1", "127.0.0.1", True),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64", False),
        ("fe80::1%eth0", "fe80::/64", False),
        ("nonsense", "nonsense", False),
    ],
)
def test_addresses(host: str, key: str, local: bool) -> None:
    assert (address_key(host), is_loopback(host)) == (key, local)


@pytest.mark.parametrize(
    ("text", "deeper"),
    [
        ("[[[]]]", False),
        ("[[[[]]]]", True),
        ('"[[[[[["', False),
        ('["[[[[", "\\"[[["]', False),
        ("[],[],[],[],[]", False),
        ('{"a":{"b":{"c":{}}}}', True),
    ],
)
def test_depth(text: str, deeper: bool) -> None:
    assert is_deeper(text, 3) is deeper
