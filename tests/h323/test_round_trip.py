"""Round-trip delay: measured, answered, and silence noticed but not mistaken."""

from __future__ import annotations

from mcu.h323.h245_messages import RoundTripDelayRequest, RoundTripDelayResponse
from mcu.h323.round_trip import INTERVAL, MAX_MISSES, T105, Lost, Measured, RoundTripDelay


def test_the_peer_is_answered_at_once_and_always() -> None:
    delay = RoundTripDelay()
    for sequence in (0, 255, 255):
        delay.receive(RoundTripDelayRequest(sequence), 0.0)
    assert delay.messages_to_send() == [RoundTripDelayResponse(each) for each in (0, 255, 255)]


def test_delay_is_measured_every_interval() -> None:
    delay = RoundTripDelay()
    delay.start(0.0)
    delay.handle_timer(INTERVAL - 0.1)
    assert delay.messages_to_send() == []
    delay.handle_timer(INTERVAL)
    assert delay.messages_to_send() == [RoundTripDelayRequest(1)]
    delay.receive(RoundTripDelayResponse(9), INTERVAL + 0.1)  # to another request
    delay.receive(RoundTripDelayResponse(1), INTERVAL + 0.25)
    delay.receive(RoundTripDelayResponse(1), INTERVAL + 0.5)
    assert delay.events_received() == [Measured(0.25)]
    assert delay.next_timer() == 2 * INTERVAL + 0.25


def test_a_peer_that_stops_answering_is_lost() -> None:
    delay = RoundTripDelay()
    delay.start(0.0)
    delay.handle_timer(INTERVAL)
    delay.receive(RoundTripDelayResponse(1), INTERVAL)
    assert delay.messages_to_send() == [RoundTripDelayRequest(1)]
    assert delay.events_received() == [Measured(0.0)]
    now = 2 * INTERVAL
    for miss in range(MAX_MISSES):
        delay.handle_timer(now + miss * T105)
        assert delay.messages_to_send() == [RoundTripDelayRequest(2 + miss)]
        assert delay.events_received() == []
    delay.handle_timer(now + MAX_MISSES * T105)
    assert delay.events_received() == [Lost()]
    assert delay.next_timer() is None


def test_a_late_answer_is_no_miss_of_the_next() -> None:
    delay = RoundTripDelay()
    delay.start(0.0)
    delay.handle_timer(INTERVAL)
    delay.handle_timer(INTERVAL + T105)
    assert delay.misses == 1
    delay.receive(RoundTripDelayResponse(2), INTERVAL + T105 + 1)
    assert delay.misses == 0


def test_a_peer_that_never_answers_is_asked_no_more_and_stays() -> None:
    delay = RoundTripDelay()
    delay.start(0.0)
    for turn in range(10):
        delay.handle_timer(INTERVAL + turn * T105)
    assert len(delay.messages_to_send()) == MAX_MISSES
    assert delay.events_received() == []
    assert delay.next_timer() is None
