"""Call signaling of a call out, message by message: our SETUP, timers, names, forwarding."""

from __future__ import annotations

import pytest

from mcu.h323 import call_signaling, h225_codec, q931, q931_contents, tpkt
from mcu.h323 import h225_messages as h225
from mcu.h323.address import Address
from mcu.h323.call_options import CallOptions
from mcu.h323.call_state import CallState
from mcu.h323.events import Alerting, Answered, CallEnded, EndReason, Forwarded, PartyChanged
from mcu.h323.q931 import ElementId, MessageType
from tests.h323 import by_hand
from tests.h323.by_hand import said
from tests.h323.call_pair import CALLEE, call_out
from tests.h323.signaling_scene import answer, dialled, ended


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
