"""The way of H.245: changes in the middle, two sides that connect at once, connections that break, waiting messages."""

from __future__ import annotations

import pytest

from mcu.h323 import call_control, control_path, h245_codec, tpkt
from mcu.h323 import h225_messages as h225
from mcu.h323.address import Address
from mcu.h323.call import Call
from mcu.h323.call_options import CallOptions
from mcu.h323.call_state import CallState
from mcu.h323.control_path import ControlPath, Way
from mcu.h323.events import CallEnded, ControlWanted, EndReason
from mcu.h323.h245_messages import (
    EndSessionCommand,
    MasterSlaveDetermination,
    RoundTripDelayRequest,
    RoundTripDelayResponse,
    TerminalCapabilitySet,
    TerminalCapabilitySetAck,
)
from mcu.h323.q931 import MessageType
from tests.h323 import by_hand
from tests.h323.by_hand import CALL_ID, message, said, setup
from tests.h323.call_pair import CALLEE, USUAL, Pair, call_in, call_out, ports
from tests.h323.test_call import talking

LOW, HIGH = Address("192.0.2.1", 30000), Address("192.0.2.200", 30000)
PING = h245_codec.build(RoundTripDelayRequest(7))
GOODBYE = h245_codec.build(EndSessionCommand())


def answered(options: CallOptions = USUAL, *, listening: Address | None = None, **fields: object) -> Call:
    """A call in that was taken at once."""
    call = call_in(options)
    if listening is not None:
        call.control_listening(listening)
    call.receive_signaling(message(setup(), **fields), 0.0)  # type: ignore[arg-type]
    call.prepare(media=ports(CALLEE.ip), offer=by_hand.small_offer())
    call.accept(0.0)
    return call


def wanted(call: Call) -> list[Address]:
    return [event.address for event in call.events_received() if isinstance(event, ControlWanted)]


def ended(call: Call) -> CallEnded | None:
    return next((event for event in call.events_received() if isinstance(event, CallEnded)), None)


# --- which way ----------------------------------------------------------------------------------------------


def test_in_the_tunnel_the_answer_has_our_first_messages() -> None:
    ((reply, information),) = said(answered(tunnelling=True))
    assert reply.kind == MessageType.CONNECT
    first = [type(h245_codec.parse(pdu)) for pdu in information.control]
    assert first == [TerminalCapabilitySet, MasterSlaveDetermination]
    assert isinstance(information.body, h225.Connect)
    assert information.body.h245_address is None


@pytest.mark.parametrize("fields", [{"tunnelling": False}, {"tunnelling": None}])
def test_without_a_tunnel_the_answer_has_our_address(fields: dict[str, object]) -> None:
    call = answered(listening=HIGH, **fields)
    ((_, information),) = said(call)
    assert isinstance(information.body, h225.Connect)
    assert information.body.h245_address == HIGH
    assert (information.tunnelling, information.control) == (False, ())
    call.control_connected(1.0)
    assert [type(each) for each in by_hand.controls(call)] == [TerminalCapabilitySet, MasterSlaveDetermination]


def test_an_address_in_the_setup_is_connected_to_with_the_first_answer() -> None:
    call = call_in()
    call.receive_signaling(message(setup(h245_address=HIGH), tunnelling=False), 0.0)
    call.prepare(media=ports(CALLEE.ip), offer=by_hand.small_offer())
    assert wanted(call) == []
    call.proceed(0.0)
    assert wanted(call) == [HIGH]


def test_h245_in_a_setup_is_answered_early_or_with_the_call() -> None:
    for early, first in ((True, MessageType.CALL_PROCEEDING), (False, MessageType.CONNECT)):
        call = call_in(CallOptions(accept_h245_in_setup=early))
        call.receive_signaling(message(setup(), tunnelling=True, control=(PING,)), 0.0)
        call.prepare(media=ports(CALLEE.ip), offer=by_hand.small_offer())
        call.proceed(0.0)
        call.accept(0.0)
        holder = next(MessageType(reply.kind) for reply, information in said(call) if information.control)
        assert holder is first


