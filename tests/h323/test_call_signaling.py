"""Call signaling message by message: states, timers, references, and what peers do wrong."""

from __future__ import annotations

import pytest

from mcu.h323 import call_signaling, h225_codec, q931, q931_contents, tpkt
from mcu.h323 import h225_messages as h225
from mcu.h323.address import Address
from mcu.h323.call import Call
from mcu.h323.call_options import CallOptions
from mcu.h323.call_state import CallState
from mcu.h323.events import (
    Alerting,
    Answered,
    CallEnded,
    DigitsReceived,
    EndReason,
    Forwarded,
    IncomingCall,
    PartyChanged,
)
from mcu.h323.q931 import ElementId, MessageType
from tests.h323 import by_hand
from tests.h323.by_hand import CALL_ID, bare, message, said, setup
from tests.h323.call_pair import CALLEE, USUAL, call_in, call_out, ports


def ringing() -> Call:
    """A call in that had its SETUP and rings."""
    call = call_in()
    call.receive_signaling(message(setup(), tunnelling=True), 0.0)
    call.prepare(media=ports(CALLEE.ip), offer=by_hand.small_offer())
    call.alert(0.0)
    said(call)
    call.events_received()
    return call


def active() -> Call:
    call = ringing()
    call.accept(0.0)
    said(call)
    call.events_received()
    return call


def dialled(options: CallOptions = USUAL) -> Call:
    """A call out whose SETUP was sent."""
    call = call_out(options)
    call.signaling_connected(0.0)
    said(call)
    return call


def answer(call: Call, body: h225.Body | None, *elements: q931.Element, **fields: object) -> bytes:
    """A message of the called side."""
    return message(body, *elements, reference=call.reference, by_destination=True, **fields)  # type: ignore[arg-type]


def ended(call: Call) -> CallEnded | None:
    return next((event for event in call.events_received() if isinstance(event, CallEnded)), None)


# --- a call in ----------------------------------------------------------------------------------------------


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


# --- a call out ---------------------------------------------------------------------------------------------


def test_a_setup_says_all_that_is_needed() -> None:
    call = call_out(CallOptions(fast_start=True, h245_in_setup=True, endpoint_identifier="17_gk"))
    call.signaling_connected(0.0)
    data = call.signaling_to_send()
    assert len(data) < 4096
    (packet,) = tpkt.Deframer().receive(data)
    parsed = q931.parse(packet)
    assert [e.identifier for e in parsed.elements] == [
        ElementId.BEARER_CAPABILITY,
        ElementId.DISPLAY,
        ElementId.CALLED_PARTY_NUMBER,
        ElementId.USER_USER,
    ]
    assert not parsed.by_destination
    information = h225_codec.parse(parsed.user_information or b"")
    body = information.body
    assert isinstance(body, h225.Setup)
    assert body.destination_address == CALLEE
    assert [alias.text for alias in body.destination_aliases] == ["600"]
    assert [alias.text for alias in body.source_aliases] == ["caller"]
    assert (body.call_identifier, body.conference_id) == (call.identifier, call.conference_id)
    assert body.endpoint_identifier == "17_gk"
    assert body.fast_start
    assert body.parallel_control  # H.245 beside fastStart (H.323 clause 8.2.4)
    assert information.control == ()
    assert information.tunnelling is True
    assert body.display_name == ""
    assert call.signaling_to_send() == b""


def test_a_setup_says_where_it_comes_from() -> None:
    call = call_out()
    call.signaling_connected(0.0, Address("192.0.2.55", 41000))
    ((_, information),) = said(call)
    assert isinstance(information.body, h225.Setup)
    assert information.body.source_address == Address("192.0.2.55", 41000)


def test_every_way_of_a_setup_is_small() -> None:
    for in_setup in (False, True):
        call = call_out(CallOptions(fast_start=True, h245_in_setup=in_setup))
        call.signaling_connected(0.0)
        assert len(call.signaling_to_send()) < 4096


def test_a_setup_goes_out_without_being_told_of_the_connection() -> None:
    assert by_hand.kinds(call_out()) == [MessageType.SETUP]


@pytest.mark.parametrize(
    ("bodies", "seconds", "reason"),
    [
        ([], call_signaling.T303, EndReason.TIMED_OUT),
        ([h225.CallProceeding()], call_signaling.T310, EndReason.TIMED_OUT),
        ([h225.CallProceeding(), h225.Alerting()], 180.0, EndReason.NO_ANSWER),
    ],
)
def test_nobody_is_waited_for_for_ever(bodies: list[h225.Body], seconds: float, reason: EndReason) -> None:
    call = dialled()
    for body in bodies:
        call.receive_signaling(answer(call, body, tunnelling=True), 0.0)
    assert call.next_timer() == seconds
    call.handle_timer(seconds - 0.1)
    assert ended(call) is None
    call.handle_timer(seconds)
    end = ended(call)
    assert end is not None
    assert end.reason is reason
    assert by_hand.kinds(call) == [MessageType.RELEASE_COMPLETE]


