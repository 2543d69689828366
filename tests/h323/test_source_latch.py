"""From where packets are taken, and where they go."""

from __future__ import annotations

import pytest

from mcu.h323.source_latch import NOWHERE, SWITCH_SECONDS, Place, SourceLatch

ROOM, PROXY, NAT = "10.1.2.3", "10.1.2.9", "198.41.0.4"


def latch() -> SourceLatch:
    made = SourceLatch()
    made.allow((ROOM, PROXY, NAT))
    return made


def test_only_allowed_addresses_are_learnt_and_any_port_of_theirs() -> None:
    one = latch()
    assert not one.take(("10.1.2.4", 5_000), 0.0)
    assert one.current == NOWHERE
    assert one.take((ROOM, 5_002), 0.0)
    assert one.current == (ROOM, 5_002)


def test_another_place_takes_over_after_a_silence_only() -> None:
    one = latch()
    one.take((ROOM, 5_000), 0.0)
    assert not one.take((ROOM, 5_002), SWITCH_SECONDS - 0.01)
    assert one.take((ROOM, 5_000), SWITCH_SECONDS - 0.01)
    assert not one.take((PROXY, 5_000), SWITCH_SECONDS + 1)
    assert one.take((PROXY, 5_000), 2 * SWITCH_SECONDS)
    assert one.current == (PROXY, 5_000)


def test_an_address_that_is_allowed_no_longer_is_forgotten_at_once() -> None:
    one = latch()
    one.take((ROOM, 5_000), 0.0)
    assert one.allow((ROOM, PROXY))
    assert not one.allow((PROXY,))
    assert one.current == NOWHERE
    assert one.searching(0.0)


@pytest.mark.parametrize(
    ("told", "learnt", "named", "there"),
    [
        ((ROOM, 5_000), NOWHERE, {ROOM}, (ROOM, 5_000)),
        ((ROOM, 5_000), (ROOM, 6_000), {ROOM}, (ROOM, 5_000)),  # sends from another port than it receives on
        ((ROOM, 5_000), (NAT, 6_000), {ROOM}, (NAT, 6_000)),  # a private address behind a translator
        ((ROOM, 5_000), (PROXY, 6_000), {ROOM}, (PROXY, 6_000)),  # a translator between private networks
        ((ROOM, 5_000), (PROXY, 6_000), {ROOM, PROXY}, (ROOM, 5_000)),  # a room that sends from another of its boards
        ((NAT, 5_000), (ROOM, 6_000), {NAT}, (NAT, 5_000)),  # what is public can be reached
        (("0.0.0.0", 5_000), (NAT, 6_000), set(), (NAT, 6_000)),
        ((ROOM, 0), (ROOM, 6_000), {ROOM}, (ROOM, 6_000)),
        (("0.0.0.0", 5_000), NOWHERE, set(), NOWHERE),
        (NOWHERE, NOWHERE, set(), NOWHERE),
    ],
)
def test_where_packets_go(told: Place, learnt: Place, named: set[str], there: Place) -> None:
    one = latch()
    if learnt != NOWHERE:
        assert one.take(learnt, 0.0)
    assert one.destination(told, named) == there
