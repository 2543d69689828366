"""Call signaling of a call in, message by message: its SETUP, our answers, references, and what peers do wrong."""

from __future__ import annotations

import pytest

from mcu.h323 import call_signaling, q931, q931_contents
from mcu.h323 import h225_messages as h225
from mcu.h323.call_options import CallOptions
from mcu.h323.call_state import CallState
from mcu.h323.events import CallEnded, EndReason, IncomingCall
from mcu.h323.q931 import ElementId, MessageType
from tests.h323 import by_hand
from tests.h323.by_hand import CALL_ID, bare, message, said, setup
from tests.h323.call_pair import CALLEE, call_in, ports
from tests.h323.signaling_scene import active, answer, dialled, ended, ringing


def test_a_setup_is_told_and_answered() -> None:
    call = call_in()
    number = q931_contents.called_party_number("600")
    call.receive_signaling(message(setup(version=4), q931_contents.display("Room 1"), number, tunnelling=True), 0.0)
    (event,) = call.events_received()
    assert isinstance(event, IncomingCall)
    assert (event.called, event.party.display) == (("600",), "Room 1")
    assert (call.identifier, call.state, call.reference) == (CALL_ID, CallState.CALL_PRESENT, by_hand.REFERENCE)
    call.proceed(0.0)
    ((reply, information),) = said(call)
    assert (reply.kind, reply.call_reference, reply.by_destination) == (2, by_hand.REFERENCE, True)
    assert isinstance(information.body, h225.CallProceeding)
    assert information.body.version == 4  # the lower of both
    assert information.body.call_identifier == CALL_ID
    assert information.tunnelling is True


def test_tokens_go_both_ways() -> None:
    token = {"tokenOID": (0, 0, 8, 235, 0, 3, 43), "dhkey": {"halfkey": (1, 8), "modSize": (5, 8), "generator": (2, 8)}}
    call = call_in()
    call.receive_signaling(message(setup(tokens=(token,)), tunnelling=True), 0.0)
    assert call.peer_tokens == (token,)
    call.prepare(media=ports(CALLEE.ip), offer=by_hand.small_offer(), tokens=(token,))
    call.accept(0.0)
    ((_, information),) = said(call)
    assert isinstance(information.body, h225.Connect)
    assert information.body.tokens == (token,)
    out = dialled(CallOptions(tokens=(token,)))
    out.receive_signaling(answer(out, h225.Connect(tokens=(token,))), 0.0)
    assert out.peer_tokens == (token,)


def test_answers_come_once_and_in_order() -> None:
    call = call_in()
    call.proceed(0.0)
    call.accept(0.0)
    assert said(call) == []  # nobody has called yet
    call.receive_signaling(message(setup(), tunnelling=True), 0.0)
    call.prepare(media=ports(CALLEE.ip), offer=by_hand.small_offer())
    for _ in range(2):
        call.proceed(0.0)
        call.alert(0.0)
        call.accept(0.0)
        call.proceed(0.0)
    told = by_hand.kinds(call)
    assert told[:3] == [MessageType.CALL_PROCEEDING, MessageType.ALERTING, MessageType.CONNECT]
    assert set(told[3:]) <= {MessageType.FACILITY}
    assert call.state is CallState.ACTIVE


def test_a_connection_without_setup_ends() -> None:
    call = call_in()
    assert call.next_timer() == call_signaling.SETUP_SECONDS
    call.handle_timer(call_signaling.SETUP_SECONDS)
    assert ended(call) == CallEnded(EndReason.TIMED_OUT, "no SETUP")
    assert call.signaling_to_send() == b""
    assert call.next_timer() is None


def test_a_setup_again_is_left_alone() -> None:
    call = ringing()
    call.receive_signaling(message(setup(), tunnelling=True), 1.0)
    assert call.events_received() == []
    assert said(call) == []
    assert call.counters["repeated"] == 1


def test_another_call_on_the_same_connection_is_released() -> None:
    call = active()
    call.receive_signaling(message(setup(), reference=77), 1.0)
    ((reply, _),) = said(call)
    assert (reply.kind, reply.call_reference, reply.by_destination) == (MessageType.RELEASE_COMPLETE, 77, True)
    assert q931_contents.parse_cause(reply.get(ElementId.CAUSE) or b"") == 81
    assert call.state is CallState.ACTIVE
    for _ in range(100):
        call.receive_signaling(message(setup(), reference=78), 1.0)
    assert len(said(call)) == call_signaling.MAX_STRANGE - 1


@pytest.mark.parametrize("kind", [MessageType.RELEASE_COMPLETE, MessageType.STATUS])
def test_the_end_of_a_call_that_is_not_ours_is_not_answered(kind: MessageType) -> None:
    call = active()
    call.receive_signaling(bare(kind, reference=77), 1.0)
    call.receive_signaling(bare(MessageType.FACILITY, reference=0), 1.0)  # the global reference
    assert said(call) == []
    assert call.state is CallState.ACTIVE
    assert call.counters["strange"] == 2


@pytest.mark.parametrize("goal", ["capability-negotiation", "callIndependentSupplementaryService"])
def test_a_setup_for_no_call_is_refused(goal: str) -> None:
    call = call_in()
    call.receive_signaling(message(setup(goal=goal)), 0.0)
    end = ended(call)
    assert end is not None
    assert end.reason is EndReason.NOTHING_IN_COMMON
    assert by_hand.kinds(call) == [MessageType.RELEASE_COMPLETE]


@pytest.mark.parametrize(
    "data",
    [
        bare(MessageType.SETUP),
        bare(MessageType.SETUP, q931.Element(0x7E, b"\x05\x20\x01")),
        message(h225.Connect(), kind=MessageType.SETUP),
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x03\x00\xff\xff",
    ],
    ids=["no user-user", "cut short", "another body", "no TPKT", "too long"],
)
def test_a_setup_that_cannot_be_read_ends_the_call(data: bytes) -> None:
    call = call_in()
    call.receive_signaling(data, 0.0)
    end = ended(call)
    assert end is not None
    assert end.reason is EndReason.PROTOCOL_ERROR