@pytest.mark.parametrize("where", ["callProceeding", "alerting", "progress", "connect", "facility"])
def test_an_address_in_any_answer_is_connected_to(where: str) -> None:
    bodies: dict[str, h225.Body] = {
        "callProceeding": h225.CallProceeding(h245_address=HIGH),
        "alerting": h225.Alerting(h245_address=HIGH),
        "progress": h225.Progress(h245_address=HIGH),
        "connect": h225.Connect(h245_address=HIGH),
        "facility": h225.Facility(reason="startH245", h245_address=HIGH),
    }
    call = call_out(CallOptions(tunnelling=False))
    call.signaling_connected(0.0)
    kind = MessageType.PROGRESS if where == "progress" else None
    data = message(bodies[where], kind=kind, reference=call.reference, by_destination=True, tunnelling=False)
    call.receive_signaling(data, 1.0)
    assert wanted(call) == [HIGH]
    call.receive_signaling(data, 1.0)
    assert wanted(call) == []


@pytest.mark.parametrize("address", [Address("0.0.0.0", 30000), Address("192.0.2.1", 0)])
def test_an_address_that_is_none_is_not(address: Address) -> None:
    call = call_out(CallOptions(tunnelling=False))
    call.signaling_connected(0.0)
    body = h225.Connect(h245_address=address)
    call.receive_signaling(message(body, reference=call.reference, by_destination=True, tunnelling=False), 1.0)
    assert wanted(call) == []


def test_a_caller_that_listens_says_so_where_the_answer_had_no_address() -> None:
    call = call_out(CallOptions(tunnelling=False))
    call.control_listening(LOW)
    call.signaling_connected(0.0)
    said(call)
    call.receive_signaling(message(h225.Connect(), reference=call.reference, by_destination=True), 1.0)
    ((_, information),) = said(call)
    assert isinstance(information.body, h225.Facility)
    assert (information.body.reason, information.body.h245_address) == ("startH245", LOW)


# --- changes in the middle ----------------------------------------------------------------------------------


def test_a_peer_that_takes_tunnelling_back_gets_a_connection() -> None:
    """H.323 clause 8.2.2: h245Tunnelling turns False, and then there is no way back."""
    pair = Pair(call_out(), call_in())
    pair.run(0.4)
    facility = h225.Facility(reason="undefinedReason", call_identifier=pair.caller.call.identifier)
    reference = pair.caller.call.reference
    pair.caller.call.receive_signaling(
        message(facility, reference=reference, by_destination=True, tunnelling=False), 1.0
    )
    pair.callee.call.receive_signaling(message(facility, reference=reference, tunnelling=False), 1.0)
    pair.run(20)
    talking(pair)
    assert any(way == "control" for way, _ in pair.caller.sent)


def test_a_running_tunnel_changes_to_a_connection_and_nothing_is_lost() -> None:
    pair = Pair(call_out(), call_in())
    pair.run(20)
    talking(pair)
    reference = pair.caller.call.reference
    start = h225.Facility(reason="startH245", h245_address=pair.callee.listens)
    pair.caller.call.receive_signaling(
        message(start, reference=reference, by_destination=True, tunnelling=True), pair.now
    )
    pair.run(5)
    assert pair.caller.has_control
    before = len(pair.caller.sent)
    pair.caller.call.send_digits("1", pair.now)
    pair.run(1)
    assert [way for way, _ in pair.caller.sent[before:]] == ["control"]
    talking(pair)


def test_while_it_changes_the_tunnel_is_still_used() -> None:
    call = answered(tunnelling=True)
    call.receive_signaling(message(None, tunnelling=True, control=(PING,)), 1.0)
    said(call)
    call.receive_signaling(message(h225.Facility(reason="startH245", h245_address=HIGH), tunnelling=True), 2.0)
    assert wanted(call) == [HIGH]
    call.receive_signaling(message(None, tunnelling=True, control=(PING,)), 2.0)
    assert RoundTripDelayResponse(7) in by_hand.controls(call)
    call.control_lost(3.0)  # it did not come about
    call.receive_signaling(message(None, tunnelling=True, control=(PING,)), 3.0)
    assert RoundTripDelayResponse(7) in by_hand.controls(call)
    assert call.state is CallState.ACTIVE


