"""How much of a call's signaling is read."""

from __future__ import annotations

from mcu.h323 import tpkt
from mcu.h323.call_state import CallState
from mcu.h323.events import CallEnded, EndReason
from mcu.h323.reading import BYTES, MESSAGE_BYTES, Reading
from tests.h323.call_pair import Pair, call_in, call_out


def test_a_message_costs_more_than_its_bytes() -> None:
    reading = Reading(now=0.0)
    assert sum(reading.message_came(0.0) for _ in range(1_000)) == int(BYTES.burst / MESSAGE_BYTES)
    assert not reading.bytes_came(MESSAGE_BYTES, 0.0)
    assert reading.bytes_came(int(BYTES.rate), 1.1)


def talking() -> Pair:
    pair = Pair(call_out(), call_in())
    pair.run(20.0)
    assert pair.callee.call.state is CallState.ACTIVE
    return pair


def ended(pair: Pair) -> CallEnded | None:
    return next((event for event in pair.callee.call.events_received() if isinstance(event, CallEnded)), None)


def test_keepalives_are_read_now_and_then_but_not_as_a_flood() -> None:
    pair = talking()
    for second in range(60):
        pair.callee.call.receive_signaling(tpkt.KEEPALIVE * 100, pair.now + second)
    assert ended(pair) is None
    pair.callee.call.receive_signaling(tpkt.KEEPALIVE * 20_000, pair.now + 60)
    assert (ended(pair) or CallEnded(EndReason.HUNG_UP)).reason is EndReason.PROTOCOL_ERROR


def test_a_flood_of_small_messages_ends_the_call_before_they_are_all_read() -> None:
    pair = talking()
    stray = tpkt.frame(bytes((8, 2, 0, 1, 0x62)))
    pair.callee.call.receive_signaling(stray * 100, pair.now)
    assert ended(pair) is None
    pair.callee.call.receive_signaling(stray * 1_000, pair.now)
    assert (ended(pair) or CallEnded(EndReason.HUNG_UP)).reason is EndReason.PROTOCOL_ERROR
    assert pair.callee.call.counters["strange"] < 400


def test_a_flood_on_the_connection_of_h245_ends_the_call_too() -> None:
    pair = talking()
    pair.callee.call.receive_control(tpkt.KEEPALIVE * 20_000, pair.now)
    assert (ended(pair) or CallEnded(EndReason.HUNG_UP)).reason is EndReason.PROTOCOL_ERROR
