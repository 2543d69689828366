from __future__ import annotations

import math

from mcu.media.nack import MAX_MISSING, MAX_REQUESTS, REORDER_TOLERANCE, RETRY_MARGIN, NackList

RTT = 0.1


def test_a_missing_packet_is_asked_for_after_the_tolerance_and_once_a_round_trip() -> None:
    nacks = NackList()
    assert nacks.add(10, 11, now=1.0)
    assert nacks.take_due(1.0, RTT) == []
    first = nacks.next_due
    assert first == 1.0 + REORDER_TOLERANCE
    assert nacks.take_due(first, RTT) == [10, 11]
    assert nacks.take_due(first + RTT, RTT) == []
    assert nacks.next_due == first + RTT + RETRY_MARGIN
    nacks.arrive(10)
    assert nacks.take_due(nacks.next_due, RTT) == [11]


def test_requests_are_bounded() -> None:
    nacks = NackList()
    nacks.add(1, 1, now=0.0)
    requests = 0
    while nacks.next_due < math.inf:
        requests += len(nacks.take_due(nacks.next_due, RTT))
    assert requests == MAX_REQUESTS


def test_an_outage_is_not_asked_for() -> None:
    nacks = NackList()
    assert not nacks.add(1, MAX_MISSING + 1, now=0.0)
    assert len(nacks) == 0


def test_what_arrives_or_is_too_old_is_forgotten() -> None:
    nacks = NackList()
    nacks.add(1, 2, now=0.0)
    nacks.add(5, 5, now=0.5)
    assert nacks.oldest() == 0.0
    assert nacks.expired(0.8, 0.8) == 2
    nacks.forget_before(3)
    assert nacks.oldest() == 0.5
    assert nacks.expired(0.8, 0.8) == -1
    missing = nacks.arrive(5)
    assert missing is not None
    assert missing.requests == 0
    assert nacks.arrive(5) is None
    assert nacks.next_due == nacks.oldest() == math.inf