def test_messages_of_the_tunnel_are_taken_beside_a_connection() -> None:
    call = answered(tunnelling=False, listening=HIGH)
    call.control_connected(1.0)
    said(call)
    call.control_to_send()
    call.receive_signaling(message(None, tunnelling=True, control=(PING,)), 1.0)
    assert said(call) == []
    assert tpkt.Deframer().receive(call.control_to_send()) == [h245_codec.build(RoundTripDelayResponse(7))]


def test_what_was_said_in_a_setup_and_not_heard_is_said_again_over_the_connection() -> None:
    call = call_out(CallOptions(h245_in_setup=True))
    call.signaling_connected(0.0)
    ((_, information),) = said(call)
    assert len(information.control) == 2
    body = h225.Connect(h245_address=HIGH)
    call.receive_signaling(message(body, reference=call.reference, by_destination=True, tunnelling=False), 1.0)
    assert wanted(call) == [HIGH]
    call.control_connected(1.5)
    assert tuple(tpkt.Deframer().receive(call.control_to_send())) == information.control


@pytest.mark.parametrize("reads_setups", [True, False])
def test_what_a_setup_had_is_said_again_to_a_peer_that_left_it_unread(reads_setups: bool) -> None:
    """ooh323c speaks H.245 before its CONNECT, and passes over what a SETUP has of it."""
    call = call_out(CallOptions(h245_in_setup=True))
    call.signaling_connected(0.0)
    ((_, information),) = said(call)
    first = h245_codec.parse(information.control[0])
    assert isinstance(first, TerminalCapabilitySet)
    theirs = [PING, *([h245_codec.build(TerminalCapabilitySetAck(first.sequence))] if reads_setups else [])]
    call.receive_signaling(
        message(None, reference=call.reference, by_destination=True, tunnelling=True, control=theirs), 1.0
    )
    assert by_hand.controls(call) == [RoundTripDelayResponse(7)]
    call.receive_signaling(message(h225.Connect(), reference=call.reference, by_destination=True, tunnelling=True), 2.0)
    again = [type(each) for each in by_hand.controls(call)]
    assert again == ([] if reads_setups else [TerminalCapabilitySet, MasterSlaveDetermination])


# --- two at once --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ours_is_higher", [True, False])
def test_of_two_addresses_the_higher_one_connects(ours_is_higher: bool) -> None:
    ours, theirs = (HIGH, LOW) if ours_is_higher else (LOW, HIGH)
    call = answered(tunnelling=False, listening=ours)
    said(call)
    call.receive_signaling(message(h225.Facility(reason="startH245", h245_address=theirs), tunnelling=False), 1.0)
    assert wanted(call) == ([theirs] if ours_is_higher else [])
    if not ours_is_higher:
        assert call.next_timer() == 1.0 + call_control.COLLISION_SECONDS
        call.handle_timer(1.0 + call_control.COLLISION_SECONDS)
        assert wanted(call) == [theirs]  # it did not connect


def test_the_lower_one_waits_no_longer_once_it_is_connected() -> None:
    call = answered(tunnelling=False, listening=LOW)
    call.receive_signaling(message(h225.Facility(reason="startH245", h245_address=HIGH), tunnelling=False), 1.0)
    call.control_connected(1.5)
    call.handle_timer(1.0 + call_control.COLLISION_SECONDS)
    assert wanted(call) == []


# --- connections that break ---------------------------------------------------------------------------------


def test_a_connection_on_which_nothing_was_heard_is_made_once_again() -> None:
    call = call_out(CallOptions(tunnelling=False))
    call.signaling_connected(0.0)
    body = h225.Connect(h245_address=HIGH)
    call.receive_signaling(message(body, reference=call.reference, by_destination=True, tunnelling=False), 1.0)
    assert wanted(call) == [HIGH]
    call.control_connected(1.1)
    first = call.control_to_send()
    call.control_lost(1.2)
    call.handle_timer(1.2 + call_control.RETRY_SECONDS)
    assert wanted(call) == [HIGH]
    call.control_connected(2.5)
    assert call.control_to_send() == first  # all of it again
    call.control_lost(3.0)
    end = ended(call)
    assert end is not None
    assert end.reason is EndReason.CONNECTION_LOST
    assert by_hand.kinds(call)[-1] == MessageType.RELEASE_COMPLETE


