"""H.245 with a peer that is written by hand here: how it begins and ends, silence, nonsense and floods."""

from __future__ import annotations

import random

import pytest

from mcu.h323 import asn1, h245_codec
from mcu.h323.asn1 import Pdu
from mcu.h323.events import CallEnded, ChairTokenAsked, ControlReady, EndReason, Event, TerminalLabel
from mcu.h323.h245_core import MAX_MALFORMED
from mcu.h323.h245_messages import (
    Conference,
    EndSessionCommand,
    FunctionNotUnderstood,
    Ignored,
    MasterSlaveDetermination,
    MasterSlaveDeterminationAck,
    RoundTripDelayRequest,
    TerminalCapabilitySet,
    TerminalCapabilitySetAck,
    TerminalCapabilitySetReject,
)
from mcu.h323.open_channel import OpenLogicalChannel
from mcu.h323.vendors import Quirks
from tests.h323.scripted_call import AUDIO, MAIN, Call, opened, their_set

# --- beginning --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", range(6))
def test_nothing_is_opened_before_all_is_agreed(order: int) -> None:
    answers = [their_set(), MasterSlaveDeterminationAck("slave"), TerminalCapabilitySetAck(1)]
    first, second, last = random.Random(order).sample(answers, 3)
    call = Call()
    call.control.start(0.0)
    kinds = {type(message) for message in call.drain().said}
    assert kinds == {TerminalCapabilitySet, MasterSlaveDetermination}
    call.take(first, second)
    assert not [message for message in call.said if isinstance(message, OpenLogicalChannel)]
    assert not call.control.ready
    call.take(last)
    assert call.events[0] == ControlReady()
    assert {message.kind for message in call.said if isinstance(message, OpenLogicalChannel)} == {AUDIO, MAIN}


def test_a_set_that_is_too_large_is_said_smaller_once() -> None:
    call = Call()
    call.control.start(0.0)
    large = call.drain().only(TerminalCapabilitySet)
    small = call.take(TerminalCapabilitySetReject(1, "descriptorCapacityExceeded")).only(TerminalCapabilitySet)
    assert len(h245_codec.build(small)) < len(h245_codec.build(large)) / 2
    call.take(TerminalCapabilitySetReject(2, "unspecified"))
    (end,) = call.events
    assert end == CallEnded(EndReason.NOTHING_IN_COMMON, "capability set refused: unspecified")


def test_a_vendor_with_little_room_hears_little() -> None:
    call = Call(quirks=Quirks(small_capability_set=True))
    call.control.start(0.0)
    assert len(h245_codec.build(call.drain().only(TerminalCapabilitySet))) < 120


def test_a_vendor_may_be_spared_the_round_trip() -> None:
    call = opened(quirks=Quirks(round_trip=False))
    assert not [each for each in call.wait(60).said if isinstance(each, RoundTripDelayRequest)]


# --- the rest ---------------------------------------------------------------------------------------------


def test_what_is_not_understood_is_said_so() -> None:
    call = opened()
    request = ("multilinkRequest", ("callInformation", {"maxNumberOfAdditionalConnections": 1}))
    call.take(asn1.encode(Pdu.H245, ("request", request)))
    assert call.said == [Ignored("functionNotUnderstood")]
    call.take(h245_codec.build(FunctionNotUnderstood("request", request)))
    assert call.said == []  # no answer to that


def test_a_loop_is_refused() -> None:
    call = opened()
    call.take(asn1.encode(Pdu.H245, ("request", ("maintenanceLoopRequest", {"type": ("mediaLoop", 101)}))))
    assert call.said == [Ignored("maintenanceLoopReject")]


def test_nonsense_is_counted_and_then_enough() -> None:
    call = opened()
    for _ in range(MAX_MALFORMED - 1):
        call.take(b"\xff\xff")
    assert call.events == []
    call.take(b"\xff\xff")
    (end,) = call.events
    assert end.reason is EndReason.PROTOCOL_ERROR
    assert call.control.counters["malformed"] == MAX_MALFORMED
    assert call.take(RoundTripDelayRequest(1)).said == []


def test_a_flood_ends_a_call_and_a_lively_talk_does_not() -> None:
    request = h245_codec.build(their_set())
    call = opened()
    for _ in range(120):
        call.now += 1 / 20
        call.take(request)
    assert call.control.ready
    ends: list[Event] = []
    for _ in range(1_000):
        ends += [event for event in call.take(request).events if isinstance(event, CallEnded)]
    assert ends == [CallEnded(EndReason.PROTOCOL_ERROR, "more than can be read")]
    assert call.control.counters["TerminalCapabilitySet"] < 400


def test_the_end_is_the_end() -> None:
    call = opened()
    call.take(EndSessionCommand())
    assert call.said == [EndSessionCommand()]
    assert call.events == [CallEnded(EndReason.HUNG_UP, "endSessionCommand")]
    call.control.start(1.0)
    call.control.end_session(1.0)
    call.control.hold(1.0)
    call.control.resume(1.0)
    call.control.handle_timer(100.0)
    call.drain()
    assert call.said == call.events == []


def test_conference_control_goes_through() -> None:
    call = opened()
    call.take(Conference("request", "makeMeChair"))
    assert call.events == [ChairTokenAsked(True)]
    call.control.answer_chair(True, 0.0)
    assert call.drain().said == [Conference("response", "makeMeChairResponse", ("grantedChairToken", 0))]
    call.control.announce_terminals((1, 2), {}, 0.0)
    assert call.drain().only(Conference).name == "terminalNumberAssign"
    identity = {"terminalLabel": {"mcuNumber": 4, "terminalNumber": 5}, "terminalID": b"Jeju"}
    call.take(Conference("response", "terminalIDResponse", identity))
    assert call.events == [TerminalLabel(4, 5, "Jeju")]


def test_the_type_of_the_peer_is_known() -> None:
    call = Call()
    assert call.control.peer_terminal_type is None
    call.take(MasterSlaveDetermination(240, 1))
    assert call.control.peer_terminal_type == 240


def test_timers_never_stand_still() -> None:
    call = Call()
    call.control.start(0.0)
    for _ in range(100):
        timer = call.control.next_timer()
        if timer is None:
            break
        assert timer > call.now
        call.wait(timer - call.now)
    assert call.control.next_timer() is None
    assert [type(event) for event in call.events] == [CallEnded]
