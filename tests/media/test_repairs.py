from __future__ import annotations

from collections.abc import Sequence
from math import inf
from types import SimpleNamespace
from typing import cast

from mcu.media.repairs import MAX_SECOND, PACKET, SHARE, SHARE_RANDOM, TWICE_AFTER, TWICE_LOSS, Repairs
from mcu.media.sent_streams import SendsRtp

LOSS = 2 * TWICE_LOSS


class Sent(SimpleNamespace):
    """What was sent again, and when."""

    def __init__(self) -> None:
        super().__init__(sent=[])

    def resend(self, sequence_numbers: Sequence[int], now: float) -> int:
        self.sent += [(number, now) for number in sequence_numbers]
        return len(sequence_numbers)


def setup(*, random_loss: bool, line: float = inf) -> tuple[Repairs, Sent, SendsRtp, dict[str, int]]:
    counters = {"repairs_refused": 0, "repairs_repeated": 0}
    repairs, sent = Repairs(counters), Sent()
    repairs.random_loss, repairs.line = random_loss, line
    return repairs, sent, cast(SendsRtp, sent), counters


def test_a_repair_on_a_line_that_loses_at_random_is_sent_twice() -> None:
    repairs, sent, stream, counters = setup(random_loss=True)
    repairs.ask(stream, (7, 8), LOSS, 1.0)
    due = repairs.next_timer()
    assert due == 1.0 + TWICE_AFTER
    repairs.handle_timer(due - 0.001)
    repairs.handle_timer(due)
    assert sent.sent == [(7, 1.0), (8, 1.0), (7, due), (8, due)]
    assert counters == {"repairs_refused": 0, "repairs_repeated": 2}
    assert repairs.next_timer() == inf


def test_a_repair_is_sent_once_on_a_good_line_and_on_a_full_one() -> None:
    for random_loss, loss in ((True, TWICE_LOSS), (False, LOSS)):
        repairs, sent, stream, _ = setup(random_loss=random_loss)
        repairs.ask(stream, (7,), loss, 1.0)
        assert repairs.next_timer() == inf
        assert sent.sent == [(7, 1.0)]


def test_no_second_repair_goes_to_a_line_that_has_become_full() -> None:
    repairs, sent, stream, counters = setup(random_loss=True)
    repairs.ask(stream, (7,), LOSS, 1.0)
    repairs.random_loss = False
    repairs.handle_timer(2.0)
    assert repairs.next_timer() == inf
    assert sent.sent == [(7, 1.0)]
    assert counters["repairs_repeated"] == 0


def test_repairs_take_a_share_of_the_line() -> None:
    for random_loss, share in ((False, SHARE), (True, SHARE_RANDOM)):
        repairs, sent, stream, counters = setup(random_loss=random_loss, line=1_000_000)
        for step in range(1_000):
            repairs.ask(stream, range(10), 0.0, 1.0 + step * 0.01)
        assert len(sent.sent) * PACKET * 8 <= share * 1_000_000 * 11.1
        assert len(sent.sent) * PACKET * 8 >= share * 1_000_000 * 9.9
        assert counters["repairs_refused"] == 10_000 - len(sent.sent)


def test_a_line_that_carries_nothing_still_gets_a_few_repairs() -> None:
    repairs, sent, stream, _ = setup(random_loss=False, line=0.0)
    repairs.ask(stream, range(40), 0.0, 1.0)
    assert 0 < len(sent.sent) < 40


def test_a_clock_that_goes_back_gives_no_credit_and_the_queue_is_bounded() -> None:
    repairs, sent, stream, _ = setup(random_loss=True, line=0.0)
    for now in (5.0, 1.0, 5.0, 1.0):
        repairs.ask(stream, range(40), LOSS, now)
    assert len(sent.sent) < 40
    repairs, sent, stream, counters = setup(random_loss=True)
    for _ in range(100):
        repairs.ask(stream, range(40), LOSS, 1.0)
    repairs.handle_timer(2.0)
    assert MAX_SECOND - 40 < counters["repairs_repeated"] <= MAX_SECOND