def test_a_call_that_rings_again_waits_no_longer() -> None:
    call = dialled()
    call.receive_signaling(answer(call, h225.Alerting()), 10.0)
    call.receive_signaling(answer(call, h225.CallProceeding()), 20.0)
    call.receive_signaling(answer(call, h225.Alerting()), 30.0)
    assert call.next_timer() == 190.0
    assert [type(event) for event in call.events_received()].count(Alerting) == 1


def test_the_callee_may_skip_what_it_likes() -> None:
    call = dialled()
    call.receive_signaling(answer(call, h225.Connect(), q931_contents.display("Room 2"), tunnelling=True), 1.0)
    events = call.events_received()
    assert [type(event) for event in events] == [Answered]
    assert events[0].party.display == "Room 2"  # type: ignore[union-attr]
    call.receive_signaling(answer(call, h225.Connect()), 1.0)
    assert not [event for event in call.events_received() if isinstance(event, Answered)]


def test_a_name_that_comes_later_is_told() -> None:
    call = dialled()
    named = h225.CallProceeding(destination=h225.Endpoint(kind="mcu", product="MCU 1", vendor=(180, 0, 49152)))
    call.receive_signaling(answer(call, named, q931_contents.display("Bridge")), 0.0)
    (event,) = call.events_received()
    assert isinstance(event, PartyChanged)
    assert (event.party.display, event.party.is_mcu, event.party.product) == ("Bridge", True, "MCU 1")


@pytest.mark.parametrize("reason", ["callForwarded", "routeCallToMC", "routeCallToGatekeeper"])
def test_forwarding_is_told_and_ends_the_call(reason: str) -> None:
    call = dialled()
    elsewhere = Address("192.0.2.77", 1720)
    body = h225.Facility(reason=reason, alternative_address=elsewhere, conference_id=bytes(range(16)))
    call.receive_signaling(answer(call, body), 1.0)
    forwarded, end = call.events_received()
    assert forwarded == Forwarded(elsewhere, (), bytes(range(16)))
    assert isinstance(end, CallEnded)
    assert end.reason is EndReason.REPLACED
    ((_, information),) = said(call)
    assert isinstance(information.body, h225.ReleaseComplete)
    assert information.body.reason == "facilityCallDeflection"


def test_a_connection_that_cannot_be_made_is_told() -> None:
    call = call_out()
    call.signaling_lost(1.0)
    assert ended(call) == CallEnded(EndReason.UNREACHABLE, "no connection")
    broken = dialled()
    broken.signaling_lost(1.0)
    assert broken.state is CallState.ENDED
    assert ended(broken) == CallEnded(EndReason.CONNECTION_LOST, "call signaling")


def test_hanging_up_before_the_connection_is_there_sends_nothing() -> None:
    call = call_out()
    call.hang_up(EndReason.HUNG_UP, 0.0)
    call.signaling_connected(1.0)
    assert call.signaling_to_send() == b""
    assert ended(call) is not None


# --- during the call ----------------------------------------------------------------------------------------


def test_an_inquiry_is_answered_with_the_state() -> None:
    call = active()
    call.receive_signaling(message(h225.StatusInquiry(call_identifier=CALL_ID)), 1.0)
    ((reply, information),) = said(call)
    assert reply.kind == MessageType.STATUS
    assert q931_contents.parse_call_state(reply.get(ElementId.CALL_STATE) or b"") == 10
    assert q931_contents.parse_cause(reply.get(ElementId.CAUSE) or b"") == 30
    assert isinstance(information.body, h225.Status)
    assert information.tunnelling is True  # not to be taken as the end of tunnelling


def test_a_silent_peer_that_answers_inquiries_is_missed() -> None:
    call = active()
    settled(call)
    silence = call_signaling.SILENCE
    call.handle_timer(silence)
    assert MessageType.STATUS_INQUIRY in by_hand.kinds(call)
    call.receive_signaling(bare(MessageType.STATUS), silence + 1)
    for n in range(1, call_signaling.MAX_INQUIRIES + 1):
        call.handle_timer(silence + 1 + n * silence)
        assert by_hand.kinds(call).count(MessageType.STATUS_INQUIRY) == 1
    call.handle_timer(silence + 1 + (call_signaling.MAX_INQUIRIES + 1) * silence)
    end = ended(call)
    assert end is not None
    assert end.reason is EndReason.TIMED_OUT


