"""When calls begin."""

from __future__ import annotations

import pytest

from mcu.gateway.turns import Turns


def times(turns: Turns[int], *, until: float) -> list[float]:
    """When each that waits has its turn."""
    found = []
    while (at := turns.next_timer()) is not None and at <= until:
        found += [at for _ in turns.due(at)]
    return found


@pytest.mark.parametrize("count", [1, 20, 60])
def test_one_request_begins_within_a_second_and_never_all_at_once(count: int) -> None:
    turns: Turns[int] = Turns()
    turns.put(range(count), now=100.0)
    assert len(turns) == count
    found = times(turns, until=101.0)
    assert len(found) == len(set(found)) == count
    assert found[0] == 100.0
    assert len(turns) == 0


def test_requests_follow_one_another_in_order() -> None:
    turns: Turns[int] = Turns()
    turns.put([1, 2], now=100.0)
    turns.put([3], now=100.0)
    assert list(turns.due(99.0)) == []
    assert list(turns.due(100.05)) == [1, 2]
    assert list(turns.due(100.09)) == [3]
    assert turns.next_timer() is None


def test_who_comes_later_does_not_wait_for_those_who_are_through() -> None:
    turns: Turns[int] = Turns()
    turns.put([1], now=100.0)
    list(turns.due(100.0))
    turns.put([2], now=200.0)
    assert turns.next_timer() == 200.0
