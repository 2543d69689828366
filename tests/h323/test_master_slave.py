"""Master-slave determination: who decides, however the messages cross and whoever says nothing."""

from __future__ import annotations

import random

import pytest

from mcu.h323.h245_messages import (
    MasterSlaveDetermination,
    MasterSlaveDeterminationAck,
    MasterSlaveDeterminationReject,
    MasterSlaveDeterminationRelease,
)
from mcu.h323.master_slave import N100, NUMBERS, T106, DeterminationFailed, Determined, MasterSlave

HALF = NUMBERS // 2


class Fixed(random.Random):
    """Numbers that are drawn in this order, and the last one for ever."""

    def __init__(self, *numbers: int) -> None:
        super().__init__(0)
        self.numbers = list(numbers)

    def randrange(self, *_: int) -> int:  # type: ignore[override]
        return self.numbers.pop(0) if len(self.numbers) > 1 else self.numbers[0]


def started(*numbers: int, terminal_type: int = 50) -> MasterSlave:
    """One that has asked, with the last of `numbers` first drawn at its making."""
    roles = MasterSlave(terminal_type=terminal_type, rng=Fixed(0, *numbers))
    roles.start(0.0)
    roles.messages_to_send()
    return roles


@pytest.mark.parametrize(
    ("ours", "theirs", "is_master"),
    [
        ((190, 5), (50, 5), True),
        ((50, 5), (190, 5), False),
        ((50, 0), (50, 1), True),
        ((50, 0), (50, HALF - 1), True),
        ((50, 0), (50, HALF + 1), False),
        ((50, 7), (50, 6), False),
        ((50, NUMBERS - 1), (50, 3), True),
    ],
)
def test_the_table_of_the_recommendation(ours: tuple[int, int], theirs: tuple[int, int], is_master: bool) -> None:
    roles = started(ours[1], terminal_type=ours[0])
    roles.receive(MasterSlaveDetermination(*theirs), 1.0)
    assert roles.messages_to_send() == [MasterSlaveDeterminationAck("slave" if is_master else "master")]
    assert roles.events_received() == []  # not before the peer agrees
    roles.receive(MasterSlaveDeterminationAck("master" if is_master else "slave"), 1.0)
    assert roles.events_received() == [Determined(is_master)]
    assert roles.is_master is is_master
    assert roles.next_timer() is None


def test_a_peer_that_answers_without_ever_asking_is_heard_and_answered() -> None:
    roles = started(1)
    roles.receive(MasterSlaveDeterminationAck("slave"), 1.0)
    assert roles.events_received() == [Determined(False)]
    assert roles.messages_to_send() == [MasterSlaveDeterminationAck("master")]


def test_a_peer_that_asks_first_is_answered_without_our_asking() -> None:
    roles = MasterSlave(terminal_type=190, rng=Fixed(0))
    roles.receive(MasterSlaveDetermination(50, 1), 0.0)
    assert roles.messages_to_send() == [MasterSlaveDeterminationAck("slave")]
    roles.receive(MasterSlaveDeterminationAck("master"), 0.0)
    assert roles.messages_to_send() == []
    assert roles.events_received() == [Determined(True)]


@pytest.mark.parametrize("number", [0, HALF])
def test_numbers_that_cannot_be_told_apart_are_drawn_again(number: int) -> None:
    roles = started(0, 5)
    roles.receive(MasterSlaveDetermination(50, number), 1.0)
    assert roles.messages_to_send() == [MasterSlaveDetermination(50, 5)]
    roles.receive(MasterSlaveDetermination(50, 6), 1.0)
    assert roles.messages_to_send() == [MasterSlaveDeterminationAck("slave")]


