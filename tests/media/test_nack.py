from __future__ import annotations

import math

from mcu.media.nack import MAX_MISSING, MAX_REQUESTS, MAX_TOLERANCE, REORDER_TOLERANCE, RETRY_MARGIN, NackList

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


def first_request_after(nacks: NackList, now: float) -> float:
    """Seconds from noticing to asking, found on a packet that comes at once."""
    nacks.add(1_000, 1_000, now)
    waited = nacks.next_due - now
    nacks.arrive(1_000)
    return waited


def test_packets_that_come_late_by_themselves_are_waited_for() -> None:
    nacks = NackList()
    for step in range(30):
        nacks.overtaken(0.06, now=step * 0.1)
    assert 0.06 < first_request_after(nacks, 3.0) <= 0.065
    for step in range(30):
        nacks.overtaken(5.0, now=3.0 + step * 0.1)
    assert first_request_after(nacks, 6.0) <= MAX_TOLERANCE


def test_one_late_packet_changes_little_and_less_lateness_nothing() -> None:
    nacks = NackList()
    nacks.overtaken(0.05, now=1.0)
    assert first_request_after(nacks, 1.0) < 0.022
    before = first_request_after(nacks, 1.0)
    nacks.overtaken(0.005, now=1.0)
    assert first_request_after(nacks, 1.0) == before


def test_the_tolerance_is_forgotten_with_time_and_sooner_where_packets_are_lost() -> None:
    waiting, losing = NackList(), NackList()
    for nacks in (waiting, losing):
        for step in range(30):
            nacks.overtaken(0.08, now=step * 0.01)
    for _ in range(20):
        losing.lost(0.3)
    assert first_request_after(losing, 0.3) < 0.02 < 0.07 < first_request_after(waiting, 0.3)
    assert first_request_after(waiting, 30.0) < REORDER_TOLERANCE + 0.001
    clock_back = first_request_after(waiting, 1.0)
    assert REORDER_TOLERANCE <= clock_back <= MAX_TOLERANCE