def test_a_peer_that_never_answers_inquiries_is_not_judged_by_them() -> None:
    call = active()
    settled(call)
    for n in range(1, 20):
        call.handle_timer(n * call_signaling.SILENCE)
        said(call)
    assert call.state is CallState.ACTIVE


def settled(call: Call) -> None:
    """As if H.245 needed nothing: its timers are tested with it."""
    call._control.handle_timer = lambda now: None  # type: ignore[method-assign]


def test_a_peer_that_knows_nothing_of_the_call_ends_it() -> None:
    call = active()
    call.receive_signaling(bare(MessageType.STATUS, q931_contents.cause(30), q931_contents.call_state(10)), 1.0)
    assert ended(call) is None
    call.receive_signaling(bare(MessageType.STATUS, q931_contents.cause(30), q931_contents.call_state(0)), 1.0)
    end = ended(call)
    assert end is not None
    assert end.reason is EndReason.CONNECTION_LOST


def test_keys_come_by_keypad() -> None:
    call = active()
    keys = q931_contents.keypad_facility("12#")
    call.receive_signaling(message(h225.Information(call_identifier=CALL_ID), keys), 1.0)
    call.receive_signaling(bare(MessageType.INFORMATION, q931_contents.keypad_facility("4")), 1.0)
    assert call.events_received() == [DigitsReceived("12#"), DigitsReceived("4")]


def test_keys_go_by_keypad_as_long_as_there_is_no_h245() -> None:
    call = active()
    call.send_digits("98*", 1.0)
    ((reply, _),) = said(call)
    assert reply.kind == MessageType.INFORMATION
    assert reply.get(ElementId.KEYPAD_FACILITY) == b"98*"


@pytest.mark.parametrize(
    "data",
    [
        bare(0x77),
        bare(MessageType.NOTIFY),
        bare(MessageType.PROGRESS, q931_contents.progress_indicator(8)),
        message(h225.SetupAcknowledge(), kind=MessageType.SETUP_ACK),
        message(h225.Notify(call_identifier=CALL_ID), kind=MessageType.NOTIFY),
        message(h225.Connect(), by_destination=True),
        message(None, kind=MessageType.CONNECT_ACK),
        tpkt.KEEPALIVE,
    ],
)
def test_messages_that_mean_nothing_here_change_nothing(data: bytes) -> None:
    call = active()
    call.receive_signaling(data, 1.0)
    assert call.state is CallState.ACTIVE
    assert said(call) == []
    assert ended(call) is None


def test_messages_that_cannot_be_read_are_counted_up_to_a_bound() -> None:
    call = active()
    flawed = tpkt.frame(b"\x08\x02\x12\x34")
    for _ in range(call_signaling.MAX_MALFORMED):
        call.receive_signaling(flawed, 1.0)
    assert call.state is CallState.ACTIVE
    assert call.counters["malformed"] == call_signaling.MAX_MALFORMED
    call.receive_signaling(flawed, 1.0)
    end = ended(call)
    assert end is not None
    assert end.reason is EndReason.PROTOCOL_ERROR
    assert MessageType.RELEASE_COMPLETE in by_hand.kinds(call)


@pytest.mark.parametrize(
    "data",
    [
        bare(MessageType.RELEASE_COMPLETE, q931_contents.cause(17)),
        bare(MessageType.RELEASE_COMPLETE, q931_contents.cause(17), q931.Element(0x7E, b"\x05\xff")),
        bare(MessageType.RELEASE, q931_contents.cause(17)),
        message(h225.ReleaseComplete(reason="inConf")),
    ],
)
@pytest.mark.parametrize("begin", [ringing, active])
def test_a_release_counts_whatever_its_shape(data: bytes, begin: object) -> None:
    call = begin()  # type: ignore[operator]
    call.receive_signaling(data, 1.0)
    end = ended(call)
    assert end is not None
    assert end.reason is EndReason.BUSY
    assert call.signaling_to_send() == b""
    call.receive_signaling(message(setup()), 2.0)
    call.signaling_lost(3.0)
    assert call.events_received() == []


def test_nothing_happens_after_the_end() -> None:
    call = active()
    call.hang_up(EndReason.HUNG_UP, 1.0)
    assert by_hand.kinds(call)[-1] == MessageType.RELEASE_COMPLETE
    assert ended(call) is not None
    call.hang_up(EndReason.BUSY, 2.0)
    call.accept(2.0)
    call.send_digits("1", 2.0)
    call.control_listening(CALLEE)
    call.control_connected(2.0)
    call.receive_control(tpkt.frame(b"\x00"), 2.0)
    call.control_lost(2.0)
    call.handle_timer(1e9)
    assert (call.events_received(), call.signaling_to_send(), call.next_timer()) == ([], b"", None)
