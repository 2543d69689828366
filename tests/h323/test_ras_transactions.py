"""Requests and answers: numbers, sources, kinds, bounds."""

from __future__ import annotations

import random

import pytest

from mcu.h323.address import Address
from mcu.h323.ras_messages import Datagram, Fields
from mcu.h323.ras_transactions import MAX_OUTSTANDING, MAX_PROLONGED, PROCEDURES, Transactions

HERE, ELSEWHERE = Address("192.0.2.1", 1719), Address("192.0.2.2", 1719)
DRQ = ("disengageRequest", {})


class Bench:
    """Transactions with what they sent and what became of them."""

    def __init__(self, seed: int = 1) -> None:
        self.sent: list[tuple[str, int, Address]] = []
        self.done: list[str | None] = []
        self.transactions = Transactions(self._send, random.Random(seed))

    def begin(self, value: tuple[str, Fields] = DRQ, *, now: float = 0.0, group: bool = False) -> int:
        return self.transactions.begin(value, HERE, self._done, now, group=group)

    def _send(self, name: str, fields: Fields, to: Address) -> None:
        self.sent.append((name, fields["requestSeqNum"], to))

    def _done(self, datagram: Datagram | None, _: float) -> None:
        self.done.append(datagram.name if datagram else None)


def answer(sequence: int, name: str = "disengageConfirm") -> Datagram:
    return Datagram(name, sequence, None, {})


@pytest.mark.parametrize("name", PROCEDURES)
def test_each_request_is_repeated_so_often_and_then_given_up(name: str) -> None:
    bench, procedure = Bench(), PROCEDURES[name]
    bench.begin((name, {}))
    now = 0.0
    while (timer := bench.transactions.next_timer()) is not None:
        bench.transactions.handle_timer(timer - 0.001)
        now = timer
        bench.transactions.handle_timer(now)
    assert now == procedure.seconds * (procedure.repetitions + 1)
    assert len(bench.sent) == procedure.repetitions + 1
    assert len(set(bench.sent)) == 1
    assert bench.done == [None]


def test_an_answer_counts_once_from_where_the_request_went_and_of_its_kind() -> None:
    bench = Bench()
    sequence = bench.begin()
    assert bench.transactions.answered(answer(sequence), ELSEWHERE) is None
    assert bench.transactions.answered(answer(sequence), Address(HERE.ip, 1)) is None
    assert bench.transactions.answered(answer(sequence + 1), HERE) is None
    assert bench.transactions.answered(answer(sequence, "admissionConfirm"), HERE) is None
    assert bench.transactions.answered(answer(sequence), HERE) is not None
    assert bench.transactions.answered(answer(sequence), HERE) is None


def test_what_was_not_understood_is_an_answer_to_anything() -> None:
    bench = Bench()
    sequence = bench.begin()
    assert bench.transactions.answered(answer(sequence, "unknownMessageResponse"), HERE) is not None


def test_discovery_is_answered_from_another_port_and_by_a_group_from_anywhere() -> None:
    bench = Bench()
    first = bench.begin(("gatekeeperRequest", {}))
    confirm = answer(first, "gatekeeperConfirm")
    assert bench.transactions.answered(confirm, ELSEWHERE) is None
    assert bench.transactions.answered(confirm, Address(HERE.ip, 5)) is not None
    second = bench.begin(("gatekeeperRequest", {}), group=True)
    assert bench.transactions.answered(answer(second, "gatekeeperConfirm"), ELSEWHERE) is not None


def test_numbers_go_from_1_to_65535_and_round_without_meeting_one_that_waits() -> None:
    bench = Bench()
    waiting = bench.begin()
    seen = {bench.transactions.next_sequence() for _ in range(65_534)}
    assert seen == set(range(1, 65_536)) - {waiting}
    assert bench.transactions.next_sequence() != waiting


def test_a_wait_is_prolonged_but_not_for_ever_and_never_shortened() -> None:
    bench = Bench()
    sequence = bench.begin()
    assert bench.transactions.prolong(sequence, 0.001, HERE, 0.0)
    assert bench.transactions.next_timer() == 3.0
    for now in range(0, 1_000, 10):
        bench.transactions.prolong(sequence, 50.0, HERE, float(now))
    assert (bench.transactions.next_timer() or 0.0) <= 20 + MAX_PROLONGED
    assert not bench.transactions.prolong(sequence, 50.0, ELSEWHERE, 0.0)
    assert not bench.transactions.prolong(sequence + 1, 50.0, HERE, 0.0)


def test_of_too_many_the_oldest_is_given_up() -> None:
    bench = Bench()
    sequences = [bench.begin() for _ in range(MAX_OUTSTANDING + 2)]
    assert len(bench.transactions) == MAX_OUTSTANDING
    assert bench.done == [None, None]
    assert bench.transactions.answered(answer(sequences[1]), HERE) is None
    assert bench.transactions.answered(answer(sequences[2]), HERE) is not None


def test_what_waits_for_one_gatekeeper_is_repeated_at_its_successor() -> None:
    bench = Bench()
    sequence = bench.begin()
    bench.transactions.redirect(ELSEWHERE)
    bench.transactions.handle_timer(3.0)
    assert bench.sent[-1] == ("disengageRequest", sequence, ELSEWHERE)
    assert bench.transactions.answered(answer(sequence), HERE) is None
    assert bench.transactions.answered(answer(sequence), ELSEWHERE) is not None


def test_what_is_abandoned_tells_nobody_and_is_answered_by_nobody() -> None:
    bench = Bench()
    sequence = bench.begin()
    other = bench.begin(("registrationRequest", {}))
    bench.transactions.abandon("registrationRequest")
    assert bench.transactions.answered(answer(other, "registrationConfirm"), HERE) is None
    assert bench.transactions.answered(answer(sequence), HERE) is not None
    assert bench.done == []


def test_what_nobody_answers_is_sent_once() -> None:
    bench = Bench()
    bench.transactions.tell(("infoRequestResponse", {}), HERE)
    assert bench.transactions.next_timer() is None
    assert [name for name, *_ in bench.sent] == ["infoRequestResponse"]