def test_a_connection_that_was_in_use_ends_the_call_with_it() -> None:
    call = answered(tunnelling=False, listening=HIGH)
    call.control_connected(1.0)
    call.receive_control(tpkt.frame(PING), 1.0)
    call.control_lost(2.0)
    assert ended(call) == CallEnded(EndReason.CONNECTION_LOST, "H.245")


def test_a_connection_of_something_else_ends_the_call() -> None:
    call = answered(tunnelling=False, listening=HIGH)
    call.control_connected(1.0)
    call.receive_control(b"GET / HTTP/1.1\r\n\r\n", 1.0)
    end = ended(call)
    assert end is not None
    assert end.reason is EndReason.PROTOCOL_ERROR


def test_keepalives_on_the_connection_are_counted() -> None:
    call = answered(tunnelling=False, listening=HIGH)
    call.control_connected(1.0)
    call.receive_control(tpkt.KEEPALIVE * 3, 1.0)
    assert call.counters["control_keepalives"] == 3


def test_an_end_of_h245_is_the_end_of_the_call() -> None:
    call = answered(tunnelling=True)
    said(call)
    call.receive_signaling(message(None, tunnelling=True, control=(GOODBYE,)), 1.0)
    end = ended(call)
    assert end is not None
    assert end.reason is EndReason.HUNG_UP
    ((reply, information),) = said(call)
    assert reply.kind == MessageType.RELEASE_COMPLETE
    assert EndSessionCommand() in [h245_codec.parse(pdu) for pdu in information.control]


def test_hanging_up_says_goodbye_in_both() -> None:
    call = answered(tunnelling=False, listening=HIGH)
    call.control_connected(1.0)
    call.receive_control(tpkt.frame(PING), 1.0)
    call.control_to_send()
    said(call)
    call.hang_up(EndReason.HUNG_UP, 2.0)
    assert tpkt.Deframer().receive(call.control_to_send()) == [GOODBYE]
    assert by_hand.kinds(call) == [MessageType.RELEASE_COMPLETE]


def test_a_peer_that_never_speaks_h245_is_not_waited_for() -> None:
    call = answered(tunnelling=False)  # with no address of ours, and none of theirs
    said(call)
    call.handle_timer(call_control.CONTROL_SECONDS)
    assert ended(call) == CallEnded(EndReason.TIMED_OUT, "no H.245")


# --- the queue ----------------------------------------------------------------------------------------------


def test_messages_wait_for_a_way_up_to_a_bound() -> None:
    path = ControlPath()
    for number in range(control_path.MAX_WAITING + 5):
        path.push(number.to_bytes(2, "big"))
    assert path.dropped == 5
    path.push(bytes(control_path.MAX_SENT + 1))
    assert path.dropped == 6
    assert path.tunnelled() == ()
    path.take(Way.TUNNEL)
    taken = []
    while more := path.tunnelled():
        assert len(more) <= control_path.MAX_TUNNELLED
        taken += more
    assert taken == [number.to_bytes(2, "big") for number in range(control_path.MAX_WAITING)]


def test_what_was_heard_is_not_said_again() -> None:
    path = ControlPath()
    path.take(Way.TUNNEL)
    path.push(b"a")
    assert path.tunnelled() == (b"a",)
    path.peer_spoke()
    path.take(Way.CONNECTION)
    assert path.to_send() == b""
    path.push(b"b")
    assert path.to_send() == tpkt.frame(b"b")
    assert path.to_send() == b""


def test_more_than_a_call_can_keep_is_dropped_and_counted() -> None:
    call = call_in()
    call.receive_signaling(message(setup(), tunnelling=True, control=(PING,) * 90), 0.0)
    call.receive_signaling(message(None, tunnelling=True, control=(PING,) * 90), 0.0)
    assert call.counters["control_dropped"] == 180 - call_control.MAX_HELD
    call.prepare(media=ports(CALLEE.ip), offer=by_hand.small_offer())
    call.accept(0.0)
    assert by_hand.controls(call).count(RoundTripDelayResponse(7)) == call_control.MAX_HELD
    assert call.identifier == CALL_ID
