"""Which calls of this server's own are a loop when they come back."""

from __future__ import annotations

import random

from mcu.gateway.own_calls import OwnCalls
from mcu.h323.call_options import CallIdentifiers

A, B, C = "a", "b", "c"


def drawn(seed: int) -> CallIdentifiers:
    return CallIdentifiers.drawn(random.Random(seed))


def test_a_call_of_somebody_else_is_none() -> None:
    calls = OwnCalls()
    calls.placed("1", drawn(1), conference=A)
    other = drawn(2)
    assert not calls.is_loop(other.call, other.conference, into=A)


def test_into_its_own_conference_it_is_one_by_either_identifier() -> None:
    calls, ours, other = OwnCalls(), drawn(1), drawn(2)
    calls.placed("1", ours, conference=A)
    assert calls.is_loop(ours.call, other.conference, into=A)
    assert calls.is_loop(other.call, ours.conference, into=A)
    calls.over("1")
    assert not calls.is_loop(ours.call, ours.conference, into=A)


def test_another_conference_may_be_joined_once_and_not_over_a_third() -> None:
    calls, first, second, third = OwnCalls(), drawn(1), drawn(2), drawn(3)
    calls.placed("1", first, conference=A)
    calls.placed("2", second, conference=B)
    calls.placed("3", third, conference=C)
    assert not calls.is_loop(first.call, first.conference, into=B)
    assert not calls.is_loop(first.call, first.conference, into=B)  # the same call, asked again
    assert calls.is_loop(second.call, second.conference, into=A)
    assert not calls.is_loop(second.call, second.conference, into=C)
    assert calls.is_loop(third.call, third.conference, into=A)
    calls.over("2")
    assert not calls.is_loop(third.call, third.conference, into=A)