def test_an_idle_side_rejects_what_it_cannot_tell_apart() -> None:
    roles = MasterSlave(terminal_type=50, rng=Fixed(4, 9))
    roles.receive(MasterSlaveDetermination(50, 4), 0.0)
    assert roles.messages_to_send() == [MasterSlaveDeterminationReject("identicalNumbers")]
    roles.receive(MasterSlaveDetermination(50, 4), 0.0)  # a peer that draws no other is not rejected for ever
    assert roles.messages_to_send() == [MasterSlaveDeterminationAck("master")]


def test_rejects_without_end_are_given_up() -> None:
    roles = started(3)
    for _ in range(N100 - 1):
        roles.receive(MasterSlaveDeterminationReject(), 1.0)
        assert roles.messages_to_send() == [MasterSlaveDetermination(50, 3)]
    roles.receive(MasterSlaveDeterminationReject(), 1.0)
    assert roles.events_received() == [DeterminationFailed("N100: numbers cannot be told apart")]
    assert roles.next_timer() is None


def test_silence_is_asked_twice_and_then_given_up() -> None:
    roles = started(3)
    roles.handle_timer(T106 - 0.1)
    assert roles.messages_to_send() == []
    roles.handle_timer(T106)
    assert roles.messages_to_send() == [MasterSlaveDeterminationRelease(), MasterSlaveDetermination(50, 3)]
    roles.handle_timer(2 * T106)
    assert roles.messages_to_send() == [MasterSlaveDeterminationRelease()]
    assert roles.events_received() == [DeterminationFailed("T106: no answer")]
    assert roles.next_timer() is None
    assert roles.is_master is None


def test_a_peer_that_gives_up_ends_it() -> None:
    roles = started(3)
    roles.receive(MasterSlaveDeterminationRelease(), 1.0)
    assert roles.events_received() == [DeterminationFailed("the peer gave up")]
    roles.receive(MasterSlaveDeterminationRelease(), 1.0)
    assert roles.events_received() == []


def test_it_may_be_repeated_and_come_out_otherwise() -> None:
    roles = started(3, 9)
    roles.receive(MasterSlaveDeterminationAck("master"), 1.0)
    roles.receive(MasterSlaveDetermination(60, 3), 2.0)
    roles.receive(MasterSlaveDeterminationAck("slave"), 2.0)
    assert roles.events_received() == [Determined(True), Determined(False)]


def test_a_contradiction_is_believed_and_counted() -> None:
    roles = started(3)
    roles.receive(MasterSlaveDetermination(40, 3), 1.0)
    roles.receive(MasterSlaveDeterminationAck("slave"), 1.0)
    assert roles.events_received() == [Determined(False)]
    assert roles.inconsistent == 1


def test_answers_to_nothing_are_not_looked_at() -> None:
    roles = MasterSlave(terminal_type=50, rng=Fixed(0))
    roles.receive(MasterSlaveDeterminationAck("slave"), 0.0)
    roles.receive(MasterSlaveDeterminationReject(), 0.0)
    roles.handle_timer(100.0)
    assert roles.messages_to_send() == roles.events_received() == []


@pytest.mark.parametrize("seed", range(200))
def test_two_that_start_anyhow_agree(seed: int) -> None:
    rng = random.Random(seed)
    few = [rng.randrange(3) * HALF // 2 for _ in range(4)]  # numbers that are often alike
    sides = [MasterSlave(terminal_type=50, rng=Fixed(*rng.sample(few, 4), place + 1)) for place in range(2)]
    queues: list[list[object]] = [[], []]
    for place in rng.sample(range(2), rng.randint(1, 2)):
        sides[place].start(0.0)
    events: list[list[object]] = [[], []]
    for _ in range(200):
        for place, side in enumerate(sides):
            queues[1 - place] += side.messages_to_send()
            events[place] += side.events_received()
        ready = [place for place in range(2) if queues[place]]
        if not ready:
            break
        place = rng.choice(ready)
        sides[place].receive(queues[place].pop(0), 0.0)  # type: ignore[arg-type]
    assert {side.is_master for side in sides} == {True, False}
    assert all(side.next_timer() is None for side in sides)
    assert all(events)
